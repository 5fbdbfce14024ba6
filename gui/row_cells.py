"""What stands in one row of a tagged folder, and what the views of these rows report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from core.texts import tr

if TYPE_CHECKING:
    from core.records import Status
    from core.reviews import Order
    from gui.row_selection import Selection

# The sign of each verdict: a kind of `gui.row_signs`, told apart by shape; and the same sign as a letter, for lists.
SIGNS = {"sure": "check", "unsure": "question", "not_a_dog": "none", "unreadable": "problem"}
LETTERS = {"sure": "✓", "unsure": "?", "not_a_dog": "–", "unreadable": "!"}


@dataclass(frozen=True)
class RowCells:
    """One row in words of the present language; an empty text leaves its cell empty.

    `answer` is the breed that counts, `confidence` the model's; `reviewed` says who or when, and is empty where nobody
    looked at it; `is_suspect` marks a photograph that is perhaps wrong; `thumbnail` is a JPEG.
    """

    number: int
    name: str
    status: Status | None
    answer: str
    confidence: str
    animal: str
    reviewed: str
    is_suspect: bool
    thumbnail: bytes | None


def sign_of(cells: RowCells) -> str:
    """The sign in front of its answer: that of a person's word where there is one, else of the verdict."""
    if cells.reviewed:
        return "reviewed"
    return SIGNS[cells.status.value] if cells.status else ""


def verdict_of(cells: RowCells) -> str:
    """The same in words."""
    return tr("Reviewed") if cells.reviewed else status_name(cells.status)


class RowListener(Protocol):
    """Hears what is done in a view."""

    def needs(self, numbers: Sequence[int]) -> object:
        """These rows are in sight or near and have no cells yet, those in sight first; replaces what was needed before.

        Comes at most once per idle moment, and not again for the same rows until `show_list` or `ask_again`.
        """

    def selected(self, selection: Selection) -> object:
        """Another choice of rows; the view shows it already."""

    def opened(self, number: int) -> object:
        """A double click, or Space."""

    def sort(self, order: Order, reverse: bool) -> object:
        """A click on a heading; the table shows its arrow already."""

    def menu(self, number: int, x_root: int, y_root: int) -> object:
        """A right click or the menu key; the row is chosen already."""


def status_name(status: Status | None) -> str:
    """What a verdict is called in lists; empty where there is none yet."""
    names = {
        "sure": tr("Sure"),
        "unsure": tr("Not sure"),
        "not_a_dog": tr("No dog"),
        "unreadable": tr("Unreadable"),
    }
    return names[status.value] if status is not None else ""


def file_name_in(name: str) -> str:
    """The last part of a path, whichever system it is from.

    >>> file_name_in("box 12/rex_1.jpg"), file_name_in("Rex")
    ('rex_1.jpg', 'Rex')
    """
    return name.replace("\\", "/").rstrip("/").rpartition("/")[2]


def short_name(name: str) -> str:
    """What of a name tells photographs apart where there is little room.

    >>> short_name("box 12/rex_1.jpeg"), short_name("Rex No. 5"), short_name(".jpg")
    ('rex_1', 'Rex No. 5', '.jpg')
    """
    file_name = file_name_in(name)
    stem, _, suffix = file_name.rpartition(".")
    return stem if stem and suffix.isalnum() and len(suffix) <= 5 else file_name

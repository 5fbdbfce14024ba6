"""Copies of the photographs, or links to them, in a new folder with a subfolder for each breed; nothing is moved."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum
from pathlib import Path

from core.bundle_info import BundleInfo
from core.errors import Cancelled, PhotoError
from core.export_answers import said_of, title
from core.export_files import LeftOut, Written, is_disk_full, shown
from core.export_folders import FreeNames, copy_photo, new_folder, open_file
from core.photo_search import system_path
from core.records import Tagged
from core.texts import Language, tr


class How(Enum):
    """What stands in the new folder for each photograph."""

    COPY = "copy"
    HARD_LINK = "hard_link"
    SYMLINK = "symlink"


def write_sorted(
    folder: Path,
    tagged: Iterable[Tagged],
    info: BundleInfo,
    *,
    how: How = How.COPY,
    language: Language = "en",
    progress: Callable[[int], None] = lambda done: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Written:
    """Fill the new folder `folder`, whole or not at all: one subfolder a breed, named in `language`.

    Crosses, mixed and unknown breeds, unsure answers, photographs without a dog and unreadable ones have subfolders of
    their own. Where the system refuses a link the photograph is copied, and a note says how often. A photograph that
    is gone is named in `left_out`. Raises Cancelled, AlreadyThereError, UserError.
    """
    names, left_out = FreeNames(), []
    placed = copied_instead = 0
    with new_folder(folder) as root:
        for done, one in enumerate(tagged, 1):
            if should_stop():
                raise Cancelled
            breed = names.folder(title(said_of(one, info, language), language))
            try:
                open_file(one.path).close()  # before a name is taken for it
                (root / breed).mkdir(exist_ok=True)
                target = root / breed / names.file(breed, one.path.name)
                copied_instead += not _placed(one.path, target, how, should_stop)
                placed += 1
            except PhotoError as error:
                left_out.append(LeftOut(shown(one.path), str(error)))
            progress(done)
    return Written(folder, placed, tuple(left_out), _notes(how, copied_instead))


def _placed(source: Path, target: Path, how: How, should_stop: Callable[[], bool]) -> bool:
    """Copy or link; false where a copy had to stand for a link."""
    if how is not How.COPY:
        try:
            # A link to a link would break with it.
            real = system_path(source).resolve(strict=True)
            if how is How.HARD_LINK:
                system_path(target).hardlink_to(real)
            else:
                system_path(target).symlink_to(real)
            return True
        except (OSError, NotImplementedError) as error:
            # Other disks, memory cards, and Windows without the right to make links.
            if isinstance(error, OSError) and is_disk_full(error):
                raise
    copy_photo(source, target, should_stop)
    return how is How.COPY


def _notes(how: How, copied_instead: int) -> tuple[str, ...]:
    if copied_instead:
        return (
            tr("Links were refused here. Photographs that were copied instead: {count}.").format(count=copied_instead),
        )
    if how is How.HARD_LINK:
        return (tr("Each file in this folder is the photograph itself: a change to one is a change to both."),)
    if how is How.SYMLINK:
        return (tr("The links in this folder work as long as the photographs stay where they are."),)
    return ()

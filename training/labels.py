"""The name of a class in somebody's data becomes a label: a shipped breed where it is called like one, else itself."""

from __future__ import annotations

import csv
import os
import re
import unicodedata
from functools import cache
from pathlib import Path

from core.bundle_info import UNPRINTABLE
from core.bundles import Label
from core.folders import resources_dir
from core.name_search import folded

_MOST_LETTERS = 200
_SPACES = re.compile(r"[\s_]+")


def label_of(name: str) -> Label:
    """The label that a class, folder or cell of this name means.

    A breed of the shipped models by its id, its English or its French name, whatever the case and the accents, with
    its names in both languages; else a label of its own, called as it is written (`readable`).

    >>> label_of("golden_retriever").fr, label_of("Tomato__Leaf_Mold").en
    ('Golden retriever', 'Tomato Leaf Mold')
    """
    called = readable(name)
    key = folded(name)
    breed = _breeds().get(key) if key else None
    return breed or Label(id=called, en=called, fr=called)


def class_key(name: str) -> str:
    """What two names of one class have in common: neither case nor the kind of spaces counts."""
    return readable(name).casefold()


def readable(name: str) -> str:
    """The name of a class as people read it, fit for a label: no underscores, nothing invisible, at most 200 letters.

    >>> readable(" Pepper__bell___healthy "), readable("\\x07")
    ('Pepper bell healthy', '?')
    """
    shown = "".join(_visible(letter) for letter in unicodedata.normalize("NFC", name))
    return _SPACES.sub(" ", shown).strip()[:_MOST_LETTERS].strip() or "?"


def path_text(path: Path) -> str:
    """A path as records, tables and `Changes` have it: names that are no valid Unicode keep their odd bytes visibly."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _visible(letter: str) -> str:
    if letter.isspace():
        return " "
    return "?" if unicodedata.category(letter) in UNPRINTABLE else letter


@cache
def _breeds() -> dict[str, Label]:
    """The shipped breeds by their folded ids and names; ids before names, as no breed may hide another's id."""
    with (resources_dir() / "breeds" / "stanford_dogs.csv").open(encoding="utf-8", newline="") as file:
        labels = [Label(**row) for row in csv.DictReader(file)]  # not training.describe: that one needs Keras
    found: dict[str, Label] = {}
    for names in ([label.id for label in labels], [label.en for label in labels], [label.fr for label in labels]):
        for name, label in zip(names, labels, strict=True):
            found.setdefault(folded(name), label)
    return found

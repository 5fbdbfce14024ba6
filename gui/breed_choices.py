"""What a volunteer may answer: the model's breeds, mixed, unknown, or a breed that no model knows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.name_search import folded
from core.texts import label_name, tr
from gui.correction_box import Choice

if TYPE_CHECKING:
    from core.bundles import BundleInfo

# Found by these words, whatever the language of the screen is.
_MIXED = ("mixed breed", "crossbreed", "mongrel", "race croisée", "croisé", "bâtard")
_UNKNOWN = ("unknown breed", "don't know", "race inconnue", "ne sais pas")


def breed_choices(info: BundleInfo | None, first: Sequence[int]) -> list[Choice]:
    """The model's likeliest labels, then mixed and unknown, then all other labels by name.

    A place that this model does not have is left out: for a moment answers of the model before may still be shown.
    """
    from core.records import Correction, Kind

    mixed = Choice(tr("Mixed breed"), _MIXED, Correction(Kind.MIXED))
    unknown = Choice(tr("Unknown breed"), _UNKNOWN, Correction(Kind.UNKNOWN))
    if info is None:
        return [mixed, unknown]
    labels = [_of_label(info, number) for number in range(len(info.labels))]
    others = sorted((labels[n] for n in range(len(labels)) if n not in first), key=lambda one: folded(one.shown))
    return [*(labels[n] for n in first if n < len(labels)), mixed, unknown, *others]


def choice_as_typed(words: str) -> Choice:
    """The words themselves."""
    from core.records import Correction, Kind

    shown = tr("Keep “{words}” as written").format(words=words)
    return Choice(shown, (words,), Correction(Kind.OTHER, name=words))


def _of_label(info: BundleInfo, number: int) -> Choice:
    from core.records import Correction, Kind

    label = info.labels[number]
    shown = label_name(label)
    other = label.en if shown == label.fr else label.fr
    both = shown if folded(shown) == folded(other) else f"{shown}  ({other})"
    return Choice(both, (shown, other), Correction(Kind.BREED, label.id, label.en))

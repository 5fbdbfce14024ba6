"""What a volunteer may answer: the model's breeds, mixed, unknown, or a breed that no model knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from core.name_search import best_matches, folded
from core.texts import label_name, language, tr
from gui.correction_box import Choice

if TYPE_CHECKING:
    from core.bundles import BundleInfo

# Found by these words, whatever the language of the screen is.
_MIXED = ("mixed breed", "crossbreed", "mongrel", "race croisée", "croisé", "bâtard")
_MOST_MEANT, _LEAST_LETTERS, _FAR = 4, 3, 99
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


def meant_choices(typed: str, choices: Sequence[Choice]) -> list[Choice]:
    """What misspelt words were probably meant to be, as questions: of these choices, then of all breeds known by name.

    A breed that no model knows is offered where its name begins as typed, or is nearer than any of the choices.
    """
    from core.name_spelling import close_matches
    from core.records import Correction, Kind
    from core.shelter_breeds import listed_breeds

    near = close_matches(typed, ((n, choice.names) for n, choice in enumerate(choices)))[:_MOST_MEANT]
    found = [replace(choices[n], shown=_asked(choices[n].shown.partition("  (")[0])) for n, _ in near]
    known = {folded(name) for choice in choices for name in choice.names}
    others = [one for one in listed_breeds(language()) if not known.intersection(map(folded, one[1]))]
    named = [(n, names) for n, (_, names) in enumerate(others)]
    begun = best_matches(typed, named) if len(folded(typed)) >= _LEAST_LETTERS else []
    nearest = near[0][1] if near else _FAR
    others_near = [n for n, distance in close_matches(typed, named) if distance < nearest]
    for n in list(dict.fromkeys([*begun, *others_near]))[: _MOST_MEANT - len(found)]:
        name, names = others[n]
        is_it = folded(typed) in map(folded, names)
        found.append(Choice(name if is_it else _asked(name), names, Correction(Kind.OTHER, name=name)))
    return found


def _asked(shown: str) -> str:
    return tr("Did you mean {name}?").format(name=shown)


def choice_as_typed(words: str) -> Choice:
    """The words themselves: never marked of itself."""
    from core.records import Correction, Kind

    shown = tr("Keep “{words}” as written (press ↓, then Enter)").format(words=words)
    return Choice(shown, (words,), Correction(Kind.OTHER, name=words))


def _of_label(info: BundleInfo, number: int) -> Choice:
    from core.records import Correction, Kind

    label = info.labels[number]
    shown = label_name(label)
    other = label.en if shown == label.fr else label.fr
    both = shown if folded(shown) == folded(other) else f"{shown}  ({other})"
    return Choice(both, (shown, other), Correction(Kind.BREED, label.id, label.en))

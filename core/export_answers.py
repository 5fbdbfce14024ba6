"""What an export says of a photograph: a volunteer's word before the model's, in the language of the export.

An unsure answer without a volunteer's word names no breed: it must not become a fact in somebody's records.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from core.bundle_info import BundleInfo, Label
from core.records import Correction, Kind, Status, Tagged
from core.texts import Language


class Group(Enum):
    """Under what a photograph is filed."""

    BREED = "breed"
    CROSS = "cross"
    MIXED = "mixed"
    UNKNOWN = "unknown"
    UNSURE = "unsure"
    NOT_A_DOG = "not_a_dog"
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Said:
    """What counts: `breeds` has one name for a BREED, two for a CROSS, none otherwise."""

    group: Group
    breeds: tuple[str, ...] = ()
    is_reviewed: bool = False


# Words for files, in the language that was chosen for them, whatever the screen speaks: not for `tr`.
_GROUP_NAMES: dict[Language, dict[Group, str]] = {
    "en": {
        Group.CROSS: "Cross",
        Group.MIXED: "Mixed breed",
        Group.UNKNOWN: "Unknown breed",
        Group.UNSURE: "Not sure",
        Group.NOT_A_DOG: "No dog",
        Group.UNREADABLE: "Unreadable",
    },
    "fr": {
        Group.CROSS: "Croisement",
        Group.MIXED: "Race croisée",
        Group.UNKNOWN: "Race inconnue",
        Group.UNSURE: "Pas sûr",
        Group.NOT_A_DOG: "Pas de chien",
        Group.UNREADABLE: "Illisible",
    },
}
_BY_STATUS = {
    Status.UNSURE: Group.UNSURE,
    Status.NOT_A_DOG: Group.NOT_A_DOG,
    Status.UNREADABLE: Group.UNREADABLE,
}
_BY_KIND = {Kind.MIXED: Group.MIXED, Kind.UNKNOWN: Group.UNKNOWN, Kind.NOT_A_DOG: Group.NOT_A_DOG}


def said_of(tagged: Tagged, info: BundleInfo, language: Language) -> Said:
    """What counts for this photograph, the breeds by their names in `language`."""
    if tagged.reviewed is not None:
        return said_by(tagged.reviewed, info, language)
    verdict = tagged.verdict
    if verdict.status is Status.SURE and verdict.candidates:
        return Said(Group.BREED, (name_in(info.labels[verdict.candidates[0].label], language),))
    return Said(_BY_STATUS.get(verdict.status, Group.UNSURE))


def said_by(correction: Correction, info: BundleInfo, language: Language) -> Said:
    """The same for what a volunteer said; a breed that the model does not know keeps the words that were typed."""
    if group := _BY_KIND.get(correction.kind):
        return Said(group, is_reviewed=True)
    first = _named(correction.label, correction.name, info, language)
    if correction.kind is Kind.CROSS:
        both = tuple(
            name for name in (first, _named(correction.second, correction.second_name, info, language)) if name
        )
        return Said(Group.CROSS, both, is_reviewed=True) if len(both) > 1 else Said(Group.MIXED, is_reviewed=True)
    return Said(Group.BREED, (first,), is_reviewed=True) if first else Said(Group.UNKNOWN, is_reviewed=True)


def title(said: Said, language: Language) -> str:
    """One name for it: "Beagle", "Beagle × Harrier" whoever was named first, "Not sure"."""
    return " × ".join(sorted(said.breeds)) if said.breeds else group_name(said.group, language)


def group_name(group: Group, language: Language) -> str:
    """What the group is called; a BREED has its own name instead."""
    return _GROUP_NAMES[language][group]


def name_in(label: Label, language: Language) -> str:
    """The name of a breed in this language, whatever the screen speaks."""
    return label.fr if language == "fr" else label.en


def _named(label: str, typed: str, info: BundleInfo, language: Language) -> str:
    known = next((one for one in info.labels if label and one.id == label), None)
    return name_in(known, language) if known else typed.strip()

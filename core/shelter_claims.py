"""What may honestly be said of an animal's breed to a shelter's software: which breeds, on what ground, in what words.

The words speak of looks, never of descent: of 919 shelter dogs, 4.9 % had a single breed in their genes (Gunter and
others, PLoS One 2018, e0202633), and in French law a dog that is not registered "n'appartient pas à une race".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum

from core.bundle_info import BundleInfo, Label
from core.records import Animal, Correction, Kind, Status
from core.shelter_breeds import BreedNames, BreedTable, Match, may_be_listed
from core.texts import Language
from core.verdicts import named_candidates


class Ground(Enum):
    """Why a breed is claimed, or why none is."""

    PERSON = "person"
    SURE = "sure"
    UNSURE = "unsure"
    MIXED = "mixed"
    UNKNOWN = "unknown"
    DISPUTED = "disputed"
    NOT_A_DOG = "not_a_dog"
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Look:
    """One breed that an animal looks like: how people call it, and how shelter software does."""

    en: str
    fr: str
    names: BreedNames

    def name(self, language: Language) -> str:
        """What people call it."""
        return self.fr if language == "fr" else self.en


@dataclass(frozen=True)
class Claim:
    """The breeds of an animal, best first: one, two of a cross, or the candidates of an unsure answer.

    `seen` is what the program named, whatever people said.
    """

    ground: Ground
    looks: tuple[Look, ...] = ()
    is_cross: bool = False
    seen: tuple[Look, ...] = ()

    @property
    def is_guess(self) -> bool:
        """Whether the program alone says so."""
        return self.ground in (Ground.SURE, Ground.UNSURE)

    @property
    def listed(self) -> tuple[Look, ...]:
        """Those of the looks for which the French order of 27 April 1999 may hold.

        It goes by looks, mixed breeds too: without a breed that somebody named, what the program saw counts.
        """
        return tuple(look for look in self.looks or self.seen if may_be_listed(look.names))


_STATUS_GROUNDS = {
    Status.SURE: Ground.SURE,
    Status.UNSURE: Ground.UNSURE,
    Status.NOT_A_DOG: Ground.NOT_A_DOG,
    Status.UNREADABLE: Ground.UNREADABLE,
}
_KIND_GROUNDS = {Kind.MIXED: Ground.MIXED, Kind.UNKNOWN: Ground.UNKNOWN, Kind.NOT_A_DOG: Ground.NOT_A_DOG}


def claim_of(animal: Animal, info: BundleInfo, table: BreedTable) -> Claim:
    """What is claimed of an animal: what volunteers said counts over what the program saw."""
    verdict = animal.verdict
    named = named_candidates(verdict, info) if verdict.status in (Status.SURE, Status.UNSURE) else ()
    seen = tuple(_look_of(info.labels[one.label], table) for one in named)
    if animal.is_disputed:
        return Claim(Ground.DISPUTED, seen=seen)
    if animal.reviewed is not None:
        return replace(_said(animal.reviewed, info, table), seen=seen)
    return Claim(_STATUS_GROUNDS[verdict.status], seen, seen=seen)


def description_of(claim: Claim, language: Language) -> str:
    """The look in words, for the text that people read about an animal; empty where nothing can be said.

    In the language of the shelter's database, not of the screen. Wild animals are never named.
    """
    names = list(dict.fromkeys(look.name(language) for look in claim.looks if look.names.match is not Match.WILD))
    if claim.ground is Ground.MIXED:
        return "Chien croisé." if language == "fr" else "Mixed breed."
    if not names:
        return ""
    if claim.is_cross:
        first, *rest = names
        if language == "fr":
            return f"Croisé d’apparence {first}{f' et {rest[0]}' if rest else ''}."
        return f"Looks like a cross: {first}{f' and {rest[0]}' if rest else ''}."
    return _looks_like(names, claim, language)


def _looks_like(names: list[str], claim: Claim, language: Language) -> str:
    """One breed, or one of several; with a word on who says so where the program alone does."""
    head = "D’apparence" if language == "fr" else "Looks like:"
    if claim.ground is Ground.UNSURE:
        either = " ou " if language == "fr" else " or "
        listed = either.join(part for part in (", ".join(names[:-1]), names[-1]) if part)
        tail = "incertain, d’après photographie" if language == "fr" else "uncertain, judged from photographs"
        return f"{head} {listed} ({tail})."
    tail = "d’après photographie" if language == "fr" else "judged from photographs"
    return f"{head} {names[0]} ({tail})." if claim.is_guess else f"{head} {names[0]}."


def _said(said: Correction, info: BundleInfo, table: BreedTable) -> Claim:
    if said.kind in _KIND_GROUNDS:
        return Claim(_KIND_GROUNDS[said.kind])
    looks = tuple(_looks_said(said, info, table))
    return Claim(Ground.PERSON if looks else Ground.UNKNOWN, looks, said.kind is Kind.CROSS)


def _looks_said(said: Correction, info: BundleInfo, table: BreedTable) -> Iterator[Look]:
    labels = {label.id: label for label in info.labels}
    pairs = [(said.label, said.name)]
    if said.kind is Kind.CROSS:
        pairs.append((said.second, said.second_name))
    for label_id, name in pairs:
        if label := labels.get(label_id):
            yield _look_of(label, table)
        elif label_id or name.strip():
            # A label of another model, or words that were typed: perhaps the name of a label all the same.
            same = next((one for one in info.labels if not label_id and _is_called(one, name)), None)
            yield _look_of(same, table) if same else _typed(label_id, name.strip(), table)


def _look_of(label: Label, table: BreedTable) -> Look:
    return Look(label.en, label.fr, table.names_of(label.id, label.en, label.fr))


def _typed(label_id: str, name: str, table: BreedTable) -> Look:
    names = table.names_of(label_id, name)
    return Look(name or label_id, name or names.asm3_fr or label_id, names)


def _is_called(label: Label, name: str) -> bool:
    return name.strip().casefold() in (label.en.casefold(), label.fr.casefold())

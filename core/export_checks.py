"""The check list before an export: what ASM3 would refuse or silently change, animal by animal, in plain sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum

from core.asm3_options import Asm3Options, Known, Unsure
from core.bundle_info import BundleInfo
from core.records import Animal
from core.shelter_breeds import FILE_NAME, BreedTable, Match, load_table
from core.shelter_cells import has_quotes, is_formula, plain
from core.shelter_claims import Claim, Ground, Look, claim_of
from core.shelter_facts import Facts, wrong_with
from core.texts import label_name, tr


class ProblemKind(Enum):
    """What sort of thing is to be looked at."""

    NO_NAME = "no_name"
    NO_AGE = "no_age"
    BAD_FACT = "bad_fact"
    EXISTING_CODE = "existing_code"
    SAME_CODE = "same_code"
    NO_MAPPING = "no_mapping"
    UNKNOWN_BREED = "unknown_breed"
    COARSER = "coarser"
    ODD_NAME = "odd_name"
    WILD_CANID = "wild_canid"
    ORDER_OF_1999 = "order_of_1999"
    NO_BREED = "no_breed"
    DISPUTED = "disputed"
    UNSURE = "unsure"
    NOT_A_DOG = "not_a_dog"
    UNREADABLE = "unreadable"
    QUOTES = "quotes"
    FORMULA = "formula"
    ONE_PICTURE = "one_picture"


@dataclass(frozen=True)
class Problem:
    """One thing to know before writing: about which animal, and in which words. Blocking: it is not written."""

    animal: str
    kind: ProblemKind
    sentence: str
    is_blocking: bool = False


@dataclass(frozen=True)
class Checked:
    """One animal with what is claimed of it, what the user says of it, and what is to be known of its row."""

    animal: Animal
    claim: Claim
    facts: Facts
    problems: tuple[Problem, ...]

    @property
    def blocking(self) -> tuple[Problem, ...]:
        """Why it is not written; empty when it is."""
        return tuple(problem for problem in self.problems if problem.is_blocking)

    @property
    def name(self) -> str:
        """What it is called in the shelter's software."""
        return plain(self.facts.name) or plain(self.animal.name)

    @property
    def code(self) -> str:
        """Its code there, empty where it has none."""
        return plain(self.facts.code)


def check_animals(
    animals: Iterable[Animal],
    info: BundleInfo,
    facts: Mapping[str, Facts],
    options: Asm3Options,
    table: BreedTable | None = None,
    today: date | None = None,
) -> tuple[Checked, ...]:
    """Every animal with its problems, in the given order; `facts` by the animal's name in this program."""
    table = table or load_table()
    today = today or date.today()
    animals = tuple(animals)
    known = [facts.get(animal.name, Facts()) for animal in animals]
    claims = [claim_of(animal, info, table) for animal in animals]
    dogs = [fact for fact, claim in zip(known, claims, strict=True) if claim.ground not in _NO_ROW]
    codes = Counter(plain(fact.code).casefold() for fact in dogs)
    checked = []
    for animal, fact, claim in zip(animals, known, claims, strict=True):
        check = _Check(animal, fact, claim, options, table, today)
        is_shared = codes[plain(fact.code).casefold()] > 1
        checked.append(Checked(animal, claim, fact, tuple(check.problems(is_shared))))
    return tuple(checked)


def problems_of(checked: Sequence[Checked]) -> tuple[Problem, ...]:
    """All problems, those that keep an animal out of the file first."""
    every = [problem for one in checked for problem in one.problems]
    return tuple(sorted(every, key=lambda problem: not problem.is_blocking))


_NO_ROW = (Ground.NOT_A_DOG, Ground.UNREADABLE)


@dataclass(frozen=True)
class _Check:
    """The questions asked of one animal."""

    animal: Animal
    facts: Facts
    claim: Claim
    options: Asm3Options
    table: BreedTable
    today: date

    def problems(self, is_shared: bool) -> Iterator[Problem]:
        if self.claim.ground is Ground.NOT_A_DOG:
            yield self._stop(ProblemKind.NOT_A_DOG, tr("No dog: it is not written."))
            return
        if self.claim.ground is Ground.UNREADABLE:
            said = self.animal.verdict.reason or tr("None of its photographs can be used.")
            yield self._stop(ProblemKind.UNREADABLE, said)
            return
        yield from self._of_name()
        yield from self._of_age()
        yield from self._of_code(is_shared)
        yield from self._of_ground()
        for look in self._written_looks():
            yield from self._of_look(look)
        if self.options.has_1999_note and self.claim.listed:
            yield self._note(ProblemKind.ORDER_OF_1999, self._listed())

    def _of_name(self) -> Iterator[Problem]:
        name = self.facts.name.strip() or self.animal.name
        if not plain(name):
            said = tr("It has no name: ASM3 would skip its row without a word. Give it one.")
            yield self._stop(ProblemKind.NO_NAME, said)
        for text in (name, self.facts.code):
            if has_quotes(text):
                said = tr("ASM3 cannot read straight quotes: {text} is written instead.")
                yield self._note(ProblemKind.QUOTES, said.format(text=plain(text)))
            if is_formula(text):
                said = tr(
                    "“{text}” would be run as a formula by a spreadsheet. An invisible space before it prevents that; "
                    "ASM3 takes it away again."
                )
                yield self._note(ProblemKind.FORMULA, said.format(text=plain(text)))

    def _of_age(self) -> Iterator[Problem]:
        wrong = wrong_with(self.facts, self.today)
        for sentence in wrong:
            yield self._stop(ProblemKind.BAD_FACT, sentence)
        if wrong or self.facts.years(self.today) is not None or self.options.default_age_years is not None:
            return
        if plain(self.facts.code) and self.options.codes_are_known:
            said = tr("No age: ASM3 refuses the row if it does not know the code {code} yet.")
            yield self._note(ProblemKind.NO_AGE, said.format(code=plain(self.facts.code)))
        else:
            said = tr("ASM3 refuses a new animal without an age or date of birth, and its trial run does not say so.")
            yield self._stop(ProblemKind.NO_AGE, said)

    def _of_code(self, is_shared: bool) -> Iterator[Problem]:
        code = plain(self.facts.code)
        if not code:
            if self.options.pictures and len(self.animal.photographs) > 1:
                said = tr("Only its first picture goes along: ASM3 needs a code to put several with one animal.")
                yield self._note(ProblemKind.ONE_PICTURE, said)
            return
        if is_shared:
            said = tr("Several animals here have the code {code}: ASM3 would make one animal of them.")
            yield self._stop(ProblemKind.SAME_CODE, said.format(code=code))
        yield self._note(ProblemKind.EXISTING_CODE, self._existing(code))

    def _existing(self, code: str) -> str:
        match self.options.known:
            case Known.DESCRIPTION:
                said = tr(
                    "If ASM3 has the code {code} already, its breed stays as it is, and the description there is "
                    "REPLACED by the look."
                )
            case Known.FIELD:
                said = tr(
                    "If ASM3 has the code {code} already, its breed stays as it is; the look goes into the additional "
                    "field {field}."
                )
            case _:
                said = tr(
                    "If ASM3 has the code {code} already, its breed stays as it is, and the look is written nowhere. "
                    "You can choose a place for it."
                )
        return said.format(code=code, field=self.options.field.strip())

    def _of_ground(self) -> Iterator[Problem]:
        mixed = tr("“Mixed breed” is written.")
        if self.claim.ground is Ground.DISPUTED:
            said = tr("Volunteers disagree about it.")
            yield self._note(ProblemKind.DISPUTED, f"{said} {mixed}")
        elif self.claim.ground is Ground.UNKNOWN:
            said = tr("Its breed is unknown, which ASM3 cannot be told: it makes an Abyssinian of an empty breed.")
            yield self._note(ProblemKind.NO_BREED, f"{said} {mixed}")
        elif self.claim.ground is Ground.UNSURE:
            yield self._unsure(mixed)

    def _unsure(self, mixed: str) -> Problem:
        said = tr("The program is not sure, and nobody has looked at it.")
        if self.options.unsure is Unsure.LEAVE_OUT:
            return self._stop(ProblemKind.UNSURE, said)
        if self.options.unsure is Unsure.FIRST and self.claim.looks:
            first = tr("Its first candidate is written as a cross with “mixed breed”.")
            return self._note(ProblemKind.UNSURE, f"{said} {first}")
        return self._note(ProblemKind.UNSURE, f"{said} {mixed}")

    def _written_looks(self) -> tuple[Look, ...]:
        """Those of the looks that are written as breeds."""
        if self.claim.ground is Ground.UNSURE:
            return self.claim.looks[:1] if self.options.unsure is Unsure.FIRST else ()
        return self.claim.looks

    def _of_look(self, look: Look) -> Iterator[Problem]:
        name, language = label_name(look), self.options.language
        written = look.names.asm3(language)
        if look.names.match is Match.WILD:
            said = tr("{breed} is a wild animal: it is never written as a breed. “Mixed breed” is written. Look again.")
            yield self._note(ProblemKind.WILD_CANID, said.format(breed=name))
        elif not written:
            said = tr("ASM3 has no breed for “{breed}”: “mixed breed” is written. You can name one in {file}.")
            yield self._note(ProblemKind.NO_MAPPING, said.format(breed=name, file=FILE_NAME))
        elif not self.table.is_known(written, language):
            said = tr(
                "ASM3’s own list has no “{breed}”: unless your database has it, ASM3 makes an Abyssinian of it "
                "without a word."
            )
            yield self._note(ProblemKind.UNKNOWN_BREED, said.format(breed=written))
        elif look.names.match in (Match.COARSER, Match.APPROXIMATE):
            said = tr("ASM3 has no “{breed}”: “{written}” is written, which comes nearest.")
            yield self._note(ProblemKind.COARSER, said.format(breed=name, written=written))
        elif language == "fr" and self.table.is_shared(written):
            said = tr(
                "For “{breed}” ASM3’s French list has “{written}”, a name of another breed too. Have a look at it."
            )
            yield self._note(ProblemKind.ODD_NAME, said.format(breed=name, written=written))

    def _listed(self) -> str:
        names = [label_name(look) for look in self.claim.listed]
        said = tr(
            "Dogs that look like this ({breeds}) may fall under the French order of 27 April 1999: have it checked."
        )
        return said.format(breeds=", ".join(names))

    def _note(self, kind: ProblemKind, sentence: str) -> Problem:
        return Problem(self.animal.name, kind, sentence)

    def _stop(self, kind: ProblemKind, sentence: str) -> Problem:
        return Problem(self.animal.name, kind, sentence, is_blocking=True)

"""Labels that are perhaps wrong: found among the neighbours, and by no vote that is not a dog of its own."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from core.database import Database
from core.errors import Cancelled
from core.library import Library
from core.neighbours import LEAST_LABELLED, MAJORITY, VOTERS, Suspicion, perhaps_wrong
from core.records import Correction, Kind

CHANNELS = 64
BREEDS = ("beagle", "boxer", "pug", "collie")
BEAGLE, BOXER, PUG, COLLIE = range(4)
Vectors = npt.NDArray[np.float32]


class Shelter:
    """A library with labelled photographs whose vectors are made here."""

    def __init__(self, path: Path, channels: int = CHANNELS) -> None:
        self.library = Library(path)
        self.random = np.random.default_rng(1)
        self.centres = self.random.normal(0, 1, (len(BREEDS), channels))
        with self.database.writing() as connection:
            connection.execute("INSERT INTO backbones(id, fingerprint) VALUES (1, 'net'), (2, 'other')")

    @property
    def database(self) -> Database:
        return self.library.database

    def near(self, breed: int, spread: float = 0.8) -> Vectors:
        """What a photograph of another dog of this breed looks like to the networks."""
        noise = self.random.normal(0, spread, self.centres.shape[1])
        return np.asarray(self.centres[breed] + noise, np.float32)

    def add(self, breed: int | Kind, vector: Vectors, animal: str = "", backbone: int = 1) -> int:
        """A photograph that a volunteer said is of this breed; its number."""
        with self.database.writing() as connection:
            number = 1 + int(connection.execute("SELECT count(*) FROM photographs").fetchone()[0])
            connection.execute("INSERT INTO photographs(id, content, path) VALUES (?, ?, '')", (number, f"c{number}"))
            kept = vector.astype(np.float16).tobytes()
            connection.execute("INSERT INTO vectors VALUES (?, ?, ?)", (number, backbone, kept))
        if animal:
            self.library.group([number], animal, "ada")
        self.say(number, breed)
        return number

    def say(self, number: int, breed: int | Kind) -> None:
        said = Correction(breed) if isinstance(breed, Kind) else _breed(breed)
        self.library.correct(f"c{number}", None, said)

    def fill(self, each: int = 15, breeds: tuple[int, ...] = (0, 1)) -> list[int]:
        return [self.add(breed, self.near(breed)) for _ in range(each) for breed in breeds]

    def found(self) -> dict[int, Suspicion]:
        return perhaps_wrong(self.database, "net")


def _breed(place: int) -> Correction:
    return Correction(Kind.BREED, f"id-{BREEDS[place]}", BREEDS[place])


@pytest.fixture
def shelter(tmp_path: Path) -> Shelter:
    return Shelter(tmp_path / "library.sqlite")


def test_a_wrong_label_among_many_is_offered(shelter: Shelter) -> None:
    shelter.fill()
    wrong = shelter.add(0, shelter.near(1))
    assert shelter.found() == {wrong: Suspicion("id-boxer", "boxer", VOTERS, VOTERS)}


def test_what_the_volunteer_says_now_counts(shelter: Shelter) -> None:
    shelter.fill()
    number = shelter.add(1, shelter.near(1))
    shelter.say(number, 0)
    assert set(shelter.found()) == {number}
    shelter.library.undo()
    assert shelter.found() == {}
    shelter.say(number, 0)
    shelter.say(number, 1)
    assert shelter.found() == {}


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.BREED])
def test_other_words_are_no_labels(shelter: Shelter, kind: Kind) -> None:
    shelter.fill()
    shelter.add(kind, shelter.near(1))
    assert shelter.found() == {}


def test_the_same_animal_is_no_witness(shelter: Shelter) -> None:
    shelter.fill()
    rex = shelter.near(1)
    shots = [shelter.add(0, rex + shelter.random.normal(0, 0.5, CHANNELS).astype(np.float32), "Rex") for _ in range(12)]
    assert set(shelter.found()) == set(shots), "the twelve would have outvoted all others"


def test_photographs_without_an_animal_are_not_one_animal(shelter: Shelter) -> None:
    shelter.fill()
    wrong = shelter.add(0, shelter.near(1))
    shelter.library.group(range(1, wrong + 1), "", "ada")
    assert set(shelter.found()) == {wrong}


def test_the_animal_of_a_folder_counts_too(shelter: Shelter) -> None:
    shelter.fill()
    rex = shelter.near(1)
    shots = [shelter.add(0, rex + shelter.random.normal(0, 0.5, CHANNELS).astype(np.float32)) for _ in range(12)]
    with shelter.database.writing() as connection:
        connection.execute("INSERT INTO models(id, fingerprint, name) VALUES (1, 'm', 'm')")
        connection.execute(
            "INSERT INTO runs(id, roots, model, state, begun, ended) VALUES (1, '[]', 1, 'ended', '', NULL)"
        )
        rows = [(1, place, b"rex_%d.jpg" % place, place, "Rex", "") for place in shots]
        connection.executemany(
            "INSERT INTO run_files(run, place, path, photograph, animal, reason) VALUES (?, ?, ?, ?, ?, ?)", rows
        )
    assert set(shelter.found()) == set(shots)


def test_a_copy_of_itself_is_no_witness(shelter: Shelter) -> None:
    shelter.fill()
    vector = shelter.near(1)
    copies = [shelter.add(0, vector + shelter.random.normal(0, 0.02, CHANNELS).astype(np.float32)) for _ in range(8)]
    assert set(shelter.found()) == set(copies)


def test_one_dog_in_many_pictures_has_one_vote(shelter: Shelter) -> None:
    """Twelve pictures of one boxer, four beagles, and collies from afar: that is no majority against a pug."""
    for breed in (COLLIE, PUG):
        for _ in range(LEAST_LABELLED):
            shelter.add(breed, shelter.near(breed, 0.5))
    for _ in range(MAJORITY - 1):
        shelter.add(BEAGLE, shelter.near(BOXER, 0.4))
    odd = shelter.near(BOXER, 0.4)
    for _ in range(12):
        shelter.add(BOXER, odd + shelter.random.normal(0, 0.1, CHANNELS).astype(np.float32), "Odd")
    between = np.asarray((odd + shelter.centres[COLLIE] * 0.5) / 1.5, np.float32)
    assert shelter.add(PUG, between) not in shelter.found()


def test_a_rare_breed_is_not_outvoted(shelter: Shelter) -> None:
    """One or two dogs of a breed have no neighbours of their own kind, and are right all the same."""
    shelter.fill()
    for _ in range(2):
        shelter.add(COLLIE, np.asarray(shelter.near(BEAGLE, 0.5) + 0.1 * shelter.centres[COLLIE], np.float32))
    assert shelter.found() == {}


def test_a_vote_for_its_own_label_acquits(shelter: Shelter) -> None:
    shelter.fill()
    wrong = shelter.add(0, shelter.near(1, 0.6))
    assert wrong in shelter.found()
    shelter.add(0, shelter.near(1, 0.6))
    shelter.add(0, shelter.near(1, 0.6))
    with_company = shelter.found()
    assert wrong not in with_company


def test_no_majority_no_suspicion(shelter: Shelter) -> None:
    """Between two breeds that both are not its own, nobody knows better than the volunteer."""
    for breed in (BOXER, PUG):
        for _ in range(MAJORITY - 1):
            shelter.add(breed, shelter.near(breed, 0.5))
    for _ in range(LEAST_LABELLED):
        shelter.add(COLLIE, shelter.near(COLLIE, 0.5))
    between = np.asarray((shelter.centres[BOXER] + shelter.centres[PUG]) / 2, np.float32)
    one = shelter.add(BEAGLE, between)
    for _ in range(3):
        shelter.add(BEAGLE, shelter.near(BEAGLE, 0.5))
    assert one not in shelter.found()
    shelter.add(PUG, shelter.near(PUG, 0.5))
    assert shelter.found()[one] == Suspicion("id-pug", "pug", MAJORITY, VOTERS)


def test_too_few_labelled_photographs_say_nothing(shelter: Shelter) -> None:
    for _ in range((LEAST_LABELLED - 2) // 2):
        shelter.add(0, shelter.near(0))
        shelter.add(1, shelter.near(1))
    wrong = shelter.add(0, shelter.near(1))
    assert shelter.found() == {}
    shelter.add(1, shelter.near(1))
    assert set(shelter.found()) == {wrong}


def test_an_empty_library_and_an_unknown_network(shelter: Shelter) -> None:
    assert shelter.found() == {}
    shelter.fill()
    assert perhaps_wrong(shelter.database, "nothing such") == {}


def test_vectors_of_other_networks_are_not_compared(shelter: Shelter) -> None:
    shelter.fill()
    elsewhere = shelter.add(0, shelter.near(1), backbone=2)
    assert elsewhere not in shelter.found()


def test_damaged_vectors_are_left_out(shelter: Shelter) -> None:
    shelter.fill()
    wrong = shelter.add(0, shelter.near(1))
    shelter.add(1, np.full(CHANNELS, np.nan, np.float32))
    shelter.add(1, np.ones(CHANNELS // 2, np.float32))
    assert set(shelter.found()) == {wrong}


def test_the_same_picture_again_and_again(shelter: Shelter) -> None:
    """All alike: nothing lies in any direction from their mean, and nothing is said."""
    for place in range(LEAST_LABELLED + 5):
        shelter.add(place % 2, np.ones(CHANNELS, np.float32))
    assert shelter.found() == {}


def test_it_stops_when_told(shelter: Shelter) -> None:
    shelter.fill()
    asked = 0

    def should_stop() -> bool:
        nonlocal asked
        asked += 1
        return asked == 2

    with pytest.raises(Cancelled):
        perhaps_wrong(shelter.database, "net", should_stop)


def test_wide_vectors_take_little_memory(tmp_path: Path) -> None:
    """1,200 labelled photographs of 4,608 channels are 22 MB as float32; not even these are held at once."""
    shelter = Shelter(tmp_path / "library.sqlite", 4608)
    breeds = [place % 3 for place in range(1200)]
    with shelter.database.writing() as connection:
        for number, breed in enumerate(breeds, start=1):
            connection.execute("INSERT INTO photographs(id, content, path) VALUES (?, ?, '')", (number, f"c{number}"))
            kept = shelter.near(breed, 1.0).astype(np.float16).tobytes()
            connection.execute("INSERT INTO vectors VALUES (?, 1, ?)", (number, kept))
    wrong = {7, 500, 900}  # one in each breed
    said = {number: (breeds[number - 1] + (number in wrong)) % 3 for number in range(1, 1201)}
    with shelter.database.writing() as connection:
        connection.executemany(
            "INSERT INTO corrections(photograph, kind, label, name, who, at, model, predicted, probability) "
            "VALUES (?, 'breed', ?, ?, '', '2026-01-01T00:00:00+00:00', '', '', 0)",
            [(number, f"id-{BREEDS[breed]}", BREEDS[breed]) for number, breed in said.items()],
        )
    tracemalloc.start()
    found = set(shelter.found())
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found == wrong
    assert most < 50e6

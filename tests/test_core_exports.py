"""The table: its columns, its numbers, and cells that do no harm."""

from __future__ import annotations

import csv
import errno
import io
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Cancelled, UserError
from core.export_files import AlreadyThereError
from core.exports import Row, columns, row_of, row_of_tagged, write_csv, write_json, write_table
from core.records import Candidate, Correction, Kind, Status, Tagged, Verdict
from core.texts import set_language
from core.verdicts import unreadable
from tests.bundle_factory import tiny_info

ORDER = [
    "path", "status", "breed", "confidence", "breed_2", "confidence_2", "breed_3", "confidence_3",
    "reviewed_breed", "animal", "model", "reason",
]  # fmt: skip
CANDIDATES = (Candidate(2, 0.81234567), Candidate(0, 0.1), Candidate(1, 0.05))


def sure(path: str = "a.jpg") -> Row:
    return row_of(path, Verdict(Status.SURE, CANDIDATES, 1), tiny_info())


def as_csv(*rows: Row, top: int = 3) -> str:
    out = io.StringIO(newline="")
    assert write_csv(rows, out, top) == len(rows)
    return out.getvalue()


def read_back(*rows: Row, top: int = 3) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(as_csv(*rows, top=top), newline="")))


def test_the_columns_come_in_the_promised_order() -> None:
    assert list(columns()) == ORDER
    assert as_csv().splitlines() == [",".join(ORDER)]


def test_a_sure_row_has_four_decimals_and_the_models_names() -> None:
    set_language("fr")
    assert as_csv(sure()).splitlines()[1] == "a.jpg,sure,blue,0.8123,red,0.1000,green,0.0500,,,colours,"


def test_lines_end_as_rfc_4180_wants() -> None:
    assert as_csv(sure()).count("\r\n") == 2
    assert as_csv(sure()).count("\n") == 2


@pytest.mark.parametrize("status", [Status.NOT_A_DOG, Status.UNREADABLE])
def test_without_an_answer_there_is_no_breed(status: Status) -> None:
    (row,) = read_back(row_of("a.jpg", Verdict(status, CANDIDATES, reason="Why."), tiny_info()))
    assert row["status"] == status.value
    assert {row[name] for name in ORDER if name.startswith(("breed", "confidence"))} == {""}
    assert row["reason"] == "Why."


def test_what_people_said_has_its_columns() -> None:
    row = row_of("a.jpg", unreadable("Why."), tiny_info(), reviewed_breed="Harrier", animal="Rex")
    (cells,) = read_back(row)
    assert (cells["reviewed_breed"], cells["animal"]) == ("Harrier", "Rex")


@pytest.mark.parametrize(("top", "names"), [(1, ["blue", "", ""]), (2, ["blue", "red", ""])])
def test_fewer_breeds_leave_their_columns_empty(top: int, names: list[str]) -> None:
    row = row_of("a.jpg", Verdict(Status.SURE, CANDIDATES, 1), tiny_info(), top=top)
    (cells,) = read_back(row, top=top)
    assert list(cells) == ORDER
    assert [cells[name] for name in ("breed", "breed_2", "breed_3")] == names


def test_more_breeds_get_columns_of_their_own() -> None:
    (cells,) = read_back(sure(), top=5)
    assert list(cells)[6:12] == ["breed_3", "confidence_3", "breed_4", "confidence_4", "breed_5", "confidence_5"]
    assert cells["breed_3"] == "green"
    assert cells["breed_5"] == cells["confidence_5"] == ""


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20"])
def test_cells_that_spreadsheets_would_run_are_made_harmless(start: str) -> None:
    risky = f"{start}cmd|' /C calc'!A0"
    row = Row(risky, Status.SURE, ((risky, 0.5),), risky, risky, risky, risky)
    (cells,) = read_back(row)
    for name in ("path", "breed", "reviewed_breed", "animal", "model", "reason"):
        assert cells[name] == f"'{risky}"


@pytest.mark.parametrize(
    "path", ["a b.jpg", "chiens/Médor.jpg", "x=1.jpg", 'say "hi", dog.jpg', "two\nlines.jpg", "🐶.jpg"]
)
def test_other_paths_stay_as_they_are(path: str) -> None:
    (cells,) = read_back(sure(path))
    assert cells["path"] == path


def test_names_that_are_no_letters_can_be_written() -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="")
    write_csv([sure("caf\udce9.jpg")], out)
    out.seek(0)
    assert "caf\\udce9.jpg" in out.read()
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="")
    write_json([sure("caf\udce9.jpg")], out)
    out.seek(0)
    assert json.load(out)[0]["path"] == "caf\\udce9.jpg"


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_any_text_comes_back_from_the_table(text: str) -> None:
    (cells,) = read_back(Row("a.jpg", Status.UNREADABLE, (), "colours", reason=text))
    assert cells["reason"] in (text, f"'{text}")


def test_json_has_the_same_columns_with_numbers_and_nulls() -> None:
    out = io.StringIO()
    refused = row_of("=b.jpg", unreadable("Why."), tiny_info())
    assert write_json([sure(), refused], out) == 2
    first, second = json.loads(out.getvalue())
    assert list(first) == ORDER
    assert (first["breed"], first["confidence"], first["reason"]) == ("blue", 0.8123, None)
    assert (second["path"], second["breed"], second["reason"]) == ("=b.jpg", None, "Why.")


def test_no_rows_are_an_empty_list() -> None:
    out = io.StringIO()
    assert write_json([], out) == 0
    assert json.loads(out.getvalue()) == []


@pytest.mark.parametrize("write", [write_csv, write_json])
def test_each_row_is_written_before_the_next_is_asked_for(write: object) -> None:
    out = io.StringIO()
    seen: list[str] = []

    def rows() -> Iterator[Row]:
        yield sure("first.jpg")
        seen.append(out.getvalue())
        yield sure("second.jpg")

    assert callable(write)
    write(rows(), out)
    assert "first.jpg" in seen[0]


def tagged(path: str, said: Correction | None = None, verdict: Verdict | None = None) -> Tagged:
    return Tagged(Path(path), verdict or Verdict(Status.SURE, CANDIDATES, 1), "Rex", said)


@pytest.mark.parametrize(
    ("said", "english", "french"),
    [
        (None, "", ""),
        (Correction(Kind.BREED, "colour-red", "red"), "red", "rouge"),
        (Correction(Kind.OTHER, name="Barbet"), "Barbet", "Barbet"),
        (Correction(Kind.CROSS, "colour-red", second="colour-green"), "green × red", "rouge × vert"),
        (Correction(Kind.CROSS, "colour-red", second_name="Barbet"), "Barbet × red", "Barbet × rouge"),
        (Correction(Kind.MIXED), "Mixed breed", "Race croisée"),
        (Correction(Kind.UNKNOWN), "Unknown breed", "Race inconnue"),
        (Correction(Kind.NOT_A_DOG), "No dog", "Pas de chien"),
        (Correction(Kind.BREED, "of another model", "Harrier"), "Harrier", "Harrier"),
    ],
)
def test_what_a_volunteer_said_stands_beside_the_answer(said: Correction | None, english: str, french: str) -> None:
    for language, expected, breed in (("en", english, "blue"), ("fr", french, "bleu")):
        row = row_of_tagged(tagged("a.jpg", said), tiny_info(), language="fr" if language == "fr" else "en")
        (cells,) = read_back(row)
        assert (cells["reviewed_breed"], cells["breed"], cells["animal"]) == (expected, breed, "Rex")


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_a_table_is_written_whole(tmp_path: Path, kind: Literal["csv", "json"]) -> None:
    path = tmp_path / f"Médor.{kind}"
    done: list[int] = []
    photographs = [tagged("a.jpg"), tagged("=b.jpg", Correction(Kind.MIXED)), tagged("caf\udce9.jpg")]
    written = write_table(path, photographs, tiny_info(), kind, progress=done.append)
    assert (written.path, written.rows, written.left_out) == (path, 3, ())
    assert done == [1, 2, 3]
    text = path.read_bytes().decode()
    found = json.loads(text) if kind == "json" else list(csv.DictReader(io.StringIO(text, newline="")))
    assert [one["path"] for one in found] == ["a.jpg", "=b.jpg" if kind == "json" else "'=b.jpg", "caf\\udce9.jpg"]
    assert list(found[0]) == ORDER
    assert found[1]["reviewed_breed"] == "Mixed breed"


def test_a_table_replaces_nothing_unasked(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"mine")
    with pytest.raises(AlreadyThereError):
        write_table(path, [tagged("a.jpg")], tiny_info())
    assert path.read_bytes() == b"mine"
    assert write_table(path, [tagged("a.jpg")], tiny_info(), may_replace=True).rows == 1


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_a_stopped_table_leaves_the_old_one(tmp_path: Path, kind: Literal["csv", "json"]) -> None:
    path = tmp_path / "a"
    done: list[int] = []
    path.write_bytes(b"mine")
    with pytest.raises(Cancelled):
        write_table(
            path,
            [tagged(f"{number}.jpg") for number in range(9)],
            tiny_info(),
            kind,
            may_replace=True,
            progress=done.append,
            should_stop=lambda: len(done) == 4,
        )
    assert done == [1, 2, 3, 4]
    assert path.read_bytes() == b"mine"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UserError, match="disk is full"):
        write_table(tmp_path / "a.csv", [tagged("a.jpg")], tiny_info())
    assert list(tmp_path.iterdir()) == []

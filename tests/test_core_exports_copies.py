"""Copies sorted by breed: safe names, nothing lost, nothing moved, and a new folder as a whole or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import export_folders
from core.errors import Cancelled, PhotoError, UserError
from core.export_files import AlreadyThereError, Written, new_file, refuse_existing, safe_name
from core.export_folders import FreeNames
from core.exports_copies import How, write_sorted
from core.records import Candidate, Correction, Kind, Status, Tagged, Verdict
from core.texts import Language
from core.verdicts import unreadable
from tests.bundle_factory import tiny_info

BEST = (Candidate(2, 0.9), Candidate(0, 0.06), Candidate(1, 0.04))
SURE, UNSURE = Verdict(Status.SURE, BEST, 1), Verdict(Status.UNSURE, BEST, 2)


def photograph(path: Path, content: bytes = b"a photograph") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, ns=(10**18, 10**18))
    return path


def breed(name: str) -> Correction:
    return Correction(Kind.OTHER, name=name)


def write(folder: Path, tagged: list[Tagged], how: How = How.COPY, language: Language = "en") -> Written:
    return write_sorted(folder, tagged, tiny_info(), how=how, language=language)


def inside(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir())


CASES = [
    (SURE, None, "blue", "bleu"),
    (UNSURE, None, "Not sure", "Pas sûr"),
    (Verdict(Status.NOT_A_DOG, BEST), None, "No dog", "Pas de chien"),
    (unreadable("Why."), None, "Unreadable", "Illisible"),
    (SURE, Correction(Kind.BREED, "colour-red", "red"), "red", "rouge"),
    (UNSURE, Correction(Kind.CROSS, "colour-red", "red", second="colour-green"), "green × red", "rouge × vert"),
    (SURE, Correction(Kind.CROSS, "colour-red", "red"), "Mixed breed", "Race croisée"),
    (SURE, Correction(Kind.MIXED), "Mixed breed", "Race croisée"),
    (SURE, Correction(Kind.UNKNOWN), "Unknown breed", "Race inconnue"),
    (SURE, Correction(Kind.NOT_A_DOG), "No dog", "Pas de chien"),
    (SURE, breed("Barbet: noir/blanc?"), "Barbet_ noir_blanc_", "Barbet_ noir_blanc_"),
    (SURE, breed("  "), "Unknown breed", "Race inconnue"),
]


@pytest.mark.parametrize(("verdict", "said", "english", "french"), CASES)
def test_each_answer_has_its_folder(
    tmp_path: Path, verdict: Verdict, said: Correction | None, english: str, french: str
) -> None:
    path = photograph(tmp_path / "in" / "Médor.jpg")
    one = Tagged(path, verdict, reviewed=said)
    assert write(tmp_path / "en", [one]).rows == 1
    write(tmp_path / "fr", [one], language="fr")
    assert inside(tmp_path / "en") == [f"{english}/Médor.jpg"]
    assert inside(tmp_path / "fr") == [f"{french}/Médor.jpg"]


def test_copies_are_copies_with_their_time(tmp_path: Path) -> None:
    path = photograph(tmp_path / "in/a.jpg", b"x" * 3_000_000)
    path.chmod(0o444)
    write(tmp_path / "out", [Tagged(path, SURE)])
    copy = tmp_path / "out/blue/a.jpg"
    assert copy.read_bytes() == path.read_bytes()
    assert not copy.samefile(path)
    assert copy.stat().st_mtime_ns == 10**18
    copy.write_bytes(b"other")  # although the photograph is protected
    assert path.read_bytes() == b"x" * 3_000_000


def test_equal_names_get_numbers_and_nothing_is_lost(tmp_path: Path) -> None:
    names = ["1/a.jpg", "2/a.jpg", "3/A.JPG", "4/a (2).jpg", "5/a.png", "6/a.jpg"]
    tagged = [Tagged(photograph(tmp_path / "in" / name, name.encode()), SURE) for name in names]
    assert write(tmp_path / "out", tagged).rows == 6
    found = inside(tmp_path / "out")
    assert len({name.casefold() for name in found}) == 6
    assert {(tmp_path / "out" / name).read_text() for name in found} == set(names)
    assert "blue/a.jpg" in found
    assert "blue/a (2).jpg" in found


def test_folders_that_some_systems_do_not_tell_apart_are_one(tmp_path: Path) -> None:
    said = ["Boxer", "boxer", "E\u0301pagneul", "\u00c9pagneul", "a?", "a*", "nul", "..", "Boxer."]
    tagged = [Tagged(photograph(tmp_path / f"in/{n}.jpg"), SURE, reviewed=breed(one)) for n, one in enumerate(said)]
    write(tmp_path / "out", tagged)
    assert sorted(one.name for one in (tmp_path / "out").iterdir()) == ["Boxer", "_", "_nul", "a_", "\u00c9pagneul"]


@pytest.mark.parametrize("how", [How.HARD_LINK, How.SYMLINK])
def test_links_point_at_the_photograph_itself(tmp_path: Path, how: How) -> None:
    path = photograph(tmp_path / "in/a.jpg")
    (tmp_path / "in/link.jpg").symlink_to(path)
    done = write(tmp_path / "out", [Tagged(path, SURE), Tagged(tmp_path / "in/link.jpg", SURE)], how)
    for name in ("a.jpg", "link.jpg"):
        link = tmp_path / "out/blue" / name
        assert link.samefile(path)
        assert link.is_symlink() == (how is How.SYMLINK)
    if how is How.SYMLINK:
        assert (tmp_path / "out/blue/link.jpg").readlink() == path.resolve()
    assert len(done.notes) == 1


@pytest.mark.parametrize("how", [How.HARD_LINK, How.SYMLINK])
def test_where_links_are_refused_there_are_copies_and_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: How
) -> None:
    path = photograph(tmp_path / "in/a.jpg")

    def refuse(*args: object, **more: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    monkeypatch.setattr(Path, "symlink_to", refuse)
    done = write(tmp_path / "out", [Tagged(path, SURE)] * 2, how)
    assert inside(tmp_path / "out") == ["blue/a (2).jpg", "blue/a.jpg"]
    assert not (tmp_path / "out/blue/a.jpg").samefile(path)
    assert "2" in done.notes[0]
    assert "copied" in done.notes[0]


@pytest.mark.parametrize("how", How)
def test_what_cannot_be_read_is_named_and_the_rest_goes_on(tmp_path: Path, how: How) -> None:
    good = photograph(tmp_path / "in/good.jpg")
    folder = tmp_path / "in/folder.jpg"
    folder.mkdir()
    gone = tmp_path / "in/gone.jpg"
    done = write(tmp_path / "out", [Tagged(one, SURE) for one in (gone, folder, good)], how)
    assert done.rows == 1
    assert [Path(one.what).name for one in done.left_out] == ["gone.jpg", "folder.jpg"]
    assert "no longer there" in done.left_out[0].why
    assert inside(tmp_path / "out") == ["blue/good.jpg"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_does_not_hang_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    assert len(write(tmp_path / "out", [Tagged(tmp_path / "pipe.jpg", SURE)]).left_out) == 1


def test_a_disk_that_fails_in_the_middle_of_a_photograph(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bad, good = photograph(tmp_path / "in/bad.jpg"), photograph(tmp_path / "in/good.jpg")
    read = export_folders._chunk

    def failing(file: object) -> bytes:
        if getattr(file, "name", "").endswith("bad.jpg"):
            raise PhotoError("bad sector")
        return read(file)  # type: ignore[arg-type]

    monkeypatch.setattr(export_folders, "_chunk", failing)
    done = write(tmp_path / "out", [Tagged(bad, SURE), Tagged(good, SURE)])
    assert inside(tmp_path / "out") == ["blue/good.jpg"]
    assert done.left_out[0].why == "bad sector"


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tagged = [Tagged(photograph(tmp_path / f"in/{number}.jpg"), SURE) for number in range(3)]
    real = os.utime
    done: list[int] = []

    def full(path: object, *args: object, **more: object) -> None:
        if done:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(path, *args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "utime", full)
    with pytest.raises(UserError, match="disk is full"):
        write_sorted(tmp_path / "out", tagged, tiny_info(), progress=done.append)
    assert done == [1]
    assert [one.name for one in tmp_path.iterdir()] == ["in"]


@pytest.mark.parametrize("how", How)
def test_stopping_leaves_nothing_behind_and_no_photograph_is_touched(tmp_path: Path, how: How) -> None:
    tagged = [Tagged(photograph(tmp_path / f"in/{number}.jpg"), SURE) for number in range(4)]
    done: list[int] = []
    with pytest.raises(Cancelled):
        write_sorted(
            tmp_path / "out", tagged, tiny_info(), how=how, progress=done.append, should_stop=lambda: len(done) > 1
        )
    assert done == [1, 2]
    assert [one.name for one in tmp_path.iterdir()] == ["in"]
    assert inside(tmp_path / "in") == ["0.jpg", "1.jpg", "2.jpg", "3.jpg"]
    assert all(one.path.read_bytes() == b"a photograph" for one in tagged)


def test_a_large_photograph_is_stopped_in_the_middle(tmp_path: Path) -> None:
    path = photograph(tmp_path / "in/a.jpg", b"x" * 5_000_000)
    asked: list[bool] = []

    def third() -> bool:
        asked.append(True)
        return len(asked) > 3

    with pytest.raises(Cancelled):
        write_sorted(tmp_path / "out", [Tagged(path, SURE)], tiny_info(), should_stop=third)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("content", [None, b"a file"])
def test_what_is_there_is_never_replaced(tmp_path: Path, content: bytes | None) -> None:
    out = tmp_path / "out"
    if content is None:
        (out / "mine").mkdir(parents=True)
    else:
        out.write_bytes(content)
    with pytest.raises(AlreadyThereError):
        write(out, [Tagged(photograph(tmp_path / "in/a.jpg"), SURE)])
    assert (out / "mine").is_dir() if content is None else out.read_bytes() == content


def test_a_folder_that_is_not_there_is_explained(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="its folder is not there"):
        write(tmp_path / "no" / "out", [])


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="nothing is forbidden to the administrator")
def test_a_folder_for_reading_only_is_explained(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o555)
    with pytest.raises(UserError, match="may not write there"):
        write(closed / "out", [])


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "disk is full"),
        (errno.EROFS, "reading only"),
        (errno.EACCES, "may not write there"),
        (errno.ENAMETOOLONG, "too long"),
        (errno.EIO, "Input/output error"),
    ],
)
def test_a_file_that_cannot_be_written_says_why_and_stays_as_it_was(tmp_path: Path, number: int, words: str) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(b"old")
    with pytest.raises(UserError, match=words), new_file(path, may_replace=True) as file:
        file.write(b"new")
        raise OSError(number, os.strerror(number))
    assert path.read_bytes() == b"old"
    assert [one.name for one in tmp_path.iterdir()] == ["table.csv"]


def test_an_existing_file_is_replaced_only_when_the_user_said_so(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    with new_file(path) as file:
        file.write(b"first")
    with pytest.raises(AlreadyThereError), new_file(path):
        pass
    with new_file(path, may_replace=True) as file:
        file.write(b"second")
    assert path.read_bytes() == b"second"
    with pytest.raises(AlreadyThereError):
        refuse_existing(tmp_path, may_replace=True)
    broken = tmp_path / "broken"
    broken.symlink_to(tmp_path / "nowhere")
    with pytest.raises(AlreadyThereError):
        refuse_existing(broken)


@given(st.text(max_size=300))
def test_any_text_becomes_a_safe_name(text: str) -> None:
    name = safe_name(text)
    assert name and name not in (".", "..")
    assert len(name.encode()) <= 121
    assert not set(name) & set('<>:"/\\|?*')
    assert all(ord(one) >= 32 for one in name)
    assert name.strip(" ") == name and not name.endswith(".") and not name.startswith(".")
    assert name.split(".")[0].strip().casefold() not in ("con", "nul", "aux", "prn", "com1", "lpt9")


@given(st.lists(st.sampled_from(["a.jpg", "A.jpg", "a (2).jpg", "a (2) (2).jpg", "a", "", ".jpg", "é", "e\u0301"])))
def test_no_name_comes_twice(names: list[str]) -> None:
    free = FreeNames()
    given_out = [free.file("folder", name).casefold() for name in names]
    assert len(set(given_out)) == len(given_out)

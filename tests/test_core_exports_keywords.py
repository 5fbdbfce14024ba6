"""Which keywords a photograph gets, and where: beside it, in a copy, in itself; and what is left out, and why."""

from __future__ import annotations

import errno
import hashlib
import os
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin

from core.errors import Cancelled, UserError
from core.export_files import AlreadyThereError, Written
from core.exports_keywords import KeywordOptions, Where, keywords_of, sidecar_of, write_keywords
from core.records import Candidate, Correction, Kind, Status, Tagged, Verdict
from core.verdicts import unreadable
from core.xmp_packets import Keywords, with_keywords
from tests.bundle_factory import tiny_info

BEST = (Candidate(2, 0.9), Candidate(0, 0.06), Candidate(1, 0.04))
SURE, UNSURE = Verdict(Status.SURE, BEST, 1), Verdict(Status.UNSURE, BEST, 2)
NO_DOG = Verdict(Status.NOT_A_DOG, BEST)
SIDECARS = KeywordOptions()
ORIGINALS = KeywordOptions(Where.ORIGINALS)
THEIRS = with_keywords(None, Keywords(("kennel 4",), (("place", "kennel 4"),))).replace(b":added-", b":other-")


def photograph(path: Path, colour: str = "blue") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (40, 30), colour).save(path)
    return path


def tagged(path: Path, verdict: Verdict = SURE, said: Correction | None = None, animal: str = "") -> Tagged:
    return Tagged(path, verdict, animal, said)


def breed(label: str) -> Correction:
    return Correction(Kind.BREED, f"colour-{label}", label)


def words(data: bytes, name: str = "subject") -> list[str]:
    lists = [one for one in ET.fromstring(data).iter() if one.tag.endswith(f"}}{name}")]
    return [item.text or "" for one in lists for item in one.iter() if item.tag.endswith("}li")]


def words_in(path: Path) -> list[str]:
    with Image.open(path) as image:
        image.load()
        packet = image.info.get("xmp")
    return words(packet) if packet else []


def write(photographs: list[Tagged], options: KeywordOptions = SIDECARS) -> Written:
    return write_keywords(photographs, tiny_info(), options)


CROSS = Correction(Kind.CROSS, "colour-red", "red", second_name="Barbet")


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (tagged(Path(), SURE), ["blue"]),
        (tagged(Path(), UNSURE), []),
        (tagged(Path(), NO_DOG), []),
        (tagged(Path(), unreadable("Why.")), []),
        (tagged(Path(), UNSURE, breed("red")), ["red"]),
        (tagged(Path(), SURE, breed("green")), ["green"]),
        (tagged(Path(), SURE, CROSS), ["Cross", "red", "Barbet"]),
        (tagged(Path(), SURE, Correction(Kind.OTHER, name="Barbet")), ["Barbet"]),
        (tagged(Path(), SURE, Correction(Kind.MIXED)), ["Mixed breed"]),
        (tagged(Path(), SURE, Correction(Kind.UNKNOWN)), ["Unknown breed"]),
        (tagged(Path(), SURE, Correction(Kind.NOT_A_DOG)), ["No dog"]),
    ],
)
def test_a_volunteers_word_counts_and_an_unsure_answer_says_nothing(one: Tagged, expected: list[str]) -> None:
    found = keywords_of(one, tiny_info(), SIDECARS)
    assert list(found.words) == expected
    assert all(path[0] == "Breed by looks" and path[-1] in expected for path in found.paths)
    assert bool(found.paths) == bool(expected)


def test_unsure_answers_can_be_marked_but_never_by_a_breed() -> None:
    marking = KeywordOptions(marks_unsure=True)
    assert keywords_of(tagged(Path(), UNSURE), tiny_info(), marking).words == ("Not sure",)
    assert keywords_of(tagged(Path(), NO_DOG), tiny_info(), marking).words == ("No dog",)
    assert keywords_of(tagged(Path(), unreadable("")), tiny_info(), marking).words == ()


def test_keywords_speak_the_chosen_language() -> None:
    french = KeywordOptions(language="fr", marks_unsure=True)
    assert keywords_of(tagged(Path()), tiny_info(), french).paths == (("Race d’apparence", "bleu"),)
    assert keywords_of(tagged(Path(), UNSURE), tiny_info(), french).words == ("Pas sûr",)
    assert keywords_of(tagged(Path(), SURE, CROSS), tiny_info(), french).words == ("Croisement", "rouge", "Barbet")


NAMES = ["rex.jpg", "Médor été.JPG", "a.b.c.png", "🐶.webp", "x" * 240 + ".jpg"]


@pytest.mark.parametrize("name", NAMES)
def test_the_file_beside_has_the_keywords_and_the_photograph_is_untouched(tmp_path: Path, name: str) -> None:
    path = photograph(tmp_path / name)
    before = (path.read_bytes(), path.stat().st_mtime_ns)
    done = write([tagged(path)])
    assert (done.rows, done.left_out, done.path) == (1, (), tmp_path)
    beside = tmp_path / f"{name}.xmp"
    assert words(beside.read_bytes()) == ["blue"]
    assert words(beside.read_bytes(), "hierarchicalSubject") == ["Breed by looks|blue"]
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


def test_the_other_way_of_naming_and_capitals(tmp_path: Path) -> None:
    path = photograph(tmp_path / "rex.jpg")
    write([tagged(path)], KeywordOptions(keeps_ending=False))
    assert words((tmp_path / "rex.xmp").read_bytes()) == ["blue"]
    (tmp_path / "rex.xmp").rename(tmp_path / "rex.jpg.XMP")
    assert sidecar_of(path).name.casefold() == "rex.jpg.xmp"
    write([tagged(path, said=breed("red"))])
    assert sorted(one.name for one in tmp_path.iterdir()) == ["rex.jpg", "rex.jpg.XMP"]
    assert words((tmp_path / "rex.jpg.XMP").read_bytes()) == ["red"]


@pytest.mark.skipif(os.name == "nt", reason="such names are of Linux")
def test_names_with_odd_bytes(tmp_path: Path) -> None:
    odd = tmp_path / os.fsdecode(b"caf\xe9.jpg")
    try:
        photograph(odd)
    except OSError:
        pytest.skip("this file system refuses such names")
    gone = tmp_path / os.fsdecode(b"gone\xe9.jpg")
    done = write([tagged(odd), tagged(gone)])
    assert done.rows == 1
    assert done.left_out[0].what.endswith("gone\\udce9.jpg")
    done.left_out[0].what.encode()


def test_what_is_in_a_file_beside_is_kept(tmp_path: Path) -> None:
    path = photograph(tmp_path / "rex.jpg")
    beside = tmp_path / "rex.jpg.xmp"
    beside.write_bytes(THEIRS)
    beside.chmod(0o640)
    write([tagged(path)])
    assert words(beside.read_bytes()) == ["kennel 4", "blue"]
    assert beside.stat().st_mode & 0o777 == 0o640 or os.name == "nt"
    when = beside.stat().st_mtime_ns
    write([tagged(path)])
    assert beside.stat().st_mtime_ns == when
    write([tagged(path, UNSURE)])  # nobody is sure any more
    assert words(beside.read_bytes()) == ["kennel 4"]


@pytest.mark.parametrize("name", ["rex.jpg", "rex.png", "rex.webp", "rex.tif", "rex.avif"])
def test_a_new_file_beside_hides_nothing_that_is_in_the_photograph(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name.endswith(".png"):
        text = PngImagePlugin.PngInfo()
        text.add_itxt("XML:com.adobe.xmp", THEIRS.decode())
        Image.new("RGB", (40, 30)).save(path, pnginfo=text)
    elif name.endswith(".tif"):
        Image.new("RGB", (40, 30)).save(path, tiffinfo={700: THEIRS})
    else:
        Image.new("RGB", (40, 30)).save(path, xmp=THEIRS + b"\0")
    write([tagged(path)])
    assert words((tmp_path / f"{name}.xmp").read_bytes()) == ["kennel 4", "blue"]


def test_a_damaged_packet_in_the_photograph_does_not_stop_a_file_beside_it(tmp_path: Path) -> None:
    Image.new("RGB", (40, 30)).save(tmp_path / "rex.jpg", xmp=b"<broken")
    before = (tmp_path / "rex.jpg").read_bytes()
    done = write([tagged(tmp_path / "rex.jpg")], ORIGINALS)
    assert "damaged" in done.notes[0]
    assert words((tmp_path / "rex.jpg.xmp").read_bytes()) == ["blue"]
    assert (tmp_path / "rex.jpg").read_bytes() == before


def test_a_damaged_file_beside_is_left_as_it_is(tmp_path: Path) -> None:
    photographs = [tagged(photograph(tmp_path / f"{number}.jpg")) for number in range(3)]
    (tmp_path / "1.jpg.xmp").write_bytes(b"<broken")
    (tmp_path / "2.jpg.xmp").mkdir()
    done = write(photographs)
    assert done.rows == 1
    assert [Path(one.what).name for one in done.left_out] == ["1.jpg", "2.jpg"]
    assert "damaged" in done.left_out[0].why
    assert (tmp_path / "1.jpg.xmp").read_bytes() == b"<broken"


def test_two_photographs_do_not_quarrel_over_one_file(tmp_path: Path) -> None:
    first, second = photograph(tmp_path / "rex.jpg"), photograph(tmp_path / "rex.png")
    done = write([tagged(first), tagged(second, said=breed("red"))], KeywordOptions(keeps_ending=False))
    assert done.rows == 1
    assert "rex.jpg" in done.left_out[0].why
    assert words((tmp_path / "rex.xmp").read_bytes()) == ["blue"]
    assert write([tagged(first), tagged(second)], KeywordOptions(keeps_ending=False)).rows == 2


def test_each_photograph_without_a_keyword_is_named_with_the_reason(tmp_path: Path) -> None:
    paths = [photograph(tmp_path / f"{number}.jpg") for number in range(3)]
    verdicts = [UNSURE, NO_DOG, unreadable("This picture is damaged.")]
    done = write([*map(tagged, paths, verdicts), tagged(tmp_path / "gone.jpg"), tagged(tmp_path)])
    assert done.rows == 0
    assert [Path(one.what).name for one in done.left_out] == ["0.jpg", "1.jpg", "2.jpg", "gone.jpg", tmp_path.name]
    assert "not sure" in done.left_out[0].why
    assert "no dog" in done.left_out[1].why
    assert done.left_out[2].why == "This picture is damaged."
    assert "no longer there" in done.left_out[3].why
    assert len(list(tmp_path.iterdir())) == 3


def test_originals_only_when_asked_and_the_library_is_told(tmp_path: Path) -> None:
    path = photograph(tmp_path / "rex.jpg")
    told: list[tuple[Tagged, str]] = []
    one = tagged(path)
    done = write_keywords([one], tiny_info(), ORIGINALS, announce=lambda *told_of: told.append(told_of))
    assert done.rows == 1
    assert words_in(path) == ["blue"]
    assert told == [(one, hashlib.sha256(path.read_bytes()).hexdigest())]
    assert [one.name for one in tmp_path.iterdir()] == ["rex.jpg"]
    write([tagged(path, UNSURE)], ORIGINALS)
    assert words_in(path) == []


def test_a_file_beside_an_original_is_not_left_behind(tmp_path: Path) -> None:
    path = photograph(tmp_path / "rex.jpg")
    (tmp_path / "rex.jpg.xmp").write_bytes(THEIRS)
    write([tagged(path)], ORIGINALS)
    assert words_in(path) == ["blue"]
    assert words((tmp_path / "rex.jpg.xmp").read_bytes()) == ["kennel 4", "blue"]


def test_kinds_that_cannot_hold_keywords_get_a_file_beside_and_it_is_said(tmp_path: Path) -> None:
    paths = [photograph(tmp_path / name) for name in ("a.tif", "b.gif", "c.jpg")]
    before = [path.read_bytes() for path in paths[:2]]
    done = write([tagged(path) for path in paths], ORIGINALS)
    assert done.rows == 3
    assert "2" in done.notes[0]
    assert [path.read_bytes() for path in paths[:2]] == before
    assert words((tmp_path / "a.tif.xmp").read_bytes()) == ["blue"]
    assert not (tmp_path / "c.jpg.xmp").exists()


def test_an_unsure_original_without_keywords_is_not_touched(tmp_path: Path) -> None:
    path = photograph(tmp_path / "rex.jpg")
    before = path.read_bytes()
    write([tagged(path, UNSURE)], ORIGINALS)
    assert path.read_bytes() == before


def copies(folder: Path) -> KeywordOptions:
    return KeywordOptions(Where.COPIES, folder)


def test_copies_have_them_and_the_originals_have_not(tmp_path: Path) -> None:
    first, second = photograph(tmp_path / "in/1/a.jpg"), photograph(tmp_path / "in/2/a.jpg", "red")
    third, fourth = photograph(tmp_path / "in/b.tif"), photograph(tmp_path / "in/c.jpg")
    (tmp_path / "in/b.tif.xmp").write_bytes(THEIRS)
    before = [path.read_bytes() for path in (first, second, third)]
    out = tmp_path / "out"
    done = write(
        [tagged(first), tagged(second, said=breed("red")), tagged(third, animal="Rex: ?"), tagged(fourth, UNSURE)],
        copies(out),
    )
    assert (done.rows, done.path, len(done.left_out)) == (3, out, 1)
    assert words_in(out / "a.jpg") == ["blue"]
    assert words_in(out / "a (2).jpg") == ["red"]
    assert (out / "Rex_ _/b.tif").read_bytes() == third.read_bytes()
    assert words((out / "Rex_ _/b.tif.xmp").read_bytes()) == ["kennel 4", "blue"]
    assert [path.read_bytes() for path in (first, second, third)] == before
    assert not (out / "c.jpg").exists()


def test_a_folder_that_is_there_is_never_filled(tmp_path: Path) -> None:
    path = photograph(tmp_path / "a.jpg")
    (tmp_path / "out").mkdir()
    with pytest.raises(AlreadyThereError):
        write([tagged(path)], copies(tmp_path / "out"))
    assert list((tmp_path / "out").iterdir()) == []


def test_stopped_copies_leave_nothing(tmp_path: Path) -> None:
    path = photograph(tmp_path / "a.jpg")
    done: list[int] = []
    with pytest.raises(Cancelled):
        write_keywords(
            [tagged(path)] * 5,
            tiny_info(),
            copies(tmp_path / "out"),
            progress=done.append,
            should_stop=lambda: len(done) == 2,
        )
    assert done == [1, 2]
    assert [one.name for one in tmp_path.iterdir()] == ["a.jpg"]


def full(*args: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("where", [Where.SIDECARS, Where.ORIGINALS])
def test_a_full_disk_ends_it_in_plain_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: Where) -> None:
    paths = [photograph(tmp_path / f"{number}.jpg") for number in range(2)]
    before = [path.read_bytes() for path in paths]
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UserError, match="disk is full"):
        write([tagged(path) for path in paths], KeywordOptions(where))
    assert [path.read_bytes() for path in paths] == before
    assert len(list(tmp_path.iterdir())) == 2


def test_a_full_disk_leaves_no_half_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = photograph(tmp_path / "a.jpg")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UserError, match="disk is full"):
        write([tagged(path)], copies(tmp_path / "out"))
    assert [one.name for one in tmp_path.iterdir()] == ["a.jpg"]


def test_a_place_for_reading_only_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = photograph(tmp_path / "a.jpg")

    def refuse(*args: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(os, "fsync", refuse)
    done = write([tagged(path)])
    assert done.rows == 0
    assert "reading only" in done.left_out[0].why


def test_a_protected_file_beside_is_respected(tmp_path: Path) -> None:
    path = photograph(tmp_path / "a.jpg")
    beside = tmp_path / "a.jpg.xmp"
    beside.write_bytes(THEIRS)
    beside.chmod(0o444)
    done = write([tagged(path)])
    beside.chmod(0o644)
    assert "protected" in done.left_out[0].why
    assert beside.read_bytes() == THEIRS


def test_a_link_beside_is_followed(tmp_path: Path) -> None:
    path = photograph(tmp_path / "a.jpg")
    real = tmp_path / "elsewhere"
    real.write_bytes(THEIRS)
    (tmp_path / "a.jpg.xmp").symlink_to(real)
    write([tagged(path)])
    assert (tmp_path / "a.jpg.xmp").is_symlink()
    assert words(real.read_bytes()) == ["kennel 4", "blue"]


def test_the_folder_above_all_is_named(tmp_path: Path) -> None:
    paths = [photograph(tmp_path / name) for name in ("x/1/a.jpg", "x/2/3/a.jpg")]
    assert write([tagged(path) for path in paths]).path == tmp_path / "x"

"""The saved picture: full size, with its words and colour bar, and never over a photograph."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import core.picture_text
from core.errors import UserError
from core.heatmaps import PALETTES, overlay
from core.pictures import Drawing, is_own_picture, save_picture
from core.records import EvidenceMap, Photo, Pixels

DRAWING = Drawing("magma", 0.6)
CAPTIONS = ("Beagle, 92\u00a0%", "Judged by its looks.")


def photo_of(width: int = 600, height: int = 400, path: Path | None = None) -> Photo:
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    return Photo(pixels, width, height, path)


def evidence(positive: bool = True) -> EvidenceMap:
    values = np.zeros((40, 60), np.float32)
    values[5:15, 5:20] = 3.0
    return EvidenceMap(values, positive)


def read(path: Path) -> Pixels:
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"))


def has_colour(pixels: Pixels, colour: Pixels) -> bool:
    return bool((pixels == colour).all(axis=2).any())


def test_the_picture_has_its_full_size_with_a_strip_below(tmp_path: Path) -> None:
    photo, path = photo_of(), tmp_path / "médor.png"
    save_picture(path, photo, evidence(), DRAWING, CAPTIONS)
    saved = read(path)
    assert saved.shape[1] == 600
    assert 420 < saved.shape[0] < 560
    np.testing.assert_array_equal(saved[:400], overlay(photo.pixels, evidence(), "magma", 0.6))
    strip = saved[400:]
    assert has_colour(strip, PALETTES["magma"][255])
    assert has_colour(strip, PALETTES["magma"][0])
    assert (strip[:3] == 255).all()


@pytest.mark.parametrize(("suffix", "kind"), [(".png", "PNG"), (".JPG", "JPEG"), (".jpeg", "JPEG"), (".webp", "WEBP")])
def test_the_ending_chooses_the_format_and_the_program_knows_its_own(tmp_path: Path, suffix: str, kind: str) -> None:
    path = tmp_path / f"why{suffix}"
    save_picture(path, photo_of(), evidence(), DRAWING, CAPTIONS)
    with Image.open(path) as picture:
        assert picture.format == kind
    assert is_own_picture(path)


def test_other_files_are_not_taken_for_the_programs_own(tmp_path: Path) -> None:
    Image.new("RGB", (9, 9)).save(tmp_path / "other.png")
    (tmp_path / "text.png").write_text("no picture")
    assert not is_own_picture(tmp_path / "other.png")
    assert not is_own_picture(tmp_path / "text.png")
    assert not is_own_picture(tmp_path / "nowhere.png")


@pytest.mark.parametrize("name", ["why.gif", "why.exe", "why"])
def test_other_endings_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match="png"):
        save_picture(tmp_path / name, photo_of(), evidence(), DRAWING, CAPTIONS)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("link", [False, True])
def test_the_photograph_itself_is_never_replaced(tmp_path: Path, link: bool) -> None:
    original = tmp_path / "rex.jpg"
    Image.new("RGB", (60, 40), "brown").save(original)
    before = original.read_bytes()
    target = tmp_path / "link.jpg" if link else original
    if link:
        try:
            target.symlink_to(original)
        except OSError:
            pytest.skip("links are not allowed here")
    with pytest.raises(UserError, match="replace your photograph"):
        save_picture(target, photo_of(path=original), evidence(), DRAWING, CAPTIONS)
    assert original.read_bytes() == before


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be saved"):
        save_picture(tmp_path / "nowhere" / "why.png", photo_of(), evidence(), DRAWING, CAPTIONS)


def test_where_nothing_speaks_for_it_the_picture_says_so_without_colours(tmp_path: Path) -> None:
    photo, path = photo_of(), tmp_path / "why.png"
    save_picture(path, photo, evidence(positive=False), DRAWING, ())
    saved = read(path)
    np.testing.assert_array_equal(saved[:400], photo.pixels)
    assert (saved[400:] < 128).any()
    assert not has_colour(saved[400:], PALETTES["magma"][255])


def test_a_small_picture_gets_room_for_its_words(tmp_path: Path) -> None:
    path = tmp_path / "why.png"
    save_picture(path, photo_of(40, 30), evidence(), DRAWING, CAPTIONS)
    assert read(path).shape[1] >= 300


def test_long_captions_are_wrapped_not_cut(tmp_path: Path) -> None:
    one, many = tmp_path / "one.png", tmp_path / "many.png"
    save_picture(one, photo_of(), evidence(), DRAWING, ["word"])
    save_picture(many, photo_of(), evidence(), DRAWING, ["word " * 120])
    assert read(many).shape[0] > read(one).shape[0] + 50
    margin = read(many)[400:, -8:]
    assert (margin == 255).all()


def test_the_ends_of_the_bar_may_have_names_of_any_length(tmp_path: Path) -> None:
    path = tmp_path / "why.png"
    ends = ("for Bouvier des Flandres " * 3, "for Nova Scotia duck tolling retriever " * 3)
    save_picture(path, photo_of(), evidence(), Drawing("blue-orange", 0.6, True, ends), CAPTIONS)
    saved = read(path)
    assert has_colour(saved[400:], PALETTES["blue-orange"][0])
    # Nothing is cut off on the right.
    assert saved.shape[1] > 600
    assert (saved[400:, -8:] == 255).all()


def test_an_outline_is_drawn_over_the_heatmap(tmp_path: Path) -> None:
    mask = np.zeros((400, 600), np.bool_)
    mask[100:300, 200:400] = True
    plain, outlined = tmp_path / "plain.png", tmp_path / "outlined.png"
    save_picture(plain, photo_of(), evidence(), DRAWING, CAPTIONS)
    save_picture(outlined, photo_of(), evidence(), DRAWING, CAPTIONS, mask)
    changed = (read(plain) != read(outlined)).any(axis=2)
    assert changed[90:110, 195:405].any(axis=0).mean() > 0.9
    assert not changed[120:280, 220:380].any()
    assert not changed[400:].any()


def test_without_a_font_of_the_system_accents_become_plain_letters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    core.picture_text.text_font.cache_clear()
    monkeypatch.setattr(core.picture_text, "_FONTS", ())
    with_accents, without = tmp_path / "with.png", tmp_path / "without.png"
    save_picture(with_accents, photo_of(), evidence(), DRAWING, ["Épagneul, 92\u00a0% d’un œuf"])
    save_picture(without, photo_of(), evidence(), DRAWING, ["Epagneul, 92 % d'un oeuf"])
    core.picture_text.text_font.cache_clear()
    np.testing.assert_array_equal(read(with_accents), read(without))

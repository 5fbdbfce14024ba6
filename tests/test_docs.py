"""The manual and the README are true: links, pictures, names on the screen, commands; both languages say the same."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import redirect_stdout
from functools import cache
from pathlib import Path

import polib
import pytest
from PIL import ExifTags, Image, ImageChops, ImageStat

from core.commands import COMMANDS, run_command
from core.manual import (
    PAGES,
    Block,
    Code,
    Heading,
    Item,
    Kind,
    Page,
    Paragraph,
    Picture,
    Span,
    Table,
    anchor_of,
    plain,
    read_manual,
    read_page,
    text_of,
)
from core.photos import photo_from_image
from core.pictures import save_image
from core.texts import Language

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES: tuple[Language, ...] = ("en", "fr")
MOST_PICTURE_BYTES = 4_000_000
OTHERS = ("README.md", "CONTRIBUTING.md", "docs/studies.md", "docs/performance.md")
# What the reader has, not this project: files of the user's, of the system's, examples, parts of commands.
OF_THE_USER = r"""
rex_1.jpg, rex_2.jpg, rex.jpg.xmp, rex.xmp, IMG_0001.jpg, .jpg, .shelterlens, library.sqlite, settings.json, wheels,
retrain_passphrase, SHELTERLENS_HOME, bundle.json, library-backups, breed_names.csv, uninstall.sh, training, .venv,
Logs, make, install.sh, Shelterlens-…-linux-x86_64.tar.gz, Shelterlens-…-windows-x86_64-setup.exe,
Shelterlens-…-macos-arm64.dmg, shelterlens, shelterlens-cli, .venv/bin/python main.py, ~/.local/opt,
~/.local/share/Shelterlens, ~/.config/Shelterlens, ~/.local/state/Shelterlens/log, %LOCALAPPDATA%\Shelterlens,
~/Library/Application Support/Shelterlens, ~/Library/Logs/Shelterlens
"""


@cache
def pages(language: Language) -> tuple[Page, ...]:
    return read_manual(language)


@cache
def written() -> tuple[Path, ...]:
    """All pages that people read."""
    manual = [page.path for language in LANGUAGES for page in pages(language)]
    return (*manual, *(ROOT / name for name in OTHERS if (ROOT / name).exists()))


def spans(block: Block) -> Iterator[Span]:
    if isinstance(block, Table):
        for row in block.rows:
            for cell in row:
                yield from cell
    elif isinstance(block, Heading | Paragraph | Item):
        yield from block.spans


def of_kind(language: Language, kind: Kind) -> list[tuple[str, str]]:
    """(page, text) of all stretches of this kind."""
    return [
        (page.name, span.text)
        for page in pages(language)
        for block in page.blocks
        for span in spans(block)
        if span.kind is kind
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_pages_are_there_and_no_other(language: Language) -> None:
    assert [page.name for page in pages(language)] == list(PAGES)
    assert {path.stem for path in (ROOT / "docs" / language).glob("*.md")} == set(PAGES)


@pytest.mark.parametrize("name", PAGES)
def test_both_languages_have_the_same_parts(name: str) -> None:
    def outline(language: Language) -> list[object]:
        page = next(page for page in pages(language) if page.name == name)
        return [outline_of(block) for block in page.blocks]

    def outline_of(block: Block) -> object:
        if isinstance(block, Heading):
            return ("heading", block.level)
        if isinstance(block, Table):
            return ("table", len(block.rows), len(block.rows[0]))
        if isinstance(block, Picture):
            return ("picture", block.path.name)
        return block if isinstance(block, Code) else type(block).__name__

    assert outline("en") == outline("fr")


def links(path: Path) -> Iterator[str]:
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    for match in re.finditer(r"\]\(([^)\s]+)\)", text):
        if "://" not in match[1]:
            yield match[1]


@pytest.mark.parametrize("path", written(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(path: Path) -> None:
    dead = []
    for link in links(path):
        file, _, anchor = link.partition("#")
        target = (path.parent / file).resolve() if file else path
        is_there = target.exists() and ROOT in target.parents
        if not is_there or (anchor and anchor not in anchors(target)):
            dead.append(link)
    assert dead == []


@cache
def anchors(path: Path) -> frozenset[str]:
    return frozenset(block.anchor for block in read_page(path).blocks if isinstance(block, Heading))


def test_headings_of_a_page_can_be_told_apart() -> None:
    for language in LANGUAGES:
        for page in pages(language):
            found = [block.anchor for block in page.blocks if isinstance(block, Heading)]
            assert len(found) == len(set(found)), page.path


def test_pictures_are_small_drawn_for_both_languages_and_all_used() -> None:
    files = sorted((ROOT / "docs").rglob("*.png"))
    assert sum(path.stat().st_size for path in files) <= MOST_PICTURE_BYTES
    used = {(path.parent / link).resolve() for path in written() for link in links(path) if link.endswith(".png")}
    assert set(files) == used
    names = [{path.name for path in (ROOT / "docs" / "pictures" / language).iterdir()} for language in LANGUAGES]
    assert names[0] == names[1]
    for path in files:
        with Image.open(path) as picture:
            assert picture.width <= 1280 and picture.height <= 720, path.name
            assert not picture.getexif(), path.name


@cache
def screen_texts(language: Language) -> tuple[str, ...]:
    """All texts of the program in a language; where something is filled in, anything may stand."""
    catalogue = polib.pofile(str(ROOT / "resources/locale/fr/LC_MESSAGES/shelterlens.po"))
    texts = (entry.msgid if language == "en" else entry.msgstr for entry in catalogue)
    return tuple(text.replace("\u00a0", "\u202f") for text in texts)


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_on_the_screen_are_real(language: Language) -> None:
    texts = set(screen_texts(language))
    filled = [
        re.compile(re.sub(r"\\\{\w+\\\}", ".+", re.escape(text)))
        for text in texts
        if re.search(r"\{\w+\}", text) and len(re.sub(r"\{\w+\}", "", text)) > 6
    ]
    wrong = [
        (page, name)
        for page, name in of_kind(language, Kind.NAME)
        if name not in texts and not any(pattern.fullmatch(name) for pattern in filled)
    ]
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_in_quotes_are_said_like_that(language: Language) -> None:
    """Shorter quotes may be words of the manual's own."""
    texts = screen_texts(language)
    pages_text = "\n".join(text_of(block) for page in pages(language) for block in page.blocks)
    quoted = [found.strip("\u202f") for both in re.findall(r"“([^”]*)”|«([^»]*)»", pages_text) for found in both]
    sentences = [one for one in quoted if len(one.split()) >= 5]
    assert sentences, "one at least: what an unsure answer adds"
    assert [one for one in sentences if not any(one in text for text in texts)] == []


@cache
def options(command: str) -> frozenset[str]:
    """What `main.py COMMAND --help` names."""
    shown = io.StringIO()
    with redirect_stdout(shown):
        assert run_command([command, "--help"]) == 0
    return frozenset(re.findall(r"--[a-z][a-z0-9-]*", shown.getvalue()))


MODELS = frozenset({"list", "show", "use", "back", "import", "export", "remove"})


def wrong_in_command(typed: str) -> list[str]:
    """What is wrong in a line such as `main.py models back`."""
    words = typed.split("main.py", 1)[1].split()
    if not words or not words[0].islower():
        return []
    command = words[0]
    if command not in COMMANDS:
        return [command]
    if command == "models" and len(words) > 1 and words[1] not in MODELS:
        return [words[1]]
    return [word for word in re.findall(r"(?<!\S)\[?(--[a-z-]+)", typed) if word not in options(command)]


def every_option() -> frozenset[str]:
    return frozenset().union(*(options(command) for command in COMMANDS))


def is_known(text: str) -> bool:
    """Whether a stretch of code names something that exists."""
    if "main.py" in text:
        return not wrong_in_command(text)
    if text.startswith("--"):
        return text in every_option()
    if text.startswith("make "):
        return f"\n{text.split()[1]}:" in (ROOT / "Makefile").read_text(encoding="utf-8")
    if text.startswith(("pip install", "sh ")) or text in re.split(r",\s+", OF_THE_USER.strip()):
        return True
    found = ROOT / re.sub(r"….*", "", text).replace("/CODE/", "/fr/")
    return found.exists() or (found.parent.exists() and any(found.parent.glob(f"{found.name}*")))


@pytest.mark.parametrize("language", LANGUAGES)
def test_commands_options_and_files_exist(language: Language) -> None:
    assert [found for found in of_kind(language, Kind.CODE) if not is_known(found[1])] == []


@pytest.mark.parametrize("path", written(), ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_in_blocks_exist(path: Path) -> None:
    blocks = re.findall(r"```.*?\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL)
    lines = [line for block in blocks for line in block.split("\n")]
    assert [line for line in lines if "main.py" in line and wrong_in_command(line)] == []
    assert [line for line in lines if line.startswith("make ") and not is_known(line)] == []
    named = {name for line in lines for name in re.findall(r"requirements[\w-]*\.lock", line)}
    assert all((ROOT / name).exists() for name in named)


def test_the_commands_of_the_readme_exist() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    typed = [found.replace("\\|", "|") for found in re.findall(r"`(main\.py [^`]*)`", text)]
    assert len(typed) > 10
    assert [line for line in typed if wrong_in_command(line)] == []


def test_wrong_commands_would_be_found() -> None:
    assert wrong_in_command("main.py clasify PATH") == ["clasify"]
    assert wrong_in_command("main.py classify PATH [--outt FILE]") == ["--outt"]
    assert wrong_in_command("main.py models forward") == ["forward"]
    assert not is_known("core/no_such.py") and not is_known("make nothing") and not is_known("--no-such")


def test_french_is_set_as_french() -> None:
    for page in pages("fr"):
        for block in page.blocks:
            if isinstance(block, Code):
                continue
            text = text_of(block) if isinstance(block, Picture) else prose(block)
            assert "'" not in text and '"' not in text, text
            assert not re.search(r"[ \u00a0][;:!?»%]|« ", text), text
            assert not re.search(r"\w[;!?»]|«\w", text), text


def prose(block: Block) -> str:
    kept = (span.text for span in spans(block) if span.kind not in (Kind.CODE, Kind.KEY))
    return "¶".join(kept)


def test_sentences_are_finished() -> None:
    """A paragraph that ends without a mark was cut off."""
    for language in LANGUAGES:
        for page in pages(language):
            for block in page.blocks:
                if isinstance(block, Paragraph):
                    assert plain(block.spans)[-1] in ".:?!", f"{page.path}: {plain(block.spans)[-60:]}"


def test_saved_pictures_do_not_say_where_the_photograph_was_taken(tmp_path: Path) -> None:
    """As the page on privacy says."""
    photo = Image.new("RGB", (300, 200), (90, 120, 60))
    place = photo.getexif()
    place.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitudeRef] = "N"
    place[ExifTags.Base.Make] = "A phone"
    photo.save(tmp_path / "there.jpg", exif=place)
    with Image.open(tmp_path / "there.jpg") as opened:
        assert opened.getexif().get_ifd(ExifTags.IFD.GPSInfo)
        taken = photo_from_image(opened)
    save_image(tmp_path / "saved.jpg", taken, lambda: Image.fromarray(taken.pixels))
    with Image.open(tmp_path / "saved.jpg") as saved:
        assert not saved.getexif().get_ifd(ExifTags.IFD.GPSInfo)
        assert ExifTags.Base.Make not in saved.getexif()


def test_anchors_of_the_readme_work_too() -> None:
    assert anchor_of("What it can and cannot do") in anchors(ROOT / "README.md")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_drawing_of_the_house_is_the_one_that_is_drawn(language: Language) -> None:
    pytest.importorskip("matplotlib")
    from tools.draw_house import draw_house

    with Image.open(ROOT / "docs" / "pictures" / language / "house.png") as kept:
        difference = ImageChops.difference(kept.convert("RGB"), draw_house(language))
    # A palette and another version of the font library change a little.
    assert max(ImageStat.Stat(difference).mean) < 2, "make pictures"

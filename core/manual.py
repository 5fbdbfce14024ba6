"""The manual: its pages, from the part of Markdown that they are written in, and where something stands in them.

What is understood: headings, paragraphs, lists, tables, blocks of code, pictures on a line of their own, and in a text
**names on the screen**, *emphasis*, `code`, <kbd>keys</kbd>, [links](page.md#heading). Paragraphs and items may go over
several lines.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TypeAlias

from core.folders import program_dir
from core.texts import Language

# In reading order; one file of this name in the folder of each language.
PAGES = ("index", "photograph", "folder", "administrators", "installing", "limits", "privacy", "contributors")
_SPAN = re.compile(
    r"\*\*(?P<name>[^*\s][^*]*)\*\*|\*(?P<soft>[^*\s][^*]*)(?<!\s)\*|`(?P<code>[^`]+)`|<kbd>(?P<key>.+?)</kbd>"
    r"|\[(?P<link>[^\]]+)\]\((?P<target>[^)\s]+)\)"
)
_ITEM = re.compile(r"(?P<indent> *)(?:-|(?P<number>\d+)\.) +(?P<text>.*)")
_PICTURE = re.compile(r"!\[(?P<alt>[^\]]*)\]\((?P<path>[^)\s]+)\)")
_HEADING = re.compile(r"(?P<marks>#{1,4}) +(?P<text>.*)")
_RULE = re.compile(r"\|?[\s|:-]+\|[\s|:-]*")


class Kind(Enum):
    """What a stretch of text is."""

    PLAIN = "plain"
    NAME = "name"
    SOFT = "soft"
    CODE = "code"
    KEY = "key"
    LINK = "link"


@dataclass(frozen=True)
class Span:
    """A stretch of text; a link has its target."""

    text: str
    kind: Kind = Kind.PLAIN
    target: str = ""


Spans: TypeAlias = tuple[Span, ...]


@dataclass(frozen=True)
class Heading:
    """The title of a page (level 1) or of a part of it."""

    level: int
    spans: Spans

    @property
    def anchor(self) -> str:
        """What a link to it ends with."""
        return anchor_of(plain(self.spans))


@dataclass(frozen=True)
class Paragraph:
    """Some sentences."""

    spans: Spans


@dataclass(frozen=True)
class Item:
    """An entry of a list, `level` 0 or deeper; `number` is 0 where the list is not numbered."""

    level: int
    number: int
    spans: Spans


@dataclass(frozen=True)
class Table:
    """Rows of cells, the head first; all as long as it."""

    rows: tuple[tuple[Spans, ...], ...]


@dataclass(frozen=True)
class Code:
    """Lines to be typed as they are."""

    text: str


@dataclass(frozen=True)
class Picture:
    """A picture, and what it shows in words."""

    path: Path
    alt: str


Block: TypeAlias = Heading | Paragraph | Item | Table | Code | Picture


@dataclass(frozen=True)
class Page:
    """One page of the manual."""

    path: Path
    blocks: tuple[Block, ...]

    @property
    def name(self) -> str:
        """As in PAGES."""
        return self.path.stem

    @property
    def title(self) -> str:
        """Its first heading."""
        return next((plain(block.spans) for block in self.blocks if isinstance(block, Heading)), self.name)

    @property
    def headings(self) -> tuple[Heading, ...]:
        """The parts of the page that the contents list."""
        return tuple(block for block in self.blocks if isinstance(block, Heading) and block.level == 2)


@dataclass(frozen=True)
class Hit:
    """Where words stand: a page, and the anchor of its part (empty: before the first)."""

    page: str
    anchor: str


def manual_dir(language: Language) -> Path:
    """Where the pages of a language lie."""
    return program_dir() / "docs" / language


def read_manual(language: Language) -> tuple[Page, ...]:
    """All pages, in reading order; those that are missing are left out. Raises OSError."""
    paths = [manual_dir(language) / f"{name}.md" for name in PAGES]
    return tuple(read_page(path) for path in paths if path.is_file())


def read_page(path: Path) -> Page:
    """One page. Raises OSError."""
    return Page(path, tuple(_blocks(path.read_text(encoding="utf-8").split("\n"), path.parent)))


def plain(spans: Spans) -> str:
    """A text without its marks."""
    return "".join(span.text for span in spans)


def anchor_of(heading: str) -> str:
    """The anchor that GitHub gives a heading.

    >>> anchor_of("“Sure”: what it promises"), anchor_of("Où sont les données ?")
    ('sure-what-it-promises', 'où-sont-les-données-')
    """
    kept = re.sub(r"[^\w\- ]", "", heading.strip().lower().replace("\u202f", "").replace("\u00a0", ""))
    return kept.replace(" ", "-")


def spans_of(text: str) -> Spans:
    """A text in its stretches.

    >>> [(span.text, span.kind.value) for span in spans_of("Press <kbd>F1</kbd> or **Help**.")]
    [('Press ', 'plain'), ('F1', 'key'), (' or ', 'plain'), ('Help', 'name'), ('.', 'plain')]
    """
    found: list[Span] = []
    end = 0
    for match in _SPAN.finditer(text):
        if match.start() > end:
            found.append(Span(text[end : match.start()]))
        kind = str(match.lastgroup) if match["link"] is None else "link"
        found.append(Span(match[kind], Kind(kind), match["target"] or ""))
        end = match.end()
    if end < len(text):
        found.append(Span(text[end:]))
    return tuple(found)


def text_of(block: Block) -> str:
    """What can be read in a block."""
    if isinstance(block, Table):
        return " ".join(plain(cell) for row in block.rows for cell in row)
    if isinstance(block, Code):
        return block.text
    return block.alt if isinstance(block, Picture) else plain(block.spans)


def find(pages: Sequence[Page], words: str) -> tuple[Hit, ...]:
    """Where all these words stand in one block, at most one hit for each part; case and accents do not matter."""
    wanted = plain_letters(words).split()
    hits: dict[Hit, None] = {}
    for page in pages if wanted else ():
        anchor = ""
        for block in page.blocks:
            if isinstance(block, Heading):
                anchor = block.anchor if block.level == 2 else "" if block.level == 1 else anchor
            text = plain_letters(text_of(block))
            if all(word in text for word in wanted):
                hits[Hit(page.name, anchor)] = None
    return tuple(hits)


def plain_letters(text: str) -> str:
    """The text in small letters without accents, exactly as long, so that places in it are places in the text.

    >>> plain_letters("Où est l’Éléphant ?")
    'ou est l’elephant ?'
    """
    return "".join(unicodedata.normalize("NFD", letter)[0].lower()[:1] for letter in text)


def _blocks(lines: Sequence[str], folder: Path) -> Iterator[Block]:
    place = 0
    while place < len(lines):
        line = lines[place]
        if not line.strip():
            place += 1
        elif line.lstrip().startswith("```"):
            end = next((n for n in range(place + 1, len(lines)) if lines[n].lstrip().startswith("```")), len(lines))
            yield Code("\n".join(lines[place + 1 : end]))
            place = end + 1
        elif line.startswith("|"):
            end = next((n for n in range(place, len(lines)) if not lines[n].startswith("|")), len(lines))
            yield _table(lines[place:end])
            place = end
        else:
            end = place + 1
            while end < len(lines) and _goes_on(lines[end]) and not _is_whole(line):
                end += 1
            yield _text(line, " ".join(part.strip() for part in lines[place + 1 : end]), folder)
            place = end


def _is_whole(line: str) -> bool:
    return bool(_HEADING.fullmatch(line) or _PICTURE.fullmatch(line.strip()))


def _goes_on(line: str) -> bool:
    """Whether a line belongs to the paragraph or the item before it."""
    begins = line.startswith("|") or line.lstrip().startswith("```") or _ITEM.fullmatch(line) or _is_whole(line)
    return bool(line.strip()) and not begins


def _text(line: str, rest: str, folder: Path) -> Block:
    if picture := _PICTURE.fullmatch(line.strip()):
        return Picture(folder / picture["path"], picture["alt"])
    if heading := _HEADING.fullmatch(line):
        return Heading(len(heading["marks"]), spans_of(heading["text"]))
    if item := _ITEM.fullmatch(line):
        level = (len(item["indent"]) + 1) // 2
        return Item(level, int(item["number"] or 0), spans_of(f"{item['text']} {rest}".strip()))
    return Paragraph(spans_of(f"{line.strip()} {rest}".strip()))


def _table(lines: Sequence[str]) -> Table:
    rows = [_cells(line) for line in lines if not _RULE.fullmatch(line)]
    width = len(rows[0]) if rows else 0
    return Table(tuple((*row, *([()] * width))[:width] for row in rows))


def _cells(line: str) -> tuple[Spans, ...]:
    """The cells of a row; a bar within one is written with a backslash."""
    return tuple(spans_of(cell.strip().replace(r"\|", "|")) for cell in re.split(r"(?<!\\)\|", line.strip().strip("|")))

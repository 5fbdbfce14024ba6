"""The manual as records: what its part of Markdown becomes, anchors, and where words stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.manual import (
    Code,
    Heading,
    Hit,
    Item,
    Kind,
    Page,
    Paragraph,
    Picture,
    Span,
    Table,
    anchor_of,
    find,
    plain,
    read_manual,
    read_page,
    spans_of,
    text_of,
)

TEXT = """# One page

A paragraph with **a name**, *stress*, `--code` and
<kbd>F1</kbd>, over [two lines](other.md#part).

## A part: with a mark?

- first, which goes on
  in the next line
- second
  1. deeper

| key | what |
|-----|------|
| <kbd>A</kbd> | this \\| that |
| alone |

```sh
make run
  indented
```

![What it shows](../a.png)
"""


@pytest.fixture
def page(tmp_path: Path) -> Page:
    path = tmp_path / "photograph.md"
    path.write_text(TEXT, encoding="utf-8")
    return read_page(path)


def test_every_kind_of_block_is_understood(page: Page, tmp_path: Path) -> None:
    kinds = [type(block) for block in page.blocks]
    assert kinds == [Heading, Paragraph, Heading, Item, Item, Item, Table, Code, Picture]
    items = [block for block in page.blocks if isinstance(block, Item)]
    assert [(item.level, item.number, plain(item.spans)) for item in items] == [
        (0, 0, "first, which goes on in the next line"),
        (0, 0, "second"),
        (1, 1, "deeper"),
    ]
    table = next(block for block in page.blocks if isinstance(block, Table))
    assert [[plain(cell) for cell in row] for row in table.rows] == [
        ["key", "what"],
        ["A", "this | that"],
        ["alone", ""],
    ]
    assert table.rows[1][0] == (Span("A", Kind.KEY),)
    assert page.blocks[-2] == Code("make run\n  indented")
    assert page.blocks[-1] == Picture(tmp_path / "../a.png", "What it shows")


def test_a_paragraph_goes_over_lines_with_all_its_marks(page: Page) -> None:
    paragraph = page.blocks[1]
    assert isinstance(paragraph, Paragraph)
    kinds = [span.kind for span in paragraph.spans if span.kind is not Kind.PLAIN]
    assert kinds == [Kind.NAME, Kind.SOFT, Kind.CODE, Kind.KEY, Kind.LINK]
    assert text_of(paragraph) == "A paragraph with a name, stress, --code and F1, over two lines."
    assert paragraph.spans[-2] == Span("two lines", Kind.LINK, "other.md#part")


def test_what_is_not_closed_stays_as_it_is() -> None:
    assert spans_of("2 * 3 and **no end") == (Span("2 * 3 and **no end"),)
    assert spans_of("`**not bold**`") == (Span("**not bold**", Kind.CODE),)
    assert spans_of("") == ()


def test_anchors_are_those_of_github() -> None:
    assert anchor_of("A part: with a mark?") == "a-part-with-a-mark"
    assert anchor_of("Ce qu’il ne sait pas faire\u202f!") == "ce-quil-ne-sait-pas-faire"
    assert anchor_of("1. Les photos") == "1-les-photos"


def test_words_are_found_in_their_part(page: Page) -> None:
    assert find([page], "SECOND") == (Hit("photograph", "a-part-with-a-mark"),)
    assert [hit.anchor for hit in find([page], "name lines")] == [""]
    assert find([page], "second name") == (), "all words in one block"
    assert find([page], "sécond") == find([page], "second"), "accents do not matter"
    assert find([page], "  ") == ()
    assert find([page], "nowhere") == ()


def test_an_unclosed_block_of_code_ends_with_the_page(tmp_path: Path) -> None:
    path = tmp_path / "index.md"
    path.write_text("```\nmake\n", encoding="utf-8")
    assert [text_of(block).strip() for block in read_page(path).blocks] == ["make"]
    assert read_page(path).title == "index"


def test_missing_pages_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.manual.program_dir", lambda: tmp_path)
    assert read_manual("fr") == ()
    (tmp_path / "docs" / "fr").mkdir(parents=True)
    (tmp_path / "docs" / "fr" / "limits.md").write_text("# Ce\n", encoding="utf-8")
    assert [page.title for page in read_manual("fr")] == ["Ce"]

"""Texts in two languages: switching, percentages, and a French text for every English one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import polib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import texts
from core.bundles import Words
from core.folders import resources_dir
from core.texts import label_name, language, percent, set_language, tr

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = resources_dir() / "locale" / "fr" / "LC_MESSAGES" / "shelterlens.po"
PLACEHOLDER = re.compile(r"\{\w*\}")


def test_texts_follow_the_language_at_once() -> None:
    assert tr("There are no photographs in {names}.") == "There are no photographs in {names}."
    set_language("fr")
    assert language() == "fr"
    assert tr("There are no photographs in {names}.") == "Il n’y a pas de photos dans {names}."
    assert tr("a text that nobody translated") == "a text that nobody translated"
    assert tr("") == ""
    set_language("en")
    assert tr("There are no photographs in {names}.") == "There are no photographs in {names}."


def test_names_follow_the_language() -> None:
    words = Words(en="Siberian husky", fr="Husky sibérien")
    assert label_name(words) == "Siberian husky"
    set_language("fr")
    assert label_name(words) == "Husky sibérien"


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"LANG": "fr_CA.UTF-8"}, "fr"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "en_GB.UTF-8", "LC_ALL": "fr_FR"}, "fr"),
        ({"LANG": "fr_FR.UTF-8", "LANGUAGE": "en:fr"}, "en"),
    ],
)
def test_the_system_decides_when_asked(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], expected: str
) -> None:
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    set_language("system")
    assert language() == expected


@given(st.floats(min_value=0, max_value=1))
def test_percentages_never_claim_certainty(p: float) -> None:
    shown = percent(p)
    assert re.fullmatch(r"(<\u00a0)?\d+\u00a0%", shown)
    assert ("100" in shown) == (p == 1)
    assert shown.startswith("0") == (p == 0)


def test_percentages_are_rounded() -> None:
    assert [percent(p) for p in (0.004, 0.006, 0.5, 0.994, 0.9999)] == [
        "<\u00a01\u00a0%",
        "1\u00a0%",
        "50\u00a0%",
        "99\u00a0%",
        "99\u00a0%",
    ]


def sources() -> Iterator[Path]:
    yield ROOT / "main.py"
    for part in ("core", "gui", "training"):
        yield from sorted((ROOT / part).rglob("*.py"))


def english_texts() -> dict[str, str]:
    """Every text that the program passes to tr(), and where."""
    found = {}
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "tr"):
                continue
            place = f"{path.relative_to(ROOT)}:{node.lineno}"
            assert len(node.args) == 1 and not node.keywords, place
            for text in literals(node.args[0], place):
                found[text] = place
    return found


def literals(node: ast.expr, place: str) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from literals(node.body, place)
        yield from literals(node.orelse, place)
    else:
        pytest.fail(f"{place}: tr() needs a plain text, else no translation can be found")


def catalogue() -> polib.POFile:
    return polib.pofile(str(CATALOGUE), encoding="utf-8", check_for_duplicates=True)


def test_every_text_has_its_french_and_no_french_is_left_over() -> None:
    english, french = english_texts(), {entry.msgid for entry in catalogue() if entry.msgstr and not entry.fuzzy}
    missing = [f"{place}: {text}" for text, place in english.items() if text not in french]
    assert missing == []
    assert french - set(english) == set()


def test_french_texts_keep_the_placeholders() -> None:
    # Some English texts do without what French grammar needs ("of the dog"), so French may use more of format()'s.
    wrong = [
        entry.msgid
        for entry in catalogue()
        if not set(PLACEHOLDER.findall(entry.msgid)) <= set(PLACEHOLDER.findall(entry.msgstr)) | {"{subject}"}
    ]
    assert wrong == []


def test_french_texts_have_french_spaces() -> None:
    wrong = [
        entry.msgstr
        for entry in catalogue()
        if re.search(r"(?<=[^\s\u00a0\u202f\W]) ?[:;!?»%](?=\s|$)", re.sub(r"\{\w*\}", "x", entry.msgstr))
        or re.search("« ?(?![\u00a0\u202f])", entry.msgstr)
        or "'" in re.sub(r"'\{|\}'", "", entry.msgstr)
    ]
    assert wrong == []


def test_without_the_catalogue_the_screen_is_english(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("core.folders.resources_dir", lambda: tmp_path)
    texts._french.cache_clear()
    set_language("fr")
    assert tr("There are no photographs in {names}.") == "There are no photographs in {names}."
    texts._french.cache_clear()

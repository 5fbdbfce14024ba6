"""Texts to fuzz with: JSON, CSV, XLSX, TOML and XMP, well formed with impossible contents, or broken as bytes."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from functools import cache
from typing import Any

from hypothesis import strategies as st

from tests.fuzz_bytes import BLOWS, struck

WORDS = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        (
            "",
            " ",
            "\0",
            "\ud800",
            "é🐕",
            "\u202e",
            "a" * 5000,
            "=1+1",
            "../x",
            "nul",
            "C:\\x",
            "0",
            "1e999",
            "-1",
            "NaN",
            "2024-02-30",
            "0000-00-00",
            "31/12/9999",
            "٣",
            "²",
            "1" * 5000,
            "[" * 3000,
            "\r\n",
            '"',
            "None",
            "true",
        )
    ),
)
_SCALARS = st.one_of(
    WORDS,
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from((2**31, 2**63, 2**64, 10**400, -(10**400))),
    st.floats(),
)
VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(WORDS, inner, max_size=4)),
    max_leaves=8,
)


def changed_json(base: Callable[[], bytes]) -> st.SearchStrategy[bytes]:
    """The JSON of `base` with some of its values, wherever they stand, taken away or made impossible; or broken."""
    change = st.tuples(st.integers(0, 2**16), st.sampled_from(("set", "set", "delete", "wrap", "twice")), VALUES)
    well_formed = st.lists(change, min_size=1, max_size=3).map(lambda changes: _changed(base(), changes))
    broken = BLOWS.map(lambda blows: struck(base(), blows, ()))
    deep = st.sampled_from(
        (b"[" * 100_000, b'{"a":' * 50_000, b'{"a":1,"a":2}', b"", b"null", b"[]", b"\xff\xfe{\0}\0", b"1")
    )
    return st.one_of(well_formed, well_formed, well_formed, broken, deep)


def _changed(base: bytes, changes: list[tuple[int, str, Any]]) -> bytes:
    whole = json.loads(base)
    for where, how, value in changes:
        places = list(_places(whole))
        if not places:
            break
        holder, key = places[where % len(places)]
        if how == "delete":
            del holder[key]
        elif how == "wrap":
            holder[key] = [holder[key]]
        elif how == "twice" and isinstance(holder, list):
            holder.append(holder[key])
        else:
            holder[key] = value
    return json.dumps(whole, ensure_ascii=True).encode()


def _places(node: Any) -> Any:
    """Every value within, by what holds it."""
    for key, value in list(node.items()) if isinstance(node, dict) else list(enumerate(node)):
        yield node, key
        if isinstance(value, (dict, list)):
            yield from _places(value)


# Tables: the words that the program looks for, and cells that it does not expect.
_HEADERS = st.sampled_from(
    (
        "Name",
        "Nom",
        "code",
        "DOB",
        "Date de naissance",
        "age",
        "âge",
        "sex",
        "sexe",
        "image",
        "label",
        "class",
        "split",
        "path",
        "breed",
        "x",
        "",
        " ",
        "Name",
        "file name",
        "photo",
    )
)
_CELLS = st.one_of(
    WORDS,
    st.sampled_from(
        (
            "Rex",
            "A-1",
            "2024-01-31",
            "31/01/2024",
            "2,5",
            "6 months",
            "1 an et 3 mois",
            "F",
            "mâle",
            "dog.jpg",
            "train",
            '["a > b > c"]',
            "['x']",
            "[0x" + "f" * 6000 + "]",
            "[" + "-" * 3000 + "1]",
            "[" * 90 + "]" * 90,
            "http://[x/dog.jpg",
            "http://x:99999999/dog.jpg",
            "//x/dog.jpg",
            "\\\\x\\dog.jpg",
            "%00.jpg",
            "999999 years",
            "1" * 400 + " ans",
        )
    ),
)


def _csv(header: list[str], rows: list[list[str]], divider: str, encoding: str, end: str) -> bytes:
    def cell(text: str) -> str:
        quoted = text.replace('"', '""')
        return f'"{quoted}"' if any(one in text for one in (divider, '"', "\n", "\r")) else text

    text = end.join(divider.join(map(cell, row)) for row in [header, *rows])
    return text.encode(encoding, "replace")


_USUAL = st.sampled_from(
    (["image", "label"], ["image", "label", "animal", "split"], ["Name", "code", "DOB", "age", "sex"])
)
_HEADER = st.one_of(_USUAL, _USUAL, st.lists(_HEADERS, min_size=1, max_size=6))
_ROWS = st.lists(st.lists(_CELLS, max_size=6), max_size=6)
_CSVS = st.builds(
    _csv,
    _HEADER,
    _ROWS,
    st.sampled_from((",", ";", "\t", "|")),
    st.sampled_from(("utf-8", "utf-8-sig", "utf-16", "cp1252", "utf-32")),
    st.sampled_from(("\n", "\r\n", "\r", "\n\n")),
)
_EXTREMES = st.sampled_from(
    (
        b"",
        b"\0" * 1000,
        b"\xff\xfe",
        b'"' * 9,
        b'a,b\n"' + b"x" * 200_000,
        b"Name\n" + b"," * 100_000,
        b"PK\x03\x04",
        b"Name\n" * 50_000,
        b"\xef\xbb\xbf",
        b"name;image;label\n" + b"\xff" * 999,
    )
)


def csv_files() -> st.SearchStrategy[bytes]:
    """A CSV file, or what is called so."""
    return st.one_of(
        _CSVS, _CSVS, _CSVS, st.builds(lambda data, blows: struck(data, blows, ()), _CSVS, BLOWS), _EXTREMES
    )


def _xlsx(header: list[str], rows: list[list[Any]]) -> bytes:
    import xlsxwriter

    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "nan_inf_to_errors": True, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate([header, *rows]):
            for column, value in enumerate(row):
                if isinstance(value, str):
                    sheet.write_string(number, column, value.encode("utf-8", "replace").decode()[:30_000])
                elif isinstance(value, (bool, float)) and value == value and abs(value) < 1e300:
                    sheet.write(number, column, value)
    return out.getvalue()


_XLSX = st.builds(
    _xlsx, _HEADER, st.lists(st.lists(st.one_of(_CELLS, st.floats(), st.booleans()), max_size=6), max_size=5)
)


def workbooks() -> st.SearchStrategy[bytes]:
    """An Excel workbook: sound, broken as bytes, or with broken XML in it."""
    broken = st.builds(lambda data, blows: struck(data, blows, ()), _XLSX, BLOWS)
    part = st.builds(_with_part, _XLSX, st.integers(0, 99), BLOWS)
    return st.one_of(_XLSX, broken, part, part, st.integers(0, 30).flatmap(lambda n: part if n else st.builds(_a_bomb)))


def _bomb(data: bytes, name: str) -> bytes:
    """The workbook with a part that is small only as long as it is packed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for other in old.namelist():
            if other != name:
                new.writestr(other, old.read(other))
        with new.open(name, "w") as part:
            part.write(b'<?xml version="1.0"?><sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">')
            for _ in range(400):
                part.write(b"<si><t>x</t></si>" * 60_000)
            part.write(b"</sst>")
    return out.getvalue()


@cache
def _a_bomb() -> bytes:
    return _bomb(_xlsx(["image", "label"], [["dog.jpg", "x"]]), "xl/sharedStrings.xml")


def _with_part(data: bytes, place: int, blows: Any) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        names = old.namelist()
        for number, name in enumerate(names):
            part = old.read(name)
            new.writestr(name, struck(part, blows, ()) if number == place % len(names) else part)
    return out.getvalue()


def toml_files(base: Callable[[], bytes]) -> st.SearchStrategy[bytes]:
    """A preset of a study, changed; or extreme TOML."""
    lines = st.lists(st.tuples(st.integers(0, 2**16), VALUES), min_size=1, max_size=3)
    changed = lines.map(lambda changes: _with_lines(base(), changes))
    broken = BLOWS.map(lambda blows: struck(base(), blows, ()))
    extremes = st.sampled_from(
        (
            b"x = " + b"[" * 50_000,
            b"a" + b".a" * 2000 + b" = 1",
            b"x = 1e400",
            b"x = " + b"9" * 6000,
            b"\xff",
            b"",
            b"x = 1979-05-27T07:32:00Z",
            b"x = {" * 5000,
            b"[" + b"a." * 5000 + b"a]",
        )
    )
    return st.one_of(changed, changed, broken, extremes)


def _with_lines(base: bytes, changes: list[tuple[int, Any]]) -> bytes:
    lines = base.decode().splitlines()
    for place, value in changes:
        at = [number for number, line in enumerate(lines) if " = " in line and not line.rstrip().endswith(("[", "{"))]
        number = at[place % len(at)]
        lines[number] = f"{lines[number].split(' = ')[0]} = {_toml(value)}"
    return "\n".join(lines).encode("utf-8", "replace")


def _toml(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case dict():
            return "{" + ", ".join(f"{json.dumps(key)} = {_toml(one)}" for key, one in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(_toml, value)) + "]"
        case None:
            return '""'
        case float():
            return {"inf": "inf", "-inf": "-inf", "nan": "nan"}.get(str(value), repr(value))
    return json.dumps(value)

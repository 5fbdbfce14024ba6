"""Texts as cells of a table that shelter software imports: no quotes, no line ends, nothing that spreadsheets run."""

from __future__ import annotations

import re
import unicodedata

# Spreadsheets run a cell that begins with one of these, or with its wide form, as a formula (OWASP, CSV injection).
_FORMULA_STARTS = tuple("=+-@\uff1d\uff0b\uff0d\uff20")
# Spreadsheets take a cell that begins with it as text; ASM3 strips it, as every space around a value, so that the name
# in the database is the one that was given. An apostrophe would stay there.
HARMLESS = "\u00a0"
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_JOINERS = "\u200c\u200d"  # they belong to letters and emoji
_OPENING = re.compile(r'(^|(?<=[\s(\[{’“«-]))"')


def plain(text: str) -> str:
    """The text without line ends, invisible signs and straight quotes: ASM3 does not read doubled quotes as one.

    >>> plain(' Rex "the\\nKing" ')
    'Rex “the King”'
    """
    seen = "".join(_seen(letter) for letter in text)
    return _OPENING.sub("“", " ".join(seen.split())).replace('"', "”")


def has_quotes(text: str) -> bool:
    """Whether `plain` changes quotes in the text."""
    return '"' in text


def is_formula(text: str) -> bool:
    """Whether a spreadsheet would run the text."""
    return plain(text).startswith(_FORMULA_STARTS)


def cell(text: str) -> str:
    """The plain text, harmless in a spreadsheet and unchanged in ASM3."""
    clean = plain(text)
    return f"{HARMLESS}{clean}" if clean.startswith(_FORMULA_STARTS) else clean


def _seen(letter: str) -> str:
    category = unicodedata.category(letter)
    if category == "Cs":  # a byte of a file's name that is no letter
        return "?"
    if category in _UNSEEN and letter not in _JOINERS:
        return " " if category in ("Cc", "Zl", "Zp") else ""
    return letter

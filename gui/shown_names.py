"""Names of files, folders and animals as they can be shown: they may hold whatever their system lets them hold."""

from __future__ import annotations

import unicodedata


def printable(text: str) -> str:
    r"""A name in one line that Tk takes: what breaks a line or steers a screen is a dot, bytes that are no text a sign.

    >>> printable("Rex\n2\t\x1b.jpg"), printable("caf\udce9.jpg"), printable("Rex\u202f2\u2028")
    ('Rex·2··.jpg', 'caf\ufffd.jpg', 'Rex 2 ')
    """
    return "".join(letter if letter.isprintable() else _instead(letter) for letter in text)


def _instead(letter: str) -> str:
    kind = unicodedata.category(letter)
    if kind.startswith("Z"):
        return " "
    return "\ufffd" if kind == "Cs" else "·"

"""Very many short texts, such as the names of all files of a run, looked through for a few letters in a moment."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from core.name_search import folded

_END = 0
# What `folded` does with a byte of plain English, but for several spaces in a row: what is looked for has none.
_FOLDING = (
    bytes(
        byte if chr(byte).isdigit() or chr(byte).islower() or byte == _END else byte + 32 if chr(byte).isupper() else 32
        for byte in range(128)
    )
    + bytes([32]) * 128
)

Marks = npt.NDArray[np.bool_]


class FoldedTexts:
    """Texts without case and accents, one after the other in one block of memory; it does not change."""

    def __init__(self, texts: Sequence[bytes], before: FoldedTexts | None = None) -> None:
        """Texts in UTF-8 (odd bytes count as no letters), without the byte 0; after those of `before`, if given."""
        block = b"\0".join(texts) + b"\0" if texts else b""
        if not block.isascii():
            block = b"".join(_plain(text) + b"\0" for text in texts)
        block = block.translate(_FOLDING)
        self._block: bytes = before._block + block if before else block
        ends = np.flatnonzero(np.frombuffer(block, np.uint8) == _END) + (len(before._block) if before else 0)
        self._ends: npt.NDArray[np.intp] = np.concatenate([before._ends, ends]) if before else ends

    def __len__(self) -> int:
        return len(self._ends)

    def containing(self, word: str) -> Marks:
        """Which of the texts have this folded word in them; (texts,). None has an empty word."""
        found = np.zeros(len(self._ends), np.bool_)
        letters = np.frombuffer(word.encode(), np.uint8)
        places = len(self._block) - len(letters) + 1
        if not len(letters) or places <= 0:
            return found
        block = np.frombuffer(self._block, np.uint8)
        # The first letters by comparing everything, which is quick; the others only where these fit.
        fits = block[:places] == letters[0]
        for place, letter in enumerate(letters[1:3], 1):
            fits &= block[place : place + places] == letter
        starts = np.flatnonzero(fits)
        for place, letter in enumerate(letters[3:], 3):
            starts = starts[block[starts + place] == letter]
        found[np.searchsorted(self._ends, starts)] = True
        return found


def _plain(text: bytes) -> bytes:
    return text if text.isascii() else folded(text.decode("utf-8", "replace")).encode()

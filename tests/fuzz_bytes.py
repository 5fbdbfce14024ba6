"""Ways to break any file: bits, lengths, ends and whole pieces, drawn by Hypothesis and applied to bytes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from hypothesis import strategies as st

_MOST_BYTES = 4_000_000  # no broken file grows beyond this, whatever is repeated
_DIGITS = re.compile(rb"-?[0-9]+(?:\.[0-9]+)?")
NUMBERS = (b"0", b"-1", b"1e999", b"-1e999", b"NaN", b"Infinity", b"9" * 25, b"9" * 5000, b"1e-400", b"true", b"null",
           b'""', b"[]", b"{}", b"4294967296", b"2147483648", b"-9223372036854775809")  # fmt: skip


class Harm(Enum):
    """What is done to the bytes."""

    FLIP = "flip"
    BYTE = "byte"
    LENGTH = "length"  # two, four or eight bytes become an extreme number
    CUT = "cut"
    DELETE = "delete"
    TWICE = "twice"
    SWAP = "swap"
    BLANK = "blank"
    SPLICE = "splice"  # a piece of another file
    NUMBER = "number"  # a number in a text becomes another one


@dataclass(frozen=True)
class Blow:
    """One harm: where (0...1 of the file), over how many bytes, and two numbers that say the rest."""

    harm: Harm
    at: float
    length: int
    value: int
    other: int


# Half of the blows fall into the first hundredth, where the headers are.
_PLACES = st.one_of(st.floats(0, 1), st.floats(0, 0.01))
BLOWS = st.lists(
    st.builds(Blow, st.sampled_from(Harm), _PLACES, st.integers(1, 5000), st.integers(0, 2**16), st.integers(0, 2**16)),
    min_size=1,
    max_size=6,
)


def struck(data: bytes, blows: Sequence[Blow], others: Sequence[bytes]) -> bytes:
    """The bytes after these blows, one after the other; pieces of `others` may be in it then."""
    for blow in blows:
        data = _struck(data, blow, others)[:_MOST_BYTES]
    return data


def _struck(data: bytes, blow: Blow, others: Sequence[bytes]) -> bytes:
    at = min(int(blow.at * len(data)), max(0, len(data) - 1))
    end = at + blow.length
    match blow.harm:
        case Harm.FLIP if data:
            return data[:at] + bytes([data[at] ^ 1 << blow.value % 8]) + data[at + 1 :]
        case Harm.BYTE:
            return data[:at] + bytes([blow.value % 256]) + data[at + 1 :]
        case Harm.LENGTH:
            number = _extreme(blow)
            return data[:at] + number + data[at + len(number) :]
        case Harm.CUT:
            return data[:at]
        case Harm.DELETE:
            return data[:at] + data[end:]
        case Harm.TWICE:
            return data[:end] + data[at:end] * (1 + blow.value % 50) + data[end:]
        case Harm.SWAP:
            return data[:at] + data[end : end + blow.length] + data[at:end] + data[end + blow.length :]
        case Harm.BLANK:
            return data[:at] + bytes([0 if blow.value % 2 else 255]) * len(data[at:end]) + data[end:]
        case Harm.SPLICE if others:
            other = others[blow.other % len(others)]
            start = blow.value * len(other) >> 16
            return data[:at] + other[start : start + blow.length] + data[at + blow.length * (blow.other % 2) :]
        case Harm.NUMBER:
            return _with_number(data, at, blow)
    return data


def _extreme(blow: Blow) -> bytes:
    size = (1, 2, 4, 8)[blow.value % 4]
    top = 1 << 8 * size
    numbers = (0, 1, top // 2 - 1, top // 2, top - 1, top - 2, min(top - 1, blow.other), min(top - 1, 0xFFFF))
    return numbers[blow.other % len(numbers)].to_bytes(size, "big" if blow.value & 4 else "little")


def _with_number(data: bytes, at: int, blow: Blow) -> bytes:
    found = _DIGITS.search(data, at) or _DIGITS.search(data)
    if found is None:
        return data
    return data[: found.start()] + NUMBERS[blow.value % len(NUMBERS)] + data[found.end() :]

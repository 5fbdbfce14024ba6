"""A shared library of Linux that asks for fewer other libraries: for those whose functions are never called.

OpenCV's wheel is linked with FFmpeg, OpenBLAS and libavif, 83 MB that the program has no use for: it opens photographs
with Pillow, and needs no algebra of OpenCV's. Written after the ELF specification (System V ABI, chapters 4 and 5) and
the symbol versions of the Linux Standard Base, 64 bits, little-endian.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

_LOAD, _DYNAMIC = 1, 2  # kinds of segments
_NULL, _NEEDED, _STRTAB, _SYMTAB, _GNU_HASH = 0, 1, 5, 6, 0x6FFFFEF5
_VERSYM, _VERNEED, _VERNEEDNUM = 0x6FFFFFF0, 0x6FFFFFFE, 0x6FFFFFFF
_ENTRY, _SYMBOL_BYTES = "<qQ", 24
_PAGE_BYTES = 4096
_WEAK, _ANY_VERSION = 2, 1


@dataclass(frozen=True)
class _Symbol:
    """A name that the library offers, or takes from another one."""

    name: str
    number: int
    at: int
    is_wanted: bool


def is_loadable(content: bytes) -> bool:
    """Whether the parts of an ELF file lie in it as they will lie in the pages of the memory."""
    library = SharedLibrary(content)
    return all((offset - address) % _PAGE_BYTES == 0 for kind, offset, address, _ in library.segments if kind == _LOAD)


class SharedLibrary:
    """The bytes of a shared library. Raises ValueError where they are none of 64 bits, little-endian."""

    def __init__(self, content: bytes) -> None:
        self.content = bytearray(content)
        if self.content[:6] != b"\x7fELF\x02\x01":
            raise ValueError("no ELF file of 64 bits, little-endian")
        self.segments = list(self._read_segments())
        self._dynamic_at = next(offset for kind, offset, _, _ in self.segments if kind == _DYNAMIC)
        self._strings_at = self._offset(self._value(_STRTAB))

    @property
    def needed(self) -> list[str]:
        """The libraries that it asks for."""
        return [self._string(value) for tag, value in self._entries() if tag == _NEEDED]

    def offered(self) -> set[str]:
        """The names that it defines."""
        return {symbol.name for symbol in self._symbols() if not symbol.is_wanted}

    def forget(self, libraries: set[str], offered: set[str]) -> None:
        """Ask no more for these libraries, which offer these names: calling one of them would end the program.

        A name that nobody else has becomes a weak one, which may be missing.
        """
        versions = self._forget_versions(libraries)
        versions_at = self._offset(self._value(_VERSYM)) if self._has(_VERSYM) else None
        for symbol in self._symbols():
            if symbol.is_wanted and symbol.name in offered:
                kind = self.content[symbol.at + 4]
                self.content[symbol.at + 4] = _WEAK << 4 | kind & 0xF
            if versions_at is not None:
                at = versions_at + 2 * symbol.number
                if struct.unpack_from("<H", self.content, at)[0] in versions:
                    struct.pack_into("<H", self.content, at, _ANY_VERSION)
        kept = [entry for entry in self._entries() if entry[0] != _NEEDED or self._string(entry[1]) not in libraries]
        for number in range(len(list(self._entries()))):
            entry = kept[number] if number < len(kept) else (_NULL, 0)
            struct.pack_into(_ENTRY, self.content, self._dynamic_at + 16 * number, *entry)

    def _forget_versions(self, libraries: set[str]) -> set[int]:
        """Take the demands for versions of these libraries out of their chain; the numbers that those had."""
        forgotten, before, first, count = set[int](), 0, 0, 0
        if not self._has(_VERNEED):
            return forgotten
        at, start = self._offset(self._value(_VERNEED)), self._value(_VERNEED)
        here = at
        while True:
            _, many, file, first_of, following = struct.unpack_from("<HHIII", self.content, here)
            if self._string(file) in libraries:
                forgotten |= set(self._version_numbers(here + first_of, many))
            else:
                if before:
                    struct.pack_into("<I", self.content, before + 12, here - before)
                else:
                    first = start + here - at
                before, count = here, count + 1
            if not following:
                break
            here += following
        if before:
            struct.pack_into("<I", self.content, before + 12, 0)
        self._set(_VERNEED, first or start)
        self._set(_VERNEEDNUM, count)
        return forgotten

    def _version_numbers(self, at: int, many: int) -> Iterator[int]:
        for _ in range(many):
            _, _, number, _, following = struct.unpack_from("<IHHII", self.content, at)
            yield number
            at += following

    def _read_segments(self) -> Iterator[tuple[int, int, int, int]]:
        """Kind, offset in the file, address in memory, length."""
        table, size, many = (*struct.unpack_from("<Q", self.content, 32), *struct.unpack_from("<HH", self.content, 54))
        for number in range(many):
            kind, _, offset, address, _, length = struct.unpack_from("<IIQQQQ", self.content, table + size * number)
            yield kind, offset, address, length

    def _offset(self, address: int) -> int:
        for kind, offset, start, length in self.segments:
            if kind == _LOAD and start <= address < start + length:
                return offset + address - start
        raise ValueError(f"nothing of the file lies at {address:#x}")

    def _entries(self) -> Iterator[tuple[int, int]]:
        at = self._dynamic_at
        while True:
            tag, value = struct.unpack_from(_ENTRY, self.content, at)
            if tag == _NULL:
                return
            yield tag, value
            at += 16

    def _has(self, tag: int) -> bool:
        return any(found == tag for found, _ in self._entries())

    def _value(self, tag: int) -> int:
        for found, value in self._entries():
            if found == tag:
                return value
        raise ValueError(f"no entry {tag:#x}")

    def _set(self, tag: int, value: int) -> None:
        for number, (found, _) in enumerate(list(self._entries())):
            if found == tag:
                struct.pack_into(_ENTRY, self.content, self._dynamic_at + 16 * number, tag, value)

    def _string(self, at: int) -> str:
        start = self._strings_at + at
        return self.content[start : self.content.index(0, start)].decode()

    def _symbols(self) -> Iterator[_Symbol]:
        table = self._offset(self._value(_SYMTAB))
        for number in range(1, self._symbol_count()):
            at = table + _SYMBOL_BYTES * number
            name, _, _, section = struct.unpack_from("<IBBH", self.content, at)
            yield _Symbol(self._string(name), number, at, section == 0)

    def _symbol_count(self) -> int:
        """The hash table knows how many names there are: those that are offered stand last, in its chains."""
        at = self._offset(self._value(_GNU_HASH))
        buckets, first, bloom = (int(number) for number in struct.unpack_from("<III", self.content, at))
        buckets_at = at + 16 + 8 * bloom
        last = max(int(number) for number in struct.unpack_from(f"<{buckets}I", self.content, buckets_at))
        if last < first:
            return first
        chains_at = buckets_at + 4 * buckets
        while not struct.unpack_from("<I", self.content, chains_at + 4 * (last - first))[0] & 1:
            last += 1
        return last + 1

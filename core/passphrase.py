"""A passphrase kept so that nobody can read it: salted scrypt (Percival 2009, RFC 7914), from the standard library."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
import unicodedata
from typing import Final

_MEMORY_COST: Final = 2**14  # with the block size below: 16 MiB and some 50 ms
_BLOCK, _LANES = 8, 1
_MOST_MEMORY: Final = 64 * 2**20
_SALT_BYTES, _KEY_BYTES = 16, 32
_KIND = "scrypt"


def kept_form(passphrase: str) -> str:
    """What is written down instead of the passphrase, with a salt of its own; takes a moment on purpose."""
    salt = secrets.token_bytes(_SALT_BYTES)
    key = _key(passphrase, salt, _MEMORY_COST, _BLOCK, _LANES)
    numbers = (_MEMORY_COST, _BLOCK, _LANES)
    return "$".join((_KIND, *map(str, numbers), *(base64.b64encode(part).decode() for part in (salt, key))))


def is_right(passphrase: str, kept: str) -> bool:
    """Whether this is the passphrase that was kept; never for what was not written by `kept_form`.

    >>> is_right("Rex", kept_form("Rex")), is_right("rex", kept_form("Rex")), is_right("", "")
    (True, False, False)
    """
    try:
        kind, cost, block, lanes, salt, key = kept.split("$")
        numbers = int(cost), int(block), int(lanes)
        known, seasoning = base64.b64decode(key, validate=True), base64.b64decode(salt, validate=True)
        if kind != _KIND or not known:
            return False
        return hmac.compare_digest(known, _key(passphrase, seasoning, *numbers, length=len(known)))
    except (ValueError, binascii.Error, OverflowError, MemoryError):
        return False


def _key(passphrase: str, salt: bytes, cost: int, block: int, lanes: int, length: int = _KEY_BYTES) -> bytes:
    """One letter has several spellings in Unicode, and keyboards differ in which one they send: NFKC is one of them."""
    words = unicodedata.normalize("NFKC", passphrase).encode()
    return hashlib.scrypt(words, salt=salt, n=cost, r=block, p=lanes, maxmem=_MOST_MEMORY, dklen=length)

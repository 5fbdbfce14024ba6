"""What this computer offers: processors and memory; and a way to keep its native libraries from chatting."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO


def usable_processors() -> int:
    """How many processors this program may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def memory_bytes() -> int:
    """All memory of this computer; 0 where the system does not say."""
    if sys.platform == "win32":
        import ctypes

        kilobytes = ctypes.c_ulonglong(0)
        told = ctypes.windll.kernel32.GetPhysicallyInstalledSystemMemory(ctypes.byref(kilobytes))
        return kilobytes.value * 1024 if told else 0
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return 0


@contextmanager
def native_silence() -> Iterator[None]:
    """Nothing that native code writes to stderr is seen: LiteRT greets there and has no switch for that."""
    try:
        kept = os.dup(2)
    except OSError:  # no stderr, as in a program without a terminal on Windows
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


@contextmanager
def native_words_into(path: Path) -> Iterator[None]:
    """What native code writes to stderr goes into this file; what Python writes there is still seen."""
    try:
        kept, file = os.dup(2), os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    except OSError:  # no stderr, or a disk that is full
        yield
        return
    before, seen = sys.stderr, None
    try:
        if before is not None and _is_stderr(before):
            seen = sys.stderr = os.fdopen(
                os.dup(kept), "w", encoding=before.encoding, errors=before.errors, buffering=1
            )
        os.dup2(file, 2)
        yield
    finally:
        os.dup2(kept, 2)
        sys.stderr = before
        if seen is not None:
            seen.close()
        os.close(kept)
        os.close(file)


def _is_stderr(stream: TextIO) -> bool:
    try:
        return stream.fileno() == 2
    except (OSError, ValueError):
        return False

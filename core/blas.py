"""NumPy's library for products of matrices, kept to one thread while all processors are busy with photographs."""

from __future__ import annotations

import ctypes
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import numpy as np

log = logging.getLogger(__name__)

# Where NumPy's wheels keep OpenBLAS on Linux and Windows, and on macOS; elsewhere, and with Apple's Accelerate, nothing
# is set.
_FOLDERS = ("../numpy.libs", ".dylibs")
_NAMES = ("scipy_openblas_{}_num_threads64_", "openblas_{}_num_threads64_", "openblas_{}_num_threads")
_lock = threading.Lock()
_inside = 0
_usual = 1


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """As long as anybody is inside, products of matrices take one thread, in all threads of this process.

    OpenBLAS starts a thread for each processor, which wait for each other by spinning. A head's product with one vector
    is small: where the processors run networks at the same time, it takes ten times as long with these threads as
    without, and keeps the networks waiting meanwhile (measured: docs/performance.md).
    """
    global _inside, _usual
    threads = _openblas()
    if threads is None:
        yield
        return
    get, set_to = threads
    with _lock:
        if not _inside:
            _usual = get()
            set_to(1)
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if not _inside:
                set_to(_usual)


@lru_cache(maxsize=1)
def _openblas() -> tuple[Callable[[], int], Callable[[int], None]] | None:
    """How to ask OpenBLAS for its threads and how to set them; None where NumPy has none of its own."""
    for folder in _FOLDERS:
        for path in sorted((Path(np.__file__).parent / folder).glob("*openblas*")):
            try:
                library = ctypes.CDLL(str(path))  # the one that NumPy has loaded: the same file is the same library
            except OSError as error:
                log.info("%s cannot be asked for its threads: %s", path.name, error)
                continue
            for name in _NAMES:
                if hasattr(library, name.format("set")):
                    get, set_to = getattr(library, name.format("get")), getattr(library, name.format("set"))
                    get.restype, set_to.argtypes, set_to.restype = ctypes.c_int, [ctypes.c_int], None
                    return get, set_to
    return None

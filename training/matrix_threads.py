"""How many threads numpy's matrix products take, changed while the program runs.

`core` gives them one, because waiting threads take the processors from the networks. Fitting a head is nothing but
matrix products, and no network runs meanwhile.
"""

from __future__ import annotations

import ctypes
import logging
from functools import cache
from pathlib import Path

import numpy as np

from core.machine import usable_processors
from core.train_records import Phase

log = logging.getLogger(__name__)

# The library that comes with numpy on Linux and Windows, and what the function is called in it. macOS has another one,
# which decides for itself.
_FOLDERS, _FILES = ("numpy.libs", "numpy/.libs", "numpy/.dylibs"), "*openblas*"
_SETTERS = (
    "scipy_openblas_set_num_threads64_", "scipy_openblas_set_num_threads", "openblas_set_num_threads64_",
    "openblas_set_num_threads",
)  # fmt: skip


def threads_for(phase: Phase) -> None:
    """All processors while a head is fitted, one thread otherwise. Where that is not possible nothing happens."""
    set_matrix_threads(usable_processors() if phase is Phase.HEAD else 1)


def set_matrix_threads(count: int) -> bool:
    """Let matrix products take so many threads from now on; whether that was possible."""
    library = _openblas()
    for name in _SETTERS if library is not None else ():
        setter = getattr(library, name, None)
        if setter is not None:
            setter(ctypes.c_int(count))
            return True
    return False


@cache
def _openblas() -> ctypes.CDLL | None:
    """The very library that numpy has loaded; opening it again gives the same one."""
    packages = Path(np.__file__).parent.parent
    for folder in _FOLDERS:
        for path in (packages / folder).glob(_FILES):
            try:
                return ctypes.CDLL(str(path))
            except OSError:
                log.info("%s cannot be asked", path, exc_info=True)
    return None

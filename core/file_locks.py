"""Locks on open files: the system takes them back however a process ends, so that there are no stale ones."""

from __future__ import annotations

import logging
import os
import sys
from typing import IO

log = logging.getLogger(__name__)

# On Windows nobody else may read the bytes that are locked: this one lies behind all that is written.
LOCKED_BYTE = 1 << 20

if sys.platform == "win32":
    import msvcrt

    def lock(file: IO[bytes], *, is_shared: bool) -> bool:
        """Lock an open file without waiting; false where another process has it."""
        os.lseek(file.fileno(), LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def unlock(file: IO[bytes]) -> None:
        """Let go of it."""
        os.lseek(file.fileno(), LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def lock(file: IO[bytes], *, is_shared: bool) -> bool:
        """Lock an open file without waiting; false where another process has it."""
        try:
            fcntl.flock(file, (fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:  # a file system without locks: who only asks hears that nobody holds it
            log.info("no locks here", exc_info=True)
        return True

    def unlock(file: IO[bytes]) -> None:
        """Let go of it."""
        fcntl.flock(file, fcntl.LOCK_UN)

"""Work that nobody waits for gives way: to the window, to `classify`, to whatever else the user does."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path

log = logging.getLogger(__name__)

_NICE = 10
# Where memory runs out, the system had better end this than the window (0 is the usual, 1000 the first to go).
_OOM_SCORE = 500


def lower_priority() -> None:
    """This process, and those that it starts from now on, give way to others from here on. Never fails."""
    try:
        if sys.platform == "win32":
            import ctypes

            kernel = ctypes.windll.kernel32
            kernel.SetPriorityClass(kernel.GetCurrentProcess(), subprocess.BELOW_NORMAL_PRIORITY_CLASS)
            return
        os.setpriority(os.PRIO_PROCESS, 0, max(_NICE, os.getpriority(os.PRIO_PROCESS, 0)))
        if sys.platform == "linux":
            Path("/proc/self/oom_score_adj").write_text(str(_OOM_SCORE), encoding="ascii")
    except (OSError, AttributeError):  # a system that does not know it: the work is done all the same
        log.info("the priority stays as it is", exc_info=True)

"""The process that trains: this very program, started again so that it outlives the window and gives way to it."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys

from core.this_program import started_again
from core.train_records import Job

log = logging.getLogger(__name__)


def start_process(run_id: str, job: Job, printed: int) -> subprocess.Popen[bytes]:
    """Start `main.py train` on a job of a run; what it prints goes to the open file `printed`. Raises OSError."""
    typed = started_again("train", "--run", run_id, "--job", job.value)
    # numpy of this process has one thread (core/__init__.py); training decides for itself.
    environment = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    flags = 0
    if sys.platform == "win32":
        flags = (
            subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.BELOW_NORMAL_PRIORITY_CLASS
        )
    return subprocess.Popen(
        typed,
        stdin=subprocess.DEVNULL,
        stdout=printed,
        stderr=printed,
        env=environment,
        start_new_session=True,  # Ctrl-C in the terminal of the window is not for it
        creationflags=flags,
    )


def end_process(pid: int) -> None:
    """Kill a process, and those of its own if it leads them."""
    try:
        if sys.platform == "win32":
            os.kill(pid, signal.SIGTERM)  # which is TerminateProcess there
        elif os.getsid(pid) == pid:
            os.killpg(pid, signal.SIGKILL)
        else:
            os.kill(pid, signal.SIGKILL)
    except OSError:  # it has just ended by itself
        log.info("no process %d", pid, exc_info=True)

"""A model from a stranger is tried once in a process of its own, so that one that crashes the runtime ends only that.

The runtime for networks is native code that trusts its files: a network with the right hash may still bring the whole
program down. This catches what crashes, hangs or fills memory on one picture; it is no wall against a network that was
made to attack the runtime, for the process runs with the user's own rights.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import sys
from multiprocessing.connection import Connection
from pathlib import Path

from core.bundle_info import printable
from core.errors import BundleError, PhotoError
from core.texts import Language, language, set_language, tr

log = logging.getLogger(__name__)

LONGEST_S = 60.0
MOST_MEMORY_BYTES = 4 << 30
MOST_ANSWER_BYTES = 4000
_PICTURE_PX = 320


def try_model(folder: Path, longest_s: float = LONGEST_S) -> None:
    """Let the model in `folder` answer for one picture. Raises BundleError when it cannot."""
    # spawn, not fork: the window has threads, and a fork of those may hang.
    fresh = multiprocessing.get_context("spawn")
    answers, sender = fresh.Pipe(duplex=False)
    child = fresh.Process(target=_answer_once, args=(folder, language(), sender), daemon=True)
    with answers:
        child.start()
        sender.close()
        try:
            problem, _, detail = _told(answers, longest_s).partition("\n")
        finally:
            child.kill()
            child.join()
            log.info("the trial in %s ended with exit code %s", folder, child.exitcode)
            child.close()
    if problem:
        log.warning("%s %s", problem, printable(detail, 2000))
        raise BundleError(problem)


def _told(answers: Connection, longest_s: float) -> str:
    """What the child says is wrong, or what its silence means."""
    try:
        if answers.poll(longest_s):
            return answers.recv_bytes(MOST_ANSWER_BYTES).decode("utf-8", "replace")
    except (EOFError, OSError):
        return tr("A network of this model crashes.")
    return tr("A network of this model does not answer in time.")


def _answer_once(folder: Path, spoken: Language, sender: Connection) -> None:
    """In the child: send nothing when the model answers, else why not: a sentence, perhaps a line for the log."""
    _silence()
    set_language(spoken)
    problem = ""
    try:
        _check_answer(folder)
    except BundleError as error:
        problem = str(error)
    except PhotoError:  # the picture is sound, so its answer was not
        problem = tr("The model gives impossible answers.")
    except Exception as error:  # whatever it is, the model is refused, and the program is told why
        problem = f"{tr('A network of this model fails.')}\n{error!r}"
    sender.send_bytes(problem.encode()[:MOST_ANSWER_BYTES])  # bytes, so that the program unpickles nothing from here


def _check_answer(folder: Path) -> None:
    import numpy as np

    from core.bundles import load_bundle
    from core.inference import Classifier
    from core.records import Photo

    bundle = load_bundle(folder)
    pixels = np.random.default_rng(0).integers(0, 256, (_PICTURE_PX, _PICTURE_PX, 3), np.uint8)
    _bound_memory()
    Classifier(bundle, threads=1).predict(Photo(pixels, _PICTURE_PX, _PICTURE_PX))


def _silence() -> None:
    """What native code writes would stand in the user's terminal, and its crash would open a dialog or leave a core."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    if sys.platform == "win32":
        import ctypes

        ctypes.windll.kernel32.SetErrorMode(0x0001 | 0x0002)  # SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX
    else:
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _bound_memory() -> None:
    """No more than MOST_MEMORY_BYTES on top of what is taken already; only Linux keeps such a promise."""
    if sys.platform != "linux":
        return
    import resource

    taken = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    most = taken + MOST_MEMORY_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))

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
from core.errors import BundleError, UserError
from core.texts import Language, language, set_language, tr

log = logging.getLogger(__name__)

LONGEST_S = 60.0
MOST_MEMORY_BYTES = 6 << 30
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
            problem = answers.recv_bytes(4000).decode("utf-8", "replace") if answers.poll(longest_s) else _too_slow()
        except (EOFError, OSError):  # the child is gone without a word
            problem = tr("A network of this model crashes.")
        finally:
            child.kill()
            child.join()
            log.info("trial of %s: exit code %s", folder.name, child.exitcode)
            child.close()
    if problem:
        raise BundleError(problem)


def _too_slow() -> str:
    return tr("A network of this model does not answer in time.")


def _answer_once(folder: Path, spoken: Language, sender: Connection) -> None:
    """In the child: send an empty text when the model answers, else a sentence saying why not."""
    _quiet_and_bounded()
    set_language(spoken)
    try:
        _check_answer(folder)
    except UserError as error:
        problem = str(error)
    except Exception as error:  # whatever it is, the model is refused, and the program is told why
        problem = tr("A network of this model fails: {reason}").format(reason=printable(str(error)))
    else:
        problem = ""
    sender.send_bytes(problem.encode()[:4000])  # bytes, so that the program unpickles nothing from here


def _check_answer(folder: Path) -> None:
    import numpy as np

    from core.bundles import load_bundle
    from core.inference import Classifier
    from core.records import Photo

    pixels = np.random.default_rng(0).integers(0, 256, (_PICTURE_PX, _PICTURE_PX, 3), np.uint8)
    answer = Classifier(load_bundle(folder), threads=1).predict(Photo(pixels, _PICTURE_PX, _PICTURE_PX))
    numbers = np.append(answer.probabilities, answer.subject)
    if not np.isfinite(numbers).all() or abs(float(answer.probabilities.sum()) - 1) > 0.01:
        raise BundleError(tr("The model gives impossible answers."))


def _quiet_and_bounded() -> None:
    """What native code writes would stand in the user's terminal; what it takes could fill the machine."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    if sys.platform == "win32":
        import ctypes

        # Without this a crash opens a dialog and waits: SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX.
        ctypes.windll.kernel32.SetErrorMode(0x0001 | 0x0002)
    else:
        import resource

        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        most = MOST_MEMORY_BYTES if hard == resource.RLIM_INFINITY else min(MOST_MEMORY_BYTES, hard)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (most, hard))

"""One log file per start, old ones removed; errors that nobody caught end up in it."""

from __future__ import annotations

import logging
import os
import platform
import sys
import threading
import time
from pathlib import Path
from types import TracebackType

from core.about import NAME, VERSION
from core.errors import UserError
from core.folders import log_dir

log = logging.getLogger(__name__)

_KEPT = 20
_FORMAT = "%(asctime)s %(levelname)-7s %(threadName)s %(name)s: %(message)s"


def start_logging() -> Path | None:
    """Log to a new file from now on and return its path; None where none can be written, which stops nothing."""
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    logging.raiseExceptions = False  # a full disk, say: the log is not worth a traceback among the answers
    root.addHandler(logging.NullHandler())  # else Python prints warnings on stderr, among the answers
    try:
        path = log_dir() / f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.log"
        handler: logging.Handler = logging.FileHandler(path, encoding="utf-8", errors="backslashreplace")
    except (OSError, UserError, ImportError):
        return None
    handler.setFormatter(logging.Formatter(_FORMAT))
    root.addHandler(handler)
    logging.captureWarnings(True)
    sys.excepthook = _log_uncaught
    threading.excepthook = _log_uncaught_in_thread
    log.info("%s %s, Python %s, %s", NAME, VERSION, platform.python_version(), platform.platform())
    _remove_old()
    return path


def log_files() -> list[Path]:
    """The log files that are kept, newest first."""
    return sorted(log_dir().glob("*.log"), reverse=True)


def _remove_old() -> None:
    for path in log_files()[_KEPT:]:
        try:
            path.unlink()
        except OSError:  # another window of the program may hold it open on Windows
            log.info("%s stays", path)


def _log_uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    log.critical("uncaught", exc_info=(kind, error, trace))
    sys.__excepthook__(kind, error, trace)


def _log_uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None:
        log.critical("uncaught in a thread", exc_info=(args.exc_type, args.exc_value, args.exc_traceback))
    threading.__excepthook__(args)

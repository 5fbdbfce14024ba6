"""TensorBoard beside the window: started on a free port, opened in the browser, ended with the window."""

from __future__ import annotations

import socket
import subprocess
import time
import webbrowser
from importlib.util import find_spec
from pathlib import Path

from core.errors import UserError
from core.texts import tr
from core.this_program import missing_parts_remedy, started_module

_PATIENCE_S, _PAUSE_S = 90.0, 0.2  # half a minute on a busy computer
_NO_CONSOLE = getattr(subprocess, "CREATE_NO_WINDOW", 0)  # there is one on Windows only


class Board:
    """One at a time; asked again for the same folder, the one that runs is opened."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._folder = Path()
        self._port = 0

    def open(self, folder: Path) -> None:
        """Show the logs in this folder. Raises UserError where TensorBoard is not there or does not start."""
        if find_spec("tensorboard") is None:
            said = tr("TensorBoard is not installed here. The manual says how to add it; the curves are here as well.")
            raise UserError(missing_parts_remedy() or said)
        if not folder.is_dir():
            raise UserError(tr("This run has no curves for TensorBoard: the quick way makes none."))
        if self._process is None or self._process.poll() is not None or folder != self._folder:
            self.close()
            self._start(folder)
        self._wait()
        webbrowser.open(f"http://127.0.0.1:{self._port}/")

    def close(self) -> None:
        """End it, if it runs."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(timeout=2)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._process = None

    def _start(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        here = ["--host", "127.0.0.1", "--port", str(self._port)]
        self._process = subprocess.Popen(
            started_module("tensorboard.main", "--logdir", str(folder), *here),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            creationflags=_NO_CONSOLE,
        )
        self._folder = folder

    def _wait(self) -> None:
        """Until it answers."""
        until = time.monotonic() + _PATIENCE_S
        while time.monotonic() < until and self._process is not None and self._process.poll() is None:
            with socket.socket() as asked:
                asked.settimeout(1.0)
                if asked.connect_ex(("127.0.0.1", self._port)) == 0:
                    return
            time.sleep(_PAUSE_S)
        raise UserError(tr("TensorBoard does not start."))

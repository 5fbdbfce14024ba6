"""Nothing leaves the computer: real processes of the program, in which every way out is closed and watched.

tests/offline/sitecustomize.py closes it, in child processes too. Only downloads of weights, which the user asks for,
would go out; that they are caught shows that the watch works.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.bundle_factory import make_bundle
from tests.window_driver import BLUE, GREEN, RED, colour_photo, need_display

ROOT = Path(__file__).resolve().parent.parent
WATCH = ROOT / "tests" / "offline"
LONGEST_S = 240
DOWNLOAD = """
from pathlib import Path
from core.backbones import WeightsFile
from training.downloads import download
from training.telling import Silent
download(WeightsFile("https://weights.example/w.h5"), Path("w.h5"), Silent())
"""
CONNECT = "import socket; socket.socket().connect(('192.0.2.1', 80))"
LISTEN = "import socket; socket.socket().bind(('', 0))"
IN_A_CHILD = """
import multiprocessing, socket
if __name__ == "__main__":
    child = multiprocessing.get_context("spawn").Process(target=socket.getaddrinfo, args=("dogs.example", 80))
    child.start()
    child.join()
    raise SystemExit(child.exitcode)
"""
STAY_HERE = """
import socket, threading
server = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=server.accept, daemon=True).start()
socket.create_connection(server.getsockname()).close()
socket.getaddrinfo("localhost", 80)
"""


@dataclass(frozen=True)
class Watched:
    """Programs that run where nothing gets out."""

    home: Path
    attempts: Path

    def run(self, *arguments: str | Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
        """Python with these arguments."""
        environment = dict(
            os.environ,
            SHELTERLENS_ATTEMPTS=str(self.attempts),
            PYTHONPATH=os.pathsep.join((str(WATCH), str(ROOT))),
            PYTHONIOENCODING="utf-8",
        )
        return subprocess.run(
            [sys.executable, *arguments], cwd=cwd, env=environment, capture_output=True, encoding="utf-8",
            timeout=LONGEST_S, check=False,
        )  # fmt: skip

    @property
    def tried(self) -> str:
        """What wanted to get out, with where in the program."""
        return self.attempts.read_text(encoding="utf-8") if self.attempts.exists() else ""

    @property
    def processes(self) -> int:
        """How many were watched."""
        return len(set(Path(f"{self.attempts}.watched").read_text(encoding="utf-8").split()))


@pytest.fixture
def watched(isolated_home: Path, tmp_path: Path) -> Watched:
    make_bundle(isolated_home / "models" / "colours")
    return Watched(isolated_home, tmp_path / "attempts")


@pytest.mark.parametrize(
    ("code", "event"),
    [
        (DOWNLOAD, "urllib.Request https://weights.example/w.h5"),
        (CONNECT, "socket.connect ('192.0.2.1', 80)"),
        (LISTEN, "socket.bind"),
        (IN_A_CHILD, "socket.getaddrinfo dogs.example"),
    ],
    ids=["download", "connect", "listen", "child"],
)
def test_the_watch_catches_what_gets_out(watched: Watched, tmp_path: Path, code: str, event: str) -> None:
    (tmp_path / "program.py").write_text(code)
    done = watched.run(tmp_path / "program.py", cwd=tmp_path)
    assert done.returncode != 0
    assert watched.tried.startswith(event), done.stderr


def test_the_watch_lets_a_program_speak_with_itself(watched: Watched) -> None:
    done = watched.run("-c", STAY_HERE)
    assert done.returncode == 0, done.stderr
    assert watched.tried == ""


def test_a_day_in_the_window_asks_nobody(watched: Watched, tmp_path: Path) -> None:
    need_display()
    (tmp_path / "shelter").mkdir()
    done = watched.run("-m", "tests.offline.tour", tmp_path / "shelter")
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["photograph", "explanation", "folder_and_export", "dialogs", "retraining"]
    assert watched.tried == ""
    assert watched.processes >= 4, "the window, the model, two jobs of the training"


def test_the_commands_ask_nobody(watched: Watched, tmp_path: Path) -> None:
    for name, colour in (("red", RED), ("green", GREEN), ("blue", BLUE)):
        (tmp_path / "dogs" / name).mkdir(parents=True)
        for number in range(4):
            shade = tuple(max(0, value - 25 * number) for value in colour)
            colour_photo(tmp_path / "dogs" / name / f"{number}.jpg", shade, (200 + 20 * number, 160))  # type: ignore[arg-type]
    photo, kept = tmp_path / "dogs" / "red" / "0.jpg", tmp_path / "colours.shelterlens"
    for typed in (
        ("classify", tmp_path / "dogs", "--model", "colours", "--out", tmp_path / "table.csv"),
        ("explain", photo, "--model", "colours", "--out", tmp_path / "why.png"),
        ("train", tmp_path / "dogs", "--name", "ours", "--backbone", "dogs-fast", "--use-anyway"),
        ("models", "export", "colours", kept),
        ("models", "remove", "colours"),
        ("models", "import", kept),
        ("doctor",),
    ):
        done = watched.run("main.py", *typed)
        assert done.returncode == 0, f"{typed}: {done.stdout}{done.stderr}"
    assert watched.tried == ""
    assert watched.processes >= 7

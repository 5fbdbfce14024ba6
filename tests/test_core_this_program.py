"""The program knows how it was made: started again, its name in a terminal, whether its files are all there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from core import this_program
from core.contents import CONTENTS, Contents, all_modules, damaged_files, failing_modules, read_contents
from core.doctor import State, examine
from core.errors import UsageError
from core.folders import program_dir


@pytest.fixture
def finished(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """As if this were a finished program that lies in the folder that is given back."""
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path), raising=False)
    monkeypatch.setattr(sys, "executable", "/opt/Shelterlens full")
    return tmp_path


def test_from_source_python_starts_it_again() -> None:
    assert this_program.started_again("train") == [sys.executable, str(program_dir() / "main.py"), "train"]
    assert this_program.as_typed_here("main.py doctor") == "main.py doctor"
    assert this_program.missing_parts_remedy() == ""
    assert read_contents() is None


def test_a_finished_program_starts_itself(finished: Path) -> None:
    assert this_program.started_again("train", "--use") == ["/opt/Shelterlens full", "train", "--use"]
    started = this_program.started_module("tensorboard.main", "--logdir", "x")
    assert started == ["/opt/Shelterlens full", "-m", "tensorboard.main", "--logdir", "x"]
    assert "Shelterlens full" in this_program.missing_parts_remedy()


def test_only_what_is_typed_is_replaced(finished: Path) -> None:
    said = this_program.as_typed_here("main.py classify x; (main.py); domain.python /a/main.py main.pyc")
    assert said == "Shelterlens full classify x; (Shelterlens full); domain.python /a/main.py main.pyc"


def test_no_other_module_is_run() -> None:
    with pytest.raises(ValueError, match="http"):
        this_program.started_module("http.server")
    with pytest.raises(UsageError, match="http"):
        this_program.run_started_module("http.server")


def test_without_a_console_printing_harms_nothing() -> None:
    """A windowed program on Windows has neither stream; every command prints."""
    code = "import sys; sys.stdout = sys.stderr = None; from core.this_program import settle_in; settle_in()"
    code += "; import main; sys.exit(main.main(['doctor']) + main.main(['classify', 'nowhere.jpg']) + 10)"
    done = subprocess.run([sys.executable, "-c", code], cwd=program_dir(), capture_output=True, check=False)
    assert done.returncode == 11 and done.stdout == done.stderr == b"", done


def test_other_programs_get_their_own_libraries(monkeypatch: pytest.MonkeyPatch, finished: Path) -> None:
    monkeypatch.setenv("LD_LIBRARY_PATH", f"{finished}:/mine")
    monkeypatch.setenv("LD_LIBRARY_PATH_ORIG", "/mine")
    this_program.leave_others_their_libraries()
    assert os.environ["LD_LIBRARY_PATH"] == "/mine" and "LD_LIBRARY_PATH_ORIG" not in os.environ
    monkeypatch.setenv("LD_LIBRARY_PATH", str(finished))
    this_program.leave_others_their_libraries()
    assert "LD_LIBRARY_PATH" not in os.environ


def test_damaged_and_missing_files_are_named(monkeypatch: pytest.MonkeyPatch, finished: Path) -> None:
    for name, content in (("whole", b"1234"), ("short", b"12"), ("signed", b"1")):
        (finished / name).write_bytes(content)
    files = {"whole": 4, "short": 4, "gone": 1, "signed": -1}
    (finished / CONTENTS).write_text(json.dumps({"name": "Shelterlens", "files": files, "modules": ["json", "nil"]}))
    found = read_contents()
    assert found == Contents("Shelterlens", files, ("json", "nil"))
    assert damaged_files(found) == ["short", "gone"]
    told = [one.text for _, findings in examine(loads_all=True) for one in findings if one.state is State.MISSING]
    assert {"missing or damaged: short", "missing or damaged: gone"} <= set(told)
    assert any(text.startswith("nil: ModuleNotFoundError") for text in told)


def test_a_list_that_cannot_be_read_is_said(finished: Path) -> None:
    (finished / CONTENTS).write_text("{")
    told = [one.text for _, findings in examine() for one in findings if one.state is State.MISSING]
    assert any("the list of the program's files cannot be read" in text for text in told)


def test_from_source_all_modules_are_known() -> None:
    known = all_modules()
    assert {"core.contents", "gui.app", "training.run"} <= set(known)
    assert list(failing_modules(["core.contents", "core.nil"])) == [
        ("core.nil", "ModuleNotFoundError: No module named 'core.nil'")
    ]

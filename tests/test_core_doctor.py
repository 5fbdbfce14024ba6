"""The doctor finds what is there and what is missing, says what to do, and never fails itself."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from core import doctor
from core.about import VERSION
from core.doctor import Finding, Section, State, examine, is_usable, report
from core.folders import models_dir, shipped_models_dir
from main import main
from tests.bundle_factory import make_bundle

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def no_long_questions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asking TensorFlow takes seconds, and what it says depends on the machine."""
    monkeypatch.setattr(doctor, "_said", lambda command: "")


def findings(sections: list[Section]) -> list[Finding]:
    return [finding for _, found in sections for finding in found]


def test_all_is_well_with_a_model(isolated_home: Path) -> None:
    make_bundle(models_dir() / "dogs")
    sections = examine()
    text = report(sections)
    assert is_usable(sections)
    assert f"Shelterlens {VERSION}" in text
    assert "dogs 1.0.0, checked" in text and "in use: dogs" in text
    assert str(isolated_home) in text
    assert "ai-edge-litert 2." in text or "ai-edge-litert 3." in text


def test_a_broken_model_is_named_with_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("core.models.shipped_models_dir", lambda: tmp_path)
    broken = make_bundle(models_dir() / "dogs").folder
    (broken / "head.npz").write_bytes(b"changed")
    sections = examine()
    assert not is_usable(sections)
    [about] = [finding for finding in findings(sections) if finding.text.startswith("dogs:")]
    assert about.state is State.HINT and "main.py models remove dogs" in about.remedy
    [none] = [finding for finding in findings(sections) if finding.state is State.MISSING]
    assert "main.py models import FILE" in none.remedy


def test_a_missing_part_is_named_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    hidden = ("cv2", "PIL")
    monkeypatch.setattr("core.doctor.find_spec", lambda name: None if name in hidden else find_spec(name))
    states = {finding.text: finding for finding in findings(examine())}
    assert states["pillow is not installed"].state is State.MISSING
    assert states["opencv-python-headless is not installed"].state is State.HINT
    assert "requirements.lock" in states["pillow is not installed"].remedy


def test_a_folder_that_may_not_be_used_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("SHELTERLENS_HOME", str(tmp_path / "file"))
    missing = [finding for finding in findings(examine()) if finding.state is State.MISSING]
    assert any(str(tmp_path / "file") in finding.text and finding.remedy for finding in missing)


def test_the_command_prints_the_window_too(capsys: pytest.CaptureFixture[str]) -> None:
    make_bundle(models_dir() / "dogs")
    assert main(["doctor"]) == 0
    out = capsys.readouterr().out
    assert re.search(r"^Window\n  (ok +Tk [89]\.|note +Tk is missing)", out, re.MULTILINE)


def test_something_essential_missing_is_status_1(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("core.models.shipped_models_dir", lambda: tmp_path)
    assert main(["doctor"]) == 1


def test_without_any_part_it_still_runs() -> None:
    # -S leaves out everything that was installed.
    command = [sys.executable, "-S", "main.py", "doctor"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", timeout=60)
    assert done.returncode == 1
    assert "numpy is not installed" in done.stdout
    assert "Traceback" not in done.stderr


def test_where_the_shipped_models_are() -> None:
    assert shipped_models_dir() == ROOT / "models"


# -- Training ----------------------------------------------------------------------------------------------------------


class Computer:
    """What programs say on a computer that this is not."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, system: str, cards: str, tensorflow: str) -> None:
        self.answers = {"nvidia-smi": cards, sys.executable: tensorflow}
        monkeypatch.setattr(doctor, "_nvidia", lambda: "nvidia-smi" if cards else None)
        monkeypatch.setattr(doctor, "_said", lambda command: self.answers[command[0]])
        monkeypatch.setattr("core.doctor.platform.system", lambda: system)
        known = {*(module for _, module in doctor._TRAINING_PARTS), "tensorflow"} if tensorflow else set()
        monkeypatch.setattr("core.doctor.find_spec", lambda name: "there" if name in known else None)

    @staticmethod
    def found() -> dict[str, Finding]:
        return {finding.text: finding for finding in doctor._training()}


CARD = "NVIDIA RTX A4000, 16376 MiB"


def test_a_card_that_tensorflow_uses_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    found = Computer(monkeypatch, "Linux", f"{CARD}\n{CARD}", "2.21.0\nNVIDIA RTX A4000, NVIDIA RTX A4000").found()
    assert f"graphics card: {CARD}, {CARD}" in found
    assert "TensorFlow 2.21.0 trains on: NVIDIA RTX A4000, NVIDIA RTX A4000" in found
    assert all(finding.state is State.OK for finding in found.values())


def test_on_windows_it_says_what_works(monkeypatch: pytest.MonkeyPatch) -> None:
    found = Computer(monkeypatch, "Windows", CARD, "2.21.0\n").found()
    assert "TensorFlow 2.21.0 trains on: the processors only" in found
    about = found["TensorFlow uses no graphics card on Windows since version 2.11"]
    assert about.state is State.HINT and "WSL2" in about.remedy


def test_on_linux_it_says_what_the_card_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    found = Computer(monkeypatch, "Linux", CARD, "2.21.0\n").found()
    (about,) = (finding for text, finding in found.items() if "does not see the graphics card" in text)
    assert "tensorflow[and-cuda]" in about.remedy


def test_without_tensorflow_it_says_how_to_get_it_and_what_works(monkeypatch: pytest.MonkeyPatch) -> None:
    found = Computer(monkeypatch, "Linux", "", "").found()
    (about,) = (finding for text, finding in found.items() if text.startswith("TensorFlow is not installed"))
    assert about.state is State.OK and "[train]" in about.remedy


def test_parts_of_training_that_are_missing_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    Computer(monkeypatch, "Linux", "", "2.21.0\n")
    monkeypatch.setattr("core.doctor.find_spec", lambda name: None if name == "optuna" else "there")
    found = Computer.found()
    assert found["optuna is not installed"].state is State.HINT and "[train]" in found["optuna is not installed"].remedy

"""The model that a training began from stays the same one, however often it is gone on with."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from core import model_versions, models
from core.bundles import EARLIER
from core.fingerprints import model_fingerprint
from core.model_versions import use_run
from core.models import DEFAULT, find_model, model_meant
from core.train_config import Source, TrainConfig
from core.train_records import Job, Phase, RunState, RunStatus, Stop
from core.train_runs import Run, again, new_run, write_state
from tests.bundle_factory import make_bundle
from training.beginning import with_beginning


@dataclass
class Listener:
    """Keeps the notes."""

    notes: list[str] = field(default_factory=list)

    def phase(self, phase: Phase) -> None: ...

    def progress(self, done: int, total: int) -> None: ...

    def note(self, text: str) -> None:
        self.notes.append(text)

    def asked_to_stop(self) -> Stop | None:
        return None


@pytest.fixture(autouse=True)
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "program" / "models"
    make_bundle(folder / DEFAULT)
    for module in (models, model_versions):
        monkeypatch.setattr(module, "shipped_models_dir", lambda: folder)
    return folder


@pytest.fixture
def config(tmp_path: Path) -> TrainConfig:
    return TrainConfig(name="mine", source=Source(path=tmp_path))


def trained(name: str, version: str) -> Run:
    run = new_run(TrainConfig(name=name, source=Source(path=Path("/photos"))))
    make_bundle(run.folder / "model" / name, version=version)
    (run.folder / "metrics.json").write_text("{}")
    write_state(run.folder, RunState(job=Job.TRAIN, status=RunStatus.DONE))
    return again(run)


def began_from(config: TrainConfig, folder: Path, told: Listener | None = None) -> str:
    found = with_beginning(config, folder, told or Listener())  # type: ignore[arg-type]
    return "" if found.start_from == "" else model_fingerprint(model_meant(found.start_from).info)


def test_another_model_in_use_changes_nothing(config: TrainConfig, tmp_path: Path) -> None:
    first, told = model_fingerprint(find_model().info), Listener()
    assert began_from(config, tmp_path, told) == first
    use_run(trained("shelter", "2.0.0"))
    assert find_model().name == "shelter" and began_from(config, tmp_path, told) == first
    use_run(trained(DEFAULT, "9.0.0"))
    assert find_model().info.version == "9.0.0" and began_from(config, tmp_path, told) == first, "it is only hidden"
    assert told.notes == []
    assert began_from(config.model_copy(update={"start_from": "shelter"}), tmp_path) != first, "another choice"


def test_an_earlier_version_is_found_and_one_that_is_gone_is_told(config: TrainConfig, tmp_path: Path) -> None:
    use_run(trained("shelter", "1.0.0"))
    first, told = model_fingerprint(find_model().info), Listener()
    assert began_from(config, tmp_path, told) == first
    use_run(trained("shelter", "2.0.0"))
    assert began_from(config, tmp_path, told) == first
    assert told.notes == []
    shutil.rmtree(find_model().folder.parent / EARLIER)
    assert began_from(config, tmp_path, told) == ""
    assert told.notes == [
        "The model “shelter” 1.0.0, with which this training began, is gone: nothing more is taken over from it, and "
        "the result is compared with none."
    ]


def test_without_a_model_nothing_is_fixed(config: TrainConfig, tmp_path: Path) -> None:
    for start_from in ("", "gone"):
        asked = config.model_copy(update={"start_from": start_from})
        assert with_beginning(asked, tmp_path, Listener()) == asked  # type: ignore[arg-type]
    assert not list(tmp_path.glob("*.json"))


def test_a_damaged_note_is_written_anew(config: TrainConfig, tmp_path: Path) -> None:
    began_from(config, tmp_path)
    (note,) = tmp_path.glob("*.json")
    note.write_text("{")
    assert began_from(config, tmp_path) == model_fingerprint(find_model().info)

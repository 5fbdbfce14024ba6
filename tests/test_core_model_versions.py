"""A run's model becomes the one in use, and one step leads back to what was before."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core import model_versions, models
from core.bundles import EARLIER, load_bundle
from core.errors import UserError
from core.folders import models_dir
from core.model_versions import can_go_back, go_back, previous, use_run, versions
from core.models import DEFAULT, find_model, list_models, use_model
from core.settings import load_settings
from core.train_config import Source, TrainConfig
from core.train_records import Job, RunState, RunStatus
from core.train_runs import Run, again, delete_run, new_run, write_state
from main import main
from tests.bundle_factory import make_bundle


@pytest.fixture(autouse=True)
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The program's own model."""
    folder = tmp_path / "program" / "models"
    make_bundle(folder / DEFAULT)
    for module in (models, model_versions):
        monkeypatch.setattr(module, "shipped_models_dir", lambda: folder)
    return folder


def trained(name: str, version: str = "2.0.0") -> Run:
    """A run that is done."""
    run = new_run(TrainConfig(name=name, source=Source(path=Path("/photos"))))
    make_bundle(run.folder / "model" / name, version=version)
    (run.folder / "metrics.json").write_text("{}")
    write_state(run.folder, RunState(job=Job.TRAIN, status=RunStatus.DONE))
    return again(run)


def in_use() -> tuple[str, str]:
    bundle = find_model()
    return bundle.name, bundle.info.version


def test_at_first_there_is_nothing_to_go_back_to() -> None:
    assert not can_go_back() and previous() is None and versions(DEFAULT) == ()
    with pytest.raises(UserError, match="no model to go back to"):
        go_back()


def test_the_model_of_a_run_is_used_and_left_again() -> None:
    run = trained("shelter")
    bundle = use_run(run)
    assert bundle.folder == models_dir() / "shelter" and in_use() == ("shelter", "2.0.0")
    delete_run(run)
    before = previous()
    assert can_go_back() and before is not None and before.name == DEFAULT
    assert go_back().name == DEFAULT and in_use() == (DEFAULT, "1.0.0")
    assert go_back().name == "shelter" and in_use() == ("shelter", "2.0.0")


def test_an_earlier_version_of_the_same_name_comes_back_whole() -> None:
    use_run(trained("shelter", "1.0.0"))
    use_run(trained("shelter", "2.0.0"))
    assert in_use() == ("shelter", "2.0.0")
    assert [version.info.version for version in versions("shelter")] == ["1.0.0"]
    for wanted in ("1.0.0", "2.0.0", "1.0.0", "2.0.0"):
        assert go_back().info.version == wanted and in_use() == ("shelter", wanted)
        load_bundle(models_dir() / "shelter")
        assert len(versions("shelter")) == 1
    assert [entry.name for entry in list_models()] == [DEFAULT, "shelter"]


def test_a_model_called_as_a_shipped_one_gives_way_to_it_again(shipped: Path) -> None:
    use_run(trained(DEFAULT, "9.0.0"))
    assert in_use() == (DEFAULT, "9.0.0")
    for wanted in ("1.0.0", "9.0.0", "1.0.0"):
        go_back()
        assert in_use() == (DEFAULT, wanted)
    assert find_model().folder == shipped / DEFAULT and not (models_dir() / DEFAULT).exists()


def test_another_model_in_use_meanwhile_does_not_lose_the_way() -> None:
    use_run(trained("shelter"))
    use_model(DEFAULT)
    assert not can_go_back()  # it is in use
    use_run(trained("shelter", "3.0.0"))
    assert in_use() == ("shelter", "3.0.0")
    go_back()
    assert in_use() == (DEFAULT, "1.0.0")


def test_what_is_gone_is_not_offered() -> None:
    use_run(trained("shelter", "1.0.0"))
    use_run(trained("shelter", "2.0.0"))
    shutil.rmtree(models_dir() / EARLIER)
    assert not can_go_back()
    with pytest.raises(UserError, match="no model to go back to"):
        go_back()
    assert in_use() == ("shelter", "2.0.0")


def test_a_broken_model_changes_nothing() -> None:
    use_run(trained("shelter", "1.0.0"))
    settings = load_settings()
    run = trained("shelter", "2.0.0")
    (run.model_dir / "head.npz").write_bytes(b"damaged")
    with pytest.raises(UserError):
        use_run(run)
    unfinished = replace(new_run(run.checked_config()))
    with pytest.raises(UserError, match="no result"):
        use_run(unfinished)
    assert in_use() == ("shelter", "1.0.0") and versions("shelter") == () and load_settings() == settings
    assert not list(models_dir().glob(".unfinished*"))


def test_a_model_that_cannot_be_moved_back_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    use_run(trained("shelter", "1.0.0"))
    use_run(trained("shelter", "2.0.0"))
    rename = Path.rename

    def refusing(path: Path, target: Path) -> Path:
        if path.parent.name == EARLIER and "1.0.0" in path.name:
            raise PermissionError(13, "Permission denied")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", refusing)
    with pytest.raises(UserError, match="cannot be put back: Permission denied"):
        go_back()
    assert in_use() == ("shelter", "2.0.0") and can_go_back()


def test_the_copy_is_the_model_to_the_last_number() -> None:
    run = trained("shelter")
    made, kept = load_bundle(run.model_dir), use_run(run)
    assert kept.info == made.info and np.array_equal(kept.kernel, made.kernel)
    assert {path.name for path in kept.folder.iterdir()} == {path.name for path in run.model_dir.iterdir()}


def test_back_is_a_command_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "back"]) == 1
    use_run(trained("shelter"))
    assert main(["models", "back"]) == 0
    assert capsys.readouterr().out == f"Now in use: {DEFAULT} 1.0.0\n" and in_use() == (DEFAULT, "1.0.0")

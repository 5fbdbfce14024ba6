"""The models on this computer: listed, found, used, removed; a broken one never leaves the program without any."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from core import models
from core.bundles import Bundle, export_bundle
from core.errors import BundleError
from core.folders import models_dir
from core.models import DEFAULT, find_model, list_models, model_or_file, remove_model, use_model
from core.settings import load_settings, save_settings
from tests.bundle_factory import make_bundle


@pytest.fixture(autouse=True)
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The program's own models: the default one, and a folder that is no model, as the outline's network has."""
    folder = tmp_path / "program" / "models"
    make_bundle(folder / DEFAULT)
    (folder / "outline").mkdir()
    (folder / "outline" / "u2netp.tflite").write_bytes(b"TFL3")
    monkeypatch.setattr(models, "shipped_models_dir", lambda: folder)
    return folder


def broken(folder: Path) -> Path:
    """A model that was damaged after it came here."""
    make_bundle(folder)
    (folder / "cells.tflite").write_bytes(b"damaged")
    return folder


def lines() -> list[tuple[str, bool, bool, bool]]:
    """Name, shipped, usable, in use."""
    return [(entry.name, entry.shipped, not entry.problem, entry.in_use) for entry in list_models()]


def test_without_any_choice_the_default_is_in_use(shipped: Path) -> None:
    assert lines() == [(DEFAULT, True, True, True)]
    assert find_model().folder == shipped / DEFAULT


def test_models_are_listed_by_name_with_what_they_say_of_themselves() -> None:
    make_bundle(models_dir() / "leaves", version="3.1")
    make_bundle(models_dir() / "apples")
    assert [name for name, *_ in lines()] == ["apples", DEFAULT, "leaves"]
    assert [entry.info.version for entry in list_models() if entry.info] == ["1.0.0", "1.0.0", "3.1"]


def test_the_users_own_model_hides_the_shipped_one(shipped: Path) -> None:
    mine = make_bundle(models_dir() / DEFAULT)
    assert lines() == [(DEFAULT, False, True, True)]
    assert find_model().folder == find_model(DEFAULT).folder == mine.folder


def test_a_broken_model_of_the_user_hides_nothing(shipped: Path, caplog: pytest.LogCaptureFixture) -> None:
    broken(models_dir() / DEFAULT)
    assert lines() == [(DEFAULT, False, False, False), (DEFAULT, True, True, True)]
    with caplog.at_level(logging.WARNING):
        assert find_model().folder == find_model(DEFAULT).folder == shipped / DEFAULT
    assert "cells.tflite" in caplog.text


def test_earlier_and_unfinished_models_are_not_listed() -> None:
    make_bundle(models_dir() / "leaves", version="1.0")
    make_bundle(models_dir() / "leaves", version="2.0")
    make_bundle(models_dir() / ".unfinished-1234" / "x")
    assert (models_dir() / ".earlier").is_dir()
    assert [entry.name for entry in list_models() if not entry.shipped] == ["leaves"]


def test_a_model_that_says_nothing_readable_is_listed_with_the_reason() -> None:
    make_bundle(models_dir() / "leaves")
    (models_dir() / "leaves" / "bundle.json").write_text("{", encoding="utf-8")
    (entry,) = [entry for entry in list_models() if entry.name == "leaves"]
    assert entry.info is None and "bundle.json is damaged" in entry.problem and not entry.in_use


def test_a_renamed_folder_is_a_problem() -> None:
    make_bundle(models_dir() / "leaves").folder.rename(models_dir() / "other")
    (entry,) = [entry for entry in list_models() if entry.name == "other"]
    assert "must be called “leaves”" in entry.problem
    with pytest.raises(BundleError, match="must be called “leaves”"):
        find_model("other")


def test_used_from_now_on() -> None:
    make_bundle(models_dir() / "leaves")
    assert use_model("leaves").name == find_model().name == load_settings().model == "leaves"
    assert [entry.name for entry in list_models() if entry.in_use] == ["leaves"]


def test_a_broken_model_is_not_used_and_the_old_one_stays() -> None:
    make_bundle(models_dir() / "leaves")
    use_model("leaves")
    broken(models_dir() / "apples")
    with pytest.raises(BundleError, match=r"“apples” cannot be used\. The file “cells.tflite”"):
        use_model("apples")
    assert find_model().name == "leaves"


def test_a_used_model_that_breaks_gives_way_to_the_default(caplog: pytest.LogCaptureFixture) -> None:
    use_model(make_bundle(models_dir() / "leaves").name)
    (models_dir() / "leaves" / "head.npz").unlink()
    with caplog.at_level(logging.WARNING):
        assert find_model().name == DEFAULT
    assert "head.npz" in caplog.text
    assert [entry.name for entry in list_models() if entry.in_use] == [DEFAULT]
    with pytest.raises(BundleError, match=r"head\.npz"):
        find_model("leaves")


def test_a_chosen_model_that_is_gone_gives_way_to_the_default() -> None:
    save_settings(load_settings().model_copy(update={"model": "../../elsewhere"}))
    assert find_model().name == DEFAULT


def test_without_any_usable_model_the_reason_is_said(shipped: Path) -> None:
    (shipped / DEFAULT / "head.npz").unlink()
    with pytest.raises(BundleError, match=r"head\.npz"):
        find_model()
    assert not any(entry.in_use for entry in list_models())


@pytest.mark.parametrize("name", ["leaves", "", "..", "../models/dogs", "dogs\0", "x" * 5000, "\u001b[2J", "outline"])
def test_names_of_no_model(name: str) -> None:
    for action in (find_model, use_model, remove_model, model_or_file):
        with pytest.raises(BundleError, match="There is no model called") as refused:
            action(name)
        assert "\u001b" not in str(refused.value) and len(str(refused.value)) < 120


def test_a_removed_model_is_gone_and_the_default_takes_over() -> None:
    use_model(make_bundle(models_dir() / "leaves").name)
    remove_model("leaves")
    assert list(models_dir().iterdir()) == []
    assert load_settings().model is None and find_model().name == DEFAULT


def test_removing_another_model_keeps_the_choice() -> None:
    make_bundle(models_dir() / "apples")
    use_model(make_bundle(models_dir() / "leaves").name)
    remove_model("apples")
    assert find_model().name == "leaves"


def test_a_broken_model_can_be_removed() -> None:
    broken(models_dir() / "leaves")
    remove_model("leaves")
    assert lines() == [(DEFAULT, True, True, True)]


def test_a_shipped_model_is_never_removed(shipped: Path) -> None:
    with pytest.raises(BundleError, match="came with the program"):
        remove_model(DEFAULT)
    assert (shipped / DEFAULT / "bundle.json").is_file()


def test_removing_ones_own_brings_the_shipped_one_back(shipped: Path) -> None:
    make_bundle(models_dir() / DEFAULT)
    use_model(DEFAULT)
    remove_model(DEFAULT)
    assert find_model().folder == shipped / DEFAULT and load_settings().model == DEFAULT


def test_a_model_that_is_a_link_loses_only_the_link(tmp_path: Path) -> None:
    real = make_bundle(tmp_path / "elsewhere" / "leaves").folder
    try:
        (models_dir() / "leaves").symlink_to(real, target_is_directory=True)
    except OSError:
        pytest.skip("this system makes no links for ordinary users")
    assert find_model("leaves").name == "leaves"
    remove_model("leaves")
    assert (real / "bundle.json").is_file() and not (models_dir() / "leaves").exists()


def test_a_model_by_name_by_folder_and_by_file(tiny_bundle: Bundle, tmp_path: Path) -> None:
    archive = tmp_path / "Ma couleur.SHELTERLENS"
    export_bundle(tiny_bundle, archive)
    assert model_or_file(DEFAULT).name == DEFAULT
    assert model_or_file(str(tiny_bundle.folder)).folder == tiny_bundle.folder
    assert model_or_file(str(archive)).info == tiny_bundle.info
    assert list(models_dir().iterdir()) == []


def test_a_name_means_the_model_and_not_a_folder_that_happens_to_be_here(
    shipped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_bundle(tmp_path / "here" / DEFAULT)
    monkeypatch.chdir(tmp_path / "here")
    assert model_or_file(DEFAULT).folder == shipped / DEFAULT


def test_a_broken_folder_or_file_says_why(tmp_path: Path) -> None:
    (tmp_path / "x.shelterlens").write_bytes(b"no zip")
    with pytest.raises(BundleError, match="no model"):
        model_or_file(str(tmp_path / "x.shelterlens"))
    with pytest.raises(BundleError, match=r"cells\.tflite"):
        model_or_file(str(broken(tmp_path / "colours")))

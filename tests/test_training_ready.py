"""Networks are ready at once where they shipped, and are made once where they did not."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.backbones import BACKBONES
from core.bundles import Step, View, load_bundle
from core.errors import UserError
from core.folders import shipped_models_dir, training_dir
from core.inference import Network as LiteRtNetwork
from core.train_config import Network, Preprocessing, Shape
from training import ready as ready_module
from training.ready import Networks, ready
from training.telling import Silent

ROOT = Path(__file__).resolve().parent.parent
PLAIN = Preprocessing(size_px=32)


def get(backbone: str, preprocessing: Preprocessing | None = None, weights: str = "imagenet") -> Networks:
    return ready(Network(backbone=backbone, weights=weights), preprocessing or Preprocessing(), Silent())


# -- Shipped -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["dogs", "dogs-fast"])
def test_a_shipped_set_is_as_in_its_model(name: str) -> None:
    bundle = load_bundle(shipped_models_dir() / name)
    found = get(name)
    assert found.backbones == bundle.info.backbones
    assert found.files == {one.name: bundle.network_path(one) for one in bundle.info.backbones}
    assert set(found.hidden) == {"pplcnetv2"} and np.array_equal(found.hidden["pplcnetv2"], bundle.hidden["pplcnetv2"])
    assert found.licences == bundle.info.licences


@pytest.mark.parametrize(
    ("shape", "view"), [(Shape.CROP, View.CENTRE), (Shape.SQUASH, View.WHOLE), (Shape.PAD, View.PAD)]
)
def test_a_single_network_looks_as_the_photographs_are_cut(shape: Shape, view: View) -> None:
    found = get("xception", Preprocessing(shape=shape, size_px=299))
    assert [(one.name, one.views, one.steps) for one in found.backbones] == [("xception", (view,), ())]
    assert [licence.what.split(",")[0] for licence in found.licences] == ["Xception"]


def test_steps_and_another_shape_take_the_place_of_a_sets_own_looks() -> None:
    steps = (Step.GRAYSCALE, Step.CLAHE)
    assert {(one.views, one.steps) for one in get("dogs", Preprocessing(steps=steps)).backbones} == {
        ((View.CENTRE,), steps)
    }
    assert {one.views for one in get("dogs", Preprocessing(shape=Shape.PAD)).backbones} == {(View.PAD,)}


def test_shipped_networks_need_no_tensorflow() -> None:
    command = (
        "import sys; sys.modules.update(dict.fromkeys(('tensorflow', 'keras', 'h5py', 'scipy', 'sklearn')))\n"
        "from core.train_config import Network, Preprocessing\n"
        "from training.ready import ready\nfrom training.telling import Silent\nimport training.package\n"
        "print(len(ready(Network(), Preprocessing(), Silent()).backbones))"
    )
    done = subprocess.run([sys.executable, "-c", command], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.stdout == "3\n", done.stderr


@pytest.mark.parametrize(
    ("backbone", "preprocessing", "weights", "said"),
    [
        ("alexnet", Preprocessing(), "imagenet", "no network called “alexnet”"),
        ("baseline", Preprocessing(), "imagenet", "needs training from scratch"),
        ("dogs", Preprocessing(size_px=128), "imagenet", "choose one of them"),
        ("dogs", Preprocessing(), "none", "choose one of them"),
        ("vgg16", Preprocessing(), "/no/such/file.h5", "no file of weights"),
    ],
)
def test_what_cannot_be_made_ready_is_said(
    backbone: str, preprocessing: Preprocessing, weights: str, said: str
) -> None:
    with pytest.raises(UserError, match=said):
        get(backbone, preprocessing, weights)


def test_without_keras_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ready_module, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"pip install .*\[train\]"):
        get("mobilenetv3_small", PLAIN, "none")


# -- Made ready --------------------------------------------------------------------------------------------------------


@pytest.fixture
def builds(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, int, str]]]:
    """Counts what is built: a tiny stand-in for the networks of the table."""
    pytest.importorskip("tensorflow", reason="TensorFlow, which trains the models, is not installed")
    import keras

    from training import builders
    from training.scratch import Plan, build_from_scratch

    built: list[tuple[str, int, str]] = []

    def build(name: str, size_px: int, weights: str, *_: Any) -> keras.Model:
        built.append((name, size_px, weights))
        keras.utils.set_random_seed(len(weights))
        return build_from_scratch("cnn", size_px, plan=Plan((4, 8)))

    monkeypatch.setattr(builders, "build", build)
    yield built


def test_a_network_of_keras_is_made_once(builds: list[tuple[str, int, str]]) -> None:
    first = get("vgg16", PLAIN, "none")
    (backbone,) = first.backbones
    assert (backbone.title, backbone.size_px, backbone.views) == ("VGG16", 32, (View.CENTRE,))
    assert (backbone.rows, backbone.columns, backbone.channels) == (8, 8, 8)
    assert LiteRtNetwork(first.files["vgg16"], 32, (8, 8, 8), 1)(np.zeros((1, 32, 32, 3), np.float32)).shape == (
        8,
        8,
        8,
    )
    again = get("vgg16", Preprocessing(size_px=32, shape=Shape.PAD, steps=(Step.CLAHE,)), "none")
    assert again.files == first.files and builds == [("vgg16", 32, "none")]
    assert again.backbones[0].sha256 == backbone.sha256 and again.backbones[0].steps == (Step.CLAHE,)


def test_another_size_and_other_weights_are_another_network(builds: list[tuple[str, int, str]], tmp_path: Path) -> None:
    paths = []
    for content in (b"PK one", b"PK two"):
        (tmp_path / "w.npz").write_bytes(content)
        paths.append(get("vgg16", PLAIN, str(tmp_path / "w.npz")).files["vgg16"])
    paths.append(get("vgg16", Preprocessing(size_px=48), str(tmp_path / "w.npz")).files["vgg16"])
    paths.append(get("vgg19", PLAIN, "none").files["vgg19"])
    assert len(set(paths)) == 4 == len(builds)
    (tmp_path / "moved.npz").write_bytes(b"PK two")
    get("vgg16", PLAIN, str(tmp_path / "moved.npz"))
    assert len(builds) == 4, "the same content under another name"


def test_what_was_damaged_is_made_anew(builds: list[tuple[str, int, str]]) -> None:
    path = get("vgg16", PLAIN, "none").files["vgg16"]
    whole = path.read_bytes()
    for damage in (
        lambda: path.write_bytes(whole[:-9]),
        path.unlink,
        lambda: path.with_suffix(".json").write_text("{"),
    ):
        damage()
        assert get("vgg16", PLAIN, "none").files["vgg16"].read_bytes() == whole
    assert len(builds) == 4
    assert sorted(one.suffix for one in (training_dir() / "backbones").iterdir()) == [".json", ".tflite"]


def test_licences_follow_the_weights(builds: list[tuple[str, int, str]], tmp_path: Path) -> None:
    assert get("vgg16", PLAIN, "none").licences == ()
    (licence,) = get("vgg16", PLAIN, "imagenet").licences
    assert licence.licence == BACKBONES["vgg16"].licence == "CC-BY-4.0"
    (tmp_path / "vgg16.npz").write_bytes(b"PK")
    (licence,) = get("vgg16", PLAIN, str(tmp_path / "vgg16.npz")).licences
    assert "by hand" in licence.what

"""Networks take every weight of their files: made-up ones everywhere, and known answers where the real ones are."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.records import Floats
from tests.made_up_weights import lcnet_shapes, lite_shapes, made_up, paddle_files

pytest.importorskip("tensorflow", reason="TensorFlow, which trains the models, is not installed")

from training import networks
from training.embed import list_photographs
from training.networks import NETWORKS, efficientnet_lite, pplcnetv2, resnet50, xception
from training.ship import IMAGENET_BREEDS, labels_of
from training.u2net import DEPTHS, u2netp
from training.views import view_input
from training.weights import read_paddle


def picture(size_px: int, seed: int = 0) -> Floats:
    values = np.random.default_rng(seed).uniform(0, 255, (1, 8, 8, 3))
    return np.asarray(np.kron(values, np.ones((1, size_px // 8, size_px // 8, 1))), np.float32)


def count(model: Any, kind: str) -> int:
    return sum(type(layer).__name__ == kind for layer in model.layers)


def answer(model: Any, values: Floats) -> Floats:
    return np.asarray(model(values, training=False), np.float32)


# -- Networks with made-up weights -------------------------------------------------------------------------------------


def test_efficientnet_lite_has_the_layers_of_the_paper(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    arrays = made_up(dict(lite_shapes(0)))
    monkeypatch.setattr(networks, "read_arrays", {tmp_path / "efficientnet_lite0.npz": arrays}.__getitem__)
    model = efficientnet_lite(0, 64, tmp_path)
    found = answer(model, picture(64))
    assert found.shape == (1, 2, 2, 1280)
    assert 0 < found.max() <= 6
    # One shortcut for each repetition.
    assert count(model, "Add") == 9
    used = sum(math.prod(weight.shape) for weight in model.weights)
    assert used == sum(values.size for values in arrays.values())
    layer = model.get_layer("blocks_4__depthwise_conv")
    assert np.array_equal(layer.get_weights()[0][:, :, 7, 0], arrays["_blocks.4._depthwise_conv.weight"][7, 0])
    layer = model.get_layer("blocks_15__project_conv")
    assert np.array_equal(layer.get_weights()[0][0, 0], arrays["_blocks.15._project_conv.weight"][:, :, 0, 0].T)


@pytest.fixture(scope="module")
def lcnet_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lcnet")
    paddle_files(folder, made_up(lcnet_shapes()), "pplcnetv2")
    return folder


def test_pplcnetv2_takes_every_convolution_of_its_file(lcnet_folder: Path) -> None:
    model = pplcnetv2(64, lcnet_folder)
    assert answer(model, picture(64)).shape == (1, 2, 2, 1024)
    assert (count(model, "Add"), count(model, "Multiply")) == (1, 6)
    arrays = read_paddle(lcnet_folder, "pplcnetv2")
    used = sum(math.prod(weight.shape) for weight in model.weights)
    assert used == sum(v.size for name, v in arrays.items() if not name.startswith(("linear", "conv2d_67")))


def test_the_classifier_of_pplcnetv2_has_a_hidden_layer(lcnet_folder: Path) -> None:
    make = NETWORKS["pplcnetv2"].top
    assert make is not None
    top, arrays = make(lcnet_folder), read_paddle(lcnet_folder, "pplcnetv2")
    assert top.hidden is not None
    assert (top.hidden.shape, top.kernel.shape, top.bias.shape) == ((1024, 1280), (1280, 1000), (1000,))
    assert top.hidden[5, 9] == arrays["conv2d_67.w_0"][9, 5, 0, 0]
    assert top.kernel[5, 9] == pytest.approx(0.8 * arrays["linear_0.w_0"][5, 9])


def test_resnet50_finds_its_weights_by_their_old_names(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    shapes: dict[str, tuple[int, ...]] = {}

    def conv(name: str, norm: str, side: int, given: int, out: int) -> None:
        shapes.update({f"{name}/kernel": (side, side, given, out), f"{name}/bias": (out,)})
        shapes.update({f"{norm}/{part}": (out,) for part in ("gamma", "beta", "moving_mean", "moving_variance")})

    conv("conv1", "bn_conv1", 7, 3, 64)
    given = 64
    for stage, (width, blocks) in enumerate(((64, "abc"), (128, "abcd"), (256, "abcdef"), (512, "abc")), 2):
        for block in blocks:
            name, steps = f"{stage}{block}_branch", (("2a", 1, width), ("2b", 3, width), ("2c", 1, 4 * width))
            if block == "a":
                conv(f"res{name}1", f"bn{name}1", 1, given, 4 * width)
            for step, side, out in steps:
                conv(f"res{name}{step}", f"bn{name}{step}", side, given, out)
                given = out
    arrays = {name: np.full(shape, place / 1e5, np.float32) for place, (name, shape) in enumerate(shapes.items())}
    asked: set[str] = set()

    class Asked(dict[str, Floats]):
        def __getitem__(self, name: str) -> Floats:
            asked.add(name)
            return super().__getitem__(name)

    monkeypatch.setattr(networks, "read_arrays", lambda path: Asked(arrays))
    assert resnet50(64, tmp_path).output_shape == (None, 2, 2, 2048)
    assert asked == set(arrays)


def test_xception_is_filled_in_the_order_of_its_layers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import keras

    layers = keras.applications.Xception(include_top=False, weights=None, input_shape=(96, 96, 3)).layers
    # The automatic names of the file are not those of this run.
    arrays = {
        f"{place}/{part}": np.full(weight.shape, place * 10 + part, np.float32)
        for place, layer in enumerate(layer for layer in layers if layer.weights)
        for part, weight in enumerate(layer.weights)
    }
    monkeypatch.setattr(networks, "read_arrays", lambda path: arrays)
    model = xception(96, tmp_path)
    assert model.output_shape == (None, 3, 3, 2048)
    inner = model.get_layer("xception")
    assert [float(weight.mean()) for weight in inner.get_weights()] == pytest.approx(
        [float(values.mean()) for values in arrays.values()]
    )
    arrays.popitem()
    arrays.pop(next(reversed(arrays)))
    with pytest.raises(ValueError):
        xception(96, tmp_path)


def u2net_kernels() -> Iterator[tuple[int, int, int]]:
    """(out, in, side) of every convolution of U2-Net small, in order: 64 channels outside of a block, 16 inside."""
    inside, outside = 16, 64

    def block(given: int, depth: int) -> Iterator[tuple[int, int, int]]:
        yield from ((outside, given, 3), (inside, outside, 3), *[(inside, inside, 3)] * (depth - 1))
        yield from (*[(inside, 2 * inside, 3)] * (depth - 2), (outside, 2 * inside, 3))

    def flat(given: int) -> Iterator[tuple[int, int, int]]:
        yield from ((outside, given, 3), (inside, outside, 3), *[(inside, inside, 3)] * 3)
        yield from (*[(inside, 2 * inside, 3)] * 2, (outside, 2 * inside, 3))

    for place, depth in enumerate(DEPTHS):
        yield from block(outside if place else 3, depth)
    yield from (*flat(outside), *flat(outside), *flat(2 * outside))
    for depth in DEPTHS[::-1]:
        yield from block(2 * outside, depth)
    yield from (*[(1, outside, 3)] * 6, (1, 6, 1))


def u2net_file(folder: Path) -> None:
    onnx = pytest.importorskip("onnx", reason="onnx, which reads the weights of U2-Net, is not installed")
    kernels = list(u2net_kernels())
    initialisers, nodes = [], []
    for place, (out, given, side) in enumerate(kernels):
        bias = np.full(out, 5 if place == len(kernels) - 1 else 0.1, np.float32)
        values = np.full((out, given, side, side), 0.01 / given, np.float32)
        initialisers += [
            onnx.numpy_helper.from_array(values, f"k{place}"),
            onnx.numpy_helper.from_array(bias, f"b{place}"),
        ]
        nodes.append(onnx.helper.make_node("Conv", [f"x{place}", f"k{place}", f"b{place}"], [f"y{place}"]))
    graph = onnx.helper.make_graph(nodes, "u2netp", [], [], initialisers)
    onnx.save(onnx.helper.make_model(graph), str(folder / "u2netp.onnx"))


def test_u2net_takes_every_convolution_and_gives_a_share_for_each_pixel(tmp_path: Path) -> None:
    u2net_file(tmp_path)
    model = u2netp(32, tmp_path)
    assert sum(math.prod(weight.shape) for weight in model.weights) == sum(
        out * given * side**2 + out for out, given, side in u2net_kernels()
    )
    found = answer(model, picture(32))
    assert found.shape == (1, 32, 32, 1)
    assert 0.95 < found.min() <= found.max() <= 1


# -- Known answers of the real weights ---------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def weights_dir() -> Path:
    """The folder that prepare_weights.py wrote."""
    found = os.environ.get("SHELTERLENS_WEIGHTS")
    if not found:
        pytest.skip("SHELTERLENS_WEIGHTS does not say where the ImageNet weights are")
    return Path(found)


@pytest.fixture(scope="session")
def dogs(shared_data: Path) -> list[Path]:
    """Three photographs that no network has seen of each of ten breeds."""
    return list_photographs(shared_data / "dogs_independent")[:30]


def embedded(name: str, weights_dir: Path, dogs: Sequence[Path]) -> Floats:
    network = NETWORKS[name]
    model = network.build(network.size_px, weights_dir)
    seen = [answer(model, view_input(path, "centre", network.size_px)).mean(axis=(1, 2)) for path in dogs]
    return np.concatenate(seen)


@pytest.mark.parametrize("name", [name for name, network in NETWORKS.items() if network.top is not None])
def test_real_networks_know_the_breeds_among_imagenets_thousand(
    name: str, weights_dir: Path, dogs: Sequence[Path]
) -> None:
    make = NETWORKS[name].top
    assert make is not None
    top, values = make(weights_dir), embedded(name, weights_dir, dogs)
    values = values if top.hidden is None else np.maximum(values @ top.hidden, 0)
    named = (values @ top.kernel + top.bias).argmax(axis=1)
    breeds = np.array(IMAGENET_BREEDS)[labels_of(f"x/{path.parent.name}/{path.name}" for path in dogs)]
    assert (named == breeds).mean() >= 0.6


def test_real_xception_sees_dogs_of_one_breed_as_alike(weights_dir: Path, dogs: Sequence[Path]) -> None:
    """It came without a classifier: for most photographs the most similar one is of the same breed."""
    values = embedded("xception", weights_dir, dogs)
    assert values.shape == (30, 2048)
    values = values / np.linalg.norm(values, axis=1, keepdims=True)
    nearest = (values @ values.T - 2 * np.eye(30)).argmax(axis=1)
    breeds = np.array([path.parent.name for path in dogs])
    assert (breeds[nearest] == breeds).mean() >= 0.6


def test_real_u2net_cuts_out_what_stands_in_front(weights_dir: Path) -> None:
    y, x = np.mgrid[0:320, 0:320]
    inside = (x - 170) ** 2 / 80**2 + (y - 150) ** 2 / 60**2 < 1
    grain = np.random.default_rng(0).integers(-8, 9, (320, 320, 1))
    scene = np.where(inside[:, :, None], (150, 90, 40), (70, 140, 60)) + grain
    found = answer(u2netp(320, weights_dir), scene[None].astype(np.float32))[0, :, :, 0]
    found = (found - found.min()) / (found.max() - found.min()) > 0.5
    assert (found & inside).sum() / (found | inside).sum() > 0.85

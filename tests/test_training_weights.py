"""Weights come out of their files by name, and files that are not what they should be are refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.made_up_weights import made_up, paddle_files

pytest.importorskip("tensorflow", reason="TensorFlow, which trains the models, is not installed")

from training.weights import Filled, imagenet_norm, read_arrays, read_paddle

TINY_PADDLE = {
    "conv2d_0.w_0": (3, 2, 3, 3),
    "conv2d_10.w_0": (300, 1, 1, 1),
    "conv2d_10.b_0": (300,),
    "batch_norm2d_2.w_1": (7,),
    "linear_0.w_0": (4, 5),
}


def test_paddle_parameters_come_back_by_name(tmp_path: Path) -> None:
    arrays = made_up(TINY_PADDLE)
    paddle_files(tmp_path, arrays)
    found = read_paddle(tmp_path, "tiny")
    assert set(found) == set(arrays)
    assert all(np.array_equal(found[name], arrays[name]) for name in arrays)


@pytest.mark.parametrize("extra", [b"\0", b"\0" * 400])
def test_paddle_leftovers_are_refused(tmp_path: Path, extra: bytes) -> None:
    paddle_files(tmp_path, made_up(TINY_PADDLE))
    with (tmp_path / "tiny.pdiparams").open("ab") as file:
        file.write(extra)
    with pytest.raises(ValueError, match=f"{len(extra)} bytes are left over"):
        read_paddle(tmp_path, "tiny")


def test_a_paddle_file_that_stops_short_is_refused(tmp_path: Path) -> None:
    paddle_files(tmp_path, made_up(TINY_PADDLE))
    whole = (tmp_path / "tiny.pdiparams").read_bytes()
    (tmp_path / "tiny.pdiparams").write_bytes(whole[:-4])
    with pytest.raises(ValueError):
        read_paddle(tmp_path, "tiny")


def test_paddle_numbers_of_another_kind_are_refused(tmp_path: Path) -> None:
    paddle_files(tmp_path, made_up(TINY_PADDLE), kind=6)
    with pytest.raises(ValueError, match="not float32"):
        read_paddle(tmp_path, "tiny")


def test_arrays_are_never_unpickled(tmp_path: Path) -> None:
    np.savez(tmp_path / "plain.npz", a=np.arange(3))
    assert read_arrays(tmp_path / "plain.npz")["a"].tolist() == [0, 1, 2]
    np.savez(tmp_path / "pickled.npz", a=np.array([{}], object))
    with pytest.raises(ValueError, match="allow_pickle"):
        read_arrays(tmp_path / "pickled.npz")


def test_imagenets_mean_becomes_zero_and_its_deviation_one() -> None:
    mean, deviation = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    pixels = np.stack([mean, mean + deviation])[:, None, None] * 255
    found = np.asarray(imagenet_norm(255)(pixels.astype(np.float32)))
    assert found[:, 0, 0] == pytest.approx(np.array([[0, 0, 0], [1, 1, 1]]), abs=1e-5)


def test_a_filled_layer_uses_its_weights() -> None:
    import keras

    kernel = np.array([[1, 0], [0, -1], [2, 2]], np.float32)
    given = keras.Input((3,))
    model = keras.Model(given, Filled(keras.layers.Dense(2), [kernel, np.array([1, 1], np.float32)])(given))
    assert np.asarray(model(np.array([[1, 2, 3]], np.float32))).tolist() == [[8, 5]]

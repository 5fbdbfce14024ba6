"""Files of weights are found where they may lie, read by layer, and refused with the reason when they are not right."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.backbones import BACKBONES, WeightsFile
from training.weight_files import WeightsError, digest, given_file, kept_file, read_layers, weights_dir

h5py = pytest.importorskip("h5py", reason="the parts for training are not installed")

VGG16 = BACKBONES["vgg16"]


def old_h5(path: Path, layers: dict[str, dict[str, object]], nested: bool = False, pieces: int = 1) -> Path:
    """Keras' older format; `pieces` cuts the list of layers as large files have it."""
    with h5py.File(path, "w") as file:
        root = file.create_group("model_weights") if nested else file
        names = [name.encode() for name in layers]
        if pieces == 1:
            root.attrs["layer_names"] = names
        else:
            for number, piece in enumerate(np.array_split(np.array(names), pieces)):
                root.attrs[f"layer_names{number}"] = piece
        for name, arrays in layers.items():
            group = root.create_group(name)
            group.attrs["weight_names"] = [f"{name}/{part}:0".encode() for part in arrays]
            for part, values in arrays.items():
                group[f"{name}/{part}:0"] = values
    return path


ONE, TWO = np.ones((3, 3, 1, 2), np.float32), np.arange(2, dtype=np.float32)


@pytest.mark.parametrize(("nested", "pieces"), [(False, 1), (True, 1), (False, 2)])
def test_layers_of_an_h5_file_come_in_its_order(tmp_path: Path, nested: bool, pieces: int) -> None:
    path = old_h5(
        tmp_path / "w.h5", {"z": {"kernel": ONE, "bias": TWO}, "empty": {}, "a": {"bias": TWO}}, nested, pieces
    )
    found = read_layers(path)
    assert [(one.name, len(one.arrays)) for one in found] == [("z", 2), ("a", 1)]
    assert np.array_equal(found[0].arrays[0], ONE) and np.array_equal(found[0].arrays[1], TWO)


def test_layers_of_an_npz_file_have_their_parts_in_keras_order(tmp_path: Path) -> None:
    parts = {"moving_variance": 4, "beta": 2, "moving_mean": 3, "gamma": 1}
    arrays = {f"bn/{part}": np.full(2, value, np.float32) for part, value in parts.items()}
    numbered = {f"sep/{n}": np.full(2, n, np.float32) for n in (10, 2, 0)}
    np.savez(tmp_path / "w.npz", allow_pickle=False, **arrays, **{"conv/bias": TWO, "conv/kernel": ONE}, **numbered)
    bn, conv, sep = read_layers(tmp_path / "w.npz")
    assert [int(array[0]) for array in bn.arrays] == [1, 2, 3, 4]
    assert [array.ndim for array in conv.arrays] == [4, 1]
    assert [int(array[0]) for array in sep.arrays] == [0, 2, 10]


def good_h5(path: Path) -> Path:
    return old_h5(path, {"conv": {"kernel": np.random.default_rng(0).normal(size=(64, 64)), "bias": TWO}})


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("w.h5", b"<!DOCTYPE html><html>403 Forbidden</html>", "web page"),
        ("w.npz", b"\n <html>", "web page"),
        ("w.h5", b"version https://git-lfs.github.com/spec/v1", "no file of weights, whatever"),
        ("w.h5", b"", "no file of weights, whatever"),
        ("w.npz", b"\x89HDF\r\n\x1a\n", "no file of weights, whatever"),
        ("w.npz", b"PK\x03\x04 and then nothing", "incomplete or damaged"),
        ("w.pth", b"PK\x03\x04", "their names end in"),
        ("w.h5", None, "incomplete or damaged"),
    ],
)
def test_what_is_no_weights_is_refused_with_the_reason(
    tmp_path: Path, name: str, content: bytes | None, said: str
) -> None:
    if content is None:
        whole = good_h5(tmp_path / "whole.h5").read_bytes()
        content = whole[: len(whole) // 2]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(WeightsError, match=said) as error:
        read_layers(tmp_path / name)
    assert name in str(error.value)


def test_numbers_must_be_numbers(tmp_path: Path) -> None:
    old_h5(tmp_path / "nan.h5", {"conv": {"kernel": np.array([1.0, np.nan])}})
    np.savez(tmp_path / "text.npz", allow_pickle=True, **{"conv/kernel": np.array(["a"])})
    np.savez(tmp_path / "pickle.npz", allow_pickle=True, **{"conv/kernel": np.array([print], object)})
    for name in ("nan.h5", "text.npz", "pickle.npz"):
        with pytest.raises(WeightsError, match="damaged"):
            read_layers(tmp_path / name)


def test_a_folder_holds_files_under_any_of_their_names(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"no weights for VGG16 in .*vgg16_weights.*vgg16\.npz"):
        given_file(VGG16, str(tmp_path))
    plain = tmp_path / "vgg16.npz"
    plain.write_bytes(b"any")
    assert given_file(VGG16, str(tmp_path)) == plain == given_file(VGG16, str(plain))
    assert VGG16.file is not None
    published = tmp_path / VGG16.file.name
    published.write_bytes(b"any")
    for path in (tmp_path, published):
        with pytest.raises(WeightsError, match="not the file that Keras publishes"):
            given_file(VGG16, str(path))
    entry = replace(VGG16, file=replace(VGG16.file, checksum=digest(published, "0" * 32)))
    assert given_file(entry, str(tmp_path)) == published
    with pytest.raises(WeightsError, match=r"vgg99"):
        given_file(VGG16, str(tmp_path / "vgg99.npz"))


def test_weights_on_this_computer_are_ours_or_keras_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    entry = replace(VGG16, file=WeightsFile("https://x/vgg_notop.h5", hashlib.md5(b"right").hexdigest()))
    assert kept_file(entry) is None
    (tmp_path / "models").mkdir()
    cached = tmp_path / "models" / "vgg_notop.h5"
    cached.write_bytes(b"wrong")
    assert kept_file(entry) is None, "damaged, so it is downloaded again"
    cached.write_bytes(b"right")
    assert kept_file(entry) == cached
    ours = weights_dir() / "vgg_notop.h5"
    ours.write_bytes(b"right")
    assert kept_file(entry) == ours


def test_checksums_of_both_kinds(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"abc")
    assert digest(tmp_path / "x", "0" * 32) == hashlib.md5(b"abc").hexdigest()
    assert digest(tmp_path / "x") == hashlib.sha256(b"abc").hexdigest()

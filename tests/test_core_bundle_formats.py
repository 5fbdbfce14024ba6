"""What format 2 brought to models: steps, tails, whitening, a memory; and that format 1 is as it was."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core import bundles
from core.bundle_heads import HEAD_FILE, head_bytes, read_head, tail_arrays
from core.bundle_memory import Memory
from core.bundles import (
    MOST_HEAD_BYTES,
    Backbone,
    Bundle,
    BundleInfo,
    Pooling,
    Step,
    Tail,
    View,
    export_bundle,
    import_bundle,
    load_bundle,
    read_info,
    write_bundle,
)
from core.fingerprints import backbones_fingerprint, model_fingerprint
from core.folders import shipped_models_dir
from core.tails import Dense, DenseTail
from core.whitening import Whitening, most_directions
from tests.bundle_factory import CARD, CHANNELS, make_bundle, tiny_head, tiny_info, tiny_network
from tests.hostile_bundles import files_of, npz, refusal, rewrite, set_head
from tests.new_bundles import (
    FLAT,
    RANK,
    UNITS,
    VALUES,
    changed,
    make_new,
    memory_of,
    new_head,
    parts,
    tail_of,
    whitening_of,
)

Changes = dict[str, Any]


@pytest.fixture
def new_folder(tmp_path: Path) -> Path:
    return make_new(tmp_path / "models" / "colours").folder


# -- What is written is read back --------------------------------------------------------------------------------------


def test_everything_new_is_read_back(new_folder: Path) -> None:
    bundle, made = load_bundle(new_folder), parts()
    assert bundle.info.format == 2
    assert bundle.info.channels == UNITS[-1]
    tail, whitening, memory = bundle.tails["cells"], bundle.whitenings["cells"], bundle.memory()
    assert tail.pooling is Pooling.FLATTEN
    for layer, wanted in zip(tail.layers, made.tail.layers, strict=True):
        np.testing.assert_allclose(layer.kernel, wanted.kernel, rtol=1e-3, atol=1e-6)
        np.testing.assert_array_equal(layer.bias, wanted.bias)
    np.testing.assert_array_equal(whitening.mean, made.whitening.mean)
    np.testing.assert_allclose(whitening.basis, made.whitening.basis, atol=1e-4)
    assert memory is not None
    for field in fields(Memory):
        values, wanted = getattr(memory, field.name), getattr(made.memory, field.name)
        np.testing.assert_allclose(values, wanted, rtol=1e-3, atol=1e-4)
        assert values.dtype == wanted.dtype
        assert not values.flags.writeable


def test_a_memory_knows_its_photographs(new_folder: Path) -> None:
    memory = load_bundle(new_folder).memory()
    assert memory is not None
    seen = [memory.has_seen(sha256(name).hexdigest()) for name in (b"one", b"two", b"three")]
    assert seen == [True, True, False]


def test_everything_new_travels_in_one_file(new_folder: Path, tmp_path: Path) -> None:
    archive = tmp_path / "colours.shelterlens"
    export_bundle(load_bundle(new_folder), archive)
    imported = import_bundle(archive, tmp_path / "elsewhere")  # with its trial: the tail and the steps are run
    assert files_of(imported.folder) == files_of(new_folder)


def test_a_model_without_anything_new_is_as_older_programs_know_it(tiny_folder: Path) -> None:
    told = json.loads((tiny_folder / "bundle.json").read_text(encoding="utf-8"))
    assert told["format"] == 1
    assert "memory" not in told
    assert not {"steps", "tail"} & set(told["backbones"][0])


@pytest.mark.parametrize(
    "changes", [{"steps": (Step.GRAYSCALE,)}, {"views": (View.PAD,)}, {"tail": Tail()}], ids=["steps", "pad", "tail"]
)
def test_one_new_thing_is_enough_for_format_2(tmp_path: Path, changes: Changes) -> None:
    file = tmp_path / "network"
    file.write_bytes(tiny_network())
    bundle = write_bundle(tmp_path / "colours", changed(tiny_info(), **changes), tiny_head(), {"cells": file}, CARD)
    assert read_info(bundle.folder).format == 2


def test_a_memory_alone_is_format_2_and_another_one_no_other_answers(tmp_path: Path) -> None:
    file = tmp_path / "network"
    file.write_bytes(tiny_network())
    bare = write_bundle(tmp_path / "colours", tiny_info(), tiny_head(), {"cells": file}, CARD)
    memory = memory_of(np.random.default_rng(1), CHANNELS)
    kept = write_bundle(tmp_path / "colours", tiny_info(), tiny_head(), {"cells": file}, CARD, memory)
    assert (bare.info.format, kept.info.format) == (1, 2)
    assert bare.memory() is None
    assert model_fingerprint(bare.info) == model_fingerprint(kept.info)


def test_a_head_is_as_large_as_foretold() -> None:
    backbone = (
        tiny_info()
        .backbones[0]
        .model_copy(
            update={"channels": 512, "rows": 7, "columns": 7, "tail": Tail(pooling=Pooling.FLATTEN, dense=(256,))}
        )
    )
    layer = Dense(np.zeros((25088, 256), np.float32), np.zeros(256, np.float32))
    arrays = tail_arrays("vgg", DenseTail(Pooling.FLATTEN, (layer,)))
    arrays["kernel"] = np.zeros((256, 120), np.float32)
    told = head_bytes([backbone], 120)
    assert told == pytest.approx(sum(one.nbytes for one in arrays.values()), rel=0.01)
    assert told < MOST_HEAD_BYTES


def test_the_head_of_a_flattened_vgg16_is_read() -> None:
    info = changed(
        tiny_info(), channels=512, rows=7, columns=7, tail=Tail(pooling=Pooling.FLATTEN, dense=(256,))
    ).model_copy(update={"calibration": tiny_info().calibration.model_copy(update={"subject": None})})
    layer = Dense(np.zeros((25088, 256), np.float32), np.zeros(256, np.float32))
    head = {"kernel": np.zeros((256, 3), np.float32), "bias": np.zeros(3, np.float32)}
    numbers = read_head(npz(head | tail_arrays("cells", DenseTail(Pooling.FLATTEN, (layer,)))), info, MOST_HEAD_BYTES)
    assert numbers.tails["cells"].layers[0].kernel.shape == (25088, 256)


# -- Fingerprints ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "model", "backbones"),
    [
        ("dogs", "d0d94590cf047ce0", "0d89c1f66272a6e814654ce8b71a796d37050e55f537906a716475caa0d2aa95"),
        ("dogs-fast", "1f274b8f286282f1", "f6f1b434a6dd9d3e90ea101fa9fd9c3431e5ab591a55e7bfbf003bdae3588879"),
    ],
)
def test_the_vectors_and_answers_of_the_shipped_models_stay_known(name: str, model: str, backbones: str) -> None:
    """Libraries hold them under these numbers: new ones would send every photograph through the networks again.

    The first number follows the model's own version; the second only changes when its networks do.
    """
    bundle = load_bundle(shipped_models_dir() / name)
    assert backbones_fingerprint(bundle) == backbones
    if bundle.info.version == "1.0.0":
        assert model_fingerprint(bundle.info).startswith(model)


def test_whatever_decides_a_vector_is_in_the_fingerprint(new_folder: Path, tiny_bundle: Bundle) -> None:
    bundle, rng = load_bundle(new_folder), np.random.default_rng(5)
    made = Bundle(bundle.info, bundle.folder, bundle.kernel, bundle.bias)

    def of(info: BundleInfo, tail: DenseTail | None, whitening: Whitening | None) -> str:
        tails = {} if tail is None else {"cells": tail}
        whitenings = {} if whitening is None else {"cells": whitening}
        return backbones_fingerprint(
            Bundle(info, made.folder, made.kernel, made.bias, tails=tails, whitenings=whitenings)
        )

    info, tail, whitening = bundle.info, bundle.tails["cells"], bundle.whitenings["cells"]
    same = of(info, tail, whitening)
    assert same == backbones_fingerprint(bundle)
    others = [
        of(changed(info, steps=(Step.WHITEN, Step.CLAHE)), tail, whitening),
        of(changed(info, steps=(Step.EQUALISE, Step.WHITEN)), tail, whitening),
        of(changed(info, views=(View.WHOLE,)), tail, whitening),
        of(info, tail_of(rng), whitening),
        of(info, DenseTail(Pooling.AVERAGE, tail.layers), whitening),
        of(info, DenseTail(tail.pooling, tail.layers[:1]), whitening),
        of(info, tail, whitening_of(rng)),
        of(tiny_bundle.info, None, None),
    ]
    assert len({same, *others}) == 1 + len(others)


# -- What a stranger may lie about -------------------------------------------------------------------------------------


def in_network(**changes: object) -> Callable[[dict[str, Any]], object]:
    return lambda told: told["backbones"][0].update(changes)


WRONG_VALUES: dict[str, Callable[[dict[str, Any]], object]] = {
    "unknown step": in_network(steps=["sharpen"]),
    "a step twice": in_network(steps=["clahe", "clahe", "whiten"]),
    "whitening first": in_network(steps=["whiten", "clahe"]),
    "too many steps": in_network(steps=["grayscale", "equalise", "clahe", "whiten", "grayscale"]),
    "steps as text": in_network(steps="clahe"),
    "unknown pooling": in_network(tail={"pooling": "max", "dense": [7, 5]}),
    "no units": in_network(tail={"pooling": "flatten", "dense": [0, 5]}),
    "too many units": in_network(tail={"pooling": "flatten", "dense": [10**6, 5]}),
    "too many layers": in_network(tail={"pooling": "flatten", "dense": [7, 5, 5, 5, 5]}),
    "half a unit": in_network(tail={"pooling": "flatten", "dense": [7.5, 5]}),
    "unknown part": in_network(tail={"pooling": "flatten", "dense": [7, 5], "code": "x"}),
    "an endless vector": in_network(rows=128, columns=128, channels=65, tail={"pooling": "flatten", "dense": []}),
    "two kinds of layers": in_network(hidden=5),
    "another file": lambda told: told["memory"].update(file="../memory.npz"),
    "no hash": lambda told: told["memory"].update(sha256="0"),
    "too new for its format": lambda told: told.update(format=1),
}


@pytest.mark.parametrize("case", WRONG_VALUES)
def test_a_wrong_value_is_refused(new_folder: Path, case: str) -> None:
    rewrite(new_folder, WRONG_VALUES[case])
    refusal(lambda: load_bundle(new_folder))


def test_an_endless_vector_is_refused_for_its_length(new_folder: Path) -> None:
    rewrite(new_folder, WRONG_VALUES["an endless vector"])
    assert "too many numbers" in refusal(lambda: load_bundle(new_folder))


def test_a_format_that_is_too_low_is_named(new_folder: Path) -> None:
    rewrite(new_folder, lambda told: told.update(format=1))
    assert "“format”" in refusal(lambda: read_info(new_folder))


BAD_ARRAYS: dict[str, tuple[dict[str, Any], str]] = {
    "a flattened map of another size": ({"tail_cells_0_kernel": np.zeros((FLAT - 1, 7), np.float16)}, "wrong shape"),
    "turned": ({"tail_cells_0_kernel": np.zeros((7, FLAT), np.float16)}, "wrong shape"),
    "layers that do not fit": ({"tail_cells_1_kernel": np.zeros((6, 5), np.float16)}, "wrong shape"),
    "bias of other units": ({"tail_cells_1_bias": np.zeros(7, np.float32)}, "wrong shape"),
    "not a number": ({"tail_cells_1_bias": np.full(5, np.nan, np.float32)}, "impossible"),
    "infinite": ({"tail_cells_0_kernel": np.full((FLAT, 7), np.inf, np.float16)}, "impossible"),
    "truth": ({"tail_cells_1_bias": np.ones(5, np.bool_)}, "wrong shape"),
    "whole numbers": ({"tail_cells_1_bias": np.ones(5, np.int32)}, "cannot be read"),
    "bytes": ({"whiten_cells_scale": np.ones(RANK + 1, np.uint8)}, "cannot be read"),
    "a third layer": ({"tail_cells_2_bias": np.zeros(5, np.float32)}, "unknown"),
    "of a network that is not there": ({"tail_other_0_bias": np.zeros(7, np.float32)}, "unknown"),
    "a layer of the old kind": ({"hidden_cells": np.zeros((4, 5), np.float16)}, "unknown"),
    "mean of another size": ({"whiten_cells_mean": np.zeros(VALUES - 3, np.float32)}, "wrong shape"),
    "scale without the rest": ({"whiten_cells_scale": np.ones(RANK, np.float32)}, "wrong shape"),
    "basis of another size": ({"whiten_cells_basis": np.zeros((RANK, VALUES + 1), np.float16)}, "wrong shape"),
    "flat basis": ({"whiten_cells_basis": np.zeros(RANK * VALUES, np.float16)}, "wrong shape"),
    "too many directions": (
        {"whiten_cells_basis": np.zeros((257, VALUES), np.float16), "whiten_cells_scale": np.ones(258, np.float32)},
        "wrong shape",
    ),
    "endless scale": ({"whiten_cells_scale": np.full(RANK + 1, 1e30, np.float32)}, "impossible"),
}


@pytest.mark.parametrize("case", BAD_ARRAYS)
def test_unusable_layers_and_whitening_are_refused(new_folder: Path, case: str) -> None:
    arrays, reason = BAD_ARRAYS[case]
    set_head(new_folder, npz(new_head() | arrays))
    assert reason in refusal(lambda: load_bundle(new_folder))


@pytest.mark.parametrize("name", sorted(new_head()))
def test_a_head_without_one_of_its_arrays_is_refused(new_folder: Path, name: str) -> None:
    set_head(new_folder, npz({key: values for key, values in new_head().items() if key != name}))
    refusal(lambda: load_bundle(new_folder))


@pytest.mark.parametrize("changes", [{"steps": ["clahe"]}, {"tail": None}], ids=["whitening", "tail"])
def test_arrays_that_nobody_asks_for_are_refused(new_folder: Path, changes: Changes) -> None:
    rewrite(new_folder, in_network(**changes))
    assert "unknown" in refusal(lambda: load_bundle(new_folder))


@contextmanager
def head_limit(most: int) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bundles, "MOST_HEAD_BYTES", most)
        yield


def test_layers_that_are_too_large_are_refused_unread(new_folder: Path) -> None:
    size = (new_folder / HEAD_FILE).stat().st_size
    with head_limit(size + 1):  # packed it fits
        assert "too large" in refusal(lambda: load_bundle(new_folder))


def test_pictures_of_any_size_can_be_whitened_within_the_limits() -> None:
    largest = max(range(8, 1025), key=lambda size_px: most_directions(size_px) * 3 * size_px**2)
    backbone = tiny_info().backbones[0].model_copy(update={"size_px": largest, "steps": (Step.WHITEN,)})
    assert head_bytes([backbone], 3) < MOST_HEAD_BYTES
    assert most_directions(32) == 256
    assert most_directions(1024) >= 1


def test_a_network_says_how_many_values_it_gives() -> None:
    backbone = tiny_info().backbones[0]

    def width(**changes: object) -> int:
        return Backbone.model_validate(backbone.model_dump() | changes).width

    assert width() == CHANNELS
    assert width(hidden=6) == 6
    assert width(tail={"pooling": "average"}) == CHANNELS
    assert width(tail={"pooling": "flatten"}) == FLAT
    assert width(tail={"pooling": "flatten", "dense": (9, 3)}) == 3


def test_two_networks_keep_their_arrays_apart(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "colours", networks=2)
    tail = DenseTail(Pooling.AVERAGE, (Dense(np.eye(4, 6, dtype=np.float32), np.zeros(6, np.float32)),))
    info = changed(bundle.info, tail=Tail(dense=(6,)))
    head = tiny_head(2) | {"kernel": np.ones((10, 3), np.float16), "subject_kernel": np.ones((10, 4), np.float16)}
    files = {one.name: bundle.network_path(one) for one in info.backbones}
    written = write_bundle(tmp_path / "colours", info, head | tail_arrays("cells", tail), files, CARD)
    assert set(written.tails) == {"cells"}
    assert written.info.channels == 10

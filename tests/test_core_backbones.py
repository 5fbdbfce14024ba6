"""The table of networks: complete, consistent, in both languages."""

from __future__ import annotations

import re

import pytest

from core.backbones import BACKBONES, BackboneEntry, Kind
from core.bundle_info import NAME
from core.bundles import read_info
from core.folders import shipped_models_dir
from core.texts import set_language

_NAMES = """
dogs dogs-fast efficientnet_lite0 efficientnet_lite2 pplcnetv2 xception vgg16 vgg19 resnet50 resnet50v2 resnet101v2
mobilenet mobilenetv2 mobilenetv3_large mobilenetv3_small densenet121 densenet201 inceptionv3
efficientnet_b0 efficientnet_b1 efficientnet_b2 efficientnet_b3 efficientnet_b4 efficientnet_b5 efficientnet_b6
efficientnet_b7 efficientnetv2_b0 efficientnetv2_b1 efficientnetv2_b2 efficientnetv2_b3 efficientnetv2_s
convnext_tiny convnext_small baseline lenet cnn cnn4_bn cnn6_bn convnet8
"""

every = pytest.mark.parametrize("entry", BACKBONES.values(), ids=BACKBONES)


def test_all_are_there_under_their_names() -> None:
    assert sorted(BACKBONES) == sorted(_NAMES.split())
    assert all(name == entry.name and NAME.fullmatch(name) for name, entry in BACKBONES.items())


@every
def test_each_row_is_complete(entry: BackboneEntry) -> None:
    assert entry.title and entry.licence and entry.parameters_m > 0 and entry.billions > 0
    assert 16 <= entry.least_px <= entry.size_px <= 1024
    if entry.file is not None:
        assert re.fullmatch(r"https://storage\.googleapis\.com/[\w./-]+no_?top\w*\.h5", entry.file.url)
        assert re.fullmatch(r"|[0-9a-f]{32}|[0-9a-f]{64}", entry.file.checksum)
        assert entry.file.checksum or entry.name in ("mobilenet", "mobilenetv2"), "Keras publishes none for these"
        assert entry.keras
    assert (entry.kind is Kind.SCRATCH) == (
        not entry.file and not entry.shipped_in and entry.name != "efficientnet_lite0"
    )


@every
def test_each_is_described_in_both_languages(entry: BackboneEntry) -> None:
    english = entry.says()
    set_language("fr")
    french = entry.says()
    assert english.endswith(".") and french.endswith(".") and english != french


def test_files_are_not_mixed_up() -> None:
    files = [entry.file for entry in BACKBONES.values() if entry.file]
    assert len({file.url for file in files}) == len(files)
    checksums = [file.checksum for file in files if file.checksum]
    assert len(set(checksums)) == len(checksums)


@every
def test_shipped_ones_are_in_their_models(entry: BackboneEntry) -> None:
    if not entry.shipped_in:
        return
    there = {one.name: one for one in read_info(shipped_models_dir() / entry.shipped_in).backbones}
    if entry.kind is Kind.SET:
        assert set(entry.members) == set(there)
    else:
        assert there[entry.name].size_px == entry.size_px and there[entry.name].title == entry.title


def test_costs_are_in_times_of_the_shipped_xception() -> None:
    assert BACKBONES["xception"].cost() == pytest.approx(1, abs=0.01)
    assert BACKBONES["vgg16"].cost(112) == pytest.approx(BACKBONES["vgg16"].cost() / 4)
    assert BACKBONES["efficientnet_b7"].cost() > 5 > 0.2 > BACKBONES["mobilenetv2"].cost()


def test_what_each_can_do() -> None:
    assert not BACKBONES["dogs"].can_be_fine_tuned and BACKBONES["pplcnetv2"].can_be_fine_tuned
    assert not BACKBONES["xception"].needs_tensorflow and BACKBONES["vgg16"].needs_tensorflow

"""What is trained when: the stages of fine-tuning and of training from nothing, and which layers move in each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import keras
from keras import layers

from core.train_config import Fit, Mode
from core.train_records import Phase
from training.builders import FEATURE_MAP

ALL: Final = -1
# How the layers of a block are called: conv5_block3_1_conv, block7a_expand_bn, block_16_project,
# blocks_15__project_conv, expanded_conv_14_add, convnext_tiny_stage_3_block_2_layer_scale,
# conv_dw_13, block14_sepconv1 ...
_BLOCK = re.compile(
    r"^(.*?stage_\d+_block_\d+|conv\d+_block\d+|blocks?_?\d+[a-z]?(?=_|$)|expanded_conv(_\d+)?(?=_)|conv_(dw|pw)_\d+)"
)
_ENDS = (layers.Add, layers.Concatenate, layers.MaxPooling2D, layers.AveragePooling2D)


@dataclass(frozen=True)
class Stage:
    """`epochs` at `rate` with the last `unfrozen` layers (or blocks) of the backbone; `ALL`: all of them.

    With `keeps_norms` the batch normalisation of the backbone stays as it came: its statistics are those of millions of
    pictures, and a batch of a few would spoil them.
    """

    phase: Phase
    epochs: int
    rate: float
    unfrozen: int
    by_blocks: bool
    keeps_norms: bool


def stages(rules: Fit) -> tuple[Stage, ...]:
    """The stages in their order; those without epochs are there, too."""
    if rules.mode is Mode.SCRATCH:
        return (Stage(Phase.LAYERS, rules.epochs, rules.rate, ALL, False, False),)
    return (
        Stage(Phase.HEAD, rules.head_epochs, rules.head_rate, 0, False, True),
        Stage(Phase.LAYERS, rules.epochs, rules.rate, rules.unfrozen, rules.by_blocks, True),
    )


def set_trainable(model: keras.Model, stage: Stage) -> int:
    """Let the layers of a stage move, and the head; returns how many layers of the backbone with weights do.

    A batch normalisation that is not trainable computes as in prediction, too: so Keras has it.
    """
    backbone = backbone_layers(model)
    moving = set(map(id, last_layers(backbone, stage.unfrozen, stage.by_blocks)))
    for layer in model.layers:
        layer.trainable = True
    for layer in backbone:
        is_kept = stage.keeps_norms and isinstance(layer, layers.BatchNormalization)
        layer.trainable = id(layer) in moving and not is_kept
    return sum(1 for layer in backbone if layer.trainable and layer.weights)


def backbone_layers(model: keras.Model) -> list[layers.Layer]:
    """The layers of a classifier before its head, without the input."""
    names = [layer.name for layer in model.layers]
    before = model.layers[: names.index(FEATURE_MAP)]
    return [layer for layer in before if not isinstance(layer, layers.InputLayer)]


def last_layers(backbone: Sequence[layers.Layer], count: int, by_blocks: bool) -> list[layers.Layer]:
    """The last `count` layers, as Keras counts them (those without weights, too), or those of the last blocks."""
    if count == ALL:
        return list(backbone)
    if not by_blocks:
        return list(backbone[len(backbone) - min(count, len(backbone)) :])
    numbers = block_numbers(backbone)
    last = max(numbers, default=0)
    return [layer for layer, number in zip(backbone, numbers, strict=True) if number > last - count]


def block_numbers(backbone: Sequence[layers.Layer]) -> list[int]:
    """Which block each layer belongs to: by the names, or else from one joining or pooling layer to the next.

    Layers after the last block (a last convolution) count as one of their own; those before the first as block 0.
    """
    names = [found[0] if (found := _BLOCK.match(layer.name)) else "" for layer in backbone]
    if len(set(names)) < 4:
        return _by_ends(backbone)
    numbers: list[int] = []
    number, before = 0, ""
    last = max(place for place, name in enumerate(names) if name)
    for place, name in enumerate(names):
        is_next = bool(name) and name != before
        # Layers come in the order of their depth, so that a shortcut of the block before may lie in between.
        if is_next and name in names[:place]:
            numbers.append(numbers[names.index(name)])
            continue
        number += is_next or place == last + 1
        before = name or before
        numbers.append(number)
    return numbers


def _by_ends(backbone: Sequence[layers.Layer]) -> list[int]:
    number, numbers = 0, list[int]()
    for layer in backbone:
        numbers.append(number)
        number += isinstance(layer, _ENDS)
    return numbers

"""The ways to explain an answer: what each is in a sentence, and what it needs. It computes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from core.texts import tr

if TYPE_CHECKING:
    from core.records import Features

# In place of a layer's name: the last map of each network, and all resolutions in one map.
LAST: Final = "last"
ALL: Final = "all"


class Method(Enum):
    """How an answer is explained; the values are what `main.py explain --method` takes."""

    GRADCAM = "gradcam"
    HIRESCAM = "hirescam"
    LAYERCAM = "layercam"
    FUSED = "fused"
    AVERAGED = "averaged"
    OCCLUSION = "occlusion"
    SHAP = "shap"
    MASK = "mask"
    ACTIVATIONS = "activations"
    NEURONS = "neurons"


class Shown(Enum):
    """What comes out: one map over the photograph, or a sheet of several pictures."""

    MAP = "map"
    SHEET = "sheet"


@dataclass(frozen=True)
class MethodEntry:
    """One way to explain: `title` and `says` give their texts in the language of the screen.

    `has_layers` says that a layer can be chosen, `has_contrast` that a second class can be given. With `by_gradients`
    every layer but the last, and all of them fused, need the parts for training (`needs_training`).
    """

    method: Method
    title: Callable[[], str]
    says: Callable[[], str]
    shown: Shown = Shown.MAP
    has_layers: bool = False
    has_contrast: bool = True
    by_gradients: bool = False

    def needs_training(self, layer: str = LAST) -> bool:
        """Whether it needs Keras and TensorFlow for this layer."""
        return self.by_gradients and (self.method is Method.FUSED or layer != LAST)


_ENTRIES: Final = (
    MethodEntry(
        Method.GRADCAM,
        lambda: tr("Where the evidence lies (Grad-CAM)"),
        lambda: tr(
            "Which places of the photograph speak for the answer, as one layer of the network sees them. Before the "
            "last layer it may miss them: there, LayerCAM is better."
        ),
        has_layers=True,
        by_gradients=True,
    ),
    MethodEntry(
        Method.HIRESCAM,
        lambda: tr("The same, place by place (HiResCAM)"),
        lambda: tr("Shows exactly those places that the network used; best for networks with dense layers."),
        has_layers=True,
        by_gradients=True,
    ),
    MethodEntry(
        Method.LAYERCAM,
        lambda: tr("Fine details (LayerCAM)"),
        lambda: tr("Stays sharp in early layers: fur, eyes, edges that speak for the answer."),
        has_layers=True,
        by_gradients=True,
    ),
    MethodEntry(
        Method.FUSED,
        lambda: tr("All layers in one map"),
        lambda: tr("Joins coarse and fine layers: where the evidence lies, with sharp details."),
        by_gradients=True,
    ),
    MethodEntry(
        Method.AVERAGED,
        lambda: tr("Average over small changes"),
        lambda: tr("The mean map of the photograph moved a little and mirrored: chance falls out of it."),
    ),
    MethodEntry(
        Method.OCCLUSION,
        lambda: tr("Parts covered (occlusion)"),
        lambda: tr("Covers one part after the other and asks again: what weakens the answer when it is covered?"),
    ),
    MethodEntry(
        Method.SHAP,
        lambda: tr("Fair shares of each part (SHAP)"),
        lambda: tr("Shares the answer out among the parts of the photograph, for its likeliest classes."),
        shown=Shown.SHEET,
        has_contrast=False,
    ),
    MethodEntry(
        Method.MASK,
        lambda: tr("Subject or background?"),
        lambda: tr("Asks again with the background covered, and with the subject covered."),
        shown=Shown.SHEET,
        has_contrast=False,
    ),
    MethodEntry(
        Method.ACTIVATIONS,
        lambda: tr("What a layer sees (activations)"),
        lambda: tr("The strongest channels of a layer over the photograph, whatever the answer is."),
        shown=Shown.SHEET,
        has_layers=True,
        has_contrast=False,
    ),
    MethodEntry(
        Method.NEURONS,
        lambda: tr("Neurons that matter"),
        lambda: tr("Which channels carry a class, and the photographs of the library that excite each one most."),
        shown=Shown.SHEET,
        has_contrast=False,
    ),
)

METHODS: Final[Mapping[Method, MethodEntry]] = {entry.method: entry for entry in _ENTRIES}


@dataclass(frozen=True)
class MapRequest:
    """Which map by gradients is wanted: `layer` is LAST, ALL or a layer's name, `size` (rows, columns) of the map.

    `versus` makes it the map of the difference of two classes: why `label` and not `versus`. `features` is what the
    model saw in the photograph; without it, whoever makes the map asks the model again, which takes its memory twice.
    """

    method: Method
    layer: str
    label: int
    versus: int | None
    size: tuple[int, int]
    features: Features | None = field(default=None, compare=False, repr=False)


def has_training_parts() -> bool:
    """Whether Keras and TensorFlow are installed, which maps of inner layers need."""
    return all(find_spec(name) is not None for name in ("tensorflow", "keras"))

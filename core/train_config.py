"""Everything that a training decides, as one record: config.json of its run, written before it starts."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, model_validator

from core.bundle_info import Name, Record, Text, View, Words, is_chain
from core.bundle_info import Pooling as Pooling
from core.bundle_info import Step as Step
from core.texts import tr

CONFIG_FORMAT: Final = 1

Strength = Annotated[float, Field(ge=0.0, le=1.0)]
Seed = Annotated[int, Field(ge=0, lt=2**31)]


class SourceKind(str, Enum):
    """Where the photographs and their labels come from."""

    FOLDER = "folder"  # a folder for each class, perhaps within train, validation and test
    TABLE = "table"  # a CSV or XLSX with a column of images and one of labels
    LIBRARY = "library"  # what volunteers said, in the library


class Source(Record):
    """One labelled set of photographs; the columns are for tables only.

    `level` cuts a category path such as `["Home >> Kitchen >> Pans"]` after so many parts; 0 takes the cell as it is.
    `images` is the folder in which a table's images lie, where that is not the table's own.
    """

    kind: SourceKind = SourceKind.FOLDER
    path: Path | None = None
    images: Path | None = None
    image_column: str = Field(default="", max_length=200)
    label_column: str = Field(default="", max_length=200)
    group_column: str = Field(default="", max_length=200)
    split_column: str = Field(default="", max_length=200)
    level: int = Field(default=0, ge=0, le=20)

    @model_validator(mode="after")
    def _check(self) -> Source:
        if self.kind is not SourceKind.LIBRARY and self.path is None:
            raise ValueError(tr("Say where the photographs are."))
        return self


class Changes(Record):
    """What the administrator decided about findings; nothing in the source itself is touched.

    Photographs by their path as found, classes by their name in the source. `merge` says what a class counts as.
    """

    leave_out: tuple[str, ...] = ()
    leave_out_classes: tuple[str, ...] = ()
    relabel: dict[str, str] = Field(default_factory=dict)
    merge: dict[str, str] = Field(default_factory=dict)


class Split(Record):
    """How photographs are shared out; look-alikes, an animal and a burst stay together unless `by_group` is off.

    Folders called train, validation and test are respected with `official`: what is missing is taken out of train.
    """

    train: Strength = 0.8
    validation: Strength = 0.1
    test: Strength = 0.1
    by_group: bool = True
    official: bool = True
    seed: Seed = 1

    @model_validator(mode="after")
    def _check(self) -> Split:
        if abs(self.train + self.validation + self.test - 1) > 1e-6 or self.train <= 0:
            raise ValueError(tr("The three parts must make up the whole, and some must be left to train on."))
        return self


class BalanceKind(str, Enum):
    """What is done about classes of different sizes."""

    NONE = "none"
    WEIGHTS = "weights"
    UNDER = "under"
    OVER = "over"


class Balance(Record):
    """`to` photographs a class; 0 takes the size of the smallest class (UNDER) or of the largest one (OVER)."""

    kind: BalanceKind = BalanceKind.NONE
    to: int = Field(default=0, ge=0, le=1_000_000)


class Augmentation(Record):
    """What happens to a photograph each time it is trained on; 0 and false are off.

    Angles in degrees to both sides; `zoom`, `contrast`, `brightness` as parts of 1 to both sides; `crop` is the largest
    part of each side that is cut off, `cutout` the side of the square that is blanked, as a part of the picture's;
    `blur` the largest sigma in pixels at 224, `noise` the largest deviation as a part of 255; `mixup` is the alpha of
    its Beta distribution (Zhang et al. 2018); `shear` in degrees, `distort` as a part of the side.
    """

    rotation_deg: float = Field(default=0.0, ge=0.0, le=180.0)
    zoom: Strength = 0.0
    contrast: Strength = 0.0
    brightness: Strength = 0.0
    flip: bool = False
    crop: float = Field(default=0.0, ge=0.0, le=0.9)
    blur: float = Field(default=0.0, ge=0.0, le=20.0)
    noise: Strength = 0.0
    cutout: float = Field(default=0.0, ge=0.0, le=0.9)
    mixup: float = Field(default=0.0, ge=0.0, le=10.0)
    shear_deg: float = Field(default=0.0, ge=0.0, le=60.0)
    distort: Strength = 0.0

    @property
    def is_on(self) -> bool:
        """Whether anything happens at all."""
        return self != Augmentation()


class Shape(str, Enum):
    """How a photograph becomes square: cut, out of shape, or whole between mid-grey margins."""

    CROP = "crop"
    SQUASH = "squash"
    PAD = "pad"

    @property
    def view(self) -> View:
        """The same as the way in which a model looks at a photograph."""
        return {Shape.CROP: View.CENTRE, Shape.SQUASH: View.WHOLE, Shape.PAD: View.PAD}[self]


class Preprocessing(Record):
    """The chain of steps that travels in the bundle. `size_px` 0 is the network's usual size."""

    shape: Shape = Shape.CROP
    size_px: int = Field(default=0, ge=0, le=1024)
    steps: tuple[Step, ...] = Field(default=(), max_length=len(Step))

    @model_validator(mode="after")
    def _check(self) -> Preprocessing:
        if not is_chain(self.steps):
            raise ValueError(tr("Each step comes once, and whitening last."))
        return self


class Mode(str, Enum):
    """What is trained: the head on stored embeddings, the last layers too, or everything from nothing."""

    HEAD = "head"
    FINETUNE = "finetune"
    SCRATCH = "scratch"


class HeadLayout(Record):
    """The layers between feature map and answer; without dense layers it is a linear softmax."""

    pooling: Pooling = Pooling.AVERAGE
    dense: tuple[Annotated[int, Field(ge=1, le=8192)], ...] = Field(default=(), max_length=4)
    dropout: float = Field(default=0.0, ge=0.0, le=0.9)
    batch_norm: bool = False
    l2: float = Field(default=0.0, ge=0.0, le=1.0)

    @property
    def is_linear(self) -> bool:
        """Whether head mode can fit it."""
        return self.pooling is Pooling.AVERAGE and not self.dense


ActivationName = Literal[
    "relu", "sigmoid", "softmax", "softplus", "softsign", "tanh", "selu", "elu", "exponential"
]  # fmt: skip


class ScratchPlan(Record):
    """What is another way in a small network than its usual plan (training.scratch); None leaves it as it is.

    `widths` are the channels of its blocks, `dropout` is that of whole channels after each block.
    """

    widths: Annotated[tuple[Annotated[int, Field(ge=1, le=1024)], ...], Field(min_length=1, max_length=8)] | None = None
    activation: ActivationName | None = None
    batch_norm: bool | None = None
    dropout: Annotated[float, Field(ge=0.0, le=0.9)] | None = None


class Network(Record):
    """`backbone` is a name in core.backbones: the networks of a shipped model, one of them, or one of Keras'.

    `weights` is "imagenet", "none", or the path of a file or of a folder of files; `scratch` is for those from nothing.
    """

    backbone: Name = "dogs"
    weights: str = Field(default="imagenet", min_length=1, max_length=4096)
    head: HeadLayout = HeadLayout()
    scratch: ScratchPlan | None = None


OptimiserName = Literal["adam", "adamw", "sgd", "rmsprop", "nadam", "adagrad", "adadelta", "adamax", "ftrl"]
ScheduleName = Literal["constant", "cosine", "plateau"]
LossName = Literal[
    "cross_entropy", "focal", "poisson", "kullback_leibler", "hinge", "squared_hinge", "categorical_hinge"
]


class Fit(Record):
    """How the weights are found; everything but `mode` and `strengths` is for FINETUNE and SCRATCH.

    `strengths` are the weights of the data against the pull of the prior that head mode tries on validation
    photographs; empty takes the usual ones. `unfrozen` are the last layers (or with `by_blocks` blocks) that are
    trained after the head; -1 is all of them. Rates are those of the first step of each phase.
    """

    mode: Mode = Mode.HEAD
    strengths: tuple[Annotated[float, Field(gt=0.0, le=1e6)], ...] = Field(default=(), max_length=20)
    optimiser: OptimiserName = "adamw"
    head_rate: float = Field(default=1e-3, gt=0.0, le=10.0)
    rate: float = Field(default=1e-4, gt=0.0, le=10.0)
    schedule: ScheduleName = "cosine"
    warm_up_epochs: float = Field(default=1.0, ge=0.0, le=100.0)
    loss: LossName = "cross_entropy"
    label_smoothing: float = Field(default=0.0, ge=0.0, le=0.9)
    focal_gamma: float = Field(default=2.0, ge=0.0, le=10.0)
    batch: int = Field(default=32, ge=1, le=4096)
    head_epochs: int = Field(default=5, ge=0, le=10_000)
    epochs: int = Field(default=20, ge=0, le=10_000)
    unfrozen: int = Field(default=30, ge=-1, le=10_000)
    by_blocks: bool = False
    patience: int = Field(default=5, ge=0, le=10_000)
    mixed_precision: bool = True
    seed: Seed = 1


class TrainConfig(Record):
    """The whole of config.json.

    `subject` says what the photographs show ("dog", "leaf"). `start_from` is the model whose head is the prior in head
    mode (its own networks only) and beside which the result is judged: None is the model in use, "" none at all.
    `not_medical` puts "not a medical device" on every page. `wanted_precision` is what "sure" shall promise.
    """

    format: Literal[1] = CONFIG_FORMAT
    name: Name
    title: Words | None = None
    subject: Words | None = None
    source: Source
    changes: Changes = Changes()
    split: Split = Split()
    balance: Balance = Balance()
    augmentation: Augmentation = Augmentation()
    preprocessing: Preprocessing = Preprocessing()
    network: Network = Network()
    fit: Fit = Fit()
    start_from: Text | Literal[""] | None = None
    wanted_precision: float = Field(default=0.95, ge=0.5, le=0.999)
    not_medical: bool = False

    @model_validator(mode="after")
    def _check(self) -> TrainConfig:
        if self.fit.mode is Mode.HEAD and not self.network.head.is_linear:
            raise ValueError(tr("Dense layers and flattening need fine-tuning or training from scratch."))
        if self.fit.mode is Mode.HEAD and (self.augmentation.is_on or self.balance.kind is BalanceKind.OVER):
            raise ValueError(tr("Stored embeddings cannot be augmented: choose fine-tuning for that."))
        return self

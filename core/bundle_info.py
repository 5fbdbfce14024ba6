"""What a model says of itself: the contents of bundle.json, every text and number within bounds."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date
from enum import Enum
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from core.texts import tr

FORMAT: Final = 2
# Without anything that later formats brought, a model says format 1, so that older programs take it too.
FIRST_FORMAT: Final = 1
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
# Windows opens a device for these names, whatever follows a dot.
RESERVED = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))})
# Controls, invisible formatting (also right-to-left overrides), lone surrogates, line and paragraph separators.
UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
MOST_FEATURES = 2**24
# Of a photograph's vector, which the library keeps: more than the largest flattened map of a known network.
MOST_WIDTH = 2**20


def is_name(text: str) -> bool:
    """Whether a model may be called so: a folder of that name is safe on every system.

    >>> is_name("dogs-fast"), is_name("../dogs"), is_name("nul")
    (True, False, False)
    """
    return NAME.fullmatch(text) is not None and text not in RESERVED


def _safe_name(text: str) -> str:
    if not is_name(text):
        raise ValueError(tr("“{name}” cannot be the name of a model or of a network.").format(name=printable(text)))
    return text


def _safe_tflite(text: str) -> str:
    if not text.endswith(".tflite"):
        raise ValueError(tr("A network's file must end in .tflite."))
    return f"{_safe_name(text.removesuffix('.tflite'))}.tflite"


def _readable(text: str) -> str:
    if text.strip() != text or any(unicodedata.category(letter) in UNPRINTABLE for letter in text):
        raise ValueError(tr("“{text}” has invisible characters in it.").format(text=printable(text)))
    return text


def printable(text: str, most: int = 60) -> str:
    """At most `most` characters of a text from a stranger, fit for the screen: without controls or invisible letters.

    >>> printable("dog\\x1b[31m")
    'dog?[31m'
    """
    letters = ("?" if unicodedata.category(letter) in UNPRINTABLE else letter for letter in text[:most])
    return "".join(letters) + ("…" if len(text) > most else "")


Name = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(_safe_name)]
TfliteName = Annotated[str, Field(min_length=8, max_length=71), AfterValidator(_safe_tflite)]
Text = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_readable)]
LongText = Annotated[str, Field(min_length=1, max_length=2000), AfterValidator(_readable)]
Version = Annotated[str, Field(max_length=20, pattern=r"^[0-9]{1,6}(\.[0-9]{1,6}){0,2}$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Share = Annotated[float, Field(ge=0.0, le=1.0)]
Count = Annotated[int, Field(ge=0, le=10**9)]


class Record(BaseModel):
    """The base of all parts: unchangeable, no unknown fields, no NaN and no infinity."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Words(Record):
    """One short text in both languages."""

    en: Text
    fr: Text


class Summary(Record):
    """A few sentences in both languages."""

    en: LongText
    fr: LongText


class Label(Record):
    """One of the answers a model can give; `id` never changes between versions, the names may."""

    id: Text
    en: Text
    fr: Text


class Group(Record):
    """Labels (by their place in the list) that look alike, and what to call them together: "a husky type"."""

    en: Text
    fr: Text
    labels: Annotated[tuple[Annotated[int, Field(ge=0, le=9999)], ...], Field(min_length=2, max_length=100)]


class View(str, Enum):
    """A way to look at a photograph; what each cuts out is said in core.inputs and core.inference."""

    CENTRE = "centre"
    MIRRORED = "mirrored"
    WHOLE = "whole"
    FOCUS = "focus"
    PAD = "pad"


class Step(str, Enum):
    """What happens to the pixels of the square, in the order of the chain; core.inputs does it."""

    GRAYSCALE = "grayscale"
    EQUALISE = "equalise"
    CLAHE = "clahe"
    WHITEN = "whiten"


def is_chain(steps: Sequence[Step]) -> bool:
    """Whether steps may follow each other so: each once, and whitening last."""
    return len(set(steps)) == len(steps) and Step.WHITEN not in steps[:-1]


class Pooling(str, Enum):
    """How a feature map becomes a vector."""

    AVERAGE = "average"
    FLATTEN = "flatten"


class Tail(Record):
    """What lies between a feature map and the embedding: pooling, then dense layers with ReLU of so many units.

    Flattened is in the order of rows, columns, channels. The weights of layer I are the head's arrays
    `tail_NAME_I_kernel` (inputs, units) and `tail_NAME_I_bias` (units,), with batch normalisation folded in.
    """

    pooling: Pooling = Pooling.AVERAGE
    dense: Annotated[tuple[Annotated[int, Field(ge=1, le=8192)], ...], Field(max_length=4)] = ()


class Backbone(Record):
    """One network: (1, size_px, size_px, 3) float32 RGB 0...255 -> (1, rows, columns, channels) float32.

    Its part of the embedding is the mean over rows and columns; with `hidden` above 0 that mean goes through a dense
    layer of so many units with ReLU first, whose weights are the head's array `hidden_NAME`. A `tail` takes the place
    of both. `steps` are done to the square before the network sees it; the numbers for whitening are the head's arrays
    `whiten_NAME_mean`, `_basis` and `_scale` (core.whitening).
    """

    name: Name
    title: Text
    file: TfliteName
    sha256: Sha256
    size_px: Annotated[int, Field(ge=8, le=1024)]
    rows: Annotated[int, Field(ge=1, le=128)]
    columns: Annotated[int, Field(ge=1, le=128)]
    channels: Annotated[int, Field(ge=1, le=8192)]
    hidden: Annotated[int, Field(ge=0, le=8192)] = 0
    views: Annotated[tuple[View, ...], Field(min_length=1, max_length=len(View))]
    steps: Annotated[tuple[Step, ...], Field(max_length=len(Step))] = ()
    tail: Tail | None = None

    @property
    def width(self) -> int:
        """How many values of the embedding come from this network."""
        if self.tail is None:
            return self.hidden or self.channels
        return self.tail.dense[-1] if self.tail.dense else self.pooled_width

    @property
    def pooled_width(self) -> int:
        """How many values the feature map has once it is pooled."""
        flat = self.tail is not None and self.tail.pooling is Pooling.FLATTEN
        return self.rows * self.columns * self.channels if flat else self.channels

    @property
    def is_of_first_format(self) -> bool:
        """Whether programs that know format 1 only can use it."""
        return not self.steps and self.tail is None and View.PAD not in self.views

    @model_validator(mode="after")
    def _check(self) -> Backbone:
        if len(set(self.views)) != len(self.views):
            raise ValueError(tr("A way to look at the photograph is listed twice."))
        if not is_chain(self.steps):
            raise ValueError(tr("Each step comes once, and whitening last."))
        if self.hidden and self.tail is not None:
            raise ValueError(tr("The network “{name}” has two kinds of dense layers.").format(name=self.name))
        if self.rows * self.columns * self.channels > MOST_FEATURES or self.width > MOST_WIDTH:
            raise ValueError(tr("The network “{name}” gives too many numbers.").format(name=self.name))
        return self


class Head(Record):
    """The file with the head's weights."""

    file: Literal["head.npz"] = "head.npz"
    sha256: Sha256


class MemoryFile(Record):
    """The file with what a model keeps of its training, so that it can be improved without the photographs."""

    file: Literal["memory.npz"] = "memory.npz"
    sha256: Sha256


class Sure(Record):
    """The answer is sure from `threshold` on; then `precision` of `cases` were right, `coverage` of all were sure."""

    threshold: Share
    precision: Share
    coverage: Share
    cases: Count


class Unsure(Record):
    """Name candidates until their probabilities reach `mass`, at most `most`."""

    mass: Share
    most: Annotated[int, Field(ge=2, le=5)]


class Subject(Record):
    """Below `threshold` there is no subject.

    So were refused: the share `wrongly_refused` of the photographs with it, `refused` of the `cases` without.
    """

    threshold: Share
    wrongly_refused: Share
    refused: Share
    cases: Count


class Calibration(Record):
    """How scores become probabilities and probabilities become verdicts."""

    temperature: Annotated[float, Field(ge=0.01, le=100.0)]
    sure: Sure
    unsure: Unsure
    subject: Subject | None


class Data(Record):
    """What the model was made from."""

    name: Text
    photographs: Count
    labels: Count
    fingerprint: Sha256
    split: LongText


class Metrics(Record):
    """How well it answered on one set of photographs; `sure_right` is None where no answer was sure."""

    on: Words
    photographs: Count
    top1: Share
    top3: Share
    ece: Share
    sure_share: Share
    sure_right: Share | None


class Licence(Record):
    """One part of the model and its licence."""

    what: Text
    licence: Text


class BundleInfo(Record):
    """The whole of bundle.json. Which `format` it is follows from the rest: core.bundles writes the right one."""

    format: Literal[1, 2] = FIRST_FORMAT
    name: Name
    version: Version
    date: date
    title: Words
    summary: Summary
    subject: Words
    labels: Annotated[tuple[Label, ...], Field(min_length=2, max_length=10_000)]
    groups: Annotated[tuple[Group, ...], Field(max_length=1000)]
    backbones: Annotated[tuple[Backbone, ...], Field(min_length=1, max_length=4)]
    head: Head
    memory: MemoryFile | None = None
    calibration: Calibration
    data: Data
    metrics: Annotated[tuple[Metrics, ...], Field(max_length=50)]
    licences: Annotated[tuple[Licence, ...], Field(max_length=50)]

    @property
    def channels(self) -> int:
        """The length of the embedding: the parts of all backbones one after the other."""
        return sum(backbone.width for backbone in self.backbones)

    @property
    def needed_format(self) -> Literal[1, 2]:
        """The oldest format that has everything which this model uses."""
        return 1 if self.memory is None and all(one.is_of_first_format for one in self.backbones) else 2

    def as_written(self) -> BundleInfo:
        """The same in the format that it needs."""
        return self.model_copy(update={"format": self.needed_format})

    def to_json(self) -> str:
        """The text of bundle.json; in format 1 without a word of what came later."""
        if self.format > FIRST_FORMAT:
            return self.model_dump_json(indent=1)
        return self.model_dump_json(indent=1, exclude={"memory": True, "backbones": {"__all__": {"steps", "tail"}}})

    @model_validator(mode="after")
    def _check(self) -> BundleInfo:
        _check_labels(self.labels)
        for group in self.groups:
            if len(set(group.labels)) != len(group.labels) or max(group.labels) >= len(self.labels):
                raise ValueError(tr("The group “{name}” names labels that are not there.").format(name=group.en))
        if self.backbones[0].views[0] is View.FOCUS:
            raise ValueError(tr("A model cannot look closer before it has looked once."))
        if _twice(backbone.name for backbone in self.backbones) or _twice(backbone.file for backbone in self.backbones):
            raise ValueError(tr("Two networks have the same name."))
        return self


def _check_labels(labels: Iterable[Label]) -> None:
    """People tell labels apart by their names, tables by the English one, the program by the id: all must differ."""
    labels = tuple(labels)
    for texts in (
        [label.id for label in labels],
        [label.en.casefold() for label in labels],
        [label.fr.casefold() for label in labels],
    ):
        if twice := _twice(texts):
            raise ValueError(tr("Two labels are called “{name}”.").format(name=printable(twice)))


def _twice(texts: Iterable[str]) -> str:
    """The first text that comes a second time, else an empty one."""
    seen: set[str] = set()
    for text in texts:
        if text in seen:
            return text
        seen.add(text)
    return ""

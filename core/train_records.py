"""What a run of training says of itself, in files of its folder: its state, the data, the judgement.

`state.json` holds a `RunState`, replaced as a whole at most four times a second; `history.jsonl` an `Epoch` a line;
`data.json` a `DataReport`; `metrics.json` a `Result`. The window and the commands read them, training/ writes them.
"""

from __future__ import annotations

from enum import Enum
from typing import Final, Literal

from pydantic import Field

from core.bundle_info import Record

# Among the seconds of a result: all work of its run, from the first photograph that was read, over every stop.
WHOLE: Final = "whole"


class Job(str, Enum):
    """What a process was started for."""

    LOOK = "look"  # read the source, write data.json
    PREVIEW = "preview"  # write preview.png: what the augmentation does to the administrator's own photographs
    TRAIN = "train"  # all of it


class Stop(Enum):
    """What the user wants of a run: to go on later from here, or to end now with the best so far."""

    PAUSE = "pause"
    FINISH = "finish"


class Phase(str, Enum):
    """Which step a run is at."""

    READING = "reading"
    LOOKING = "looking"  # embeddings, look-alikes, labels that are perhaps wrong
    EMBEDDING = "embedding"
    HEAD = "head"
    LAYERS = "layers"
    CALIBRATING = "calibrating"
    JUDGING = "judging"
    REPORTING = "reporting"
    DONE = "done"


class RunStatus(str, Enum):
    """How a run stands. A RUNNING one whose process is gone was INTERRUPTED; `core.train_runs` says so."""

    DRAFT = "draft"  # only looked at, or not even that
    RUNNING = "running"
    STOPPED = "stopped"  # by the user; what was best so far may be there (`has_result`)
    INTERRUPTED = "interrupted"
    FAILED = "failed"
    DONE = "done"


class RunState(Record):
    """How far a process is: `done` of `total` photographs (or epochs of `epochs`), seconds left if known.

    `problem` is a sentence for the user when it failed; `notes` are others, such as "a smaller batch: 16 instead of
    32". `device` names what it computes on. Times are Unix seconds.
    """

    job: Job
    status: RunStatus
    phase: Phase = Phase.READING
    pid: int = 0
    started: float = 0.0
    updated: float = 0.0
    done: int = 0
    total: int = 0
    epoch: int = 0
    epochs: int = 0
    left_s: float | None = None
    device: str = ""
    notes: tuple[str, ...] = ()
    problem: str = ""


class Epoch(Record):
    """One epoch of one phase; validation figures are None where there are no validation photographs."""

    phase: Phase
    epoch: int
    seconds: float
    validation_seconds: float = 0.0
    rate: float
    loss: float
    accuracy: float
    validation_loss: float | None = None
    validation_accuracy: float | None = None


class FindingKind(str, Enum):
    """What may be wrong with data."""

    UNREADABLE = "unreadable"
    MISSING = "missing"  # a row of a table without its picture
    DUPLICATE = "duplicate"  # the same content, the same class
    TWO_LABELS = "two_labels"  # the same picture (or a look-alike that is nearly it) in two classes
    LOOK_ALIKE = "look_alike"  # nearly the same picture, the same class
    SMALL_CLASS = "small_class"
    PERHAPS_WRONG = "perhaps_wrong"
    SMALL_PICTURE = "small_picture"
    LEAK = "leak"  # the same picture, or a look-alike, in two official parts


class Finding(Record):
    """One finding: the photographs (paths as found) and classes that it is about, and what could be done.

    `suggestion` is the class that a photograph perhaps belongs to (PERHAPS_WRONG) or the reason (UNREADABLE, MISSING).
    """

    kind: FindingKind
    paths: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    suggestion: str = ""
    probability: float | None = None


class ClassCount(Record):
    """A class of the data as found; `label` is what it counts as, `en` and `fr` its names."""

    name: str
    label: str
    en: str
    fr: str
    photographs: int
    train: int = 0
    validation: int = 0
    test: int = 0


class DataReport(Record):
    """The data before training. `classes` in the source's order; counts are after the changes so far.

    `sizes_px` are the long sides: smallest, median, largest. Findings are the first `most` of each kind (in
    `counts_of_findings` are all).
    """

    photographs: int
    left_out: int
    unreadable: int
    classes: tuple[ClassCount, ...]
    sizes_px: tuple[int, int, int]
    has_official_split: bool
    groups: int
    findings: tuple[Finding, ...]
    counts_of_findings: dict[FindingKind, int]


class CalibrationBin(Record):
    """The answers of one range of confidence: how sure they were on average, how often right, how many."""

    confidence: float
    right: float
    cases: int


class ClassResult(Record):
    """One class on the judged photographs; `confused_with` is the class that it is most often taken for."""

    label: str
    en: str
    fr: str
    photographs: int
    right: int
    precision: float | None
    recall: float | None
    f1: float
    confused_with: str = ""
    confused: int = 0


class Mistake(Record):
    """One of the worst mistakes: labels by id; `heatmap` is a file in the run's folder, empty without one."""

    path: str
    truth: str
    said: str
    confidence: float
    heatmap: str = ""


class Judgement(Record):
    """How a model answered on photographs whose labels are known. Shares are 0...1.

    `order` are the places of the labels in the order in which the confusion matrix is shown: look-alike classes beside
    each other. `confusion` are rows (truth) of columns (answer), in the order of the labels, None with more than 300
    of them (then only confusion.csv has it).
    """

    photographs: int
    top1: float
    top3: float
    macro_f1: float
    balanced_accuracy: float
    ece: float
    log_loss: float
    bins: tuple[CalibrationBin, ...]
    promised: float
    sure_from: float
    sure_share: float
    sure_right: float | None
    classes: tuple[ClassResult, ...]
    order: tuple[int, ...]
    confusion: tuple[tuple[int, ...], ...] | None = None
    mistakes: tuple[Mistake, ...] = ()


class ComparisonVerdict(str, Enum):
    """What the paired comparison says."""

    BETTER = "better"
    WORSE = "worse"
    UNCLEAR = "unclear"


class Comparison(Record):
    """The new model beside another one on the same photographs (those whose class both know).

    `better` were right only with the new one, `worse` only with the other; `difference` of the accuracies with its 95 %
    interval `low`...`high`; `p` is McNemar's exact one (1947). `sentence` says it in English and French.
    `seen_before` counts judged photographs that the other model was trained on, which flatters it.
    """

    model: str
    title_en: str
    title_fr: str
    photographs: int
    better: int
    worse: int
    both_right: int
    both_wrong: int
    difference: float
    low: float
    high: float
    p: float
    verdict: ComparisonVerdict
    seen_before: int = 0


class WarningCode(str, Enum):
    """What must be known to read a judgement rightly; `core.result_warnings` makes the sentence, and names the values.

    Those that begin with "other" are about the model beside which it was judged.
    """

    KEPT_PROMISE = "kept_promise"
    NOT_CALIBRATED = "not_calibrated"
    NEVER_SURE = "never_sure"
    PROMISES_LESS = "promises_less"
    NO_TEST = "no_test"
    NOT_JUDGED = "not_judged"
    UNREAD = "unread"
    UNSEEN_CLASSES = "unseen_classes"
    FEW = "few"
    NO_SUBJECT = "no_subject"
    UNKNOWN_CLASSES = "unknown_classes"
    FORGETFUL = "forgetful"
    TRAINED_ON = "trained_on"
    NO_COMPARISON = "no_comparison"
    OTHER_KNOWS_NONE = "other_knows_none"
    OTHER_KNOWS_FEWER = "other_knows_fewer"
    OTHER_FORGETFUL = "other_forgetful"
    OTHER_LEFT_OUT = "other_left_out"
    OTHER_TRAINED_ON = "other_trained_on"
    OTHER_HAD_MORE_CHOICE = "other_had_more_choice"


class ResultWarning(Record):
    """A warning without its words, which are made when it is shown: in the language of whoever reads it."""

    code: WarningCode
    values: dict[str, str | int | float] = Field(default_factory=dict)


class Result(Record):
    """The whole of metrics.json. `on` says which photographs: the test part, or all of a folder (`evaluate`).

    Warnings that are text come from earlier versions. `is_pretrained` says that its network had learned from
    photographs of others before.
    """

    format: Literal[1] = 1
    model: str
    version: str
    on: Literal["test", "validation", "folder"]
    judgement: Judgement
    comparison: Comparison | None = None
    counts: dict[str, int]  # of photographs: train, validation, test
    seconds: dict[str, float]  # of each phase, and of the WHOLE
    seconds_per_epoch: float | None = None
    trained_on: int = 0  # how many of the judged photographs the model was trained on
    warnings: tuple[ResultWarning | str, ...] = ()
    is_pretrained: bool = False
    not_medical: bool = False

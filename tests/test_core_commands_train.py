"""The commands train and evaluate as typed: the config that they mean, and what they refuse before anything begins."""

from __future__ import annotations

import typing
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from core import commands_train
from core.commands import run_command
from core.commands_study import StudyRequest
from core.errors import UsageError
from core.train_config import (
    Augmentation,
    BalanceKind,
    LossName,
    Mode,
    OptimiserName,
    Pooling,
    ScheduleName,
    Shape,
    Source,
    SourceKind,
    Step,
    TrainConfig,
)
from core.train_defaults import LIGHT, STRONG, usual_config, usual_name
from core.train_lock import Holder, holding
from core.train_records import Job, RunStatus
from core.train_runs import Run, list_runs, new_run, training_lock, write_state


@dataclass
class FakeTraining:
    """Notes what it was asked for."""

    asked: list[tuple[object, ...]] = field(default_factory=list)

    def check(self, config: TrainConfig) -> None:
        if "nosuch" in config.changes.leave_out_classes:
            raise UsageError("There is no class “nosuch”.")

    def run_quietly(self, run_id: str, job: Job) -> None:
        self.asked.append(("quietly", run_id, job))

    def look(self, run: Run) -> Iterator[str]:
        self.asked.append(("look", run.config))
        yield "looked"

    def train(self, run: Run, use: bool, anyway: bool = False) -> Iterator[str]:
        self.asked.append(("train", run.config, use))
        yield "trained"

    def search(self, run: Run, trials: int, study: str, backbones: Sequence[str]) -> Iterator[str]:
        self.asked.append(("search", run.config, trials, study, backbones))
        yield "found"

    def evaluate(self, model: str, source: Source, report: Path | None, kind: str) -> Iterator[str]:
        self.asked.append(("evaluate", model, source, report, kind))
        yield "judged"

    def study(self, request: StudyRequest) -> Iterator[str]:
        self.asked.append(("study", request))
        yield "studied"


@pytest.fixture
def training() -> FakeTraining:
    return FakeTraining()


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder, in which one is."""
    (tmp_path / "Été 2026").mkdir()
    (tmp_path / "table.csv").write_text("file,kind\n")
    (tmp_path / "other.json").write_text('{"format": 1}')
    (tmp_path / "stick").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path / "Été 2026"


def config_of(training: FakeTraining, *typed: str) -> TrainConfig:
    assert run_command(["train", *typed], None, lambda: training) == 0
    config = training.asked[-1][1]
    assert isinstance(config, TrainConfig)
    return config


def test_choices_are_those_of_the_config() -> None:
    def names(kind: object) -> tuple[str, ...]:
        return typing.get_args(kind)

    assert tuple(mode.value for mode in Mode) == commands_train.MODES
    assert tuple(shape.value for shape in Shape) == commands_train.SHAPES
    assert tuple(pooling.value for pooling in Pooling) == commands_train.POOLINGS
    assert tuple(job.value for job in Job) == commands_train.JOBS
    assert names(OptimiserName) == commands_train.OPTIMISERS
    assert names(ScheduleName) == commands_train.SCHEDULES
    assert names(LossName) == commands_train.LOSSES
    assert set(commands_train.AUGMENTATIONS.values()) == set(Augmentation.model_fields)


def test_a_folder_alone_is_enough(photos: Path, training: FakeTraining, capsys: pytest.CaptureFixture[str]) -> None:
    config = config_of(training, "Été 2026")
    assert config == usual_config("ete-2026", Source(path=photos))
    assert config.fit.mode is Mode.HEAD and config.network.backbone == "dogs" and not config.augmentation.is_on
    assert training.asked == [("train", config, False)]
    assert capsys.readouterr().out == "trained\n"
    (run,) = list_runs()
    assert run.config == config and run.state.status is RunStatus.DRAFT


@pytest.mark.parametrize("mode", Mode)
def test_each_mode_has_choices_that_suit_it(mode: Mode) -> None:
    config = usual_config("x", Source(path=Path("/x")), mode)
    assert config.fit.mode is mode and config.augmentation == (Augmentation() if mode is Mode.HEAD else LIGHT)
    assert config.fit.rate == (1e-3 if mode is Mode.SCRATCH else 1e-4)
    assert STRONG.is_on and TrainConfig.model_validate(config.model_dump()) == config


def test_names_are_made_of_whatever_a_folder_is_called() -> None:
    assert [usual_name(text) for text in ("Chiens & Co.", "CON", "…", "x" * 99)] == [
        "chiens-co", "my-con", "my-model", "x" * 64,
    ]  # fmt: skip


def test_every_choice_goes_into_the_config(photos: Path, training: FakeTraining) -> None:
    typed = (
        "Été 2026 --name leaf --mode finetune --backbone resnet50 --weights stick --epochs 3 --head-epochs 2 --rate "
        "0.01 --head-rate 0.1 --unfrozen 4 --by-blocks --optimiser sgd --schedule plateau --loss focal --batch 8 "
        "--label-smoothing 0.1 --patience 2 --no-mixed-precision --balance over=50 --shape pad "
        "--augment rotation=20,flip,mixup=0.2 --size 160 --steps grayscale,clahe --split 70/20/10 --seed 5 "
        "--no-groups --no-official "
        "--pooling flatten --dense 64,32 --dropout 0.3 --batch-norm --l2 0.001 --leave-out weeds --leave-out moss "
        "--merge oaks=oak --start-from none --precision 0.9 --not-medical"
    )
    config = config_of(training, "Été 2026", *typed.split()[2:])
    assert (config.name, config.network.backbone, config.network.weights) == (
        "leaf", "resnet50", str(photos.parent / "stick"),
    )  # fmt: skip
    fit = config.fit
    assert (fit.epochs, fit.head_epochs, fit.rate, fit.head_rate, fit.unfrozen, fit.by_blocks) == (
        3, 2, 0.01, 0.1, 4, True,
    )  # fmt: skip
    assert (fit.optimiser, fit.schedule, fit.loss, fit.batch, fit.label_smoothing, fit.patience) == (
        "sgd", "plateau", "focal", 8, 0.1, 2,
    )  # fmt: skip
    assert not fit.mixed_precision and fit.seed == config.split.seed == 5
    assert (config.balance.kind, config.balance.to) == (BalanceKind.OVER, 50)
    assert config.augmentation == Augmentation(rotation_deg=20, flip=True, mixup=0.2)
    assert config.preprocessing.shape is Shape.PAD and config.preprocessing.size_px == 160
    assert config.preprocessing.steps == (Step.GRAYSCALE, Step.CLAHE)
    assert (config.split.train, config.split.validation, config.split.test) == (0.7, 0.2, 0.1)
    assert not config.split.by_group and not config.split.official
    head = config.network.head
    assert (head.pooling, head.dense, head.dropout, head.batch_norm, head.l2) == (
        Pooling.FLATTEN, (64, 32), 0.3, True, 0.001,
    )  # fmt: skip
    assert config.changes.leave_out_classes == ("weeds", "moss") and config.changes.merge == {"oaks": "oak"}
    assert config.start_from == "" and config.wanted_precision == 0.9 and config.not_medical


@pytest.mark.parametrize(("typed", "rules"), [("none", Augmentation()), ("light", LIGHT), ("strong", STRONG)])
def test_augmentation_in_one_word(photos: Path, training: FakeTraining, typed: str, rules: Augmentation) -> None:
    assert config_of(training, str(photos), "--mode", "scratch", "--augment", typed).augmentation == rules


def test_a_table_and_the_library_are_sources_too(photos: Path, training: FakeTraining) -> None:
    columns = ["--image-column", "file", "--label-column", "kind", "--group-column", "g", "--level", "2"]
    typed = ["table.csv", *columns, "--images", "stick"]
    source = config_of(training, *typed).source
    assert source == Source(
        kind=SourceKind.TABLE, path=photos.parent / "table.csv", images=photos.parent / "stick", image_column="file",
        label_column="kind", group_column="g", level=2,
    )  # fmt: skip
    config = config_of(training, "--library", "--use")
    assert config.source == Source(kind=SourceKind.LIBRARY) and config.name == "shelter"
    assert training.asked[-1] == ("train", config, True)


def test_a_config_from_a_file_is_taken_and_what_is_typed_counts_more(photos: Path, training: FakeTraining) -> None:
    first = config_of(training, str(photos), "--mode", "finetune", "--epochs", "3", "--batch", "8")
    (photos.parent / "config.json").write_text(first.model_dump_json())
    again = config_of(training, "--config", "config.json", "--epochs", "4")
    assert again.fit == first.fit.model_copy(update={"epochs": 4}) and again.source == first.source
    other = config_of(training, "table.csv", "--config", "config.json")
    assert other.source.kind is SourceKind.TABLE and other.fit == first.fit


def test_other_ways_to_begin(photos: Path, training: FakeTraining, capsys: pytest.CaptureFixture[str]) -> None:
    run = new_run(usual_config("leaf", Source(path=photos)))

    def typed(*words: str) -> tuple[object, ...]:
        assert run_command(["train", *words], None, lambda: training) == 0
        return training.asked[-1]

    assert typed("--resume", run.id) == ("train", run.config, False)
    assert typed("--resume", run.id, "--look") == ("look", run.config)
    assert typed("--run", run.id, "--job", "preview") == ("quietly", run.id, Job.PREVIEW)
    assert len(list_runs()) == 1
    assert typed("--resume", run.id, "--search", "3") == ("search", run.config, 3, "", [])
    assert len(list_runs()) == 1
    words = ("--search", "5", "--study", "sqlite:///x", "--search-backbones", "vgg16,xception")
    assert typed(str(photos), "--mode", "scratch", *words)[2:] == (5, "sqlite:///x", ["vgg16", "xception"])
    assert len(list_runs()) == 2
    capsys.readouterr()


def test_runs_are_listed(photos: Path, training: FakeTraining, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["train", "--runs"]) == 0
    assert "There is no run yet." in capsys.readouterr().out
    run = new_run(usual_config("leaf", Source(path=photos)))
    failed = run.state.model_copy(update={"status": RunStatus.FAILED, "problem": "The disk is full."})
    write_state(run.folder, failed)
    assert run_command(["train", "--runs"]) == 0
    assert capsys.readouterr().out == f"{run.id}  failed       head, dogs  The disk is full.\n"


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("", "Say where the photographs are"),
        ("gone", "There is no such file or folder"),
        (". --name Leaf", "“Leaf” cannot be the name of a model"),
        (". --name leaf --augment light", "choose fine-tuning for that"),
        (". --mode scratch --augment rotation", "“rotation” is no augmentation"),
        (
            ". --mode scratch --augment rotation=900",
            "“900” is not possible for --augment rotation. It must be 180 at most.",
        ),
        (". --split 80/20", "80/20 is not such as 80/10/10"),
        (". --split 0/50/50", "some must be left to train on"),
        (". --merge oak", "oak is not such as CLASS=OTHER"),
        (". --balance all", "“all” is not possible for --balance. It may be none, weights, under, over."),
        (". --mode finetune --dropout 2", "“2.0” is not possible for --dropout. It must be 0.9 at most."),
        (". --steps whiten,clahe", "whitening last"),
        (". --dense 64", "need fine-tuning or training from scratch"),
        (". --image-column file", "Columns are for tables"),
        (". --epochs many", "invalid int value"),
        (". --search 3", "A search is for fine-tuning"),
        ("--resume 20260101-000000-leaf", "There is no training run called"),
        ("--config gone.json", "gone.json cannot be read"),
        ("--config table.csv", "table.csv is no config.json of a run."),
        ("--config other.json", "other.json is no config.json of a run."),
        (". --mode scratch --balance over=-3", "“-3” is not possible for --balance. It must be 0 at least."),
        (". --mode scratch --rate 0", "“0.0” is not possible for --rate. It must be more than 0."),
        (". --split 50/50/50", "the three parts must make up 100"),
        (". --split 8/1/1", "the three parts must make up 100"),
        (". --split 120/-10/-10", "the three parts must make up 100"),
        (". --leave-out nosuch", "There is no class “nosuch”"),
        (". --backbone nosuch", "There is no network called “nosuch”. There are: dogs"),
        (". --mode scratch --backbone cnn4_bn --size 3", "pixels"),
        (". --backbone cnn4_bn", "has learned nothing yet"),
        (". --mode finetune --backbone dogs", "is several networks"),
        (". --backbone dogs --size 100", "have their own weights and sizes"),
    ],
)
def test_what_is_wrong_is_said_before_a_run_is_made(
    photos: Path, training: FakeTraining, capsys: pytest.CaptureFixture[str], typed: str, told: str
) -> None:
    assert run_command(["train", *typed.split()], None, lambda: training) in (1, 2)
    out, err = capsys.readouterr()
    assert out == "" and told in err and "Traceback" not in err
    assert training.asked == [] and list_runs() == []


def test_no_run_is_made_while_another_one_is_trained(
    photos: Path, training: FakeTraining, capsys: pytest.CaptureFixture[str]
) -> None:
    run = new_run(usual_config("first", Source(path=photos)))
    with holding(training_lock(), Holder(run=run.id)):
        assert run_command(["train", str(photos)], None, lambda: training) == 1
        assert "“first” is being trained now" in capsys.readouterr().err
        assert run_command(["train", str(photos), "--look"], None, lambda: training) == 0
    assert [asked[0] for asked in training.asked] == ["look"] and len(list_runs()) == 2


def test_evaluate_says_which_model_on_what(photos: Path, training: FakeTraining) -> None:
    typed = ["evaluate", "dogs", "table.csv", "--label-column", "kind", "--report", "out", "--format", "json"]
    assert run_command(typed, None, lambda: training) == 0
    source = Source(kind=SourceKind.TABLE, path=photos.parent / "table.csv", label_column="kind")
    assert training.asked == [("evaluate", "dogs", source, Path("out"), "json")]
    assert run_command(["evaluate", "dogs"], None, lambda: training) == 2
    assert run_command(["evaluate", "dogs", "gone"], None, lambda: training) == 1


@pytest.mark.parametrize("command", ["train", "evaluate"])
def test_help_is_there(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command([command, "--help"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("usage: main.py") and "--run RUN" not in said and "Examples:" in said

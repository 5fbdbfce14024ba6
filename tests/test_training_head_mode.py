"""Head mode from photographs to a draft: fitted, continued from a model that remembers, honest about what it saw."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.bundles import Bundle, Label, load_bundle
from core.errors import Cancelled, UserError
from core.folders import models_dir, program_dir
from core.inference import Classifier
from core.library import content_of_file
from core.photos import open_photo
from core.run_results import read_epochs
from core.train_config import Balance, BalanceKind, Fit, Source, SourceKind, TrainConfig
from core.train_records import Phase, Stop
from tests.bundle_factory import make_bundle
from training.embeddings import embed
from training.head_mode import fit_on_vectors
from training.memory import add_memory, remember
from training.ready import Networks
from training.samples import DataSet, Part, Sample
from training.telling import Silent

COLOURS = {"red": (200, 20, 20), "green": (20, 200, 20), "blue": (20, 20, 200), "yellow": (200, 200, 20)}
TITLES = {"red": "rouge", "green": "vert", "blue": "bleu", "yellow": "jaune"}


class Notes(Silent):
    """Keeps what it is told, and stops in the middle of the fit."""

    def __init__(self, stop: Stop | None = None) -> None:
        self.notes: list[str] = []
        self.phases: list[Phase] = []
        self._stop = stop

    def note(self, text: str) -> None:
        self.notes.append(text)

    def phase(self, phase: Phase, total: int = 0) -> None:
        self.phases.append(phase)

    def asked_to_stop(self) -> Stop | None:
        return self._stop if Phase.HEAD in self.phases else None


@pytest.fixture(autouse=True)
def networks(tiny_bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tiny network is the only one there is."""
    files = {one.name: tiny_bundle.network_path(one) for one in tiny_bundle.info.backbones}
    made = Networks(tiny_bundle.info.backbones, files, licences=tiny_bundle.info.licences)
    monkeypatch.setattr("training.head_mode.ready", lambda *given: made)


def label(name: str) -> Label:
    return Label(id=f"colour-{name}", en=name, fr=TITLES[name])


def data(folder: Path, each: dict[str, int], validation: int = 4, spread: int = 70) -> DataSet:
    """Noisy pictures of these colours, so many to train on, and `validation` of each beside."""
    rng = np.random.default_rng(list(folder.name.encode()))
    samples = []
    for place, (name, count) in enumerate(each.items()):
        for number in range(count + validation):
            path = folder / name / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            pixels = np.array(COLOURS[name]) + rng.integers(-spread, spread + 1, 3) + rng.integers(-20, 21, (40, 40, 3))
            Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(path)
            part = Part.TRAIN if number < count else Part.VALIDATION
            samples.append(Sample(path, place, content_of_file(path), f"{name}{number}", None, part))
    return DataSet(tuple(label(name) for name in each), tuple(samples))


def config(folder: Path, **parts: object) -> TrainConfig:
    given = {"name": "mine", "source": Source(path=folder), "start_from": "", **parts}
    return TrainConfig.model_validate(given)


def said(bundle: Bundle, path: Path) -> str:
    answer = Classifier(bundle).predict(open_photo(path))
    return bundle.info.labels[int(answer.probabilities.argmax())].en


def right(bundle: Bundle, found: DataSet) -> float:
    return float(np.mean([said(bundle, one.path) == found.labels[one.label].en for one in found.part(Part.VALIDATION)]))


@pytest.mark.parametrize("balance", [BalanceKind.NONE, BalanceKind.WEIGHTS, BalanceKind.UNDER])
def test_a_head_is_fitted_and_its_draft_says_how(tmp_path: Path, balance: BalanceKind) -> None:
    found = data(tmp_path / "photos", {"red": 20, "yellow": 8, "green": 20}, validation=12)
    telling = Notes()
    draft = fit_on_vectors(config(tmp_path, balance=Balance(kind=balance)), found, tmp_path / "run", telling)
    assert right(draft, found) > 0.9
    assert [one.id for one in draft.info.labels] == ["colour-red", "colour-yellow", "colour-green"]
    epochs = read_epochs(tmp_path / "run")
    assert len(epochs) >= 3 and all(one.phase is Phase.HEAD and one.validation_loss is not None for one in epochs)
    assert [one.rate for one in epochs] == sorted(one.rate for one in epochs)
    memory = load_bundle(draft.folder).memory()
    assert memory is not None and memory.counts.tolist() == [20, 8, 20]
    assert all(memory.has_seen(one.content) is (one.part is Part.TRAIN) for one in found.samples)
    assert [path.name for path in (tmp_path / "run" / "draft").iterdir()] == ["mine"]
    assert telling.phases == [Phase.EMBEDDING, Phase.HEAD] and not telling.notes


def test_few_validation_photographs_and_strengths_of_ones_own(tmp_path: Path) -> None:
    found = data(tmp_path / "photos", {"red": 12, "yellow": 12}, validation=3)
    draft = fit_on_vectors(config(tmp_path), found, tmp_path / "run", Silent())
    assert right(draft, found) == 1.0
    assert read_epochs(tmp_path / "run")[-1].validation_loss is None, "the last one is fitted on all, after the choice"
    own = config(tmp_path, fit=Fit(strengths=(0.5, 0.1)))
    fit_on_vectors(own, data(tmp_path / "more", {"red": 12, "yellow": 12}, 20), tmp_path / "run", Silent())
    assert [one.rate for one in read_epochs(tmp_path / "run")] == [0.1, 0.5]


def start(found: DataSet) -> Bundle:
    """The tiny model among the user's own, remembering these photographs."""
    bundle = make_bundle(models_dir() / "colours")
    train = found.part(Part.TRAIN)
    vectors = embed(bundle, [one.path for one in train], Silent()).vectors
    places = {one.id: place for place, one in enumerate(bundle.info.labels)}
    labels = np.array([places[found.labels[one.label].id] for one in train])
    add_memory(bundle.folder, remember(vectors, labels, 3, [one.content for one in train]))
    return load_bundle(bundle.folder)


def test_a_model_is_continued_with_the_librarys_labels(tmp_path: Path) -> None:
    old = data(tmp_path / "old", {"red": 20, "green": 20, "blue": 20})
    begun = start(old)
    new = data(tmp_path / "new", {"yellow": 5, "red": 2}, validation=10, spread=40)
    telling = Notes()
    library = config(tmp_path, source=Source(kind=SourceKind.LIBRARY), start_from="colours")
    draft = fit_on_vectors(library, new, tmp_path / "run", telling)
    assert [one.en for one in draft.info.labels] == ["yellow", "red", "green", "blue"], "those of the data come first"
    assert right(draft, new) > 0.8 and right(draft, old) >= right(begun, old) - 0.01
    memory = draft.memory()
    assert memory is not None and memory.counts.tolist() == [5, 22, 20, 20]
    assert all(memory.has_seen(one.content) for one in (*old.part(Part.TRAIN), *new.part(Part.TRAIN)))
    assert draft.info.data.photographs == 67 and draft.info.subject == begun.info.subject
    assert draft.info.calibration.subject == begun.info.calibration.subject and draft.subject_kernel is not None
    assert len(telling.notes) == 1 and "colours" in telling.notes[0]


def test_corrections_of_a_single_label_are_enough_to_continue(tmp_path: Path) -> None:
    start(data(tmp_path / "old", {"red": 20, "green": 20, "blue": 20}))
    library = config(tmp_path, source=Source(kind=SourceKind.LIBRARY), start_from="colours")
    draft = fit_on_vectors(library, data(tmp_path / "new", {"blue": 3}), tmp_path / "run", Silent())
    assert [one.en for one in draft.info.labels] == ["blue", "red", "green"]


def test_a_whole_data_set_is_pulled_towards_the_model_but_rehearses_nothing(tmp_path: Path) -> None:
    begun = start(data(tmp_path / "old", {"red": 20, "green": 20, "blue": 20}))
    new = data(tmp_path / "new", {"blue": 4, "red": 4}, validation=15)
    draft = fit_on_vectors(config(tmp_path, start_from="colours"), new, tmp_path / "run", Silent())
    assert [one.en for one in draft.info.labels] == ["blue", "red"]
    memory = draft.memory()
    assert memory is not None and memory.counts.tolist() == [4, 4]
    assert len(memory.seen) == 68, "the model behind it has seen more"
    assert draft.kernel[0, 1] > 0 and begun.info.labels[0].en == "red"


def test_nothing_is_taken_from_a_model_that_was_trained_on_what_judges(tmp_path: Path) -> None:
    old = data(tmp_path / "old", {"red": 40, "green": 40})
    start(old)
    parts = (Part.TRAIN, Part.VALIDATION)
    again = DataSet(
        old.labels,
        tuple(Sample(s.path, s.label, s.content, s.group, None, parts[n % 2]) for n, s in enumerate(old.samples)),
    )
    telling = Notes()
    draft = fit_on_vectors(config(tmp_path, start_from="colours"), again, tmp_path / "run", telling)
    assert len(telling.notes) == 1 and "colours" in telling.notes[0]
    memory = draft.memory()
    assert memory is not None and len(memory.seen) == len(again.part(Part.TRAIN))


def test_what_cannot_be_read_is_left_out_and_one_class_is_not_enough(tmp_path: Path) -> None:
    found = data(tmp_path / "photos", {"red": 6, "blue": 6})
    found.samples[0].path.write_bytes(b"nothing")
    telling = Notes()
    draft = fit_on_vectors(config(tmp_path), found, tmp_path / "run", telling)
    memory = draft.memory()
    assert memory is not None and memory.counts.tolist() == [5, 6] and len(telling.notes) == 1
    with pytest.raises(UserError):
        fit_on_vectors(config(tmp_path), data(tmp_path / "one", {"red": 6}), tmp_path / "run", Silent())


def test_a_pause_ends_it_and_a_wish_to_finish_takes_the_best_so_far(tmp_path: Path) -> None:
    found = data(tmp_path / "photos", {"red": 20, "yellow": 20}, validation=20)
    with pytest.raises(Cancelled):
        fit_on_vectors(config(tmp_path), found, tmp_path / "run", Notes(Stop.PAUSE))
    draft = fit_on_vectors(config(tmp_path), found, tmp_path / "run", Notes(Stop.FINISH))
    assert len(read_epochs(tmp_path / "run")) == 1 and right(draft, found) > 0.8


def test_it_needs_neither_tensorflow_nor_scipy() -> None:
    code = (
        "import sys, training.head_mode; "
        "sys.exit(str(sorted({'tensorflow', 'keras', 'scipy', 'sklearn', 'matplotlib', 'optuna'} & set(sys.modules))))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=program_dir(), capture_output=True, text=True, check=False)
    assert done.stderr.strip() == "[]"

"""The end of a run on drawn colours: calibration, judgement, comparison, and what lies in the folder afterwards."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.bundles import Bundle, Calibration, Memory, Sure, Unsure, load_bundle, write_bundle
from core.errors import Cancelled
from core.result_warnings import warning_sentences
from core.run_results import PREDICTION_COLUMNS, read_answers, read_confusion, read_metrics
from core.settings import load_settings, save_settings
from core.train_config import Fit, Mode, Source, TrainConfig
from core.train_records import ComparisonVerdict, Epoch, Phase, Stop
from tests.bundle_factory import CARD, tiny_head, tiny_info, tiny_network
from training.finish import finish
from training.memory import can_rehearse
from training.samples import DataSet, Part, Sample
from training.telling import Silent

COLOUR_NAMES = ("red", "green", "blue")
COLOURS = ((200, 60, 60), (60, 200, 60), (60, 60, 200))


def drawn_photo(path: Path, colour: Sequence[int], seed: int) -> Path:
    """A picture of one colour with some noise."""
    noise = np.random.default_rng(seed).normal(0, 12, (48, 64, 3))
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.clip(np.array(colour) + noise, 0, 255).astype(np.uint8)).save(path, quality=95)
    return path


def drawn_data(folder: Path, bundle: Bundle, each: int = 12, wrong: int = 1) -> DataSet:
    """`each` pictures of each colour in each part; of each colour's test part, `wrong` show the next colour."""
    samples = []
    for place, part in enumerate(Part):
        for label in range(3):
            for number in range(each):
                shown = (label + 1) % 3 if part is Part.TEST and number < wrong else label
                path = folder / part.value / COLOUR_NAMES[label] / f"{number}.jpg"
                drawn_photo(path, COLOURS[shown], 1000 * place + 100 * label + number)
                content = sha256(path.read_bytes()).hexdigest()
                samples.append(Sample(path, label, content, part=part))
    return DataSet(bundle.info.labels, tuple(samples))


NEVER = Sure(threshold=1, precision=1, coverage=0, cases=0)


def drafted(folder: Path, turned: int = 0, memory: Memory | None = None, sure: Sure = NEVER) -> Bundle:
    """The tiny model as a training leaves it: not calibrated, not judged, without a subject.

    `turned` is how far its answers are turned round: 1 says green for red.
    """
    rules = Calibration(temperature=1.0, sure=sure, unsure=Unsure(mass=0.8, most=3), subject=None)
    info = tiny_info(folder.name).model_copy(update={"calibration": rules, "metrics": ()})
    arrays = {name: np.roll(values, turned, -1) for name, values in tiny_head().items() if "subject" not in name}
    folder.parent.mkdir(parents=True, exist_ok=True)
    network = folder.with_suffix(".network")
    network.write_bytes(tiny_network())
    return write_bundle(folder, info, arrays, {"cells": network}, CARD, memory)


def config_of(folder: Path, **changes: object) -> TrainConfig:
    return TrainConfig(name="mine", source=Source(path=folder), start_from="").model_copy(update=changes)


@pytest.fixture
def draft(tmp_path: Path) -> Bundle:
    return drafted(tmp_path / "drafts" / "mine")


@pytest.fixture
def run_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "run"
    folder.mkdir()
    return folder


def test_a_run_ends_with_a_judged_model_and_all_its_files(draft: Bundle, run_dir: Path, tmp_path: Path) -> None:
    data = drawn_data(tmp_path / "photos", draft)
    result = finish(draft, data, config_of(tmp_path), run_dir, Silent())
    assert result.on == "test" and result.judgement.photographs == 36
    assert result.judgement.top1 == pytest.approx(33 / 36)
    assert result.judgement.confusion == ((11, 1, 0), (0, 11, 1), (1, 0, 11))
    assert read_metrics(run_dir) == result
    bundle = load_bundle(run_dir / "model" / "mine")
    assert bundle.info.metrics[-1].top1 == pytest.approx(33 / 36, abs=1e-4)
    assert bundle.info.calibration.temperature != 1
    memory = bundle.memory()
    assert memory is not None
    seen = {sample.part: memory.has_seen(sample.content) for sample in data.samples}
    assert seen == {Part.TRAIN: True, Part.VALIDATION: False, Part.TEST: False}
    assert result.trained_on == 0
    card = (bundle.folder / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert "On 36 photographs that were held out and used once: 91.7% right" in card and "Classes: red, green" in card


def test_the_files_say_the_same(draft: Bundle, run_dir: Path, tmp_path: Path) -> None:
    data = drawn_data(tmp_path / "photos", draft)
    result = finish(draft, data, config_of(tmp_path), run_dir, Silent())
    answers = read_answers(run_dir)
    test = {str(sample.path): sample for sample in data.part(Part.TEST)}
    assert {str(one.path) for one in answers} == set(test)
    for one in answers:
        assert one.content == test[str(one.path)].content
        assert one.truth == draft.info.labels[test[str(one.path)].label].id
        assert 0 < one.confidence_2 < one.confidence <= 1
    assert sum(one.is_right for one in answers) == 33
    confusion = read_confusion(run_dir)
    assert confusion is not None
    assert confusion.labels == tuple(draft.info.labels[place].id for place in result.judgement.order)
    assert sum(map(sum, confusion.counts)) == 36
    assert [row[n] for n, row in enumerate(confusion.counts)] == [11, 11, 11]
    with (run_dir / "per_class.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["photographs"], row["right"], row["error"]) for row in rows] == [("12", "11", "0.0833")] * 3
    with (run_dir / "predictions.csv").open(encoding="utf-8", newline="") as file:
        assert tuple(next(csv.reader(file))) == PREDICTION_COLUMNS
    json.loads((run_dir / "metrics.json").read_text(encoding="utf-8"), parse_constant=pytest.fail)


def test_the_worst_mistakes_have_heatmaps(draft: Bundle, run_dir: Path, tmp_path: Path) -> None:
    (run_dir / "heatmaps").mkdir()
    (run_dir / "heatmaps" / "999.jpg").write_bytes(b"of a time before")
    result = finish(draft, drawn_data(tmp_path / "photos", draft), config_of(tmp_path), run_dir, Silent())
    mistakes = result.judgement.mistakes
    assert len(mistakes) == 3 and [one.confidence for one in mistakes] == sorted(
        (one.confidence for one in mistakes), reverse=True
    )
    for one in mistakes:
        assert one.truth != one.said
        with Image.open(run_dir / one.heatmap) as picture:
            assert picture.format == "JPEG" and max(picture.size) <= 320 and not picture.getexif()
    assert len(list((run_dir / "heatmaps").iterdir())) == 3


def test_a_second_end_replaces_the_first(draft: Bundle, run_dir: Path, tmp_path: Path) -> None:
    data = drawn_data(tmp_path / "photos", draft, each=4)
    first = finish(draft, data, config_of(tmp_path), run_dir, Silent())
    again = finish(draft, data, config_of(tmp_path), run_dir, Silent())
    assert again.judgement == first.judgement
    assert [path.name for path in (run_dir / "model").iterdir()] == ["mine"]


def only(data: DataSet, *parts: Part) -> DataSet:
    return replace(data, samples=tuple(sample for sample in data.samples if sample.part in parts))


def test_without_test_photographs_it_is_judged_on_validation_and_says_so(
    draft: Bundle, run_dir: Path, tmp_path: Path
) -> None:
    data = only(drawn_data(tmp_path / "photos", draft), Part.TRAIN, Part.VALIDATION)
    result = finish(draft, data, config_of(tmp_path), run_dir, Silent())
    assert result.on == "validation" and result.judgement.top1 == 1
    assert warning_sentences(result.warnings)[0].startswith("There were no test photographs")
    assert "too kind" in (run_dir / "model" / "mine" / "MODEL_CARD.md").read_text(encoding="utf-8")


def test_without_validation_photographs_it_is_never_sure(draft: Bundle, run_dir: Path, tmp_path: Path) -> None:
    data = only(drawn_data(tmp_path / "photos", draft), Part.TRAIN, Part.TEST)
    result = finish(draft, data, config_of(tmp_path), run_dir, Silent())
    assert result.on == "test" and result.judgement.sure_right is None
    assert load_bundle(run_dir / "model" / "mine").info.calibration.sure == Sure(
        threshold=1, precision=0, coverage=0, cases=0
    )
    assert any("never sure" in text for text in warning_sentences(result.warnings))


def test_without_both_nobody_knows(draft: Bundle, run_dir: Path, tmp_path: Path) -> None:
    data = only(drawn_data(tmp_path / "photos", draft, each=2), Part.TRAIN)
    result = finish(draft, data, config_of(tmp_path), run_dir, Silent())
    assert result.judgement.photographs == 0 and warning_sentences(result.warnings)[0].endswith(
        "nobody knows how good this model is."
    )
    assert load_bundle(run_dir / "model" / "mine").info.metrics == ()
    assert read_metrics(run_dir) == result and (run_dir / "report.html").is_file()


def test_few_validation_photographs_promise_less_than_was_wanted(draft: Bundle, run_dir: Path, tmp_path: Path) -> None:
    result = finish(draft, drawn_data(tmp_path / "photos", draft, each=8), config_of(tmp_path), run_dir, Silent())
    # 24 of 24 right: 0.05 ** (1 / 24) = 0.883
    assert result.judgement.promised == 0.88
    assert any(
        text.startswith("24 validation photographs are too few to promise 95")
        for text in warning_sentences(result.warnings)
    )


def test_a_photograph_that_cannot_be_read_is_a_warning(draft: Bundle, run_dir: Path, tmp_path: Path) -> None:
    data = drawn_data(tmp_path / "photos", draft, each=3)
    data.part(Part.TEST)[0].path.write_bytes(b"\xff\xd8\xff broken")
    data.part(Part.VALIDATION)[0].path.unlink()
    result = finish(draft, data, config_of(tmp_path), run_dir, Silent())
    assert result.judgement.photographs == 8
    assert "Photographs that could not be read and are not judged: 2." in warning_sentences(result.warnings)


def test_epochs_give_their_time(draft: Bundle, run_dir: Path, tmp_path: Path) -> None:
    epochs = [
        Epoch(phase=phase, epoch=number, seconds=seconds, rate=0.1, loss=1.0, accuracy=0.5)
        for number, (phase, seconds) in enumerate([(Phase.HEAD, 1.0), (Phase.LAYERS, 4.0), (Phase.LAYERS, 7.0)])
    ]
    (run_dir / "history.jsonl").write_text("".join(f"{one.model_dump_json()}\n" for one in epochs), encoding="utf-8")
    config = config_of(tmp_path, fit=Fit(mode=Mode.FINETUNE))
    data = drawn_data(tmp_path / "photos", draft, each=2)
    result = finish(draft, data, config, run_dir, Silent())
    assert result.seconds_per_epoch == 4 and result.seconds["head"] == 1 and result.seconds["layers"] == 11
    assert "Epochs: 3, 4.0" in (run_dir / "report.html").read_text(encoding="utf-8")
    result = finish(draft, data, config_of(tmp_path), run_dir, Silent())
    assert result.seconds_per_epoch is None
    assert "Strength tried" in (run_dir / "report.html").read_text(encoding="utf-8")


def memory_with(contents: Sequence[str]) -> Memory:
    seen = np.array([list(bytes.fromhex(content)[:8]) for content in contents], np.uint8)
    return Memory(
        np.zeros((3, 4), np.float32), np.zeros(3, np.int32), np.ones((1, 4), np.float32), np.ones(4, np.float32), seen
    )


def use_turned(home: Path, memory: Memory | None) -> None:
    """The model in use says red of green, and so on."""
    drafted(home / "models" / "turned", turned=2, memory=memory)
    save_settings(load_settings().model_copy(update={"model": "turned"}))


def test_the_model_in_use_is_asked_about_the_same_photographs(
    draft: Bundle, run_dir: Path, tmp_path: Path, isolated_home: Path
) -> None:
    data = drawn_data(tmp_path / "photos", draft)
    use_turned(isolated_home, None)
    result = finish(draft, data, config_of(tmp_path, start_from=None), run_dir, Silent())
    found = result.comparison
    # Right exactly for the three pictures that show the next colour.
    assert found is not None and (found.better, found.worse, found.both_right, found.both_wrong) == (33, 3, 0, 0)
    assert found.verdict is ComparisonVerdict.BETTER and found.model == "turned" and found.seen_before == 0
    answers = read_answers(run_dir)
    assert sum(one.got_better for one in answers) == 33 and sum(one.got_worse for one in answers) == 3
    assert any(
        "“Colours” does not remember its training photographs" in text for text in warning_sentences(result.warnings)
    )
    assert "Better: 33 photographs right" in (run_dir / "report.html").read_text(encoding="utf-8")


def test_what_the_other_model_was_trained_on_is_not_compared(
    draft: Bundle, run_dir: Path, tmp_path: Path, isolated_home: Path
) -> None:
    data = drawn_data(tmp_path / "photos", draft)
    # The first picture of each colour is one that only the other model gets right.
    use_turned(isolated_home, memory_with([one.content for one in data.part(Part.TEST)[:5]]))
    result = finish(draft, data, config_of(tmp_path, start_from=None), run_dir, Silent())
    found = result.comparison
    assert found is not None and (found.photographs, found.better, found.worse, found.seen_before) == (31, 29, 2, 0)
    assert "Photographs not in the comparison, because “Colours” was trained on them: 5." in warning_sentences(
        result.warnings
    )
    assert sum(bool(one.other_said) for one in read_answers(run_dir)) == 31


def test_where_it_was_trained_on_nearly_all_of_them_the_page_says_so(
    draft: Bundle, run_dir: Path, tmp_path: Path, isolated_home: Path
) -> None:
    data = drawn_data(tmp_path / "photos", draft, each=4)
    use_turned(isolated_home, memory_with([one.content for one in data.part(Part.TEST)[:5]]))
    result = finish(draft, data, config_of(tmp_path, start_from=None), run_dir, Silent())
    assert result.comparison is not None and result.comparison.photographs == 12
    assert result.comparison.seen_before == 5
    assert any("“Colours” was trained on 5 of these photographs" in text for text in warning_sentences(result.warnings))


def test_a_model_that_knows_none_of_the_classes_is_no_comparison(draft: Bundle, run_dir: Path, tmp_path: Path) -> None:
    data = drawn_data(tmp_path / "photos", draft, each=2)
    result = finish(draft, data, config_of(tmp_path, start_from="dogs-fast"), run_dir, Silent())
    assert result.comparison is None
    assert any(text.endswith("it knows none of these classes.") for text in warning_sentences(result.warnings))


def test_a_model_that_is_gone_is_no_comparison(draft: Bundle, run_dir: Path, tmp_path: Path) -> None:
    data = drawn_data(tmp_path / "photos", draft, each=2)
    result = finish(draft, data, config_of(tmp_path, start_from="gone"), run_dir, Silent())
    assert result.comparison is None and any(
        "There is no comparison" in text for text in warning_sentences(result.warnings)
    )


def test_a_memory_of_the_training_is_kept_and_grows(run_dir: Path, tmp_path: Path) -> None:
    old = Memory(
        np.full((3, 4), 0.5, np.float32), np.array([4, 5, 6], np.int32), np.ones((1, 4), np.float32),
        np.ones(4, np.float32), np.arange(16, dtype=np.uint8).reshape(2, 8),
    )  # fmt: skip
    draft = drafted(tmp_path / "drafts" / "mine", memory=old)
    data = drawn_data(tmp_path / "photos", draft, each=2)
    finish(draft, data, config_of(tmp_path), run_dir, Silent())
    memory = load_bundle(run_dir / "model" / "mine").memory()
    assert memory is not None and memory.counts.tolist() == [4, 5, 6] and memory.means[0, 0] == 0.5
    assert len(memory.seen) == 2 + 6 and memory.has_seen(bytes(range(8)).hex())
    assert memory.has_seen(data.part(Part.TRAIN)[0].content)


def test_a_model_without_memory_gets_one_that_can_be_improved_with(
    draft: Bundle, run_dir: Path, tmp_path: Path
) -> None:
    data = drawn_data(tmp_path / "photos", draft, each=6)
    finish(draft, data, config_of(tmp_path), run_dir, Silent())
    memory = load_bundle(run_dir / "model" / "mine").memory()
    assert memory is not None and memory.counts.tolist() == [6, 6, 6] and len(memory.seen) == 18
    assert can_rehearse(memory)
    # The mean of what the network sees in red pictures: red, green, blue, darkness.
    assert memory.means[0, 0] > 2 * memory.means[0, 1] > 0


def test_a_paused_end_leaves_no_result(draft: Bundle, run_dir: Path, tmp_path: Path) -> None:
    class Pausing(Silent):
        def asked_to_stop(self) -> Stop | None:
            return Stop.PAUSE

    with pytest.raises(Cancelled):
        finish(draft, drawn_data(tmp_path / "photos", draft, each=2), config_of(tmp_path), run_dir, Pausing())
    assert read_metrics(run_dir) is None


def test_not_medical_is_on_every_page(draft: Bundle, run_dir: Path, tmp_path: Path) -> None:
    data = drawn_data(tmp_path / "photos", draft, each=2)
    result = finish(draft, data, config_of(tmp_path, not_medical=True), run_dir, Silent())
    assert result.not_medical
    assert "Not a medical device" in (run_dir / "report.html").read_text(encoding="utf-8")
    assert "Not a medical device" in (run_dir / "model" / "mine" / "MODEL_CARD.md").read_text(encoding="utf-8")


def test_a_continued_model_keeps_the_promise_that_was_measured_before(run_dir: Path, tmp_path: Path) -> None:
    measured = Sure(threshold=0.7, precision=0.95, coverage=0.6, cases=200)
    draft = drafted(tmp_path / "drafts" / "mine", sure=measured)
    data = drawn_data(tmp_path / "photos", draft, each=3)
    # Its volunteers correct where it is wrong: every validation photograph is such a one.
    samples = tuple(
        replace(sample, label=(sample.label + 1) % 3) if sample.part is Part.VALIDATION else sample
        for sample in data.samples
    )
    result = finish(draft, replace(data, samples=samples), config_of(tmp_path), run_dir, Silent())
    rules = load_bundle(run_dir / "model" / "mine").info.calibration
    assert rules.sure == measured and rules.temperature == 1
    assert any(
        "9 validation photographs are too few to measure that anew" in text
        for text in warning_sentences(result.warnings)
    )
    again = finish(draft, only(data, Part.TRAIN, Part.TEST), config_of(tmp_path), run_dir, Silent())
    assert again.judgement.promised == 0.95


def test_enough_photographs_of_its_own_measure_anew(run_dir: Path, tmp_path: Path) -> None:
    draft = drafted(tmp_path / "drafts" / "mine", sure=Sure(threshold=0.7, precision=0.9, coverage=0.6, cases=70))
    data = drawn_data(tmp_path / "photos", draft, each=25)
    finish(draft, data, config_of(tmp_path), run_dir, Silent())
    sure = load_bundle(run_dir / "model" / "mine").info.calibration.sure
    assert sure.cases == 75 and sure.precision >= 0.95

"""The figures of a judgement on planted probabilities: hand work, scikit-learn, and sets with hardly anything in."""

from __future__ import annotations

import json

import numpy as np
import numpy.typing as npt
import pytest

from core.bundles import Calibration, Label, Subject, Sure, Unsure
from core.records import Floats
from core.train_records import Judgement
from training.class_order import order_of
from training.heads import softmax
from training.judgement import Answers, confusion_of, judged

RULES = Calibration(
    temperature=1.0,
    sure=Sure(threshold=0.8, precision=0.9, coverage=0.5, cases=100),
    unsure=Unsure(mass=0.8, most=3),
    subject=None,
)


def labels(count: int) -> tuple[Label, ...]:
    return tuple(Label(id=f"id-{n}", en=f"class {n}", fr=f"classe {n}") for n in range(count))


def answers(probabilities: npt.ArrayLike, truth: list[int], subjects: npt.ArrayLike | None = None) -> Answers:
    there = np.ones(len(truth), np.float32) if subjects is None else np.asarray(subjects, np.float32)
    return Answers(np.asarray(probabilities, np.float32), there, np.array(truth, np.intp))


def by_hand() -> Answers:
    """Five photographs: two of class 0 (one of them right), two of class 1 (both right), one of class 2 (wrong)."""
    rows = [[0.9, 0.05, 0.05], [0.3, 0.6, 0.1], [0.05, 0.9, 0.05], [0.2, 0.7, 0.1], [0.85, 0.1, 0.05]]
    return answers(rows, [0, 0, 1, 1, 2])


def test_figures_are_those_of_hand_work() -> None:
    found = judged(by_hand(), labels(3), RULES)
    assert found.photographs == 5 and found.top1 == pytest.approx(3 / 5) and found.top3 == 1
    # Class 0: 1 right, 1 missed, 1 too many: 2/4. Class 1: 2 right, 1 too many: 4/5. Class 2: nothing.
    assert [one.f1 for one in found.classes] == pytest.approx([0.5, 0.8, 0.0])
    assert found.macro_f1 == pytest.approx((0.5 + 0.8 + 0) / 3)
    assert found.balanced_accuracy == pytest.approx((1 / 2 + 1 + 0) / 3)
    assert [one.precision for one in found.classes] == [0.5, pytest.approx(2 / 3), None]
    assert found.confusion == ((1, 1, 0), (0, 2, 0), (1, 0, 0))
    assert found.log_loss == pytest.approx(-np.log([0.9, 0.3, 0.9, 0.7, 0.05]).mean(), rel=1e-5)
    # Three answers of 0.9, 0.9 and 0.85 are sure, two of them right.
    assert found.sure_share == pytest.approx(3 / 5) and found.sure_right == pytest.approx(2 / 3)
    assert (found.promised, found.sure_from) == (0.9, 0.8)
    assert (found.classes[2].confused_with, found.classes[2].confused) == ("id-0", 1)
    assert (found.classes[1].confused_with, found.classes[1].confused) == ("", 0)


def test_calibration_error_is_that_of_hand_work_and_of_the_bins() -> None:
    found = judged(by_hand(), labels(3), RULES)
    # Ranges: 0.6 (wrong), 0.7 (right), 0.85 (wrong) with nothing else in 0.8 to 0.9; 0.9 twice, both right.
    assert found.ece == pytest.approx((0.6 + 0.3 + 0.85 + 2 * 0.1) / 5, abs=1e-6)
    assert sum(one.cases for one in found.bins) == 5
    again = sum(abs(one.right - one.confidence) * one.cases for one in found.bins) / 5
    assert again == pytest.approx(found.ece, abs=1e-6)


def test_figures_are_those_of_scikit_learn() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 7, 400)
    logits = rng.normal(0, 1, (400, 9)) + 2 * np.eye(9)[truth]
    one = answers(softmax(logits.astype(np.float32)), truth.tolist())
    found = judged(one, labels(9), RULES)
    seen = np.unique(truth).tolist()
    assert found.macro_f1 == pytest.approx(metrics.f1_score(truth, one.said, labels=seen, average="macro"))
    assert found.balanced_accuracy == pytest.approx(metrics.recall_score(truth, one.said, labels=seen, average="macro"))
    assert found.log_loss == pytest.approx(metrics.log_loss(truth, one.probabilities, labels=range(9)), rel=1e-4)
    assert found.top3 == pytest.approx(metrics.top_k_accuracy_score(truth, logits, k=3, labels=range(9)))
    assert found.confusion is not None
    assert np.array_equal(found.confusion, metrics.confusion_matrix(truth, one.said, labels=range(9)))


def finite(found: Judgement) -> Judgement:
    """The same, written and read again as strict JSON."""

    def refuse(name: str) -> float:
        raise AssertionError(f"{name} in JSON")

    json.loads(found.model_dump_json(), parse_constant=refuse)
    return Judgement.model_validate_json(found.model_dump_json())


def test_nothing_judged_gives_no_nan() -> None:
    found = judged(answers(np.zeros((0, 3)), []), labels(3), RULES)
    assert finite(found) == found
    assert (found.photographs, found.top1, found.sure_right, found.bins) == (0, 0, None, ())
    assert sorted(found.order) == [0, 1, 2]


@pytest.mark.parametrize("truth", [[1], [1, 1, 1, 1]])
def test_photographs_of_one_class_only(truth: list[int]) -> None:
    found = finite(judged(answers([[0.2, 0.8]] * len(truth), truth), labels(2), RULES))
    assert (found.top1, found.macro_f1, found.balanced_accuracy) == (1, 1, 1)
    assert found.classes[0].recall is None and found.classes[0].precision is None


def test_all_answers_equal_take_the_first_class_for_right() -> None:
    found = finite(judged(answers(np.full((4, 4), 0.25), [0, 1, 2, 3]), labels(4), RULES))
    assert found.top1 == 0.25 and found.ece == pytest.approx(0) and found.sure_right is None
    assert found.top3 == 0.75


def test_probabilities_of_nothing_at_all_do_not_make_the_loss_infinite() -> None:
    found = finite(judged(answers([[1.0, 0.0]], [1]), labels(2), RULES))
    assert 20 < found.log_loss < 30


def test_what_shows_no_subject_is_never_sure() -> None:
    rules = RULES.model_copy(update={"subject": Subject(threshold=0.5, wrongly_refused=0, refused=1, cases=9)})
    found = judged(answers([[0.9, 0.1], [0.9, 0.1]], [0, 0], [0.9, 0.1]), labels(2), rules)
    assert found.sure_share == 0.5


def test_with_too_many_classes_the_matrix_is_left_to_its_file() -> None:
    found = judged(answers(np.eye(301), list(range(301))), labels(301), RULES)
    assert found.confusion is None and len(found.classes) == 301 and sorted(found.order) == list(range(301))


def likeness(pairs: dict[tuple[int, int], float], count: int) -> Floats:
    found = np.zeros((count, count), np.float32)
    for (one, other), value in pairs.items():
        found[one, other] = found[other, one] = value
    return found


def test_look_alikes_come_first_and_side_by_side() -> None:
    confusion = np.diag([10] * 6)
    confusion[0, 4], confusion[4, 0] = 3, 2
    confusion[1, 5] = 1
    found = order_of(confusion, likeness({(0, 4): 0.3, (1, 5): 0.2, (2, 3): 0.001}, 6))
    assert {found[0], found[1]} == {0, 4} and {found[2], found[3]} == {1, 5}


def test_a_chain_of_look_alikes_is_turned_so_that_neighbours_meet() -> None:
    pairs = {(0, 3): 0.4, (3, 1): 0.3, (0, 1): 0.1, (1, 2): 0.35, (3, 2): 0.1}
    found = order_of(np.zeros((4, 4), np.intp), likeness(pairs, 4))
    assert found in ((0, 3, 1, 2), (2, 1, 3, 0))


def test_the_matrix_counts_truth_by_row() -> None:
    found = confusion_of(np.array([0, 0, 1], np.intp), np.array([1, 1, 1], np.intp), 2)
    assert found.tolist() == [[0, 2], [0, 1]]

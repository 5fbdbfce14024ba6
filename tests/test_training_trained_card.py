"""The card of a trained model says what was measured, and does not say more."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.bundles import Label, Sure
from core.train_config import Fit, Mode, Source, TrainConfig
from tests.bundle_factory import tiny_info
from training.judgement import Answers, judged
from training.trained_card import trained_card


def card(count: int, on: str = "test", mode: Mode = Mode.HEAD, classes: int = 3, **rules: object) -> str:
    labels = tuple(Label(id=f"id-{n}", en=f"class_{n}*", fr=f"classe {n}") for n in range(classes))
    info = tiny_info()
    info = info.model_copy(
        update={"labels": labels, "metrics": (), "calibration": info.calibration.model_copy(update=rules)}
    )
    truth = np.arange(count) % classes
    answers = Answers(np.eye(classes, dtype=np.float32)[np.zeros(count, int)], np.ones(count, np.float32), truth)
    config = TrainConfig(name="mine", source=Source(path=Path("photos")), fit=Fit(mode=mode))
    return trained_card(info, judged(answers, labels, info.calibration), on, config)


def test_figures_come_with_what_they_are_worth() -> None:
    text = card(30)
    assert "On 30 photographs that were held out and used once: 33.3% right (95 % interval 19.2% to 51.2%)" in text
    assert "- class\\_1\\*: 0 of 10 right" in text and "promises that at least 95%" in text
    assert "may have seen some of these" in text and "may have seen" not in card(30, mode=Mode.SCRATCH)


def test_what_was_not_measured_is_said() -> None:
    never = Sure(threshold=1, precision=0, coverage=0, cases=0)
    assert "It was not judged" in card(0) and "% right" not in card(0)
    assert "It promises nothing" in card(9, sure=never)
    assert "which is too kind" in card(9, on="validation")


@pytest.mark.parametrize("classes", [2, 3000])
def test_the_card_stays_within_what_a_bundle_takes(classes: int) -> None:
    text = card(4, classes=classes)
    assert len(text.encode()) < 1 << 20 and ("and 2000 more." in text) is (classes == 3000)

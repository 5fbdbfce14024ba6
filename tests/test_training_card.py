"""The card says the figures of bundle.json, and hides none."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.bundles import BundleInfo, Metrics, Subject, Sure, Words
from tests.bundle_factory import tiny_info
from training.card import model_card

FIRST = Metrics(
    on=Words(en="first photographs", fr="premières photos"), photographs=2501, top1=0.8125, top3=0.9375, ece=0.0314,
    sure_share=0.61, sure_right=0.9876,
)  # fmt: skip
SECOND = Metrics(
    on=Words(en="second photographs", fr="secondes photos"), photographs=77, top1=0.5, top3=0.75, ece=0.2,
    sure_share=0, sure_right=None,
)  # fmt: skip


@pytest.fixture(autouse=True)
def notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "breeds").mkdir()
    (tmp_path / "breeds" / "colours.md").write_text(
        "\n## What was tried\n\nEverything – même ça.\n\n", encoding="utf-8"
    )
    monkeypatch.setattr("training.card.resources_dir", lambda: tmp_path)


def info() -> BundleInfo:
    drawn = tiny_info()
    rules = drawn.calibration.model_copy(
        update={
            "temperature": 1.234,
            "sure": Sure(threshold=0.777, precision=0.96, coverage=0.58, cases=249),
            "subject": Subject(threshold=0.4321, wrongly_refused=0.0057, refused=0.9899, cases=298),
        }
    )
    return drawn.model_copy(update={"calibration": rules, "metrics": (FIRST, SECOND)})


def test_every_figure_is_in_the_card() -> None:
    card = model_card(info())
    assert "| first photographs | 2501 | 81.2% | 93.8% | 0.031 | 61% | 98.8% |" in card
    assert "| second photographs | 77 | 50.0% | 75.0% | 0.200 | 0% | – |" in card
    for figure in ("0.777", "96%", "58%", "249", "1.23", "0.432", "99.0%", "0.6%", "298"):
        assert figure in card, figure


def test_what_it_is_made_of_and_from_is_in_the_card() -> None:
    card = model_card(info())
    assert card.startswith("# Colours (colours 1.0.0, 2026-01-31)\n\nTells red, green and blue.\n")
    for text in ("- Cells, input 32 px, looks at: centre", "- Everything: MIT", "Planted colours: 300 photographs"):
        assert text in card, text


def test_the_card_tells_how_to_make_the_model_and_what_was_tried() -> None:
    card = model_card(info())
    assert "python -m training.ship --data DATA --weights WEIGHTS --work WORK colours" in card
    assert card.endswith("\n\n## What was tried\n\nEverything – même ça.\n")


def test_a_model_that_cannot_refuse_does_not_claim_to() -> None:
    with_rule = info()
    rules = with_rule.calibration.model_copy(update={"subject": None})
    card = model_card(with_rule.model_copy(update={"calibration": rules}))
    assert "not_a_dog" in model_card(with_rule)
    assert "not_a_dog" not in card
    assert "\n\n\n" not in card

"""The models in models/: whole, small enough to hand on, and described by the cards that lie beside them."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from core.bundles import Bundle, load_bundle
from core.fingerprints import model_fingerprint
from core.folders import resources_dir, shipped_models_dir
from core.inference import Classifier
from core.records import Photo
from training.card import model_card
from training.describe import SUMMARIES, TITLES

MOST_BYTES_EACH, MOST_BYTES = 45_000_000, 60_000_000


def bytes_in(folder: Path) -> int:
    """What ships of a folder; earlier versions, which a new training run keeps, do not."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return sum(
        file.stat().st_size for file in files if not any(part[0] == "." for part in file.relative_to(folder).parts)
    )


@pytest.fixture(scope="module", params=["dogs", "dogs-fast"])
def shipped(request: pytest.FixtureRequest) -> Bundle:
    return load_bundle(shipped_models_dir() / request.param)


def test_it_knows_the_120_breeds_in_their_order(shipped: Bundle) -> None:
    rows = (resources_dir() / "breeds" / "stanford_dogs.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert len(rows) == 120
    assert [f"{one.id},{one.en},{one.fr}" for one in shipped.info.labels] == [row.replace('"', "") for row in rows]
    assert shipped.name == shipped.folder.name


def test_its_french_texts_have_french_spaces(shipped: Bundle) -> None:
    info = shipped.info
    described = SUMMARIES[shipped.name].fr, TITLES[shipped.name].fr
    texts = (info.summary.fr, info.title.fr, info.subject.fr, *(one.fr for one in info.groups), *described)
    assert [text for text in texts if re.search(r" [:;!?»%]|« ", text)] == []
    assert described == (info.summary.fr, info.title.fr)
    # Their answers in people's libraries stay theirs.
    plain = info.summary.model_copy(update={"fr": info.summary.fr.replace("\u00a0", " ")})
    assert model_fingerprint(info.model_copy(update={"summary": plain})) == model_fingerprint(info)


def test_it_is_small_enough_to_hand_on(shipped: Bundle) -> None:
    assert 1_000_000 < bytes_in(shipped.folder) <= MOST_BYTES_EACH


def test_all_models_together_are_small_enough() -> None:
    assert bytes_in(shipped_models_dir()) <= MOST_BYTES


def test_its_figures_are_measured_and_its_promise_is_kept(shipped: Bundle) -> None:
    sure, unseen = shipped.info.calibration.sure, shipped.info.metrics[0]
    assert sure.precision >= 0.95 and 0.3 <= sure.coverage < 1
    assert sure.cases == unseen.photographs == 250
    assert unseen.sure_right is not None and unseen.sure_right >= sure.precision
    assert unseen.ece < 0.1
    assert all(one.top1 > 0.7 and one.top3 > 0.9 for one in shipped.info.metrics)
    assert shipped.info.calibration.subject is not None


def test_its_card_is_the_one_of_its_figures(shipped: Bundle) -> None:
    """Whoever changes the card's words or the notes on what was tried makes the model anew."""
    card = (shipped.folder / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert card == model_card(shipped.info)


def test_it_finds_no_dog_in_a_grey_wall(shipped: Bundle) -> None:
    grain = np.random.default_rng(0).integers(120, 136, (300, 400, 3)).astype(np.uint8)
    prediction = Classifier(shipped, threads=1).predict(Photo(grain, 400, 300))
    assert prediction.probabilities.shape == (120,)
    assert prediction.probabilities.sum() == pytest.approx(1, abs=1e-4)
    rule = shipped.info.calibration.subject
    assert rule is not None and prediction.subject < rule.threshold

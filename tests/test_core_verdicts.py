"""What may be said of a prediction, and the words for it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.bundles import BundleInfo, Group, Label
from core.errors import PhotoError
from core.records import Prediction, Status, Verdict
from core.texts import set_language
from core.verdicts import decide, describe, frequency, named_candidates, unreadable
from tests.bundle_factory import tiny_info

NAMES = ("Beagle", "Harrier", "Basset", "Siberian husky", "Malamute", "Eskimo dog", "Pug", "Boxer")
BEAGLE, HARRIER, BASSET, HUSKY, MALAMUTE, ESKIMO, PUG, BOXER = range(8)


@pytest.fixture
def info() -> BundleInfo:
    """Sure from 0.8 on; candidates are named up to 0.8, three at most; subjects from 0.4 on."""
    labels = tuple(Label(id=f"id-{name}", en=name, fr=f"{name} (fr)") for name in NAMES)
    groups = (
        Group(en="a northern type", fr="un type nordique", labels=(HUSKY, MALAMUTE, ESKIMO, PUG)),
        Group(en="a husky type", fr="un type husky", labels=(HUSKY, MALAMUTE, ESKIMO)),
    )
    return tiny_info().model_copy(update={"labels": labels, "groups": groups})


def prediction(subject: float = 1.0, **shares: float) -> Prediction:
    """The given probabilities; what is missing to 1 is spread over the others."""
    values = np.zeros(len(NAMES), np.float32)
    places = [NAMES.index(name.replace("_", " ")) for name in shares]
    values[:] = (1 - sum(shares.values())) / max(1, len(NAMES) - len(shares))
    values[places] = list(shares.values())
    return Prediction(values, subject)


def calibrated(info: BundleInfo, part: str, **changes: object) -> BundleInfo:
    """The same model with another calibration."""
    calibration = info.calibration
    changed = getattr(calibration, part).model_copy(update=changes)
    return info.model_copy(update={"calibration": calibration.model_copy(update={part: changed})})


def headline(verdict: Verdict, info: BundleInfo) -> str:
    return describe(verdict, info).headline.replace("\u00a0", " ")


def test_one_likely_breed_is_sure(info: BundleInfo) -> None:
    verdict = decide(prediction(Beagle=0.92), info)
    assert (verdict.status, verdict.named, verdict.group) == (Status.SURE, 1, None)
    assert [one.label for one in named_candidates(verdict, info)] == [BEAGLE]
    assert headline(verdict, info) == "Beagle, 92 %"


def test_the_threshold_itself_is_sure(info: BundleInfo) -> None:
    found = Prediction(np.array([0.75, 0.25, 0, 0, 0, 0, 0, 0], np.float32), 1.0)
    info = calibrated(info, "sure", threshold=0.75)
    assert decide(found, info).status is Status.SURE
    assert decide(found, calibrated(info, "sure", threshold=0.7501)).status is Status.UNSURE


def test_two_that_are_likely_together_are_named(info: BundleInfo) -> None:
    verdict = decide(prediction(Beagle=0.5, Harrier=0.35), info)
    assert (verdict.status, verdict.named, verdict.group) == (Status.UNSURE, 2, None)
    answer = describe(verdict, info)
    assert answer.headline == "Not sure: Beagle or Harrier"
    assert "85\u00a0%" in answer.detail


def test_a_third_is_named_where_two_are_not_enough(info: BundleInfo) -> None:
    verdict = decide(prediction(Beagle=0.4, Harrier=0.3, Basset=0.2), info)
    assert verdict.named == 3
    assert headline(verdict, info) == "Not sure: Beagle, Harrier or Basset"


def test_one_candidate_alone_is_never_an_unsure_answer(info: BundleInfo) -> None:
    info = calibrated(info, "sure", threshold=0.95)
    assert decide(prediction(Beagle=0.9, Harrier=0.05), info).named == 2


def test_what_is_not_even_likely_together_is_said_so(info: BundleInfo) -> None:
    verdict = decide(prediction(Beagle=0.2, Harrier=0.18, Basset=0.15), info)
    assert verdict.named == 3
    detail = describe(verdict, info).detail
    assert "Only the likeliest: 53" in detail and "may well be another" in detail


def test_what_is_likely_but_not_enough_is_not_talked_down(info: BundleInfo) -> None:
    info = calibrated(info, "unsure", mass=0.9)
    said = describe(decide(prediction(Beagle=0.4, Harrier=0.25, Basset=0.15), info), info).detail
    assert said.replace("\u00a0", " ") == "Only the likeliest: 80 % that it is one of these."
    lower = describe(decide(prediction(Beagle=0.4, Harrier=0.2, Basset=0.09), info), info).detail
    assert "may well be another" in lower


@pytest.mark.parametrize("most", [2, 3])
def test_no_more_are_named_than_the_model_wants(info: BundleInfo, most: int) -> None:
    info = calibrated(info, "unsure", most=most)
    assert decide(prediction(Beagle=0.2, Harrier=0.18, Basset=0.15), info).named == most


def test_candidates_of_one_group_are_said_as_the_smallest_such_group(info: BundleInfo) -> None:
    verdict = decide(prediction(Malamute=0.45, Siberian_husky=0.4), info)
    assert (verdict.status, verdict.group, verdict.named) == (Status.UNSURE, 1, 2)
    assert headline(verdict, info) == "Not sure: a husky type (Malamute or Siberian husky)"


def test_candidates_of_a_group_that_are_not_likely_together_are_no_group(info: BundleInfo) -> None:
    verdict = decide(prediction(Malamute=0.2, Siberian_husky=0.19, Eskimo_dog=0.18), info)
    assert verdict.group is None


def test_a_group_that_would_be_sure_is_said_although_a_stranger_comes_second(info: BundleInfo) -> None:
    info = calibrated(info, "unsure", mass=0.9)
    verdict = decide(prediction(Malamute=0.48, Beagle=0.16, Siberian_husky=0.34), info)
    assert (verdict.group, verdict.named) == (1, 2)
    assert [one.label for one in verdict.candidates[:3]] == [MALAMUTE, HUSKY, BEAGLE]
    assert [one.label for one in named_candidates(verdict, info)] == [MALAMUTE, HUSKY]
    stranger = decide(prediction(Malamute=0.42, Beagle=0.2, Siberian_husky=0.19, Eskimo_dog=0.19), info)
    assert stranger.group == 1
    assert [one.label for one in named_candidates(stranger, info)] == [MALAMUTE, HUSKY, ESKIMO]
    assert "80\u00a0%" in describe(stranger, info).detail


def test_a_group_of_which_the_best_breed_is_no_part_is_not_said(info: BundleInfo) -> None:
    info = calibrated(calibrated(info, "sure", threshold=0.5), "unsure", mass=0.9)
    verdict = decide(prediction(Beagle=0.41, Malamute=0.26, Siberian_husky=0.25), info)
    assert verdict.group is None


def test_a_sure_breed_is_said_although_its_group_is_sure_too(info: BundleInfo) -> None:
    assert decide(prediction(Malamute=0.85, Siberian_husky=0.1), info).group is None


def test_below_the_subjects_threshold_nothing_is_named(info: BundleInfo) -> None:
    verdict = decide(prediction(subject=0.39, Beagle=0.99), info)
    assert (verdict.status, verdict.named) == (Status.NOT_A_DOG, 0)
    assert verdict.subject == pytest.approx(0.39)
    assert len(verdict.candidates) == 5
    assert decide(prediction(subject=0.4, Beagle=0.99), info).status is Status.SURE


def test_a_model_without_rejection_refuses_nothing(info: BundleInfo) -> None:
    calibration = info.calibration.model_copy(update={"subject": None})
    tolerant = info.model_copy(update={"calibration": calibration})
    assert decide(prediction(subject=0.0, Beagle=0.99), tolerant).status is Status.SURE


def test_no_subject_names_it_and_its_mistakes_are_rounded_up(info: BundleInfo) -> None:
    info = calibrated(info, "subject", wrongly_refused=0.011)
    answer = describe(decide(prediction(subject=0.1), info), info)
    assert answer.headline == "No colour found"
    assert "at most 2 in 100" in answer.detail


def test_an_unreadable_photograph_says_its_reason(info: BundleInfo) -> None:
    verdict = unreadable(str(PhotoError("The file is empty.")))
    assert verdict.status is Status.UNREADABLE
    assert describe(verdict, info).detail == "The file is empty."


def test_nothing_is_ever_certain(info: BundleInfo) -> None:
    verdict = decide(prediction(Beagle=1.0), info)
    assert verdict.candidates[0].probability < 1
    assert headline(verdict, info) == "Beagle, 99 %"


@pytest.mark.parametrize(("keep", "kept"), [(1, 5), (5, 5), (7, 7), (100, 8)])
def test_as_many_candidates_are_kept_as_wanted(info: BundleInfo, keep: int, kept: int) -> None:
    verdict = decide(prediction(Beagle=0.9), info, keep)
    assert len(verdict.candidates) == kept
    chances = [one.probability for one in verdict.candidates]
    assert chances == sorted(chances, reverse=True)


def test_a_model_with_two_labels_can_be_unsure(info: BundleInfo) -> None:
    small = info.model_copy(update={"labels": info.labels[:2], "groups": ()})
    verdict = decide(Prediction(np.array([0.6, 0.4], np.float32), 1.0), small)
    assert headline(verdict, small) == "Not sure: Beagle or Harrier"


# -- words --------------------------------------------------------------------------------------------------------


def test_the_promise_is_said_in_whole_numbers_with_what_it_was_measured_on(info: BundleInfo) -> None:
    detail = describe(decide(prediction(Beagle=0.92), info), info).detail
    assert "right 19 times in 20" in detail
    assert "200 photographs" in detail


def test_few_cases_promise_less_than_all_right(info: BundleInfo) -> None:
    info = calibrated(info, "sure", precision=1.0, cases=12)
    assert "right 92 times in 100" in describe(decide(prediction(Beagle=0.92), info), info).detail


def test_a_model_that_was_never_measured_promises_nothing(info: BundleInfo) -> None:
    info = calibrated(info, "sure", cases=0)
    assert "never measured" in describe(decide(prediction(Beagle=0.92), info), info).detail


def test_large_counts_have_their_thousands_apart(info: BundleInfo) -> None:
    info = calibrated(info, "sure", cases=12345)
    verdict = decide(prediction(Beagle=0.92), info)
    assert "12,345" in describe(verdict, info).detail
    set_language("fr")
    assert "12\u202f345" in describe(verdict, info).detail


def test_names_follow_the_language(info: BundleInfo) -> None:
    set_language("fr")
    assert "Beagle (fr)" in headline(decide(prediction(Beagle=0.92), info), info)
    grouped = headline(decide(prediction(Malamute=0.45, Siberian_husky=0.4), info), info)
    assert "un type husky" in grouped
    assert "Malamute (fr)" in grouped


@pytest.mark.parametrize(("noun", "shown"), [("chien", "de chien"), ("animal", "d’animal"), ("écureuil", "d’écureuil")])
def test_french_nouns_follow_de(info: BundleInfo, noun: str, shown: str) -> None:
    set_language("fr")
    info = info.model_copy(update={"subject": info.subject.model_copy(update={"fr": noun})})
    assert shown in headline(decide(prediction(subject=0.1), info), info)


@given(st.floats(0, 1))
def test_a_frequency_never_promises_more_than_was_measured(share: float) -> None:
    right, times = frequency(share)
    assert right / times <= share + 1e-9
    assert right / times > min(share, 0.999) - 0.0101
    assert right < times


@pytest.mark.parametrize(
    ("share", "said"),
    [(0.95, (19, 20)), (0.97, (97, 100)), (0.9, (9, 10)), (0.8, (4, 5)), (0.75, (3, 4)), (0.969, (96, 100))],
)
def test_frequencies_use_numbers_that_people_use(share: float, said: tuple[int, int]) -> None:
    assert frequency(share) == said

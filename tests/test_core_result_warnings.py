"""Warnings of a result: each code has a sentence, in the language of whoever reads it and not of whoever trained."""

from __future__ import annotations

import json
import string
from pathlib import Path

import pytest

from core.result_warnings import warning_sentences
from core.run_results import read_metrics
from core.texts import set_language
from core.train_records import ResultWarning, WarningCode
from tests.made_up_training import a_result

VALUES: dict[str, str | int | float] = {
    "count": 7, "before": 9, "seen": 3, "wanted": 0.95, "promise": 0.9, "low": 0.8, "high": 1.0, "names": "“moss”",
    "reason": "Gone.",
    "name_en": "Dogs", "name_fr": "Chiens", "subject_en": "dog", "subject_fr": "chien",
}  # fmt: skip


@pytest.mark.parametrize("code", WarningCode)
def test_each_has_a_sentence_in_both_languages(code: WarningCode) -> None:
    found = {}
    for language in ("en", "fr"):
        set_language(language)
        (found[language],) = warning_sentences([ResultWarning(code=code, values=VALUES)])
    set_language("en")
    assert found["en"] != found["fr"]
    for said in found.values():
        assert all(name is None for _, name, _, _ in string.Formatter().parse(said)) and said[-1] in ".)"
    (bare,) = warning_sentences([ResultWarning(code=code)])
    assert bare.strip()


def test_a_title_is_that_of_the_reader_s_language_and_one_is_not_many() -> None:
    values: dict[str, str | int | float] = {"count": 1, "low": 0.2, "high": 1.0, "name_en": "Dogs", "name_fr": "Chiens"}
    warnings = [ResultWarning(code=code, values=values) for code in (WarningCode.OTHER_KNOWS_NONE, WarningCode.FEW)]
    assert warning_sentences(warnings) == (
        "There is no comparison with “Dogs”: it knows none of these classes.",
        "Only one photograph: it may be right between 20\u00a0% and 100\u00a0% of the time.",
    )
    set_language("fr")
    assert "« Chiens »".replace(" ", "\u202f") in warning_sentences(warnings)[0].replace("\u00a0", "\u202f")


def test_sentences_of_earlier_versions_stay_what_they_were(tmp_path: Path) -> None:
    result = a_result(tmp_path, ["Beagle", "Pug"])
    written = json.loads(result.model_dump_json()) | {"warnings": ["Seulement 3 photos."]}
    del written["is_pretrained"]
    (tmp_path / "metrics.json").write_text(json.dumps(written))
    found = read_metrics(tmp_path)
    assert found is not None and warning_sentences(found.warnings) == ("Seulement 3 photos.",)
    new = result.model_copy(update={"warnings": (ResultWarning(code=WarningCode.FEW, values=VALUES), "Old.")})
    (tmp_path / "metrics.json").write_text(new.model_dump_json())
    assert read_metrics(tmp_path) == new

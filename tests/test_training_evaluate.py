"""Any model on a labelled folder: classes matched by every name they have, others left out, training remembered."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.bundles import Bundle, Label, load_bundle
from core.errors import UserError
from core.result_warnings import warning_sentences
from core.run_results import read_answers, read_metrics
from core.settings import load_settings, save_settings
from core.train_config import Source, SourceKind
from core.train_records import Result
from tests.test_training_finish import COLOURS, config_of, drafted, drawn_data, drawn_photo
from training.evaluate import evaluate, label_places
from training.finish import finish
from training.labels import label_of
from training.telling import Silent


def drawn_folder(folder: Path, names: tuple[str, ...], each: int = 4) -> Path:
    """A folder with a folder for each class; the class at place n shows colour n."""
    for place, name in enumerate(names):
        for number in range(each):
            drawn_photo(folder / name / f"{number}.jpg", COLOURS[place % 3], 100 * place + number)
    return folder


def judged(bundle: Bundle, folder: Path, report: Path | None = None) -> Result:
    return evaluate(bundle, Source(path=folder), report, Silent(), versus="")


def test_a_folder_is_judged_and_reported(tiny_bundle: Bundle, tmp_path: Path) -> None:
    folder = drawn_folder(tmp_path / "photos", ("colour-red", "green", "BLEU"))
    result = judged(tiny_bundle, folder, tmp_path / "report" / "new")
    assert result.on == "folder" and result.judgement.top1 == 1 and result.judgement.photographs == 12
    assert result.comparison is None and result.model == "colours"
    assert read_metrics(tmp_path / "report" / "new") == result
    assert len(read_answers(tmp_path / "report" / "new")) == 12
    assert "12 photographs whose classes are known" in (tmp_path / "report" / "new" / "report.html").read_text("utf-8")
    assert not (tmp_path / "report" / "new" / "model").exists()


def test_classes_that_the_model_does_not_know_are_left_out_and_named(tiny_bundle: Bundle, tmp_path: Path) -> None:
    folder = drawn_folder(tmp_path / "photos", ("red", "purple", "yellow"))
    result = judged(tiny_bundle, folder)
    assert result.judgement.photographs == 4
    said = next(text for text in warning_sentences(result.warnings) if "left out" in text)
    assert "“purple”, “yellow”" in said and ": 8 (" in said


def test_a_model_that_knows_none_of_them_says_so(tiny_bundle: Bundle, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="none of these classes: “purple”, “yellow”"):
        judged(tiny_bundle, drawn_folder(tmp_path / "photos", ("purple", "yellow")))


def test_photographs_of_the_training_are_counted(tmp_path: Path) -> None:
    draft = drafted(tmp_path / "drafts" / "mine")
    data = drawn_data(tmp_path / "photos", draft, each=3)
    run_dir = tmp_path / "run"
    run_dir.mkdir()
    finish(draft, data, config_of(tmp_path), run_dir, Silent())
    bundle = load_bundle(run_dir / "model" / "mine")
    there = judged(bundle, tmp_path / "photos" / "train")
    assert there.trained_on == 9
    assert warning_sentences(there.warnings)[0] == (
        "The model was trained on 9 of these 9 photographs: it looks better here than it is."
    )
    elsewhere = judged(bundle, tmp_path / "photos" / "test")
    assert elsewhere.trained_on == 0 and not any("trained" in text for text in warning_sentences(elsewhere.warnings))


def test_a_model_without_memory_says_that_nobody_knows(tiny_bundle: Bundle, tmp_path: Path) -> None:
    result = judged(tiny_bundle, drawn_folder(tmp_path / "photos", ("red", "green")))
    assert any("does not remember its training photographs" in text for text in warning_sentences(result.warnings))


def test_the_model_in_use_stands_beside_it_but_never_beside_itself(tmp_path: Path, isolated_home: Path) -> None:
    folder = drawn_folder(tmp_path / "photos", ("red", "green", "blue"))
    other = drafted(isolated_home / "models" / "turned", turned=1)
    mine = drafted(tmp_path / "mine")
    save_settings(load_settings().model_copy(update={"model": "turned"}))
    found = evaluate(mine, Source(path=folder), None, Silent()).comparison
    assert found is not None and (found.model, found.better, found.worse) == ("turned", 12, 0)
    assert evaluate(other, Source(path=folder), None, Silent()).comparison is None


def test_a_table_with_unreadable_pictures(tiny_bundle: Bundle, tmp_path: Path) -> None:
    drawn_folder(tmp_path, ("a", "b"), each=2)
    (tmp_path / "a" / "1.jpg").write_bytes(b"\xff\xd8\xff nothing")
    table = tmp_path / "labels.csv"
    table.write_text("file,colour\na/0.jpg,red\na/1.jpg,red\nb/0.jpg,Vert\nb/1.jpg,red\n", encoding="utf-8")
    source = Source(kind=SourceKind.TABLE, path=table, image_column="file", label_column="colour")
    result = evaluate(tiny_bundle, source, None, Silent(), versus="")
    assert result.judgement.photographs == 3 and result.judgement.top1 == pytest.approx(2 / 3)
    assert "Photographs that could not be read and are not judged: 1." in warning_sentences(result.warnings)


def test_pictures_without_a_subject_are_said(tiny_bundle: Bundle, tmp_path: Path) -> None:
    folder = drawn_folder(tmp_path / "photos", ("red", "green"))
    for number in range(3):
        drawn_photo(folder / "red" / f"grey{number}.jpg", (128, 128, 128), number)
    result = judged(tiny_bundle, folder)
    assert any(
        text.startswith("In 3 of these photographs it found no colour") for text in warning_sentences(result.warnings)
    )


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("c-1", 0),
        ("C-1", 0),
        ("golden retriever", 1),
        ("Golden_Retriever", 1),
        ("chien d’or", 1),
        ("other", -1),
        ("", -1),
    ],
)
def test_names_are_found_whatever_they_are_called(name: str, place: int) -> None:
    labels = [Label(id="c-1", en="Cat", fr="Chat"), Label(id="x", en="Golden retriever", fr="Chien d’or")]
    assert label_places([name], labels).tolist() == [place]


def test_a_shipped_breed_is_found_by_its_french_name_where_the_model_has_only_its_id() -> None:
    shepherd = label_of("Berger allemand")
    assert shepherd.en != "Berger allemand"
    labels = [Label(id="other", en="Other", fr="Autre"), Label(id=shepherd.id, en="GSD", fr="BA")]
    assert label_places(["Berger allemand", "nonsense"], labels).tolist() == [1, -1]

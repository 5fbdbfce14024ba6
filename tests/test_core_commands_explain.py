"""`main.py explain` with every method, as a user types it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core import commands_explain, gradient_server
from core.activation_sheet import Channel, Seen
from core.bundles import Bundle
from core.database import Database
from core.errors import UserError
from core.explain_methods import METHODS, MapRequest, Method
from core.explain_pictures import apart_contents, channels_contents, neurons_contents, where_it_looks
from core.folders import library_path, models_dir
from core.inference import Classifier
from core.knowledge import Knowledge, Result, Stamp
from core.network_layers import layers_of
from core.neuron_photographs import LEAST_OF_ALL, ClassNeurons, Neuron, class_neurons
from core.outlines import Doubt
from core.perturbations import Apart, Mask
from core.pictures import Drawing
from core.records import EvidenceMap, Photo, Pixels
from core.served import ServedModel
from core.texts import set_language
from core.verdicts import decide
from main import main
from tests.bundle_factory import make_bundle

Run = Callable[[str], tuple[int, str, str]]
RED = (255, 0, 0)


@pytest.fixture
def colours() -> Bundle:
    """The default model's place is taken by one that knows three colours."""
    return make_bundle(models_dir() / "dogs")


@pytest.fixture
def run(colours: Bundle, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Explain a photograph with a red corner: status, stdout, stderr."""
    pixels = np.full((128, 160, 3), 90, np.uint8)
    pixels[:80, :80] = RED
    Image.fromarray(pixels).save(tmp_path / "photo.png")

    def typed(more: str) -> tuple[int, str, str]:
        words = ["explain", str(tmp_path / "photo.png"), "--out", str(tmp_path / "why.png"), *more.split()]
        status = main(words)
        return (status, *capsys.readouterr())

    return typed


class CornerOutliner:
    """Finds the left upper corner."""

    def outline(self, photo: Photo) -> Mask:
        height, width = photo.pixels.shape[:2]
        mask = np.zeros((height, width), np.bool_)
        mask[: height * 3 // 4, : width * 3 // 5] = True
        return mask


def drawn(tmp_path: Path) -> Pixels:
    with Image.open(tmp_path / "why.png") as picture:
        return np.asarray(picture.convert("RGB"), np.uint8)


@pytest.mark.parametrize("method", ["gradcam", "hirescam", "layercam", "averaged", "occlusion"])
def test_every_map_colours_the_planted_corner(run: Run, tmp_path: Path, method: str) -> None:
    status, out, err = run(f"--method {method} --opacity 1 --palette viridis")
    assert (status, err) == (0, "") and "What speaks for red" in out
    picture = drawn(tmp_path)
    left = (picture.shape[1] - 160) // 2
    changed = np.abs(picture[:128, left : left + 160].astype(int) - np.array(Image.open(tmp_path / "photo.png")))
    assert changed[10:60, 10:60].mean() > 40 and changed[100:, 120:].mean() < 8


def test_the_curves_are_measured_and_drawn(run: Run, tmp_path: Path) -> None:
    run("")
    without = drawn(tmp_path).shape[0]
    status, out, _ = run("--faithful")
    assert status == 0 and "Faithfulness: deletion 0." in out
    assert drawn(tmp_path).shape[0] > without + 200


def test_shap_shows_the_likeliest_classes(run: Run, tmp_path: Path) -> None:
    status, out, _ = run("--method shap --classes 2 --answers 40")
    assert status == 0 and "by 40 answers" in out
    assert out.count("without any part") == 2
    assert drawn(tmp_path).shape[1] > 3 * 160


def test_activations_are_shown_as_a_sheet(run: Run, tmp_path: Path) -> None:
    status, out, _ = run("--method activations")
    assert status == 0 and "cells/map sees (4 x 4 cells, 4 channels)" in out
    assert drawn(tmp_path).shape[1] > 4 * 200


def test_subject_and_background_are_told_apart(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands_explain, "Outliner", CornerOutliner)
    status, out, _ = run("--method mask")
    assert status == 0 and "It looks at the colour." in out
    assert "Only the background: " in out and drawn(tmp_path).shape[1] > 600


def test_what_it_looks_at_in_words() -> None:
    said = [where_it_looks(Apart(0.9, *parts), "dog") for parts in ((0.8, 0.1), (0.1, 0.8), (0.2, 0.1), (0.8, 0.7))]
    assert said == [
        "It looks at the dog.",
        "It looks at the background, or at a part of the dog that the outline missed.",
        "It needs both: neither the dog nor the background alone gives this answer.",
        "Both alone give this answer: the dog, and the background or what the outline missed of the dog.",
    ]
    assert "hardly gives this answer (4" in where_it_looks(Apart(0.04, 0.03, 0.01), "dog")


def test_nothing_is_claimed_with_an_outline_in_doubt() -> None:
    for doubt in (Doubt.TINY, Doubt.HUGE):
        for parts in ((0.8, 0.1), (0.1, 0.8)):
            assert where_it_looks(Apart(0.9, *parts), "dog", doubt).startswith("The outline is probably wrong")
    assert where_it_looks(Apart(0.9, 0.8, 0.1), "dog", Doubt.PARTS) == "It looks at the dog."


@pytest.mark.parametrize(
    ("top", "left", "others", "said"),
    [
        (60, 60, False, "is only as good as"),
        (12, 12, False, "covers only 1"),
        (126, 158, False, "nothing stands out clearly"),
        (60, 60, True, "is in separate parts"),
    ],
)
def test_the_sheet_says_what_may_be_wrong_with_an_outline(
    colours: Bundle, top: int, left: int, others: bool, said: str
) -> None:
    pixels, mask = np.full((128, 160, 3), 90, np.uint8), np.zeros((128, 160), np.bool_)
    mask[:top, :left] = True
    mask[90:120, 100:150] |= others
    found = apart_contents(pixels, mask, Apart(0.9, 0.8, 0.1), 0, colours.info)
    assert said in found.notes[-1] and [len(row.tiles) for row in found.rows] == [3]
    assert (found.said == "It looks at the colour.") is (said[-2:] in ("as", "ts"))


def test_french_sheets_have_french_numbers(colours: Bundle) -> None:
    set_language("fr")
    lines = apart_contents(
        np.full((40, 40, 3), 90, np.uint8), np.eye(40) > 0, Apart(0.9, 0.8, 0.1), 0, colours.info
    ).lines
    assert "La photo\u202f: 90\u202f%" in lines
    seen = Seen(layers_of(colours)[0], (Channel(3, 0.25, np.ones((4, 4), np.float32)),))
    contents = channels_contents(np.zeros((40, 40, 3), np.uint8), seen, Drawing("blue-orange", 0.5), 4)
    assert contents.rows[0].tiles[0].words.endswith("0,25")
    assert contents.drawing is not None and contents.drawing.palette != "blue-orange", "a channel has no two sides"
    neuron = Neuron("Cells", 7, 0.0051, 0.0004, (), 0.97)
    (row,) = neurons_contents(ClassNeurons(0, (neuron,), 0.7, 0.1, 9, 30), colours.info).rows
    assert "+0,51 ± 0,04" in row.title and "97\u202f%" in row.title


def keep(bundle: Bundle, tmp_path: Path, count: int) -> None:
    """Photographs of all colours in the library, more or less strong, with thumbnails."""
    classifier = Classifier(bundle)
    knowledge = Knowledge(Database(library_path()), bundle)
    for number in range(count):
        pixels = np.full((40, 40, 3), 40, np.uint8)
        pixels[:, :, number % 3] = 150 + 100 * number // max(1, count)
        prediction = classifier.predict(Photo(pixels, 40, 40))
        assert prediction.features is not None
        path = tmp_path / f"{number}.jpg"
        Image.fromarray(pixels).save(path)
        knowledge.keep([
            Result(
                number, path, "", decide(prediction, bundle.info), content=f"{number:064}", stamp=Stamp(1, number),
                prediction=prediction, judged=True, vector=prediction.features.embedding, thumbnail=path.read_bytes(),
            )
        ])  # fmt: skip


def test_neurons_need_a_library(run: Run, colours: Bundle, tmp_path: Path) -> None:
    status, _, err = run("--method neurons")
    assert status == 1 and f"at least {LEAST_OF_ALL}" in err
    keep(colours, tmp_path, 30)
    status, out, _ = run("--method neurons")
    assert status == 0 and "Cells, channel 0: +" in out and "than" in out
    assert drawn(tmp_path).shape[0] > 400


def test_the_channel_of_the_colour_carries_it(colours: Bundle, tmp_path: Path) -> None:
    keep(colours, tmp_path, 30)
    found = class_neurons(Database(library_path()), colours, 1)
    strongest = found.neurons[0]
    assert (strongest.channel, strongest.rank, found.of_class, found.of_all) == (1, None, 10, 30)
    assert strongest.value > 2 * max(neuron.value for neuron in found.neurons[1:])
    assert len(strongest.thumbnails) == 5
    greens = [np.asarray(Image.open(tmp_path / f"{number}.jpg"))[0, 0, 1] for number in range(1, 30, 3)]
    assert strongest.thumbnails[0] == (tmp_path / f"{1 + 3 * int(np.argmax(greens))}.jpg").read_bytes()


def test_inner_layers_are_asked_of_keras(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[MapRequest] = []

    class Server(gradient_server.GradientServer):
        def evidence(self, photo: Photo, request: MapRequest) -> EvidenceMap:
            asked.append(request)
            return EvidenceMap(np.ones(request.size, np.float32), True)

    monkeypatch.setattr(commands_explain, "GradientServer", Server)
    monkeypatch.setattr(gradient_server, "has_training_parts", lambda: True)
    assert run("--method fused")[0] == run("--method layercam --layer cells/map --versus green")[0] == 0
    assert [(one.method, one.layer, one.versus) for one in asked] == [
        (Method.FUSED, "all", None),
        (Method.LAYERCAM, "cells/map", 1),
    ]


def test_without_the_parts_for_training_it_is_said(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(gradient_server, "has_training_parts", lambda: False)
    status, _, err = run("--method fused")
    assert status == 1 and "Without them work: gradcam" in err and "fused" not in err.partition("Without")[2]
    assert not (tmp_path / "why.png").exists()
    with pytest.raises(UserError):
        gradient_server.check_training_parts()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("--method shap --versus green", "compares no two"),
        ("--method occlusion --layer last", "has no layers"),
        ("--method mask --faithful", "makes no map"),
        ("--method magic", "magic"),
        ("--method shap --classes 0", "0"),
        ("--method shap --answers 3", "from 20 to"),
    ],
)
def test_what_does_not_fit_together_is_refused(run: Run, tmp_path: Path, more: str, said: str) -> None:
    status, out, err = run(more)
    assert (status, out) == (2, "") and said in err
    assert not (tmp_path / "why.png").exists()


def test_layers_are_listed_without_a_photograph(colours: Bundle, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "--layers"]) == 0
    assert capsys.readouterr().out.splitlines()[0].split() == ["cells/map", "4", "x", "4", "x", "4", "map", "*"]
    assert main(["explain"]) == 2


def test_every_method_has_its_texts() -> None:
    assert set(METHODS) == set(Method)
    assert all(entry.title() and entry.says().endswith((".", "?")) for entry in METHODS.values())


def test_a_search_for_neurons_that_nobody_waits_for_ends(colours: Bundle, tmp_path: Path) -> None:
    keep(colours, tmp_path, 30)
    served = ServedModel(Classifier(colours))
    assert served.neurons(library_path(), 1, None).label == 1
    assert served.neurons_progress()[0] == served.neurons_progress()[1] > 0
    told = served._neurons_teller()
    served.stop_neurons()
    with pytest.raises(UserError, match="Stopped"):
        told(1, 30)

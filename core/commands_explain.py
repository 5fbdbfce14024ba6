"""The command explain: a picture of why, made by any of the methods."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.bundles import Bundle, BundleInfo
from core.errors import UsageError, UserError
from core.explain_methods import LAST, METHODS, Method, Shown
from core.explaining import Explainer
from core.gradient_server import GradientServer, check_training_parts
from core.heatmaps import DIVERGING, PALETTES
from core.inference import Classifier
from core.machine import native_silence
from core.models import find_model, model_or_file
from core.name_search import best_matches, folded
from core.outlines import Outliner
from core.photos import open_photo
from core.pictures import Drawing, is_own_picture, save_image, save_picture
from core.records import EvidenceMap, Photo
from core.settings import Settings, load_settings
from core.shap_partition import MOST_ASKED
from core.texts import label_name, tr, written
from core.verdicts import decide, describe

if TYPE_CHECKING:
    from PIL import Image

    from core.explain_pictures import Explained

_SUGGESTED = 5
# Maps that show only what speaks for the first of two labels.
_ONLY_FOR = (Method.FUSED, Method.LAYERCAM)


@dataclass(frozen=True)
class Explanation:
    """What was asked for; None is the likeliest breed, the model in use, the usual layer, the colours of the settings.

    `is_measured` also asks how faithful the map is; `classes` and `answers` are SHAP's.
    """

    photo: Path | None
    out: Path | None
    label: str | None = None
    versus: str | None = None
    model: str | None = None
    palette: str | None = None
    opacity: float | None = None
    outline: bool = False
    method: Method = Method.GRADCAM
    layer: str | None = None
    is_measured: bool = False
    classes: int = 3
    answers: int | None = None


@dataclass(frozen=True, eq=False)
class _Asked:
    """One photograph and what is explained of it."""

    wanted: Explanation
    out: Path
    explainer: Explainer
    label: int
    versus: int | None
    drawing: Drawing
    said: tuple[str, str]
    likeliest: tuple[int, ...]

    @property
    def bundle(self) -> Bundle:
        return self.explainer.bundle

    @property
    def photo(self) -> Photo:
        return self.explainer.photo


def explain(wanted: Explanation) -> Iterator[str]:
    """Write the picture; the answer in words, line by line. Raises UsageError, PhotoError and other UserErrors."""
    path, out = _checked(wanted)
    bundle = model_or_file(wanted.model) if wanted.model is not None else find_model()
    info = bundle.info
    versus = None if wanted.versus is None else _label_called(wanted.versus, info)
    label = None if wanted.label is None else _label_called(wanted.label, info)
    if versus is not None and versus == label:
        raise UsageError(tr("A breed can only be compared with another one."))
    photo = open_photo(path)
    with native_silence():
        classifier = Classifier(bundle)
        prediction = classifier.predict(photo)
    verdict = decide(prediction, info)
    if label is None:
        label = next(one.label for one in verdict.candidates if one.label != versus)
    answer, drawing = describe(verdict, info), _drawing(wanted, info, label, versus)
    likeliest = tuple(int(place) for place in (-prediction.probabilities).argsort()[: wanted.classes])
    with closing(GradientServer(bundle)) as gradients:
        explainer = Explainer(bundle, classifier.predict, photo, gradients)
        asked = _Asked(
            wanted, out, explainer, label, versus, drawing, (answer.headline, answer.detail), likeliest
        )  # fmt: skip
        yield from asked.said
        yield from _map_lines(asked) if METHODS[wanted.method].shown is Shown.MAP else _sheet_lines(asked)


def layer_lines(model: str | None) -> Iterator[str]:
    """The layers of a model's networks, one a line: name, rows x columns x channels, what it is."""
    from core.network_layers import layers_of

    bundle = model_or_file(model) if model is not None else find_model()
    layers = layers_of(bundle)
    wide = max(len(layer.full_name) for layer in layers)
    for layer in layers:
        shape = f"{layer.rows} x {layer.columns} x {layer.channels}"
        yield f"{layer.full_name:{wide}}  {shape:18}  {layer.kind.value}{' *' if layer.is_stage else ''}"
    yield tr(
        "* these are fused in --method fused. With several networks, the name alone is enough where it is the only one."
    )


def _map_lines(asked: _Asked) -> Iterator[str]:
    """One map over the photograph."""
    wanted, explainer = asked.wanted, asked.explainer
    entry = METHODS[wanted.method]
    if entry.needs_training(wanted.layer or LAST):
        check_training_parts()
        _say(tr("The parts for training are being loaded..."))
    with _progress(entry.title()) as told:
        evidence = explainer.map(wanted.method, asked.label, asked.versus, wanted.layer, told)
    shown = _shown(asked.bundle.info, asked.label, asked.versus)
    if wanted.method is not Method.GRADCAM or wanted.layer:
        shown += f" · {entry.title()}" + (f" · {wanted.layer}" if wanted.layer else "")
    outline = Outliner().outline(asked.photo) if wanted.outline else None
    below, measured = _measured(asked, evidence) if wanted.is_measured else (None, ())
    headline, detail = asked.said
    captions = [f"{headline}. {detail}", shown]
    save_picture(asked.out, asked.photo, evidence, asked.drawing, captions, outline, below)
    yield shown
    if not evidence.positive:
        yield tr("Nothing in this photograph speaks for it.")
    yield from measured


def _measured(asked: _Asked, evidence: EvidenceMap) -> tuple[Image.Image, tuple[str, ...]]:
    """The curves of the map's faithfulness, and their areas in words."""
    from core.picture_sheet import curves

    with _progress(tr("How faithful it is")) as told:
        found = asked.explainer.faithfulness(evidence, asked.label, told)
    said = tr("Faithfulness: deletion {deletion} (small is good), insertion {insertion} (large is good).")
    line = said.format(deletion=written(f"{found.deletion_area:.3f}"), insertion=written(f"{found.insertion_area:.3f}"))
    return curves(found), (line,)


def _sheet_lines(asked: _Asked) -> Iterator[str]:
    """Several pictures on a sheet."""
    from core import explain_pictures as sheets

    wanted, explainer, info = asked.wanted, asked.explainer, asked.bundle.info
    with _progress(METHODS[wanted.method].title()) as told:
        if wanted.method is Method.SHAP:
            labels = asked.likeliest if wanted.label is None else (asked.label,)
            shares = explainer.shapley(labels, wanted.answers or MOST_ASKED, told)
            made = sheets.shap_sheet(asked.photo, shares, labels, info, asked.drawing.opacity)
        elif wanted.method is Method.MASK:
            mask = Outliner().outline(asked.photo)
            made = sheets.apart_sheet(asked.photo, mask, explainer.apart(mask, asked.label, told), asked.label, info)
        elif wanted.method is Method.ACTIVATIONS:
            from core.activation_sheet import ActivationReader

            with native_silence():
                seen = ActivationReader(asked.bundle).strongest(asked.photo, wanted.layer or LAST)
            made = sheets.activation_sheet(asked.photo, seen, asked.drawing)
        else:
            made = _neurons(asked, told)
    save_image(asked.out, asked.photo, lambda: made.picture)
    yield from made.lines


def _neurons(asked: _Asked, told: Callable[[int, int], None]) -> Explained:
    from core.database import Database
    from core.explain_pictures import neuron_sheet
    from core.folders import library_path
    from core.neuron_photographs import class_neurons

    features = asked.explainer.predict(asked.photo).features
    assert features is not None, "Classifier.predict keeps them"
    with closing(Database(library_path())) as database:
        found = class_neurons(database, asked.bundle, asked.label, features.embedding, told)
    return neuron_sheet(found, asked.bundle.info)


@contextmanager
def _progress(title: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on stderr where somebody looks, from the first answer on."""
    from tqdm import tqdm

    bar = tqdm(desc=title, file=sys.stderr, disable=not sys.stderr.isatty(), leave=False, delay=1)

    def told(done: int, total: int) -> None:
        bar.total = total
        bar.update(done - bar.n)

    try:
        yield told
    finally:
        bar.close()


def _say(sentence: str) -> None:
    if sys.stderr.isatty():
        print(sentence, file=sys.stderr)


def _shown(info: BundleInfo, label: int, versus: int | None) -> str:
    breed = label_name(info.labels[label])
    if versus is None:
        return tr("What speaks for {breed}").format(breed=breed)
    return tr("Why {breed} and not {other}").format(breed=breed, other=label_name(info.labels[versus]))


def _drawing(wanted: Explanation, info: BundleInfo, label: int, versus: int | None) -> Drawing:
    """Colours as asked for, else as in the window; what the two ends mean where both sides can be seen."""
    settings = load_settings()
    is_two_sided = versus is not None and wanted.method not in _ONLY_FOR
    known = settings.palette if settings.palette in PALETTES else Settings().palette
    palette = wanted.palette or (min(DIVERGING) if is_two_sided else known)
    opacity = settings.heatmap_opacity if wanted.opacity is None else wanted.opacity
    if not is_two_sided or versus is None or palette not in DIVERGING:
        return Drawing(palette, opacity)
    names = (label_name(info.labels[place]) for place in (versus, label))
    against, favour = (tr("for {breed}").format(breed=name) for name in names)
    return Drawing(palette, opacity, ends=(against, favour))


def _label_called(text: str, info: BundleInfo) -> int:
    """The label that is meant: its id or its name in either language, or enough of one to be the only one."""
    named = [(number, (label.en, label.fr, label.id)) for number, label in enumerate(info.labels)]
    for number, names in named:
        if folded(text) in map(folded, names):
            return number
    close = best_matches(text, named) if folded(text) else []
    if len(close) == 1:
        return close[0]
    if not close:
        said = tr("The model knows no breed “{name}”. All it knows: {command}")
        raise UsageError(said.format(name=text, command=f"main.py models show {info.name}"))
    meant = ", ".join(label_name(info.labels[number]) for number in close[:_SUGGESTED])
    raise UsageError(tr("“{name}” may mean several breeds: {names}.").format(name=text, names=meant))


def _checked(wanted: Explanation) -> tuple[Path, Path]:
    """The photograph and the file to write. Refuses what does not fit together, and to replace a photograph."""
    entry = METHODS[wanted.method]
    if wanted.photo is None or wanted.out is None:
        raise UsageError(tr("Name a photograph, and with --out the picture to write."))
    if wanted.palette is not None and wanted.palette not in PALETTES:
        said = tr("There is no palette “{name}”. There are: {names}.")
        raise UsageError(said.format(name=wanted.palette, names=", ".join(PALETTES)))
    if wanted.layer is not None and not entry.has_layers:
        raise UsageError(tr("The method {method} has no layers to choose from.").format(method=entry.method.value))
    if wanted.versus is not None and not entry.has_contrast:
        raise UsageError(tr("The method {method} compares no two breeds.").format(method=entry.method.value))
    if wanted.is_measured and entry.shown is not Shown.MAP:
        raise UsageError(
            tr("The method {method} makes no map that could be measured.").format(method=entry.method.value)
        )
    if wanted.out.exists() and not is_own_picture(wanted.out):
        raise UsageError(tr("There is a file {name} already. Choose another name.").format(name=wanted.out))
    if not wanted.out.parent.is_dir():
        raise UserError(tr("There is no folder {folder} to write to.").format(folder=wanted.out.parent))
    return wanted.photo, wanted.out

"""The command explain: a picture of where in a photograph the evidence for a breed lies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core.bundles import Bundle, BundleInfo
from core.errors import UsageError, UserError
from core.heatmaps import DIVERGING, PALETTES, class_evidence, contrast_evidence, map_size
from core.inference import Classifier
from core.machine import native_silence
from core.models import find_model, model_or_file
from core.name_search import best_matches, folded
from core.outlines import Outliner
from core.photos import open_photo
from core.pictures import Drawing, is_own_picture, save_picture
from core.records import EvidenceMap, Prediction
from core.settings import Settings, load_settings
from core.texts import label_name, tr
from core.verdicts import decide, describe

_SUGGESTED = 5


@dataclass(frozen=True)
class Explanation:
    """What was asked for; None is the likeliest breed, the model in use, and the colours of the settings."""

    photo: Path
    out: Path
    label: str | None = None
    versus: str | None = None
    model: str | None = None
    palette: str | None = None
    opacity: float | None = None
    outline: bool = False


def explain(wanted: Explanation) -> Iterator[str]:
    """Write the picture; the answer in words, line by line. Raises UsageError, PhotoError and other UserErrors."""
    _check_destination(wanted.out)
    drawing = _drawing(wanted)
    bundle = model_or_file(wanted.model) if wanted.model is not None else find_model()
    info = bundle.info
    versus = None if wanted.versus is None else _label_called(wanted.versus, info)
    label = None if wanted.label is None else _label_called(wanted.label, info)
    photo = open_photo(wanted.photo)
    with native_silence():
        prediction = Classifier(bundle).predict(photo)
    verdict = decide(prediction, info)
    if label is None:
        label = next(one.label for one in verdict.candidates if one.label != versus)
    evidence = _evidence(prediction, bundle, label, versus, map_size(photo.width, photo.height))
    answer, shown = describe(verdict, info), _shown(info, label, versus)
    outline = Outliner().outline(photo) if wanted.outline else None
    save_picture(wanted.out, photo, evidence, drawing, [f"{answer.headline}. {answer.detail}", shown], outline)
    yield from (answer.headline, answer.detail, shown)
    if not evidence.positive:
        yield tr("Nothing in this photograph speaks for it.")


def _evidence(
    prediction: Prediction, bundle: Bundle, label: int, versus: int | None, size: tuple[int, int]
) -> EvidenceMap:
    assert prediction.features is not None, "Classifier.predict keeps them"
    if versus is None:
        return class_evidence(prediction.features, bundle.kernel, label, size)
    if versus == label:
        raise UsageError(tr("A breed can only be compared with another one."))
    return contrast_evidence(prediction.features, bundle.kernel, label, versus, size)


def _shown(info: BundleInfo, label: int, versus: int | None) -> str:
    breed = label_name(info.labels[label])
    if versus is None:
        return tr("What speaks for {breed}").format(breed=breed)
    return tr("Why {breed} and not {other}").format(breed=breed, other=label_name(info.labels[versus]))


def _drawing(wanted: Explanation) -> Drawing:
    """Colours as asked for, else as in the window."""
    settings = load_settings()
    known = settings.palette if settings.palette in PALETTES else Settings().palette
    palette = wanted.palette or (min(DIVERGING) if wanted.versus else known)
    if palette not in PALETTES:
        said = tr("There is no palette “{name}”. There are: {names}.")
        raise UsageError(said.format(name=palette, names=", ".join(PALETTES)))
    opacity = settings.heatmap_opacity if wanted.opacity is None else wanted.opacity
    return Drawing(palette, opacity)


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


def _check_destination(out: Path) -> None:
    """Refuse to replace what may be somebody's photograph."""
    if out.exists() and not is_own_picture(out):
        raise UsageError(tr("There is a file {name} already. Choose another name.").format(name=out))
    if not out.parent.is_dir():
        raise UserError(tr("There is no folder {folder} to write to.").format(folder=out.parent))

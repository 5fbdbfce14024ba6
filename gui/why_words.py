"""What the window "Why?" says in sentences, in the present language."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import UserError
from core.explain_methods import LAST, METHODS, Method
from core.texts import label_name, percent, tr
from core.this_program import missing_parts_remedy
from gui.answer_texts import breed_of, caption_lines, file_name_of, heatmap_title
from gui.engine import Layers, Seen

if TYPE_CHECKING:
    from core.bundles import BundleInfo
    from core.perturbations import Faithfulness
    from gui.why_engine import Asked, Found

log = logging.getLogger(__name__)


def title_of(seen: Seen, asked: Asked, is_positive: bool) -> str:
    """What a map shows, in words."""
    assert asked.label is not None
    title = heatmap_title(seen.info, asked.label, asked.versus, is_positive)
    if asked.layer == LAST:
        return title
    return tr("{title} - at the layer {layer}").format(title=title, layer=asked.layer.split("/")[-1])


def faith_sentence(faith: Faithfulness, info: BundleInfo, label: int) -> str:
    """In a sentence, what both curves say."""
    said = tr(
        "Without the fifth of the picture that the map marks most, the probability of {breed} goes from {whole} to "
        "{without}; with this fifth alone it is {alone}."
    )
    fifth = (len(faith.deletion) - 1) // 5
    numbers = percent(float(faith.deletion[0])), percent(float(faith.deletion[fifth]))
    return said.format(
        breed=breed_of(info, label), whole=numbers[0], without=numbers[1], alone=percent(float(faith.insertion[fifth]))
    )


def subject_of(info: BundleInfo) -> str:
    """What the model knows, in the present language."""
    return label_name(info.subject)


def captions(seen: Seen, found: Found) -> list[str]:
    """What a saved map says of itself."""
    assert found.evidence is not None
    answer, model = caption_lines(seen, Layers(None, None, "", 0.0, None, (1, 1)))
    entry = METHODS[found.asked.method]
    return [answer, f"{title_of(seen, found.asked, found.evidence.positive)}. {entry.title()}: {entry.says()}", model]


def name_for_picture(photo: str, seen: Seen, found: Found) -> str:
    """What a saved picture of this photograph may be called."""
    words = [Path(photo).stem, METHODS[found.asked.method].title()]
    if found.asked.label is not None:
        words.append(breed_of(seen.info, found.asked.label))
    return file_name_of(" - ".join(words)) + ".png"


def doing(asked: Asked) -> str:
    """What is going on, in words."""
    if METHODS[asked.method].needs_training(asked.layer):
        return tr("Going back through the networks… The first time takes longer.")
    known = {
        Method.OCCLUSION: tr("Covering one part after the other…"),
        Method.SHAP: tr("Painting over one part after the other…"),
        Method.AVERAGED: tr("Moving the picture a little…"),
        Method.MASK: tr("Cutting the subject out…"),
        Method.ACTIVATIONS: tr("Looking into the network…"),
        Method.NEURONS: tr("Comparing with the photographs of the library…"),
    }
    return known.get(asked.method, tr("Looking…"))


def missing() -> str:
    return missing_parts_remedy() or tr(
        "Needs the parts for training, which are not installed. In the program's folder: {command}"
    ).format(command='pip install -e ".[train]"')


def said_of(error: Exception) -> str:
    if isinstance(error, UserError):
        return str(error)
    log.error("an explanation failed", exc_info=error)
    return tr("Something went wrong with this explanation. The details are in the log (Help menu).")

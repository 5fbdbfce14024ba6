"""The answer in words: for the screen, for the clipboard, for the lines under a saved picture."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from core.texts import label_name, percent, tr

if TYPE_CHECKING:
    from core.bundles import BundleInfo
    from core.records import Correction
    from gui.engine import Layers, Seen


def breed_of(info: BundleInfo, label: int) -> str:
    """The name of a breed in the present language."""
    return label_name(info.labels[label])


def model_line(info: BundleInfo) -> str:
    """The model and how well it was measured to be, in one line."""
    name = f"{label_name(info.title)} {info.version}"
    if not info.metrics:
        return tr("Model: {name} (never measured)").format(name=name)
    measured = info.metrics[0]
    said = tr("Model: {name}, {percent} right on {count} {photographs}")
    return said.format(
        name=name,
        percent=percent(measured.top1),
        count=measured.photographs,
        photographs=label_name(measured.on),
    )


def corrected_breed(correction: Correction, info: BundleInfo | None) -> str:
    """What the volunteer said, in the present language where the model knows the breed."""
    from core.records import Kind

    if correction.kind is Kind.MIXED:
        return tr("Mixed breed")
    if correction.kind is Kind.UNKNOWN:
        return tr("Unknown breed")
    if correction.kind is Kind.NOT_A_DOG:
        return tr("Not a dog")
    names = [_named(correction.label, correction.name, info)]
    if correction.kind is Kind.CROSS:
        names.append(_named(correction.second, correction.second_name, info))
    return " × ".join(names)


def _named(label_id: str, otherwise: str, info: BundleInfo | None) -> str:
    """A breed in the present language where the model knows it, else as it was written down."""
    found = (label for label in (info.labels if info and label_id else ()) if label.id == label_id)
    return next((label_name(label) for label in found), otherwise)


def correction_line(correction: Correction, info: BundleInfo | None) -> str:
    """The volunteer's word, as a line of its own."""
    return tr("Corrected: {breed}").format(breed=corrected_breed(correction, info))


def correction_detail(correction: Correction, info: BundleInfo | None) -> str:
    """Who said so, when, and what the model had said."""
    day = correction.at.astimezone().strftime("%Y-%m-%d") if correction.at else ""
    signed = ", ".join(part for part in (correction.who, day) if part)
    for label in info.labels if info else ():
        if label.id == correction.predicted:
            said = tr("{signed}; the model had said {breed}, {percent}")
            return said.format(signed=signed, breed=label_name(label), percent=percent(correction.probability))
    return signed


def heatmap_title(info: BundleInfo, label: int, versus: int | None, positive: bool) -> str:
    """What the heatmap shows, or that there is nothing to show."""
    breed = breed_of(info, label)
    if versus is not None:
        said = tr("Why {breed} and not {other}") if positive else tr("Nothing speaks for {breed} rather than {other}")
        return said.format(breed=breed, other=breed_of(info, versus))
    said = tr("What speaks for {breed}") if positive else tr("Nothing in the picture speaks for {breed}")
    return said.format(breed=breed)


def answer_text(name: str, correction: Correction | None, seen: Seen) -> str:
    """The whole answer as plain text, to be pasted somewhere else."""
    from core.verdicts import describe

    answer = describe(seen.verdict, seen.info)
    lines = [name, answer.headline, answer.detail, ""]
    lines += [f"{breed_of(seen.info, one.label)}: {percent(one.probability)}" for one in seen.verdict.candidates]
    if correction:
        lines += ["", correction_line(correction, seen.info)]
    return "\n".join([*lines, "", model_line(seen.info)])


def caption_lines(seen: Seen, layers: Layers) -> list[str]:
    """What a saved picture says of itself."""
    from core.verdicts import describe

    answer = describe(seen.verdict, seen.info)
    lines = [f"{answer.headline}. {answer.detail}"]
    if layers.label is not None:
        lines.append(heatmap_title(seen.info, layers.label, layers.versus, positive=True))
    return [*lines, model_line(seen.info)]


def file_name_of(text: str) -> str:
    r"""A text without what file names may not have on any system, nor anything that is not seen.

    >>> file_name_of('Rex: "the 1st" / Berger'), file_name_of("Rex\n2\x7f\udce9")
    ('Rex the 1st Berger', 'Rex 2')
    """
    seen = "".join(letter if letter.isprintable() and letter != "\ufffd" else " " for letter in text)
    return " ".join(re.sub(r'[<>:"/\\|?*]', " ", seen).split())[:120]

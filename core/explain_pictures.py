"""Explanations as sheets: SHAP of the likeliest classes, subject and background apart, channels, neurons.

What stands on a sheet is put together here, for the window and for files alike; a file's is also drawn here.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from PIL import Image

from core.activation_sheet import Seen
from core.bundles import BundleInfo
from core.explaining import fitted, odds_as_probability
from core.heatmaps import DIVERGING, PALETTES, overlay
from core.neuron_photographs import ClassNeurons, Neuron
from core.outlines import Doubt, Mask, doubt_about
from core.perturbations import NEUTRAL, Apart, RestsOn
from core.picture_sheet import TILE_PX, Row, Tile, in_rows, scaled, sheet
from core.pictures import Drawing
from core.records import EvidenceMap, Floats, Photo, Pixels
from core.shap_partition import Shares
from core.texts import label_name, percent, tr, written

# The strongest small parts get the same colour, so that large weaker ones can be seen beside them.
_STRONG: Final = 0.97
_ACROSS: Final = 4
_SMALL_PX: Final = 170
# What models are about that were taught nobody's word for it (training.package).
_UNNAMED: Final = "subject"


@dataclass(frozen=True, eq=False)
class Contents:
    """What a sheet shows: `said` sums it up, `notes` are what else is to know, `lines` all of it in words alone.

    `drawing` says what its colours mean, where they mean something.
    """

    rows: Sequence[Row]
    said: str
    notes: tuple[str, ...]
    lines: tuple[str, ...]
    drawing: Drawing | None = None


@dataclass(frozen=True, eq=False)
class Explained:
    """A sheet, and what it says in words, line by line."""

    picture: Image.Image
    lines: tuple[str, ...]


def shap_contents(
    pixels: Pixels, shares: Shares, labels: Sequence[int], info: BundleInfo, opacity: float, columns: int
) -> Contents:
    """The photograph, and for each label what each part adds to its log-odds: orange for, blue against."""
    palette = min(DIVERGING)
    peak = max(float(np.quantile(np.abs(shares.values), _STRONG)), 1e-6)
    faint = _greyed(pixels)
    tiles = [Tile(pixels, tr("The photograph"))]
    for place, label in enumerate(labels):
        drawn = overlay(faint, EvidenceMap(shares.values[place], True), palette, opacity, peak=peak)
        whole, nothing = odds_as_probability(shares.whole[place]), odds_as_probability(shares.nothing[place])
        words = tr("{name}: {whole}; without any part {nothing}")
        name = label_name(info.labels[label])
        tiles.append(Tile(drawn, words.format(name=name, whole=percent(whole), nothing=percent(nothing))))
    said = tr("What each part adds to the odds of a class, by {count} answers (SHAP).").format(count=shares.asked)
    note = tr("What is missing is painted over from its surroundings.")
    drawing = Drawing(palette, opacity, ends=(tr("speaks against"), tr("speaks for")))
    return Contents(in_rows(tiles, columns), said, (note,), (*(one.words for one in tiles[1:]), said, note), drawing)


def apart_contents(pixels: Pixels, mask: Mask, found: Apart, label: int, info: BundleInfo) -> Contents:
    """The whole photograph, the subject alone and the background alone, each with the label's probability."""
    there, breed, named = fitted(mask, pixels), label_name(info.labels[label]), info.subject.en != _UNNAMED
    subject = label_name(info.subject)
    alone = tr("Only the subject ({subject})").format(subject=subject) if named else tr("Only the subject")
    names = (tr("The photograph"), alone, tr("Only the background"))
    pictures = (pixels, _covered(pixels, there), _covered(pixels, ~there))
    shares = (found.whole, found.animal, found.background)
    said = tr("{part}: {share}")
    words = [said.format(part=name, share=percent(share)) for name, share in zip(names, shares, strict=True)]
    tiles = [Tile(picture, text) for picture, text in zip(pictures, words, strict=True)]
    title = tr("The probability of {breed}:").format(breed=breed)
    said, notes = where_it_looks(found, subject, doubt_about(mask)), [_care(mask)]
    if found.rests_on is RestsOn.NOTHING:
        empty = tr("Of an empty picture, the model says {breed} with {share}.")
        notes.insert(0, empty.format(breed=breed, share=percent(found.nothing)))
    return Contents([Row(tiles, title)], said, tuple(notes), (said, title, *words, *notes))


def where_it_looks(found: Apart, subject: str, doubt: Doubt | None = None) -> str:
    """In a sentence, what the answer rests on; `subject` is the model's word for what it knows.

    With an outline that is in doubt, nothing is claimed about the subject: it may be on either side.
    """
    rests_on = found.rests_on
    if rests_on is RestsOn.NOTHING:
        return tr("The model hardly gives this answer ({share}), so there is nothing to tell apart.").format(
            share=percent(found.whole)
        )
    if doubt in (Doubt.TINY, Doubt.HUGE):
        said = tr("The outline is probably wrong, so this does not tell whether it looks at the {subject}.")
        return said.format(subject=subject)
    said = {
        RestsOn.SUBJECT: tr("It looks at the {subject}."),
        RestsOn.BACKGROUND: tr("It looks at the background, or at a part of the {subject} that the outline missed."),
        RestsOn.EITHER: tr(
            "Both alone give this answer: the {subject}, and the background or what the outline missed of the "
            "{subject}."
        ),
        RestsOn.BOTH: tr("It needs both: neither the {subject} nor the background alone gives this answer."),
    }[rests_on]
    return said.format(subject=subject)


def _care(mask: Mask) -> str:
    """What may be wrong with an outline."""
    doubt, share = doubt_about(mask), percent(float(mask.mean()))
    if doubt is Doubt.TINY:
        return tr("The outline covers only {share} of the photograph: perhaps a part of the subject.").format(
            share=share
        )
    if doubt is Doubt.HUGE:
        return tr("The outline covers {share} of the photograph: nothing stands out clearly.").format(share=share)
    if doubt is Doubt.PARTS:
        return tr("The outline is in separate parts: perhaps something else was cut out, or something is missing.")
    return tr("This is only as good as the outline that was found: look whether it is right.")


def channels_contents(pixels: Pixels, seen: Seen, drawing: Drawing, columns: int) -> Contents:
    """The strongest channels of a layer over the photograph, each from its own lowest to its own highest value."""
    faint, palette = _greyed(pixels), drawing.palette
    if palette in DIVERGING:  # a channel has no two sides
        palette = next(name for name in PALETTES if name not in DIVERGING)
    tiles = []
    for channel in seen.channels:
        drawn = overlay(faint, EvidenceMap(channel.values, channel.peak > 0), palette, drawing.opacity)
        words = tr("Channel {number}, up to {peak}")
        tiles.append(Tile(drawn, words.format(number=channel.number, peak=written(f"{channel.peak:.2g}"))))
    layer = seen.layer
    said = tr(
        "What {layer} sees ({rows} x {columns} cells, {channels} channels): the {count} strongest channels."
    ).format(layer=layer.full_name, rows=layer.rows, columns=layer.columns, channels=layer.channels, count=len(tiles))
    note = tr("Each picture goes from the lowest to the highest value of its own channel.")
    ends = Drawing(palette, drawing.opacity, ends=(tr("weak"), tr("strong")))
    return Contents(in_rows(tiles, columns), said, (note,), (said, *(one.words for one in tiles), note), ends)


def neurons_contents(found: ClassNeurons, info: BundleInfo) -> Contents:
    """A row for each channel that carries the class: what it adds, and the photographs that excite it most."""
    rows = [Row([Tile(_opened(one)) for one in neuron.thumbnails], _neuron_line(neuron)) for neuron in found.neurons]
    said = tr("The channels that carry {breed}, and the photographs of the library that excite each one most")
    said = said.format(breed=label_name(info.labels[found.label]))
    note = tr(
        "In {count} photographs of the library that the model takes for it, its mean probability is {whole}; with "
        "every channel as it is on average in {all} photographs, it would be {nothing}. Points are hundredths of it."
    ).format(
        count=found.of_class, all=found.of_all, whole=percent(found.whole), nothing=percent(found.nothing)
    )  # fmt: skip
    return Contents(rows, said, (note,), (said, *(row.title for row in rows), note))


def _neuron_line(neuron: Neuron) -> str:
    said = tr("{network}, channel {channel}: {value} ± {error} points")
    value, error = written(f"{100 * neuron.value:+.2f}"), written(f"{100 * neuron.error:.2f}")
    line = said.format(network=neuron.network, channel=neuron.channel, value=value, error=error)
    if neuron.rank is None:
        return line
    more = tr("this photograph excites it more than {share} of the others").format(share=percent(neuron.rank))
    return f"{line} · {more}"


# -- As files ----------------------------------------------------------------------------------------------------------


def shap_sheet(photo: Photo, shares: Shares, labels: Sequence[int], info: BundleInfo, opacity: float) -> Explained:
    """`shap_contents` as a picture."""
    return _explained(shap_contents(_small(photo), shares, labels, info, opacity, _ACROSS))


def apart_sheet(photo: Photo, mask: Mask, found: Apart, label: int, info: BundleInfo) -> Explained:
    """`apart_contents` as a picture."""
    return _explained(apart_contents(_small(photo), mask, found, label, info))


def activation_sheet(photo: Photo, seen: Seen, drawing: Drawing) -> Explained:
    """`channels_contents` as a picture."""
    return _explained(channels_contents(_small(photo), seen, drawing, _ACROSS))


def neuron_sheet(found: ClassNeurons, info: BundleInfo) -> Explained:
    """`neurons_contents` as a picture."""
    return _explained(neurons_contents(found, info), _SMALL_PX)


def _explained(contents: Contents, tile_px: int = TILE_PX) -> Explained:
    captions = (contents.said, *contents.notes)
    return Explained(sheet(contents.rows, captions, tile_px, contents.drawing), contents.lines)


def _small(photo: Photo) -> Pixels:
    return scaled(photo.pixels, TILE_PX)


def _opened(jpeg: bytes) -> Pixels:
    with Image.open(io.BytesIO(jpeg)) as picture:
        return np.asarray(picture.convert("RGB"), np.uint8)


def _covered(pixels: Pixels, keep: Mask) -> Pixels:
    covered = pixels.copy()
    covered[~keep] = NEUTRAL
    return covered


def _greyed(pixels: Pixels) -> Pixels:
    """Grey and paler, so that the colours over it are those of the map."""
    grey: Floats = pixels.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
    return np.repeat((grey * 0.7 + 255 * 0.25).astype(np.uint8)[:, :, None], 3, axis=2)

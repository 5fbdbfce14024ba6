"""Explanations as sheets: SHAP of the likeliest classes, subject and background apart, channels, neurons."""

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
from core.heatmaps import DIVERGING, overlay
from core.neuron_photographs import ClassNeurons, Neuron
from core.outlines import Mask
from core.perturbations import NEUTRAL, Apart
from core.picture_sheet import Row, Tile, in_rows, sheet
from core.pictures import Drawing
from core.records import EvidenceMap, Floats, Photo, Pixels
from core.shap_partition import Shares
from core.texts import label_name, percent, tr

# The strongest small parts get the same colour, so that large weaker ones can be seen beside them.
_STRONG: Final = 0.97
_ACROSS: Final = 4
_SMALL_PX: Final = 170


@dataclass(frozen=True, eq=False)
class Explained:
    """A sheet, and what it says in words, line by line."""

    picture: Image.Image
    lines: tuple[str, ...]


def shap_sheet(photo: Photo, shares: Shares, labels: Sequence[int], info: BundleInfo, opacity: float) -> Explained:
    """The photograph, and for each label what each part adds to its log-odds: orange for, blue against."""
    palette = min(DIVERGING)
    peak = max(float(np.quantile(np.abs(shares.values), _STRONG)), 1e-6)
    faint = _greyed(photo.pixels)
    tiles = [Tile(photo.pixels, tr("The photograph"))]
    lines = []
    for place, label in enumerate(labels):
        drawn = overlay(faint, EvidenceMap(shares.values[place], True), palette, opacity, peak=peak)
        whole, nothing = odds_as_probability(shares.whole[place]), odds_as_probability(shares.nothing[place])
        said = tr("{name}: {whole}; without any part {nothing}")
        words = said.format(name=label_name(info.labels[label]), whole=percent(whole), nothing=percent(nothing))
        tiles.append(Tile(drawn, words))
        lines.append(words)
    captions = (
        tr("What each part adds to the odds of a class, by {count} answers (SHAP).").format(count=shares.asked),
        tr("What is missing is painted over from its surroundings."),
    )
    drawing = Drawing(palette, opacity, ends=(tr("speaks against"), tr("speaks for")))
    return Explained(sheet(in_rows(tiles, _ACROSS), captions, drawing=drawing), (*lines, *captions))


def apart_sheet(photo: Photo, mask: Mask, found: Apart, label: int, info: BundleInfo) -> Explained:
    """The whole photograph, the subject alone and the background alone, each with the label's probability."""
    there = fitted(mask, photo.pixels)
    subject = label_name(info.subject)
    names = (
        tr("The photograph"),
        tr("Only the subject ({subject})").format(subject=subject),
        tr("Only the background"),
    )
    pictures = (photo.pixels, _covered(photo.pixels, there), _covered(photo.pixels, ~there))
    shares = (found.whole, found.animal, found.background)
    words = [f"{name}: {percent(share)}" for name, share in zip(names, shares, strict=True)]
    tiles = [Tile(picture, text) for picture, text in zip(pictures, words, strict=True)]
    breed = tr("The probability of {breed}:").format(breed=label_name(info.labels[label]))
    said = where_it_looks(found, subject)
    care = tr("This is only as good as the outline that was found: look whether it is right.")
    return Explained(sheet([Row(tiles, breed)], [said, care]), (said, breed, *words, care))


def where_it_looks(found: Apart, subject: str) -> str:
    """In a sentence, what the answer rests on; `subject` is the model's word for what it knows."""
    about = found.is_about_the_animal
    if about is True:
        return tr("It looks at the {subject}.").format(subject=subject)
    if about is False:
        return tr("It looks at the background.")
    if max(found.animal, found.background) < found.whole / 2:
        return tr("It needs both: neither the {subject} nor the background alone gives this answer.").format(
            subject=subject
        )
    return tr("The {subject} alone and the background alone both give this answer.").format(subject=subject)


def activation_sheet(photo: Photo, seen: Seen, drawing: Drawing) -> Explained:
    """The strongest channels of a layer over the photograph, each from its own lowest to its own highest value."""
    faint = _greyed(photo.pixels)
    tiles = []
    for channel in seen.channels:
        drawn = overlay(faint, EvidenceMap(channel.values, channel.peak > 0), drawing.palette, drawing.opacity)
        words = tr("Channel {number}, up to {peak}").format(number=channel.number, peak=f"{channel.peak:.2g}")
        tiles.append(Tile(drawn, words))
    layer = seen.layer
    said = tr("What {layer} sees ({rows} x {columns} cells, {channels} channels): the {count} strongest channels.")
    line = said.format(
        layer=layer.full_name, rows=layer.rows, columns=layer.columns, channels=layer.channels, count=len(tiles)
    )
    ends = Drawing(drawing.palette, drawing.opacity, ends=(tr("weak"), tr("strong")))
    return Explained(sheet(in_rows(tiles, _ACROSS), [line], drawing=ends), (line,))


def neuron_sheet(found: ClassNeurons, info: BundleInfo) -> Explained:
    """A row for each channel that carries the class: what it adds, and the photographs that excite it most."""
    titles = [_neuron_line(neuron) for neuron in found.neurons]
    rows = [
        Row([Tile(_opened(one)) for one in neuron.thumbnails], title)
        for neuron, title in zip(found.neurons, titles, strict=True)
    ]
    said = tr(
        "What carries {breed}: the channels that add most to its probability ({whole} in {count} photographs of the "
        "library, {nothing} without all channels), each with the photographs that excite it most, of {all}."
    )
    line = said.format(
        breed=label_name(info.labels[found.label]),
        whole=percent(found.whole),
        nothing=percent(found.nothing),
        count=found.of_class,
        all=found.of_all,
    )
    return Explained(sheet(rows, [line], _SMALL_PX), (line, *titles))


def _neuron_line(neuron: Neuron) -> str:
    said = tr("{network}, channel {channel}: {value} ± {error} points")
    line = said.format(
        network=neuron.network,
        channel=neuron.channel,
        value=f"{100 * neuron.value:+.1f}",
        error=f"{100 * neuron.error:.1f}",
    )
    if neuron.rank is None:
        return line
    more = tr("this photograph excites it more than {share} of the others").format(share=percent(neuron.rank))
    return f"{line}; {more}"


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

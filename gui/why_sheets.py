"""Sheets of several pictures for the window "Why?": made by a worker, written out by Tk in the theme's own letters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.texts import language, percent, tr
from gui.answer_texts import breed_of
from gui.why_engine import ClassShares, CutOut, Found, MapDrawing, palette_of
from gui.why_words import subject_of

if TYPE_CHECKING:
    from PIL import Image

    from core.activation_sheet import Seen as ChannelsSeen
    from core.bundles import BundleInfo
    from core.neuron_photographs import ClassNeurons, Neuron
    from core.records import Photo, Pixels

_TILE_PX, _SMALL_TILE_PX = 300, 132
_GAP_PX = 14
# Of all shares, the strongest ones may be brighter than the colours tell: single small parts.
_STRONG = 0.97


@dataclass(frozen=True, eq=False)
class Tile:
    """A picture and the words below it."""

    image: Image.Image
    words: str = ""


@dataclass(frozen=True, eq=False)
class Row:
    """Pictures side by side below a title."""

    tiles: Sequence[Tile]
    title: str = ""


@dataclass(frozen=True, eq=False)
class Sheet:
    """Rows of pictures; `said` is the sentence that sums them up, `note` what else is to know."""

    rows: Sequence[Row]
    said: str
    note: str = ""
    gap_px: int = _GAP_PX
    low: str = ""
    high: str = ""
    bar: Image.Image | None = None


def sheet_for(photo: Photo, info: BundleInfo, found: Found, drawing: MapDrawing, width: int) -> Sheet:
    """What was found, as a sheet of this width in pixels."""
    if found.shares is not None:
        return _of_shares(photo, info, found.shares, drawing, width)
    if found.channels is not None:
        return _of_channels(photo, found, found.channels, drawing, width)
    if found.neurons is not None:
        return _of_neurons(info, found.neurons, width)
    assert found.cut_out is not None and found.asked.label is not None
    return _of_cut_out(photo, info, found.cut_out, found.asked.label, width)


def _of_shares(photo: Photo, info: BundleInfo, found: ClassShares, drawing: MapDrawing, width: int) -> Sheet:
    import numpy as np
    from PIL import Image

    from core.explaining import odds_as_probability
    from core.heatmaps import DIVERGING, colour_bar, overlay
    from core.records import EvidenceMap

    shares, palette = found.shares, min(DIVERGING)
    columns = len(found.labels) + 1 if len(found.labels) < 4 else 3
    side = _side(width, columns)
    plain = _scaled(photo.pixels, side)
    faint = _greyed(plain)
    peak = max(float(np.quantile(np.abs(shares.values), _STRONG)), 1e-6)
    tiles = [Tile(Image.fromarray(plain), tr("The photograph"))]
    said = tr("{name}: {whole}; without any part {nothing}")
    for place, label in enumerate(found.labels):
        opacity = drawing.opacity if drawing.is_shown else 0.0
        drawn = overlay(faint, EvidenceMap(shares.values[place], True), palette, opacity, peak=peak)
        whole, nothing = odds_as_probability(shares.whole[place]), odds_as_probability(shares.nothing[place])
        words = said.format(name=breed_of(info, label), whole=percent(whole), nothing=percent(nothing))
        tiles.append(Tile(Image.fromarray(drawn), words))
    title = tr("What each part adds to the odds of a class, by {count} answers (SHAP).").format(count=shares.asked)
    note = tr("What is missing is painted over from its surroundings.")
    bar = Image.fromarray(colour_bar(palette, drawing.bar[1], drawing.bar[0]))
    return Sheet(_rows(tiles, columns), title, note, low=tr("speaks against"), high=tr("speaks for"), bar=bar)


def _of_channels(photo: Photo, found: Found, seen: ChannelsSeen, drawing: MapDrawing, width: int) -> Sheet:
    from PIL import Image

    from core.heatmaps import DIVERGING, PALETTES, colour_bar, overlay
    from core.records import EvidenceMap

    side = _side(width, 4)
    faint = _greyed(_scaled(photo.pixels, side))
    palette = palette_of(found, drawing)
    if palette in DIVERGING:  # a channel has no two sides
        palette = next(name for name in PALETTES if name not in DIVERGING)
    tiles = []
    for channel in seen.channels:
        opacity = drawing.opacity if drawing.is_shown else 0.0
        drawn = overlay(faint, EvidenceMap(channel.values, channel.peak > 0), palette, opacity)
        words = tr("Channel {number}, up to {peak}").format(number=channel.number, peak=written(f"{channel.peak:.2g}"))
        tiles.append(Tile(Image.fromarray(drawn), words))
    layer = seen.layer
    said = tr("What the layer {layer} sees: the strongest {count} of its {channels} channels")
    title = said.format(layer=layer.name, count=len(tiles), channels=layer.channels)
    note = tr("Each picture goes from the lowest to the highest value of its own channel.")
    bar = Image.fromarray(colour_bar(palette, drawing.bar[1], drawing.bar[0]))
    return Sheet(_rows(tiles, 4), title, note, low=tr("weak"), high=tr("strong"), bar=bar)


def _of_cut_out(photo: Photo, info: BundleInfo, found: CutOut, label: int, width: int) -> Sheet:
    from PIL import Image

    from core.explain_pictures import where_it_looks
    from core.explaining import fitted as mask_in_size

    plain = _scaled(photo.pixels, _side(width, 3))
    there = mask_in_size(found.mask, plain)
    apart, subject = found.apart, subject_of(info)
    names = (
        tr("The photograph"),
        tr("Only the subject ({subject})").format(subject=subject),
        tr("Only the background"),
    )
    pictures = (plain, _covered(plain, there), _covered(plain, ~there))
    shares = (apart.whole, apart.animal, apart.background)
    tiles = [
        Tile(Image.fromarray(picture), tr("{part}: {share}").format(part=name, share=percent(share)))
        for name, picture, share in zip(names, pictures, shares, strict=True)
    ]
    title = tr("The probability of {breed}:").format(breed=breed_of(info, label))
    note = tr("This is only as good as the outline that was found: look whether it is right.")
    return Sheet([Row(tiles, title)], where_it_looks(apart, subject), note)


def _of_neurons(info: BundleInfo, found: ClassNeurons, width: int) -> Sheet:
    most = max((len(neuron.thumbnails) for neuron in found.neurons), default=1)
    side = min(_SMALL_TILE_PX, _side(width, max(1, most)))
    rows = [Row([Tile(_opened(one, side)) for one in neuron.thumbnails], _line(neuron)) for neuron in found.neurons]
    said = tr("The channels that carry {breed}, and the photographs of the library that excite each one most")
    note = tr(
        "In {count} photographs of the library that the model takes for it, its mean probability is {whole}; with "
        "every channel as it is on average in {all} photographs, it would be {nothing}. Points are hundredths of it."
    )
    numbers = {"whole": percent(found.whole), "nothing": percent(found.nothing)}
    note = note.format(count=found.of_class, all=found.of_all, **numbers)
    return Sheet(rows, said.format(breed=breed_of(info, found.label)), note)


def _line(neuron: Neuron) -> str:
    said = tr("{network}, channel {channel}: {value} ± {error} points")
    value, error = written(f"{100 * neuron.value:+.1f}"), written(f"{100 * neuron.error:.1f}")
    line = said.format(network=neuron.network, channel=neuron.channel, value=value, error=error)
    if neuron.rank is None:
        return line
    more = tr("this photograph excites it more than {share} of the others").format(share=percent(neuron.rank))
    return f"{line} · {more}"


def written(number: str) -> str:
    """A number as the present language writes it."""
    return number.replace(".", ",") if language() == "fr" else number


def _rows(tiles: Sequence[Tile], columns: int) -> list[Row]:
    return [Row(tiles[start : start + columns]) for start in range(0, len(tiles), columns)]


def _side(width: int, columns: int) -> int:
    return max(60, min(_TILE_PX, (width - _GAP_PX) // columns - _GAP_PX))


def _scaled(pixels: Pixels, side: int) -> Pixels:
    import numpy as np
    from PIL import Image

    height, width = pixels.shape[:2]
    scale = side / max(width, height)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0))


def _opened(jpeg: bytes, side: int) -> Image.Image:
    import io

    from PIL import Image

    with Image.open(io.BytesIO(jpeg)) as picture:
        small = picture.convert("RGB")
    small.thumbnail((side, side))
    return small


def _covered(pixels: Pixels, keep: object) -> Pixels:
    import numpy as np

    from core.perturbations import NEUTRAL

    covered = pixels.copy()
    covered[~np.asarray(keep)] = NEUTRAL
    return covered


def _greyed(pixels: Pixels) -> Pixels:
    """Grey and paler, so that the colours over it are those of the map."""
    import numpy as np

    grey = pixels.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
    return np.repeat((grey * 0.7 + 255 * 0.25).astype(np.uint8)[:, :, None], 3, axis=2)

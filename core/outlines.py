"""The animal cut out of the picture, by U²-Net small (Qin et al. 2020), refined by GrabCut (Rother et al. 2004)."""

from __future__ import annotations

import logging
from enum import Enum
from pathlib import Path
from typing import cast

import numpy as np
import numpy.typing as npt

from core.folders import shipped_models_dir
from core.inference import Network, usual_threads
from core.inputs import WHOLE, to_model_input
from core.records import Floats, Photo, Pixels

log = logging.getLogger(__name__)

# True where the animal is: (height, width).
Mask = npt.NDArray[np.bool_]

SIZE_PX = 320
FOUND = 0.5
# What the network is this certain of, GrabCut may not change.
CERTAINLY_OUT, CERTAINLY_IN = 0.1, 0.9
GRABCUT_ROUNDS = 3
# GrabCut is kept where it only touches up the edges. Looked at on 20 dog photographs: it was better on 7 (an ear or a
# tail found, holes closed), a little worse on 2, else the same; the overlap was 0.82 or more on every one of them.
LEAST_OVERLAP = 0.8
# Parts smaller than this, of the largest part, are specks; holes smaller than this are closed.
LEAST_PART = 0.1
# Less than this of the picture is no animal: blank pictures give such specks.
LEAST_AREA = 0.005


# An outline of less or more of the picture is probably wrong: an ear, or all that is there.
PROBABLY_TINY, PROBABLY_HUGE = 0.04, 0.9
# A second part of this size, of the largest part, is more than a paw behind a leash.
PROBABLY_ANOTHER = 0.15


class Doubt(Enum):
    """What may be wrong with an outline."""

    TINY = "tiny"
    HUGE = "huge"
    PARTS = "parts"


def doubt_about(mask: Mask) -> Doubt | None:
    """What may be wrong with this outline (height, width), as far as its shape tells."""
    import cv2

    share = float(mask.mean())
    if share < PROBABLY_TINY or share > PROBABLY_HUGE:
        return Doubt.TINY if share < PROBABLY_TINY else Doubt.HUGE
    stats = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)[2]
    _, *others = sorted(stats[1:, cv2.CC_STAT_AREA].tolist(), reverse=True)
    return Doubt.PARTS if any(area >= PROBABLY_ANOTHER * max(stats[1:, cv2.CC_STAT_AREA]) for area in others) else None


class Outliner:
    """U²-Net small, ready to find what stands out in a photograph. Threads may share one.

    `path` is for tests; the network ships with the program. Raises BundleError when it is missing or damaged.
    """

    def __init__(self, path: Path | None = None, threads: int | None = None) -> None:
        path = path or shipped_models_dir() / "outline" / "u2netp.tflite"
        self._network = Network(path, SIZE_PX, (SIZE_PX, SIZE_PX, 1), threads or usual_threads())

    def outline(self, photo: Photo) -> Mask:
        """Where the animal, or whatever stands out (people too), is: (height, width) of `photo.pixels`.

        All false where nothing stands out.
        """
        import cv2

        height, width = photo.pixels.shape[:2]
        scale = min(1.0, SIZE_PX / max(height, width))
        small = (max(1, round(width * scale)), max(1, round(height * scale)))
        found = cv2.resize(self._network(to_model_input(photo.pixels, WHOLE, SIZE_PX))[:, :, 0], small)
        picture = cast(Pixels, cv2.resize(photo.pixels, small, interpolation=cv2.INTER_AREA))
        mask = _without_specks(_refined(picture, np.asarray(found, np.float32)))
        if mask.mean() < LEAST_AREA:
            return np.zeros((height, width), np.bool_)
        soft = cv2.GaussianBlur(mask.astype(np.uint8) * 255, (0, 0), 1.0, borderType=cv2.BORDER_REPLICATE)
        return np.asarray(cv2.resize(soft, (width, height), interpolation=cv2.INTER_LINEAR) > 127)


def _refined(picture: Pixels, found: Floats) -> Mask:
    """The network's mask with its edges moved to where the colours change, if that changes little else."""
    import cv2

    raw = found >= FOUND
    sure_in, sure_out = found >= CERTAINLY_IN, found <= CERTAINLY_OUT
    if not sure_in.any() or not sure_out.any():
        return raw
    marks = np.where(raw, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    marks[sure_in], marks[sure_out] = cv2.GC_FGD, cv2.GC_BGD
    models = np.zeros((2, 1, 65), np.float64)
    cv2.setRNGSeed(0)  # its colour models start at random: the same photograph shall have the same outline
    try:
        cv2.grabCut(picture, marks, (0, 0, 1, 1), models[0], models[1], GRABCUT_ROUNDS, cv2.GC_INIT_WITH_MASK)
    except cv2.error as error:  # a picture of a single colour, or of a few pixels
        log.info("no GrabCut: %s", error)
        return raw
    refined = (marks == cv2.GC_FGD) | (marks == cv2.GC_PR_FGD)
    overlap = (refined & raw).sum() / (refined | raw).sum()
    log.debug("GrabCut overlaps by %.2f", overlap)
    return refined if overlap >= LEAST_OVERLAP else raw


def _without_specks(mask: Mask) -> Mask:
    """Small parts removed, small holes closed."""
    import cv2

    for kind in (True, False):
        count, parts, stats, _ = cv2.connectedComponentsWithStats((mask == kind).astype(np.uint8), connectivity=4)
        areas = stats[:, cv2.CC_STAT_AREA]
        largest = areas[1:].max(initial=0) if kind else mask.sum()
        small = [part for part in range(1, count) if areas[part] < LEAST_PART * largest]
        mask = np.where(np.isin(parts, small), not kind, mask)
    return mask


def draw_outline(pixels: Pixels, mask: Mask, colour: tuple[int, int, int], width: int) -> Pixels:
    """The picture (height, width, 3) with a line of `width` px around the mask, in a new array of the same size.

    The mask may have another size. A dark rim keeps the line visible on its own colour.
    """
    import cv2

    drawn = np.ascontiguousarray(pixels).copy()
    height, columns = pixels.shape[:2]
    soft = cv2.resize(mask.astype(np.uint8) * 255, (columns, height), interpolation=cv2.INTER_LINEAR)
    lines, _ = cv2.findContours((soft > 127).astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    for tint, thick in (((0, 0, 0), 2 * width + 1), (colour, width)):
        cv2.polylines(drawn, lines, True, tint, thick, cv2.LINE_AA)
    return drawn

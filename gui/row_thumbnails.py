"""Small pictures for the rows in sight: decoded a few at a time, so that the window stays alive, and within bounds."""

from __future__ import annotations

import io
import logging
import time
import tkinter
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image, ImageTk

log = logging.getLogger(__name__)

_SLICE_S = 0.004
_MOST_PIXELS = 10_000_000
_MOST_ENLARGED = 1.5


class Thumbnails:
    """JPEG bytes in, pictures for Tk out, no larger than `box`; `on_ready` is told when more are there."""

    def __init__(self, master: tkinter.Misc, on_ready: Callable[[], object]) -> None:
        self._master = master
        self._on_ready = on_ready
        self._box = (1, 1)
        self._waiting: deque[bytes] = deque()
        self._made: OrderedDict[int, ImageTk.PhotoImage | None] = OrderedDict()
        self._ticking = ""

    @property
    def is_busy(self) -> bool:
        """Whether pictures are still to come."""
        return bool(self._ticking)

    def use_box(self, width: int, height: int) -> None:
        """How large pictures may be, in pixels; those of another size are forgotten."""
        if (width, height) != self._box:
            self._box = (max(1, width), max(1, height))
            self._made.clear()

    def get(self, jpeg: bytes) -> ImageTk.PhotoImage | None:
        """The picture, if it is there already and could be read."""
        key = hash(jpeg)
        if key not in self._made:
            return None
        self._made.move_to_end(key)
        return self._made[key]

    def want(self, jpegs: Iterable[bytes]) -> None:
        """What is in sight now, the first one first; what was wanted before and is not among these is left."""
        self._waiting = deque(jpeg for jpeg in jpegs if hash(jpeg) not in self._made)
        if self._waiting and not self._ticking:
            self._ticking = self._master.after(1, self._decode_some)

    def stop(self) -> None:
        """Nothing more is decoded."""
        self._waiting.clear()
        if self._ticking:
            self._master.after_cancel(self._ticking)
            self._ticking = ""

    def _decode_some(self) -> None:
        self._ticking = ""
        until = time.perf_counter() + _SLICE_S
        while self._waiting and time.perf_counter() < until:
            jpeg = self._waiting.popleft()
            self._made[hash(jpeg)] = self._decoded(jpeg)
        self._forget_some()
        if self._waiting:
            self._ticking = self._master.after(2, self._decode_some)
        self._on_ready()

    def _decoded(self, jpeg: bytes) -> ImageTk.PhotoImage | None:
        from PIL import Image, ImageTk  # not needed for the first drawing of the window

        try:
            with Image.open(io.BytesIO(jpeg), formats=["JPEG"]) as opened:
                opened.draft("RGB", self._box)
                picture = opened.convert("RGB")
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
            log.info("a thumbnail cannot be read", exc_info=True)
            return None
        return ImageTk.PhotoImage(_fitted(picture, self._box), master=self._master)

    def _forget_some(self) -> None:
        most = max(64, _MOST_PIXELS // (self._box[0] * self._box[1]))
        while len(self._made) > most:
            self._made.popitem(last=False)


def _fitted(picture: Image.Image, box: tuple[int, int]) -> Image.Image:
    """As large as the box allows, but a small picture is not blown up much."""
    scale = min(box[0] / picture.width, box[1] / picture.height, _MOST_ENLARGED)
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    return picture if size == picture.size else picture.resize(size, reducing_gap=2.0)

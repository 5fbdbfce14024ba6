"""What can be said of the file of a photograph without a network: content, size, a grey copy, time, what is wrong."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timezone
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
from PIL import ExifTags, Image

from core.batch import stamp_of
from core.bundle_info import printable
from core.database import path_bytes
from core.errors import PhotoError
from core.folders import training_dir
from core.knowledge import Stamp
from core.machine import usable_processors
from core.photos import photo_from_file, read_file
from core.records import Photo, Pixels
from training.telling import Telling, stop_if_asked

log = logging.getLogger(__name__)

# The side of the grey copy: enough to tell the next picture of a burst from another picture of the same kind of thing.
GREY_PX = 32
_DATABASE_FILE = "photo_facts.sqlite"
_AT_ONCE = 64
_LEAST_PX = 64
_MOST_THREADS = 8
_EXIF, _EXIF_BYTES, _EXIF_WITHIN = b"Exif\0\0", 65536, 1 << 20

_SCHEMA = """
    CREATE TABLE IF NOT EXISTS facts_2 (
        path BLOB PRIMARY KEY, size INTEGER NOT NULL, modified_ns INTEGER NOT NULL, content TEXT NOT NULL,
        width INTEGER NOT NULL, height INTEGER NOT NULL, grey BLOB NOT NULL, camera TEXT NOT NULL, taken_s REAL NOT NULL
    ) WITHOUT ROWID
"""


@dataclass(frozen=True)
class PhotoFacts:
    """`content` is the SHA-256 of the file, `width` and `height` those of the upright picture.

    `grey` is the whole picture squashed to (GREY_PX, GREY_PX) uint8. `taken_s` is when which `camera` took it, in
    seconds by its own clock; 0 where the file does not say. With a `problem`, a sentence for the user, nothing else is
    there.
    """

    content: str = ""
    width: int = 0
    height: int = 0
    grey: bytes = b""
    camera: str = ""
    taken_s: float = 0.0
    problem: str = ""

    @property
    def grey_pixels(self) -> Pixels:
        return np.frombuffer(self.grey, np.uint8).reshape(GREY_PX, GREY_PX)


def look_at(paths: Sequence[Path], telling: Telling) -> dict[Path, PhotoFacts]:
    """The facts of each photograph. A file whose size and time are as at the last look is not read again.

    Stops between photographs, raising Cancelled; what was seen until then is kept. Of memory it takes a kilobyte a
    photograph.
    """
    found: dict[Path, PhotoFacts] = {}
    with closing(_Kept()) as kept, ThreadPoolExecutor(min(_MOST_THREADS, usable_processors())) as pool:
        for some in _chunks(paths):
            known = kept.read(some)
            new = [path for path in some if path not in known]
            read = list(pool.map(_facts, new))
            kept.write({path: one for path, one in zip(new, read, strict=True) if one[1]})
            found |= known | {path: facts for path, (facts, _) in zip(new, read, strict=True)}
            telling.progress(len(found), len(paths))
            stop_if_asked(telling)
    return found


def _chunks(paths: Sequence[Path]) -> Iterator[list[Path]]:
    rest = iter(dict.fromkeys(paths))
    while some := list(islice(rest, _AT_ONCE)):
        yield some


def _facts(path: Path) -> tuple[PhotoFacts, Stamp | None]:
    """What a file is, and its size and time when it was read; None where there is nothing to keep."""
    try:
        file = read_file(path)
        photo = photo_from_file(file, _LEAST_PX)
    except PhotoError as refusal:
        return PhotoFacts(problem=str(refusal)), None
    stamp = Stamp(file.size, file.modified_ns)
    return PhotoFacts(file.content, photo.width, photo.height, _grey(photo), *_taken(file.data or b"")), stamp


def _taken(data: bytes) -> tuple[str, float]:
    """Which camera took a photograph and when, by the EXIF data in its file (CIPA DC-008); nothing where it is silent.

    Found by its mark: JPEG and HEIC have it, and no other part of a picture's decoder is needed for it.
    """
    at = data.find(_EXIF, 0, _EXIF_WITHIN)
    if at < 0:
        return "", 0.0
    try:
        exif = Image.Exif()
        exif.load(data[at : at + _EXIF_BYTES])
        detail = exif.get_ifd(ExifTags.IFD.Exif)
        text = str(detail.get(ExifTags.Base.DateTimeOriginal, "")).strip("\0 ")
        taken = datetime.strptime(text, "%Y:%m:%d %H:%M:%S").replace(tzinfo=timezone.utc).timestamp()
        part = float(f"0.{str(detail.get(ExifTags.Base.SubsecTimeOriginal, 0)).strip() or 0}")
        camera = f"{exif.get(ExifTags.Base.Make, '')} {exif.get(ExifTags.Base.Model, '')}"
    except Exception:  # EXIF data of strangers may be anything
        return "", 0.0
    return printable(camera).strip(), taken + part


def _grey(photo: Photo) -> bytes:
    pixels = cv2.resize(photo.pixels, (GREY_PX, GREY_PX), interpolation=cv2.INTER_AREA)
    return bytes(np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8).tobytes())


class _Kept:
    """What earlier looks found, in a database that only saves time: where it cannot be used, nothing is known."""

    def __init__(self) -> None:
        path = training_dir() / _DATABASE_FILE
        self._connection: sqlite3.Connection | None = None
        try:
            self._connection = sqlite3.connect(path, timeout=2.0)
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = OFF")
            self._connection.execute(_SCHEMA)
        except sqlite3.Error:
            self._give_up()

    def read(self, paths: Sequence[Path]) -> dict[Path, PhotoFacts]:
        """What is known of those files that are as they were."""
        found = {}
        for path in paths if self._connection else ():
            stamp = stamp_of(path)
            row = self._row(path) if stamp else None
            if row and stamp and row[:2] == (stamp.size, stamp.modified_ns) and len(row[5]) == GREY_PX**2:
                found[path] = PhotoFacts(*row[2:])
        return found

    def _row(self, path: Path) -> tuple[int, int, str, int, int, bytes, str, float] | None:
        if self._connection is None:
            return None
        query = "SELECT size, modified_ns, content, width, height, grey, camera, taken_s FROM facts_2 WHERE path = ?"
        try:
            row: tuple[int, int, str, int, int, bytes, str, float] | None = self._connection.execute(
                query, (path_bytes(path.absolute()),)
            ).fetchone()
        except sqlite3.Error:
            self._give_up()
            return None
        return row

    def write(self, facts: Mapping[Path, tuple[PhotoFacts, Stamp | None]]) -> None:
        """Keep what was found."""
        if self._connection is None:
            return
        rows = [
            (
                *(path_bytes(path.absolute()), at.size, at.modified_ns, one.content),
                *(one.width, one.height, one.grey, one.camera, one.taken_s),
            )
            for path, (one, at) in facts.items()
            if at
        ]
        try:
            with self._connection:
                self._connection.executemany("REPLACE INTO facts_2 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
        except sqlite3.Error:  # a full disk among them
            self._give_up()

    def _give_up(self) -> None:
        log.warning("what was seen of photographs is not kept", exc_info=True)
        self.close()

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

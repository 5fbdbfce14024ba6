"""What the program does with a fuzzed photograph; each check gives the reasons that it was told, or raises one."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from core.batch import Batch
from core.errors import PhotoError, UserError
from core.exports_keywords import KeywordOptions, Where, write_keywords
from core.folders import data_dir
from core.heatmaps import class_evidence, map_size
from core.inputs import to_model_input
from core.library import Library
from core.looks import thumbnail_of
from core.photos import open_photo, photo_from_file, photo_from_image, read_file
from core.pictures import Drawing, save_picture
from core.records import Box, Correction, Kind, Photo, Status, Tagged
from core.tagging import TagProgress, tag
from core.transformation_sheets import sheet_of, transformed_pictures
from core.transformations import Transformation
from core.verdicts import decide
from core.xmp_files import packet_in
from gui.clipboard import Pasted, picture_in
from tests import fuzz_checks_kept, fuzz_checks_library, fuzz_checks_models, fuzz_checks_paths
from tests.fuzz_ready import ready

_SEEN_PX = 224
_WORD = Correction(Kind.BREED, "colour-red", "red", "ada", "colours")


def check_photograph(folder: Path) -> list[str]:
    """One photograph from the file to the answer, drawn, transformed and marked; then all of the folder tagged."""
    path = next(one for one in folder.iterdir() if one.is_file())
    reasons: list[str] = []
    packet_in(path)
    for least_px in (None, _SEEN_PX):
        try:
            photo = open_photo(path, least_px)
            _check_photo(photo, least_px)
            if least_px is None:
                _answer(photo)
        except PhotoError as error:
            reasons.append(str(error))
    _pasted(path.read_bytes(), reasons)
    tagged = _batched(path, reasons)
    _marked(tagged)
    return reasons + _tagged(folder)


def _check_photo(photo: Photo, least_px: int | None) -> None:
    height, width, channels = photo.pixels.shape
    assert channels == 3 and photo.pixels.dtype == np.uint8, "a photo that is none"
    assert (min(photo.width, photo.height) >= 1 and (width > height) == (photo.width > photo.height)) or (
        abs(width - height) <= 2 or abs(photo.width - photo.height) <= 2
    ), "not the shape of the picture"
    if least_px and min(photo.width, photo.height) >= 2 * least_px:
        assert min(width, height) >= least_px, "fewer pixels than the model needs"


def _answer(photo: Photo) -> None:
    """What the Photo tab does with it."""
    for box in (Box(0, 0, 1, 1), Box(0.25, -0.5, 0.5, 1.5)):
        assert to_model_input(photo.pixels, box, 32).shape == (1, 32, 32, 3)
    prediction = ready().classifier.predict(photo)
    verdict = decide(prediction, ready().bundle.info)
    assert verdict.candidates and prediction.features is not None
    assert thumbnail_of(photo).startswith(b"\xff\xd8")
    size = map_size(photo.width, photo.height)
    evidence = class_evidence(prediction.features, ready().bundle.kernel, verdict.candidates[0].label, size)
    for ending in (".png", ".jpg"):
        save_picture(data_dir() / f"why{ending}", photo, evidence, Drawing("magma", 0.5), ["Beagle"])
    small = photo.pixels[:400, :400]
    mask = small[..., 0] > small[..., 1]
    sheet_of(transformed_pictures(small, mask, Transformation))


def _pasted(data: bytes, reasons: list[str]) -> None:
    """The same bytes from the clipboard, as Tk hands them over."""
    try:
        image = picture_in(Pasted(encoded=" ".join(f"0x{byte:x}" for byte in data[:100_000])))
        assert isinstance(image, Image.Image)
        photo_from_image(image)
    except UserError as error:
        reasons.append(str(error))


def _batched(path: Path, reasons: list[str]) -> Tagged:
    """The same file as one of a folder; the two ways must agree whether it can be used."""
    (answered,) = Batch(ready().bundle, None, workers=1).answers([path])
    is_readable = answered.verdict.status is not Status.UNREADABLE
    assert is_readable or answered.verdict.reason, "unreadable without a reason"
    try:
        photo_from_file(read_file(path), ready().classifier.least_px)
    except PhotoError as error:
        assert not is_readable and str(error) == answered.verdict.reason, "two answers to one file"
        reasons.append(str(error))
    return Tagged(path, answered.verdict, reviewed=_WORD)


def _marked(tagged: Tagged) -> None:
    """Keywords into a copy, into a file beside it, into itself; the picture must stay the same."""
    home = data_dir()
    for where in Where:
        own = home / where.value
        own.mkdir()
        path = own / tagged.path.name
        shutil.copyfile(tagged.path, path)
        one = Tagged(path, tagged.verdict, reviewed=tagged.reviewed)
        options = KeywordOptions(where, home / "copies-of" if where is Where.COPIES else None)
        before = path.read_bytes()
        try:
            written = write_keywords([one], ready().bundle.info, options)
        except UserError as error:
            assert str(error)
            continue
        assert written.rows or written.left_out, "neither written nor left out"
        assert where is Where.ORIGINALS or path.read_bytes() == before, "a photograph was changed"
        if where is Where.ORIGINALS and path.read_bytes() != before:
            assert (open_photo(path).pixels == open_photo(tagged.path).pixels).all(), "another picture"


def _tagged(folder: Path) -> list[str]:
    library = Library(data_dir() / "library.sqlite")
    last: list[TagProgress] = []
    try:
        tag(library.database, ready().bundle, [folder], last.append, lambda: False)
    finally:
        library.close()
    assert last and last[-1].total == last[-1].done, "rows are missing"
    return [last[-1].problem] if last[-1].problem else []


def check_bad(folder: Path) -> list[str]:
    """A program with every fault that the bench must see: `what` says which."""
    path = folder / "input"
    match (folder / "what").read_text():
        case "crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        case "error":
            raise ZeroDivisionError
        case "memory":
            assert len(b"x" * 400_000_000) == 400_000_000
        case "slow":
            begun = time.process_time()
            while time.process_time() < begun + 0.2:
                pass
        case "silent":
            return [""]
        case "raw":
            raise UserError("[Errno 2] No such file")
        case "English":
            return ["Not today."]
        case "writes":
            path.write_bytes(b"2")
        case "litter":
            tempfile.mkdtemp()
    return []


Check = Callable[[Path], Iterable[str]]
CHECKS: dict[str, Check] = {
    "photograph": check_photograph,
    "model": partial(fuzz_checks_models.check_model, is_tried=False),
    "network": partial(fuzz_checks_models.check_model, is_tried=True),
    "library": fuzz_checks_library.check_library,
    "own": fuzz_checks_kept.check_own_files,
    "table": fuzz_checks_kept.check_table,
    "study": fuzz_checks_kept.check_study,
    "run": fuzz_checks_kept.check_run,
    "bad": check_bad,
    "path": fuzz_checks_paths.check_paths,
}

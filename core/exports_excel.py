"""Answers as an Excel workbook with a small picture in every row; memory does not grow with the photographs."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from core.bundle_info import BundleInfo
from core.errors import Cancelled, PhotoError, UserError
from core.export_answers import said_by, said_of, title
from core.export_files import LeftOut, Written, encodable, new_file, safe_name, shown
from core.exports import LEAST_BREEDS, row_of_tagged
from core.photos import open_photo
from core.records import Status, Tagged
from core.texts import Language, tr

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

THUMBNAIL_PX = 96
# Every picture costs memory here (about 3 kB) and much more where the workbook is opened.
MOST_PICTURES = 20_000
_QUALITY = 80
_ROW_PX, _PICTURE_PX = THUMBNAIL_PX + 6, THUMBNAIL_PX + 8
_MOST_ROWS = 1_048_575  # of a sheet, without the line of headings
_MOST_LETTERS = 32_767  # of a cell
# 99.6 % is not to be shown as 100: nothing is certain.
_SHARE = '[>=0.995]">99%";0%'

ThumbnailOf = Callable[[Tagged], "bytes | None"]

# Words of the file, in the language chosen for it: not for `tr`.
_HEADINGS: dict[Language, tuple[str, ...]] = {
    "en": ("Picture", "Photograph", "Folder", "Animal", "Result", "Model says", "Breed", "Confidence", "Breed 2",
           "Confidence 2", "Breed 3", "Confidence 3", "Reviewed", "By", "On", "Model", "Reason"),
    "fr": ("Image", "Photo", "Dossier", "Animal", "Résultat", "Le modèle dit", "Race", "Confiance", "Race 2",
           "Confiance 2", "Race 3", "Confiance 3", "Vérifié", "Par", "Le", "Modèle", "Raison"),
}  # fmt: skip
_WIDTHS_PX = (_PICTURE_PX, 160, 220, 110, 190, 100, 170, 80, 170, 80, 170, 80, 170, 100, 120, 90, 260)
_SAYS: dict[Language, dict[Status, str]] = {
    "en": {Status.SURE: "Sure", Status.UNSURE: "Not sure", Status.NOT_A_DOG: "No dog", Status.UNREADABLE: "Unreadable"},
    "fr": {Status.SURE: "Sûr", Status.UNSURE: "Pas sûr", Status.NOT_A_DOG: "Pas de chien",
           Status.UNREADABLE: "Illisible"},
}  # fmt: skip


def write_excel(
    path: Path,
    tagged: Iterable[Tagged],
    info: BundleInfo,
    *,
    language: Language = "en",
    thumbnail_of: ThumbnailOf = lambda tagged: None,
    may_replace: bool = False,
    most_pictures: int = MOST_PICTURES,
    progress: Callable[[int], None] = lambda done: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Written:
    """Write one row a photograph to the workbook `path`, whole or not at all; words and breeds in `language`.

    `thumbnail_of` gives a stored JPEG of a photograph, or None: then the photograph itself is opened. Pictures are at
    most 96 pixels, and only the first `most_pictures` rows have one. A photograph that is gone has its row without a
    picture, and is named in `left_out`. Raises Cancelled, AlreadyThereError and UserError as `write_table` does.
    """
    with new_file(path, may_replace) as file, _workbook(file, should_stop) as (workbook, pictures):
        sheet = _Sheet(workbook, info, language, pictures, most_pictures)
        for one in tagged:
            if should_stop():
                raise Cancelled
            sheet.add(one, thumbnail_of)
            progress(sheet.rows)
        sheet.finish()
    return Written(path, sheet.rows, tuple(sheet.left_out), sheet.notes())


class _Sheet:
    """The one sheet, row after row; what a row holds leaves the memory with the next one."""

    def __init__(
        self, workbook: Workbook, info: BundleInfo, language: Language, pictures: _Pictures, most_pictures: int
    ) -> None:
        self.rows = 0
        self.left_out: list[LeftOut] = []
        self._info, self._language = info, language
        self._pictures, self._most_pictures = pictures, most_pictures
        self._sheet: Worksheet = workbook.add_worksheet("Shelterlens")
        plain = {"valign": "vcenter", "text_wrap": True}
        self._text = workbook.add_format(plain)
        self._share = workbook.add_format({**plain, "align": "center", "num_format": _SHARE})
        self._date = workbook.add_format({**plain, "align": "center", "num_format": "yyyy-mm-dd hh:mm"})
        self._bold = workbook.add_format({**plain, "bold": True})
        heading = workbook.add_format({**plain, "bold": True, "bg_color": "#DDE6EE", "bottom": 1})
        for column, (name, width_px) in enumerate(zip(_HEADINGS[language], _WIDTHS_PX, strict=True)):
            self._sheet.set_column_pixels(column, column, width_px)
            self._sheet.write_string(0, column, name, heading)
        self._sheet.freeze_panes(1, 2)

    def add(self, one: Tagged, thumbnail_of: ThumbnailOf) -> None:
        if self.rows >= _MOST_ROWS:
            raise UserError(tr("A sheet of Excel has no room for so many rows. Please choose CSV."))
        self.rows += 1
        self._sheet.set_row_pixels(self.rows, _ROW_PX if self.rows <= self._most_pictures else 20)
        for column, cell in enumerate(self._cells(one), 1):
            if isinstance(cell, float):
                self._sheet.write_number(self.rows, column, cell, self._share)
            elif cell:
                # Never as a formula, whatever it begins with.
                self._sheet.write_string(self.rows, column, _fitting(cell), self._bold if column == 4 else self._text)
        if one.reviewed is not None and one.reviewed.at is not None:
            local = one.reviewed.at.astimezone().replace(tzinfo=None)
            self._sheet.write_datetime(self.rows, 14, local, self._date)
        if self.rows <= self._most_pictures:
            self._add_picture(one, thumbnail_of)

    def finish(self) -> None:
        self._sheet.autofilter(0, 1, max(1, self.rows), len(_WIDTHS_PX) - 1)

    def notes(self) -> tuple[str, ...]:
        if self.rows <= self._most_pictures:
            return ()
        return (tr("Only the first {count} rows have a picture.").format(count=self._most_pictures),)

    def _cells(self, one: Tagged) -> Iterator[str | float | None]:
        """The cells from the second column on; None where another hand writes, or nobody."""
        row = row_of_tagged(one, self._info, language=self._language)
        yield encodable(one.path.name)
        yield shown(one.path.parent)
        yield encodable(one.animal)
        yield encodable(title(said_of(one, self._info, self._language), self._language))
        yield _SAYS[self._language][row.status]
        for place in range(LEAST_BREEDS):
            yield from row.breeds[place] if place < len(row.breeds) else (None, None)
        if one.reviewed is None:
            yield from ("", "", None)
        else:
            yield encodable(title(said_by(one.reviewed, self._info, self._language), self._language))
            yield encodable(one.reviewed.who)
            yield None
        yield row.model
        yield encodable(row.reason)

    def _add_picture(self, one: Tagged, thumbnail_of: ThumbnailOf) -> None:
        jpeg = _small(thumbnail_of(one))
        if jpeg is None:
            if one.verdict.status is Status.UNREADABLE:  # the row says why
                return
            try:
                jpeg = _opened(one.path)
            except PhotoError as error:
                said = tr("In the table without its picture: {reason}").format(reason=error)
                self.left_out.append(LeftOut(shown(one.path), said))
                return
        # 1: the picture moves and hides with its row when the table is sorted or filtered.
        options = {"object_position": 1, "x_offset": 3, "y_offset": 3, "description": safe_name(one.path.name)}
        options["image_data"] = self._pictures.kept(jpeg)
        self._sheet.insert_image(self.rows, 0, "", options)


class _Pictures:
    """The pictures in one temporary file until the workbook is put together: the workbook keeps them in memory else."""

    def __init__(self, file: IO[bytes], should_stop: Callable[[], bool]) -> None:
        self._file, self._should_stop = file, should_stop
        self._end = 0

    def kept(self, jpeg: bytes) -> io.BytesIO:
        """The picture as the workbook takes it; its bytes are read from the file when they are asked for."""
        self._file.seek(self._end)
        self._file.write(jpeg)
        start, size = self._end, len(jpeg)
        self._end += size
        return _Stored(lambda: self._read(start, size))

    def _read(self, start: int, size: int) -> bytes:
        if self._should_stop():
            raise Cancelled
        self._file.seek(start)
        return self._file.read(size)


class _Stored(io.BytesIO):
    """Bytes that lie elsewhere."""

    def __init__(self, read: Callable[[], bytes]) -> None:
        super().__init__()
        self._read = read

    def getvalue(self) -> bytes:
        return self._read()


class _Sink:
    """The file as the zip writer takes it: writing asks whether to stop; after a failure nothing is written any more.

    The zip writer has last words when it is thrown away, and would complain about a closed file.
    """

    def __init__(self, file: IO[bytes], should_stop: Callable[[], bool]) -> None:
        self._file, self._should_stop = file, should_stop
        self._is_closed = False
        self._at = 0

    def write(self, data: bytes) -> int:
        if not self._is_closed:
            try:
                if self._should_stop():
                    raise Cancelled
                self._file.write(data)
            except BaseException:
                self._is_closed = True
                raise
        self._at += len(data)
        return len(data)

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int) -> int:
        if not self._is_closed:
            self._file.seek(offset)
        self._at = offset
        return offset

    def flush(self) -> None:
        if not self._is_closed:
            self._file.flush()

    def close(self) -> None:
        self._is_closed = True


@contextmanager
def _workbook(file: IO[bytes], should_stop: Callable[[], bool]) -> Iterator[tuple[Workbook, _Pictures]]:
    """A workbook that is written to `file` when the block ends well, and where its pictures lie until then."""
    from xlsxwriter import Workbook  # here: the window starts without it
    from xlsxwriter.exceptions import FileCreateError

    with (
        tempfile.TemporaryDirectory(prefix="shelterlens-", ignore_cleanup_errors=True) as folder,
        tempfile.TemporaryFile(dir=folder) as pictures,
    ):
        options: dict[str, Any] = {"constant_memory": True, "tmpdir": folder, "use_zip64": True}
        sink = _Sink(file, should_stop)
        workbook = Workbook(sink, options)
        try:
            yield workbook, _Pictures(pictures, should_stop)
            workbook.close()
        except FileCreateError as error:
            raise error.args[0] from error  # the OSError that it wraps
        finally:
            sink.close()
            for sheet in workbook.worksheets():
                sheet._opt_close()  # its temporary file, which `close` leaves open when it fails


def _small(jpeg: bytes | None) -> bytes | None:
    """A stored picture no larger than the table shows it, as JPEG; None if there is none that can be used."""
    if not jpeg:
        return None
    try:
        with Image.open(io.BytesIO(jpeg)) as image:
            if image.format == "JPEG" and max(image.size) <= THUMBNAIL_PX:
                image.load()
                return jpeg
            return _as_jpeg(image.convert("RGB"))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):  # all that Pillow raises for no picture
        return None


def _opened(path: Path) -> bytes:
    pixels = open_photo(path, THUMBNAIL_PX // 2).pixels
    return _as_jpeg(Image.fromarray(np.ascontiguousarray(pixels)))


def _as_jpeg(image: Image.Image) -> bytes:
    image.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()


def _fitting(text: str) -> str:
    return text if len(text) <= _MOST_LETTERS else text[: _MOST_LETTERS - 1] + "…"

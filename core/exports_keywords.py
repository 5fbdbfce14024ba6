"""Breeds as keywords for photo programs: in XMP files beside the photographs, in copies, or in the photographs."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from pathlib import Path

from core.bundle_info import BundleInfo
from core.errors import Cancelled, PhotoError, UserError
from core.export_answers import Group, Said, group_name, said_of, title
from core.export_files import LeftOut, Written, cannot_write, is_disk_full, shown
from core.export_folders import FreeNames, copy_photo, new_folder, open_file
from core.folders import replacing
from core.photo_search import system_path
from core.records import Status, Tagged
from core.texts import Language, tr
from core.xmp_files import NoPlaceError, change_photo, copy_with_packet, packet_in
from core.xmp_packets import MOST_BYTES, Keywords, PacketError, with_keywords

# The word above all breeds, in the language of the keywords: not for `tr`. The program speaks of looks, not of descent.
_ROOTS: dict[Language, str] = {"en": "Breed by looks", "fr": "Race d’apparence"}


class Where(Enum):
    """Where the keywords go."""

    SIDECARS = "sidecars"
    COPIES = "copies"
    ORIGINALS = "originals"


@dataclass(frozen=True)
class KeywordOptions:
    """`folder` is the new one for COPIES.

    `keeps_ending`: the file beside photo.jpg is photo.jpg.xmp (digiKam, darktable), else photo.xmp (Lightroom).
    `marks_unsure`: photographs without a sure answer, or without a dog, get a keyword that says so.
    """

    where: Where = Where.SIDECARS
    folder: Path | None = None
    keeps_ending: bool = True
    marks_unsure: bool = False
    language: Language = "en"


Announce = Callable[[Tagged, str], None]


def keywords_of(tagged: Tagged, info: BundleInfo, options: KeywordOptions) -> Keywords:
    """The words for one photograph, and their paths; none where nobody is sure, unless that is to be said."""
    said = said_of(tagged, info, options.language)
    root = _ROOTS[options.language]
    if not _is_said(said, options):
        return Keywords()
    if said.group is Group.CROSS:
        cross = group_name(Group.CROSS, options.language)
        return Keywords((cross, *said.breeds), tuple((root, cross, breed) for breed in said.breeds))
    word = title(said, options.language)
    return Keywords((word,), ((root, word),))


def sidecar_of(path: Path, keeps_ending: bool = True) -> Path:
    """The XMP file that belongs to a photograph.

    >>> sidecar_of(Path("rex.jpg")).name, sidecar_of(Path("rex.jpg"), keeps_ending=False).name
    ('rex.jpg.xmp', 'rex.xmp')
    """
    sidecar = path.with_name(f"{path.name if keeps_ending else path.stem}.xmp")
    if not os.path.lexists(system_path(sidecar)):
        capitals = sidecar.with_suffix(".XMP")
        if os.path.lexists(system_path(capitals)):
            return capitals
    return sidecar


def write_keywords(
    tagged: Iterable[Tagged],
    info: BundleInfo,
    options: KeywordOptions,
    *,
    announce: Announce = lambda tagged, content: None,
    progress: Callable[[int], None] = lambda done: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Written:
    """Write the keywords; doing it again changes only what has changed. The result's `path` is the folder above all.

    Copies come into a new folder, whole or not at all. Files beside photographs, and photographs, are changed one by
    one, each whole: what is done when it is stopped stays. `announce` is told the SHA-256 that the file of a photograph
    is about to have, so that the library still knows it. Photographs without a keyword, and those that cannot be read
    or written, are named in `left_out`. Raises Cancelled, and UserError where it is of no use to go on.
    """
    writer = _Writer(info, options, announce, should_stop)
    if options.where is Where.COPIES:
        assert options.folder is not None
        with new_folder(options.folder) as root:
            _write_all(writer, tagged, lambda one, keywords: writer.copy(one, keywords, root), progress)
        return writer.written(options.folder)
    write = writer.change if options.where is Where.ORIGINALS else writer.write_beside
    _write_all(writer, tagged, write, progress)
    return writer.written(writer.above or Path())


def _write_all(
    writer: _Writer,
    tagged: Iterable[Tagged],
    write: Callable[[Tagged, Keywords], None],
    progress: Callable[[int], None],
) -> None:
    for done, one in enumerate(tagged, 1):
        if writer.should_stop():
            raise Cancelled
        writer.add(one, write)
        progress(done)


@dataclass
class _Writer:
    """What has been written so far, and how one more photograph is."""

    info: BundleInfo
    options: KeywordOptions
    announce: Announce
    should_stop: Callable[[], bool]
    above: Path | None = None
    _rows: int = 0
    _left_out: list[LeftOut] = field(default_factory=list)
    _beside: dict[str, int] = field(default_factory=dict)  # why keywords went beside, how often
    _sidecars: dict[Path, tuple[Path, Keywords]] = field(default_factory=dict)
    _names: FreeNames = field(default_factory=FreeNames)

    def add(self, one: Tagged, write: Callable[[Tagged, Keywords], None]) -> None:
        """Write the keywords of one photograph, or note why not. Raises UserError when the disk is full."""
        keywords = keywords_of(one, self.info, self.options)
        try:
            open_file(one.path).close()
            write(one, keywords)
            if keywords.words:
                self._rows += 1
                self._see(one.path.parent)
            else:
                self._leave_out(one, _why_without(one))
        except (PhotoError, PacketError, NoPlaceError) as error:
            self._leave_out(one, str(error))
        except OSError as error:
            if self.options.where is Where.COPIES:  # nothing of the folder stays
                raise
            if is_disk_full(error):
                said = tr(
                    "The disk is full. Photographs that have their keywords: {count}. Free some space and do it again."
                )
                raise UserError(said.format(count=self._rows)) from error
            self._leave_out(one, cannot_write(one.path, error))

    def write_beside(self, one: Tagged, keywords: Keywords) -> None:
        """Into the XMP file beside the photograph, with all that is in it already."""
        sidecar = sidecar_of(one.path, self.options.keeps_ending)
        if not self.options.keeps_ending:
            other, others = self._sidecars.setdefault(sidecar, (one.path, keywords))
            if others != keywords:
                said = tr("It would share its XMP file with {name}, whose keywords are others.")
                raise NoPlaceError(said.format(name=shown(other)))
        _change_sidecar(one.path, sidecar, keywords)

    def change(self, one: Tagged, keywords: Keywords) -> None:
        """Into the photograph itself; beside it where that cannot be."""
        sidecar = sidecar_of(one.path, self.options.keeps_ending)
        try:
            change_photo(one.path, partial(_changed, keywords), lambda content: self.announce(one, content))
        except (NoPlaceError, PacketError) as error:
            self.write_beside(one, keywords)
            self._note_beside(str(error), keywords)
            return
        if os.path.lexists(system_path(sidecar)):  # photo programs believe it more than the photograph
            self.write_beside(one, keywords)

    def copy(self, one: Tagged, keywords: Keywords, root: Path) -> None:
        """Into a copy of the photograph, in a subfolder for its animal."""
        if not keywords.words:
            return
        folder = self._names.folder(one.animal) if one.animal else ""
        (root / folder).mkdir(exist_ok=True)
        target = root / folder / self._names.file(folder, one.path.name)
        try:
            copy_with_packet(one.path, target, partial(_changed, keywords))
        except (NoPlaceError, PacketError) as error:
            packet = _beside_or_in(one.path, sidecar_of(one.path, self.options.keeps_ending))
            packet = _with_keywords(packet, keywords)
            copy_photo(one.path, target, self.should_stop)
            beside = sidecar_of(target, self.options.keeps_ending)
            if os.path.lexists(system_path(beside)):  # of a photograph with the same name and another ending
                beside = sidecar_of(target)
            system_path(beside).write_bytes(packet)
            self._note_beside(str(error), keywords)

    def written(self, path: Path) -> Written:
        notes = []
        if self._beside:
            said = tr(
                "Photographs that could not hold keywords: {count}. These are in an XMP file beside each. {reasons}"
            )
            reasons = " ".join(f"{why} ({count})" for why, count in self._beside.items())
            notes.append(said.format(count=sum(self._beside.values()), reasons=reasons))
        if self.options.where is Where.SIDECARS:
            notes.append(tr("Lightroom looks at XMP files beside raw photographs only, not beside JPEGs."))
        return Written(path, self._rows, tuple(self._left_out), tuple(notes))

    def _note_beside(self, why: str, keywords: Keywords) -> None:
        if keywords.words:
            self._beside[why] = self._beside.get(why, 0) + 1

    def _leave_out(self, one: Tagged, why: str) -> None:
        self._left_out.append(LeftOut(shown(one.path), why))

    def _see(self, folder: Path) -> None:
        """Remember the folder above all photographs, to be opened when all is done."""
        if self.above is not None and self.above != folder:
            try:
                folder = Path(os.path.commonpath([self.above, folder]))
            except ValueError:  # two disks of Windows
                folder = self.above
        self.above = folder


def _is_said(said: Said, options: KeywordOptions) -> bool:
    if said.is_reviewed or said.group is Group.BREED:
        return True
    return options.marks_unsure and said.group is not Group.UNREADABLE


def _why_without(one: Tagged) -> str:
    if one.verdict.status is Status.UNREADABLE:
        return one.verdict.reason
    if one.verdict.status is Status.NOT_A_DOG:
        return tr("Without keywords: no dog was found.")
    return tr("Without keywords: the answer is not sure, and nobody has checked it.")


def _changed(keywords: Keywords, packet: bytes | None) -> bytes | None:
    """The packet with the keywords; without any, none is made, and an earlier one loses those that came from here."""
    return None if packet is None and not keywords.words else with_keywords(packet, keywords)


def _change_sidecar(path: Path, sidecar: Path, keywords: Keywords) -> None:
    """Raises OSError, PacketError, NoPlaceError."""
    where = system_path(sidecar)
    is_new = not os.path.lexists(where)
    if is_new and not keywords.words:
        return
    packet = _beside_or_in(path, sidecar)
    changed = _with_keywords(packet, keywords) if is_new else with_keywords(packet, keywords)
    if changed == packet and not is_new:
        return
    if not is_new and not where.stat().st_mode & stat.S_IWUSR:
        raise NoPlaceError(tr("Its XMP file is protected against changes."))
    with replacing(where) as file:
        file.write(changed)
        if not is_new:
            shutil.copymode(where, file.name)


def _beside_or_in(path: Path, sidecar: Path) -> bytes | None:
    """What is known of a photograph: photo programs that find a file beside it look no further."""
    return _read_sidecar(sidecar) if os.path.lexists(system_path(sidecar)) else packet_in(path)


def _with_keywords(packet: bytes | None, keywords: Keywords) -> bytes:
    """The packet with the keywords; a new one where it cannot be used."""
    try:
        return with_keywords(packet, keywords)
    except PacketError:
        return with_keywords(None, keywords)


def _read_sidecar(sidecar: Path) -> bytes:
    """Raises PacketError where it cannot be read."""
    where = system_path(sidecar)
    try:
        found = where.stat()
        if not stat.S_ISREG(found.st_mode):
            raise PacketError(tr("Its XMP file is no file."))
        if found.st_size > MOST_BYTES:
            raise PacketError(tr("Its XMP data is too large."))
        return where.read_bytes()
    except OSError as error:
        raise PacketError(tr("Its XMP file cannot be read: {reason}.").format(reason=error.strerror)) from error

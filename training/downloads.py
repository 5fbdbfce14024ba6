"""Published ImageNet weights come onto this computer: with progress, continued where they broke off, checked."""

from __future__ import annotations

import http.client
import logging
import os
import shutil
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, Protocol

from core.about import NAME, VERSION
from core.backbones import BackboneEntry, WeightsFile
from core.texts import tr
from training.telling import Telling, stop_if_asked
from training.weight_files import WeightsError, check_mark, digest, kept_file, weights_dir

log = logging.getLogger(__name__)

_CHUNK_BYTES: Final = 1 << 18
_PATIENCE_S: Final = 30
_TRIES: Final = 3
_SPARE_BYTES: Final = 100_000_000
_MILLION: Final = 1_000_000


def fetch_weights(entry: BackboneEntry, telling: Telling) -> Path:
    """The file of a network's ImageNet weights: the one that is here already, else downloaded and checked.

    Raises WeightsError saying what to do, Cancelled when the user stops; what was downloaded so far is kept.
    """
    found = kept_file(entry)
    if found is not None:
        return found
    if entry.file is None:
        said = tr("The weights of {network} cannot be downloaded: put the file {name} into {folder}.")
        raise WeightsError(said.format(network=entry.title, name=f"{entry.name}.npz", folder=weights_dir()))
    path = weights_dir() / entry.file.name
    telling.note(tr("The weights of {network} are being downloaded, once.").format(network=entry.title))
    try:
        download(entry.file, path, telling)
    except OSError as error:
        log.info("%s: %s", entry.file.url, error)
        raise WeightsError(_offline(entry.title, entry.file, path.parent, error)) from error
    return path


def download(file: WeightsFile, path: Path, telling: Telling) -> None:
    """Put a published file at `path`, which appears there whole and checked or not at all.

    A download that broke off goes on from where it was (HTTP Range, as long as the file is still the same one).
    `telling` hears of megabytes. Raises WeightsError where it is damaged or the disk is full, OSError where the other
    side cannot be reached, Cancelled when the user stops.
    """
    part = path.with_name(f"{path.name}.part")
    for left in reversed(range(_TRIES)):
        try:
            _continue(file.url, part, telling)
            break
        except (OSError, http.client.HTTPException) as error:
            if not left or isinstance(error, urllib.error.HTTPError):
                raise error if isinstance(error, OSError) else OSError(str(error)) from error
            log.info("%s broke off: %s", file.url, error)
    try:
        check_mark(part, path.name)  # behind the page of a hotel's network every address is a web page
    except WeightsError:
        _forget(part)
        raise
    if file.checksum and digest(part, file.checksum) != file.checksum:
        _forget(part)
        said = tr(
            "“{file}” arrived damaged: its checksum is wrong. Try again; perhaps a proxy changes what it passes on."
        )
        raise WeightsError(said.format(file=path.name))
    part.replace(path)
    _forget(part)


class _Answer(Protocol):
    status: int
    headers: http.client.HTTPMessage

    def read(self, amount: int) -> bytes: ...


@dataclass(frozen=True)
class _Size:
    """How much is there already, and how much it will be; 0 where nobody says."""

    have: int
    whole: int


def _continue(url: str, part: Path, telling: Telling) -> None:
    """Fetch what is missing of `part`."""
    mark = part.with_name(f"{part.name}.etag")
    have = part.stat().st_size if part.exists() and mark.exists() else 0
    headers = {"User-Agent": f"{NAME}/{VERSION}"}
    if have:
        # The rest is only sent if the file has not changed since; otherwise all of it comes.
        headers |= {"Range": f"bytes={have}-", "If-Range": mark.read_text(encoding="ascii")}
    try:
        with _opened(url, headers) as answer:
            goes_on = answer.status == http.HTTPStatus.PARTIAL_CONTENT
            size = _sizes(answer, have if goes_on else 0)
            _check_room(part, size)
            mark.write_text(answer.headers.get("ETag") or answer.headers.get("Last-Modified") or "", encoding="ascii")
            with part.open("ab" if goes_on else "wb") as target:
                _copy(answer, target, size, telling)
    except urllib.error.HTTPError as error:
        if error.code != http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE or not have:
            raise
        # All of it is there already, or more than all: the checksum will tell.


@contextmanager
def _opened(url: str, headers: dict[str, str]) -> Iterator[_Answer]:
    if not url.startswith(("https://", "http://")):
        raise ValueError(url)
    # Proxies from the environment and from the system's settings are used by urllib itself.
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=_PATIENCE_S) as answer:
        yield answer


def _sizes(answer: _Answer, have: int) -> _Size:
    length = int(answer.headers.get("Content-Length") or 0)
    return _Size(have, have + length if length else 0)


def _check_room(part: Path, size: _Size) -> None:
    free = shutil.disk_usage(part.parent).free
    if size.whole and free < size.whole - size.have + _SPARE_BYTES:
        said = tr("There is no room for {size} MB in {folder}. Make some, or move the data folder.")
        raise WeightsError(said.format(size=size.whole // _MILLION, folder=part.parent))


def _copy(answer: _Answer, target: IO[bytes], size: _Size, telling: Telling) -> None:
    done = size.have
    while piece := answer.read(_CHUNK_BYTES):
        target.write(piece)
        done += len(piece)
        telling.progress(done // _MILLION, max(1, size.whole // _MILLION) if size.whole else None)
        stop_if_asked(telling)
    target.flush()
    os.fsync(target.fileno())
    if size.whole and done < size.whole:  # the connection ended early without an error
        raise ConnectionError(f"{done} of {size.whole} bytes came")


def _forget(part: Path) -> None:
    for left in (part, part.with_name(f"{part.name}.etag")):
        left.unlink(missing_ok=True)


def _offline(title: str, file: WeightsFile, folder: Path, error: OSError) -> str:
    if isinstance(error, urllib.error.HTTPError):
        reason = tr("the other side answered {code}").format(code=error.code)
    else:
        reason = str(getattr(error, "reason", "") or error.strerror or error)
    said = tr(
        "The weights of {network} could not be downloaded ({reason}). Without an Internet connection, download {url} "
        "on another computer and put the file into {folder}. Behind a proxy, set HTTPS_PROXY to its address."
    )
    return said.format(network=title, reason=reason, url=file.url, folder=folder)

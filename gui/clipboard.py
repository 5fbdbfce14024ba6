"""What somebody copied elsewhere: a picture, files, or the path of one."""

from __future__ import annotations

import io
import logging
import tkinter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import UserError
from core.texts import tr
from gui.dropping import path_of

if TYPE_CHECKING:
    from PIL import Image

log = logging.getLogger(__name__)

_FILE_LISTS = ("text/uri-list", "x-special/gnome-copied-files")
_PICTURES = ("image/png", "image/jpeg", "image/bmp", "image/tiff")

_BYTES = {hex(value): value for value in range(256)}


@dataclass(frozen=True)
class Pasted:
    """What the window itself can read of the clipboard; `encoded` is a picture as a file's bytes, written in hex."""

    paths: tuple[Path, ...] = ()
    encoded: str = ""


def read_clipboard(root: tkinter.Misc) -> Pasted:
    """Paths or a picture. In the main loop, since it is Tk that asks; the loop goes on while Tk waits for the answer.

    Elsewhere than on X11, and for pictures that Tk finds too large, `picture_in` asks the system.
    """
    if root.tk.call("tk", "windowingsystem") != "x11":
        return Pasted(_paths_in(_text(root, "STRING")))
    offered = _text(root, "TARGETS").split()
    for kind in _FILE_LISTS:
        if kind in offered and (paths := _paths_in(_as_bytes(_text(root, kind)).decode("utf-8", "surrogateescape"))):
            return Pasted(paths)
    pictures = [kind for kind in _PICTURES if kind in offered]
    if pictures:
        return Pasted(encoded=_text(root, pictures[0]))
    return Pasted(_paths_in(_text(root, "UTF8_STRING")))


def picture_in(pasted: Pasted) -> Image.Image | list[Path]:
    """The picture, or the files it stands for; runs in a worker. Raises UserError where there is none."""
    from PIL import Image, ImageGrab

    nothing = tr("There is no photograph in the clipboard. Copy a picture or a file first, then paste it here.")
    try:
        if pasted.encoded:
            return Image.open(io.BytesIO(_as_bytes(pasted.encoded)))
        found = ImageGrab.grabclipboard()
    except Image.DecompressionBombError as error:
        raise UserError(tr("This picture is too large for this program. Save it smaller and try again.")) from error
    except Exception as error:  # decoders raise nearly every kind of error on damaged data
        log.info("clipboard: %s", error)
        raise UserError(nothing) from error
    if isinstance(found, list):
        return [Path(name) for name in found]
    if found is None:
        raise UserError(nothing)
    return found


def _text(root: tkinter.Misc, kind: str) -> str:
    try:
        return str(root.tk.call("selection", "get", "-selection", "CLIPBOARD", "-type", kind))
    except (tkinter.TclError, UnicodeDecodeError):
        return ""


def _as_bytes(text: str) -> bytes:
    """Tk hands over what it does not know as numbers: "0x89 0x50 ..."."""
    if not text.startswith("0x"):
        return text.encode("utf-8", "surrogateescape")
    return bytes(map(_BYTES.__getitem__, text.split()))


def _paths_in(text: str) -> tuple[Path, ...]:
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    if len(lines) > 1 and lines[0] in ("copy", "cut"):  # GNOME's file manager says first what is to be done
        lines = lines[1:]
    paths = [path_of(line.strip().strip('"')) for line in lines]
    return tuple(path for path in paths if path) if all(paths) else ()

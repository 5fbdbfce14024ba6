"""The language of the screen: every text that a user sees passes through `tr` at the moment of use."""

from __future__ import annotations

import gettext
import io
import locale
import logging
import os
import subprocess
import sys
from functools import cache
from typing import Literal, Protocol

Language = Literal["en", "fr"]

log = logging.getLogger(__name__)

_NON_BREAKING_SPACE, _NARROW_SPACE = "\u00a0", "\u202f"
_current: Language = "en"


class Named(Protocol):
    """A thing with a name in both languages, such as a label or a group of a model."""

    @property
    def en(self) -> str: ...
    @property
    def fr(self) -> str: ...


def tr(message: str) -> str:
    """The English `message` in the current language; itself where no translation is known."""
    return _french().gettext(message) if _current == "fr" and message else message


def set_language(code: Literal["en", "fr", "system"]) -> None:
    """Switch the language of every text from now on."""
    global _current
    _current = _system_language() if code == "system" else code


def language() -> Language:
    """The language in use."""
    return _current


def label_name(label: Named) -> str:
    """The name of a label (breed) in the current language."""
    return label.fr if _current == "fr" else label.en


def percent(p: float) -> str:
    """A probability in whole percent that never claims certainty it has not: at most 99 %, at least "< 1 %".

    >>> [percent(p).replace(chr(160), "_") for p in (0.0, 0.001, 0.923, 0.999, 1.0)]
    ['0_%', '<_1_%', '92_%', '99_%', '100_%']
    """
    space = _NARROW_SPACE if _current == "fr" else _NON_BREAKING_SPACE
    whole = round(p * 100)
    if p > 0 and whole < 1:
        return f"<{_NON_BREAKING_SPACE}1{space}%"
    if p < 1:
        whole = min(whole, 99)
    return f"{whole}{space}%"


def written(number: str) -> str:
    """A number with a point as the current language writes it."""
    return number.replace(".", ",") if _current == "fr" else number


@cache
def _french() -> gettext.NullTranslations:
    """The French texts, read from their source file: a compiled copy could be older than it."""
    from core.folders import resources_dir  # here: folders speaks through this module

    try:
        import polib  # here: an English screen starts without it
    except ImportError:
        log.warning("no French without polib")
        return gettext.NullTranslations()
    path = resources_dir() / "locale" / "fr" / "LC_MESSAGES" / "shelterlens.po"
    if not path.is_file():
        return gettext.NullTranslations()
    return gettext.GNUTranslations(io.BytesIO(polib.pofile(str(path), encoding="utf-8").to_binary()))


def _system_language() -> Language:
    return "fr" if _system_locale().lower().startswith("fr") else "en"


def _system_locale() -> str:
    """What the desktop is set to, such as "fr_FR.UTF-8"; empty when it does not say."""
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name, ""):
            return value
    if sys.platform == "win32":
        import ctypes

        return locale.windows_locale.get(ctypes.windll.kernel32.GetUserDefaultUILanguage(), "")
    if sys.platform == "darwin":  # programs started from the Finder get no LANG
        try:
            asked = ["defaults", "read", "-g", "AppleLocale"]
            return subprocess.run(asked, capture_output=True, text=True, timeout=2, check=False).stdout
        except (OSError, subprocess.TimeoutExpired):
            return ""
    return ""

"""The models on this computer: those that came with the program and the user's own, and which of them is in use."""

from __future__ import annotations

import atexit
import logging
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from core.bundle_info import BundleInfo, is_name, printable
from core.bundles import HIDDEN, INFO_FILE, SUFFIX, Bundle, discard, import_bundle, load_bundle, read_info
from core.errors import BundleError, UserError
from core.folders import models_dir, shipped_models_dir
from core.settings import load_settings, save_settings
from core.texts import tr

log = logging.getLogger(__name__)

DEFAULT = "dogs"


@dataclass(frozen=True)
class ModelEntry:
    """A line in the list of models; `problem` is the reason why it cannot be used, and `info` is None if unreadable."""

    name: str
    shipped: bool
    path: Path
    info: BundleInfo | None
    problem: str
    in_use: bool = False


def list_models() -> list[ModelEntry]:
    """All models by name, each checked; the user's hides a shipped one of the same name, unless it is broken."""
    entries: list[ModelEntry] = []
    for folder, shipped in _folders():
        hidden = shipped and any(entry.name == folder.name and not entry.problem for entry in entries)
        if not hidden:
            entries.append(_entry(folder, shipped))
    used = _entry_in_use(entries)
    entries = [replace(entry, in_use=entry is used) for entry in entries]
    return sorted(entries, key=lambda entry: (entry.name, entry.shipped))


def find_model(name: str | None = None) -> Bundle:
    """The model called `name`; without a name the one in use, or the default one where that is broken or gone.

    Of two models with the same name the user's own comes first, if it works. Raises BundleError.
    """
    if name is not None:
        return _working(name)
    used = _used_name()
    try:
        return _working(used)
    except BundleError as error:
        if used == DEFAULT:
            raise
        log.warning("the model %s in use gives way to %s: %s", used, DEFAULT, error)
        return _working(DEFAULT)


def use_model(name: str) -> Bundle:
    """Make the model called `name` the one in use from now on. Raises BundleError, and then nothing has changed."""
    bundle = _working(name)
    save_settings(load_settings().model_copy(update={"model": name}))
    return bundle


def remove_model(name: str) -> None:
    """Delete one of the user's models; was it in use, then the default is. Raises BundleError."""
    if not is_name(name) or not (models_dir() / name).exists():
        if _is_model(shipped_models_dir() / name) and is_name(name):
            said = tr("The model “{name}” came with the program and cannot be removed.")
            raise BundleError(said.format(name=name))
        raise _unknown(name)
    try:
        discard(models_dir() / name)
    except OSError as error:
        said = tr("The model “{name}” cannot be removed: {reason}.")
        raise BundleError(said.format(name=name, reason=error.strerror or error)) from error
    settings = load_settings()
    if settings.model == name and not _is_model(shipped_models_dir() / name):
        save_settings(settings.model_copy(update={"model": None}))


def model_or_file(text: str) -> Bundle:
    """The model that a user means: its name, its folder, or its .shelterlens file, which is not kept.

    Raises BundleError.
    """
    path = Path(text)
    if is_there(text):
        return find_model(text)
    if path.suffix.lower() == SUFFIX:
        folder = Path(tempfile.mkdtemp(prefix="shelterlens-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        return import_bundle(path, folder)
    if _is_model(path):
        return load_bundle(path)
    raise _unknown(text)


def is_there(name: str) -> bool:
    """Whether there is a model of this name, that works or does not."""
    return is_name(name) and any(_is_model(root / name) for root in _roots())


def model_meant(text: str | None) -> Bundle:
    """The model that a user means, as `model_or_file`; None is the one in use. Raises BundleError."""
    return find_model() if text is None else model_or_file(text)


def _working(name: str) -> Bundle:
    """The first of the models called `name` that can be used; what is wrong with the user's own is what is said."""
    problems: list[BundleError] = []
    for root in _roots():
        if is_name(name) and _is_model(root / name):
            try:
                bundle = load_bundle(root / name)
                _check_name(bundle.info, root / name)
                return bundle
            except BundleError as error:
                log.warning("%s: %s", root / name, error)
                said = tr("The model “{name}” cannot be used. {reason}")
                problems.append(BundleError(said.format(name=name, reason=error)))
    raise problems[0] if problems else _unknown(name)


def _roots() -> list[Path]:
    """Where models are, the user's own first; a place that may only be read has none of the user's."""
    try:
        return [models_dir(), shipped_models_dir()]
    except UserError as error:
        log.warning("no models of the user's own: %s", error)
        return [shipped_models_dir()]


def _unknown(name: str) -> BundleError:
    return BundleError(tr("There is no model called “{name}”.").format(name=printable(name)))


def _used_name() -> str:
    return load_settings().model or DEFAULT


def _is_model(folder: Path) -> bool:
    """Whether there is, or was meant to be, a model: shipped_models_dir has other networks too."""
    try:
        return (folder / INFO_FILE).is_file()
    except (OSError, ValueError):  # a name too long, a folder that may not be read, a zero byte
        return False


def _folders() -> Iterator[tuple[Path, bool]]:
    """The folder of each model and whether it came with the program; the user's first."""
    for root, shipped in ((models_dir(), False), (shipped_models_dir(), True)):
        try:
            folders = sorted(root.iterdir())
        except OSError as error:
            log.warning("no models in %s: %s", root, error)
            continue
        yield from ((folder, shipped) for folder in folders if _is_model(folder) and folder.name[0] != HIDDEN)


def _entry(folder: Path, shipped: bool) -> ModelEntry:
    info, problem = None, ""
    try:
        info = read_info(folder)
        _check_name(info, folder)
        load_bundle(folder)
    except BundleError as error:
        problem = str(error)
    return ModelEntry(folder.name, shipped, folder, info, problem)


def _check_name(info: BundleInfo, folder: Path) -> None:
    """A model is found by its folder: two that say the same name would be mistaken for each other."""
    if info.name != folder.name:
        raise BundleError(tr("Its folder must be called “{name}”, as the model is.").format(name=info.name))


def _entry_in_use(entries: list[ModelEntry]) -> ModelEntry | None:
    """The one that find_model gives without a name."""
    for name in (_used_name(), DEFAULT):
        for entry in entries:
            if entry.name == name and not entry.problem:
                return entry
    return None

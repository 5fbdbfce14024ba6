"""One model after the other: a trained one becomes the one in use, and one step leads back to what was before."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core.bundle_info import BundleInfo, is_name
from core.bundles import EARLIER, HIDDEN, Bundle, copy_bundle, load_bundle, put_aside, read_info
from core.errors import BundleError, UserError
from core.fingerprints import model_fingerprint
from core.folders import models_dir, shipped_models_dir
from core.models import find_model
from core.settings import load_settings, save_settings
from core.texts import tr
from core.train_runs import Run, again

log = logging.getLogger(__name__)

# In the settings, what was in use before is the name of a model; or, where another one has its name by now, where to
# find it: among the earlier versions, or among the shipped models.
_EARLIER, _SHIPPED = "earlier:", "shipped:"
_TIME = re.compile(r".*-(?P<time>\d{8}-\d{6})(-(?P<number>\d{1,3}))?")


@dataclass(frozen=True)
class Version:
    """An earlier version of a model, which another one of the same name took the place of."""

    folder: Path
    info: BundleInfo


def use_run(run: Run) -> Bundle:
    """Make the model of a run the one in use; the one before stays for `go_back`.

    It is copied, so that the run may be deleted. Raises UserError, and then nothing has changed.
    """
    now = again(run)
    if not now.has_result:
        raise UserError(tr("This run has no result."))
    bundle = load_bundle(now.model_dir)
    before, was_there = _in_use(), (models_dir() / bundle.name).is_dir()
    known = {version.folder for version in versions(bundle.name)}
    kept = copy_bundle(bundle, models_dir())
    if before == bundle.name:
        moved = [version.folder for version in versions(bundle.name) if version.folder not in known]
        before = f"{_EARLIER}{moved[0].name}" if was_there and moved else f"{_SHIPPED}{bundle.name}"
    _use(bundle.name, before)
    return kept


def versions(name: str) -> tuple[Version, ...]:
    """The earlier versions of a model, the last one first; broken ones are left out."""
    found: list[Version] = []
    try:
        folders = sorted((models_dir() / EARLIER).glob(f"{name}-*")) if is_name(name) else []
    except OSError:
        folders = []
    for folder in folders:
        try:
            info = read_info(folder)
        except BundleError:
            log.info("%s cannot be read", folder, exc_info=True)
            continue
        if info.name == name:
            found.append(Version(folder, info))
    return tuple(sorted(found, key=_when, reverse=True))


def find_version(fingerprint: str) -> Version | None:
    """The model with this fingerprint, wherever it is: in use, hidden by another one of its name, an earlier version.

    Only what it says of itself is read: whoever wants its answers loads its folder.
    """
    for folder in _all_folders():
        try:
            info = read_info(folder)
        except BundleError:
            continue
        if model_fingerprint(info) == fingerprint:
            return Version(folder, info)
    return None


def _all_folders() -> Iterator[Path]:
    """Whatever may be a model: the user's, those that came with the program, the earlier versions."""
    for root in (models_dir(), shipped_models_dir(), models_dir() / EARLIER):
        try:
            folders = sorted(root.iterdir())
        except OSError:
            continue
        yield from (folder for folder in folders if folder.name[0] != HIDDEN)


def _when(version: Version) -> tuple[str, int]:
    """When it was put there, which its folder says: dogs-1.0.0-20260131-235959, the second then with -2."""
    found = _TIME.fullmatch(version.folder.name)
    return (found["time"], int(found["number"] or 1)) if found else ("", 0)


def can_go_back() -> bool:
    """Whether there is a model to go back to."""
    return previous() is not None


def previous() -> BundleInfo | None:
    """The model that `go_back` would put in use, None where there is none or where it is gone."""
    try:
        kept = load_settings().previous_model
        folder = _folder_of(kept) if kept else None
        return read_info(folder) if folder and folder != find_model().folder else None
    except UserError:
        log.info("no model to go back to", exc_info=True)
        return None


def go_back() -> Bundle:
    """Put the model in use that was before this one, also where both have the same name.

    Doing it twice changes nothing. Raises UserError, and then nothing has changed.
    """
    kept = load_settings().previous_model
    folder = _folder_of(kept) if kept else None
    if kept is None or folder is None:
        raise UserError(tr("There is no model to go back to."))
    bundle = load_bundle(folder)
    before = _in_use()
    if kept.startswith((_EARLIER, _SHIPPED)):
        return _back_in_place(bundle, before, is_shipped=kept.startswith(_SHIPPED))
    _use(bundle.name, before)
    return bundle


def _back_in_place(bundle: Bundle, before: str, *, is_shipped: bool) -> Bundle:
    """Exchange the model of this name with the earlier version, or with the shipped one that it hides."""
    place = models_dir() / bundle.name
    try:
        aside = put_aside(place) if place.exists() else None
        if not is_shipped:
            try:
                bundle.folder.rename(place)
            except OSError:
                if aside is not None:
                    aside.rename(place)
                raise
    except OSError as error:
        said = tr("The model “{name}” cannot be put back: {reason}.")
        raise UserError(said.format(name=bundle.name, reason=error.strerror or error)) from error
    if before == bundle.name:
        before = f"{_EARLIER}{aside.name}" if aside is not None else f"{_SHIPPED}{bundle.name}"
    _use(bundle.name, before)
    return find_model(bundle.name)


def _in_use() -> str:
    """The name of the model that answers now; the settings may name one that is gone."""
    return find_model().name


def _use(name: str, before: str) -> None:
    settings = load_settings()
    before = settings.previous_model or "" if before == name else before
    save_settings(settings.model_copy(update={"model": name, "previous_model": before or None}))


def _folder_of(kept: str) -> Path | None:
    """Where a model lies that the settings name, None where it is gone."""
    for mark, root in ((_EARLIER, models_dir() / EARLIER), (_SHIPPED, shipped_models_dir())):
        if kept.startswith(mark):
            folder = root / kept.removeprefix(mark)
            return folder if folder.parent == root and folder.is_dir() else None
    return find_model(kept).folder if is_name(kept) else None

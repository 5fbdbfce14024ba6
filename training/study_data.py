"""The photographs of a study: fewer of them for a quick try, a class for all else, one split for all variants."""

from __future__ import annotations

import csv
import hashlib
import io
import shutil
from collections import defaultdict
from collections.abc import Iterable, Sequence
from math import ceil
from pathlib import Path
from typing import Final

from core.errors import UserError
from core.folders import replacing
from core.photo_search import find_photos
from core.study_presets import Preset, Quick
from core.texts import label_name, tr
from core.train_config import Changes, Source, SourceKind, TrainConfig
from training.data_set import FILES_FILE, REPORT_FILE, read_data
from training.evaluate import label_places
from training.found import FoundPhoto
from training.kept_data import keep_data, kept_data
from training.labels import label_of, path_text
from training.samples import Part
from training.sources import read_source
from training.telling import Telling

OTHER: Final = "Other"
TABLE_FILE: Final = "photographs.csv"
_COLUMNS: Final = ("image", "class", "part", "group")
_DATA_DIR: Final = "data"


def study_source(
    preset: Preset, data: Path, is_quick: bool, other: Path | None, folder: Path, telling: Telling
) -> tuple[Source, Changes]:
    """Where the photographs of a study come from, and which of them are left out for a quick try.

    With `other` a table of all photographs is written into `folder`, in which those below `other` are a class of their
    own. Raises UserError.
    """
    source = preset.data.source(data)
    if other is not None:
        source = _with_other(source, other, folder, telling)
    if not is_quick:
        return source, Changes()
    found = read_source(source, Changes(), telling)
    return source, _fewer(found.photographs, preset.quick, {OTHER} if other else set())


def share_data(config: TrainConfig, study: Path, run: Path, telling: Telling) -> None:
    """Give a run the photographs and the split that every run of the study with the same source has.

    Raises UserError where nothing can be trained on them, Cancelled.
    """
    decided = (config.source, config.changes, config.split)
    key = hashlib.sha256("\n".join(part.model_dump_json() for part in decided).encode()).hexdigest()[:12]
    shared = study / _DATA_DIR / key
    data = kept_data(config, shared)
    if data is None:
        shared.mkdir(parents=True, exist_ok=True)
        data, _ = read_data(config, shared, telling)
        keep_data(data, config, shared)
    for name in (REPORT_FILE, FILES_FILE):
        shutil.copyfile(shared / name, run / name)
    keep_data(data, config, run)


def check_external(source: Source, changes: Changes, external: Path, telling: Telling) -> None:
    """Whether any class of the photographs from elsewhere is one of the study's: rather now than after hours.

    Raises UserError where none is, and where there are no photographs.
    """
    known = [label_of(name) for name in _classes(source, changes, telling)]
    names = _classes(Source(path=external), Changes(), telling)
    if not (label_places(names, known) >= 0).any():
        said = tr("None of the classes in {folder} is one of the study's. It has: {names}.")
        raise UserError(said.format(folder=external, names=", ".join(sorted(label_name(one) for one in known))))


def _classes(source: Source, changes: Changes, telling: Telling) -> list[str]:
    found = read_source(source, changes, telling)
    return sorted({photo.counts_as or photo.name for photo in found.photographs})


# -- Fewer photographs -------------------------------------------------------------------------------------------------


def _fewer(photographs: Sequence[FoundPhoto], quick: Quick, always: set[str]) -> Changes:
    """The first classes by name, and of each so many photographs, of each official part its share; always the same."""
    of_class: dict[str, dict[Part | None, list[FoundPhoto]]] = defaultdict(lambda: defaultdict(list))
    for photo in photographs:
        of_class[photo.name][photo.official].append(photo)
    names = sorted(name for name in of_class if name not in always)
    kept = {*names[: quick.classes], *(always & set(of_class))}
    out = [
        path_text(photo.path) for name in sorted(kept) for photo in _beyond(of_class[name].values(), quick.photographs)
    ]
    return Changes(leave_out=tuple(out), leave_out_classes=tuple(sorted(set(of_class) - kept)))


def _beyond(parts: Iterable[list[FoundPhoto]], most: int) -> list[FoundPhoto]:
    """What is too much of a class."""
    parts = list(parts)
    total = sum(map(len, parts))
    return [photo for part in parts for photo in _mixed(part)[ceil(most * len(part) / total) :]]


def _mixed(photographs: Sequence[FoundPhoto]) -> list[FoundPhoto]:
    """In an order that only the files' names decide."""
    return sorted(photographs, key=lambda photo: hashlib.sha256(path_text(photo.path).encode()).digest())


# -- A class for everything else ---------------------------------------------------------------------------------------


def _with_other(source: Source, other: Path, folder: Path, telling: Telling) -> Source:
    found = read_source(source, Changes(), telling)
    beside = [FoundPhoto(path, OTHER) for path in find_photos(other)]
    if not beside:
        raise UserError(tr("There are no photographs in {folder}.").format(folder=other))
    photographs = [*found.photographs, *_dealt(beside, found.photographs)]
    text = io.StringIO(newline="")
    table = csv.writer(text, lineterminator="\n")
    table.writerow(_COLUMNS)
    for photo in photographs:
        part = photo.official.value if photo.official else ""
        table.writerow((str(photo.path.absolute()), photo.counts_as or photo.name, part, photo.animal))
    path = folder / TABLE_FILE
    with replacing(path) as file:
        file.write(text.getvalue().encode("utf-8", "surrogateescape"))
    return Source(
        kind=SourceKind.TABLE, path=path, images=folder, image_column="image", label_column="class",
        split_column="part", group_column="group",
    )  # fmt: skip


def _dealt(beside: Sequence[FoundPhoto], photographs: Sequence[FoundPhoto]) -> list[FoundPhoto]:
    """The other photographs in the official parts, in the same shares as the classes."""
    counts = {part: sum(photo.official is part for photo in photographs) for part in Part}
    total = sum(counts.values())
    if not total:
        return list(beside)
    dealt: list[FoundPhoto] = []
    rest = _mixed(beside)
    for part in (Part.TEST, Part.VALIDATION):
        taken = round(len(beside) * counts[part] / total)
        dealt += [FoundPhoto(photo.path, OTHER, official=part) for photo in rest[:taken]]
        rest = rest[taken:]
    return dealt + [FoundPhoto(photo.path, OTHER, official=Part.TRAIN) for photo in rest]

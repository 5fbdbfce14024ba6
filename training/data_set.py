"""The first step of a training: read the data, look at it, share it out, and write down what was found."""

from __future__ import annotations

import csv
import io
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from core.bundles import Label
from core.errors import BundleError, UserError
from core.folders import replacing
from core.models import find_model, model_meant
from core.records import Floats
from core.run_results import safe_cell
from core.texts import label_name, tr
from core.train_config import Mode, TrainConfig
from core.train_records import ClassCount, DataReport, Finding, FindingKind, Phase
from training.data_check import Likenesses, Seen, compare, findings_in, first_of_each, kin, spare_copies
from training.found import Found, FoundPhoto
from training.labels import label_of, path_text
from training.look_alikes import together
from training.photo_facts import PhotoFacts, look_at
from training.samples import DataSet, Part, Sample
from training.sources import read_source
from training.split import share_out
from training.stretch import Stretch
from training.telling import Telling, stop_if_asked

log = logging.getLogger(__name__)

REPORT_FILE = "data.json"
FILES_FILE = "files.csv"
# The quickest of the shipped models: its vectors tell look-alikes and odd labels, whatever is trained afterwards.
LOOKED_WITH = "dogs-fast"
# What bundle.json takes.
MOST_CLASSES = 10_000
_MANY_CLASSES = 20

_COLUMNS = ("path", "class", "label", "part", "group", "width", "height", "content", "problem")

# Vectors (channels,) by content, of files and of photographs whose files are gone.
Vectors = Mapping[str, Floats]
Embedder = Callable[[Sequence[Path], Sequence[str], Telling], Vectors]


@dataclass(frozen=True)
class _Looked:
    """The photographs that can be used, those that cannot with the reason, and what is missing."""

    seen: tuple[Seen, ...]
    unreadable: tuple[tuple[FoundPhoto, str], ...]
    missing: tuple[Finding, ...]


def read_data(
    config: TrainConfig, run_dir: Path, telling: Telling, embedder: Embedder | None = None
) -> tuple[DataSet, DataReport]:
    """Read the source of a training, look at it and share it out; data.json and files.csv go into `run_dir`.

    `embedder` gives the vectors that likeness is judged by, the shipped "dogs-fast" ones by default. Raises UserError
    with a sentence where nothing can be trained on the data, Cancelled when asked to stop.
    """
    found = read_source(config.source, config.changes, telling)
    labels, places = _labels(found)
    count = len(found.photographs)
    telling.phase(Phase.LOOKING, count)
    looked = _look(found, places, config, Stretch(telling, count, 0.0, 0.25))
    vectors = (embedder or _vectors)(*_asked_of_embedder(looked.seen), Stretch(telling, count, 0.25, 0.95))
    likenesses = _compared(looked.seen, vectors, Stretch(telling, count, 0.95, 1.0))
    samples = _shared_out(looked.seen, likenesses, config)
    data = _data_set(labels, samples, config, telling)
    findings = [*looked.missing, *_unreadable(looked), *findings_in(looked.seen, likenesses, _names(found, labels))]
    report = _report(found, looked, samples, labels, findings)
    _write(run_dir, report, looked, samples, labels)
    return data, report


def _labels(found: Found) -> tuple[tuple[Label, ...], dict[str, int]]:
    """The labels in the order of the source's classes, and the place of each class that has photographs."""
    used = {photo.counts_as for photo in found.photographs}
    labels: dict[str, Label] = {}
    for name in found.classes:
        if name in used:
            label = label_of(name)
            labels.setdefault(label.id, label)
    order = {identity: place for place, identity in enumerate(labels)}
    return tuple(labels.values()), {name: order[label_of(name).id] for name in found.classes if name in used}


def _names(found: Found, labels: Sequence[Label]) -> list[str]:
    """For each label the class of the source that is called so first."""
    used = {photo.counts_as for photo in found.photographs}
    first: dict[str, str] = {}
    for name in found.classes:
        if name in used:
            first.setdefault(label_of(name).id, name)
    return [first[label.id] for label in labels]


def _look(found: Found, places: Mapping[str, int], config: TrainConfig, telling: Telling) -> _Looked:
    """Read every file. One that is gone counts in head mode, which needs its vector only."""
    facts = look_at([photo.path for photo in found.photographs if not photo.gone], telling)
    seen: list[Seen] = []
    unreadable: list[tuple[FoundPhoto, str]] = []
    missing = list(found.findings)
    for photo in found.photographs:
        fact = None if photo.gone else facts[photo.path]
        is_other = fact is not None and bool(photo.content) and fact.content != photo.content
        if is_other:
            missing.append(_other_picture(photo))
        if photo.gone or is_other:
            if config.fit.mode is Mode.HEAD:
                seen.append(Seen(_without_file(photo), places[photo.counts_as], photo.content))
        elif fact is not None and fact.problem:
            unreadable.append((photo, fact.problem))
        elif fact is not None:
            seen.append(Seen(photo, places[photo.counts_as], fact.content, fact))
    return _Looked(tuple(seen), tuple(unreadable), tuple(missing))


def _without_file(photo: FoundPhoto) -> FoundPhoto:
    """Called by its content where another picture lies at its path now, which nobody may take for it."""
    return photo if photo.gone else replace(photo, path=Path(f"picture-{photo.content[:16]}"), gone=True)


def _other_picture(photo: FoundPhoto) -> Finding:
    reason = tr("the file can no longer be read, or shows another picture now")
    return Finding(
        kind=FindingKind.MISSING, paths=(path_text(photo.path),), classes=(photo.counts_as,), suggestion=reason
    )


def _unreadable(looked: _Looked) -> Iterable[Finding]:
    for photo, reason in looked.unreadable:
        yield Finding(
            kind=FindingKind.UNREADABLE, paths=(path_text(photo.path),), classes=(photo.counts_as,), suggestion=reason
        )


def _asked_of_embedder(seen: Sequence[Seen]) -> tuple[list[Path], list[str]]:
    """One file for each content, and the contents of which there is no file."""
    files: dict[str, Path] = {}
    for one in seen:
        if one.facts is not None:
            files.setdefault(one.content, one.photo.path)
    return list(files.values()), list(dict.fromkeys(one.content for one in seen if one.content not in files))


def _vectors(paths: Sequence[Path], gone: Sequence[str], telling: Telling) -> Vectors:
    """What the quickest shipped model sees in them; nothing, with a note, where it cannot be used."""
    from training.embeddings import embed, vectors_of_contents

    try:
        bundle = find_model(LOOKED_WITH)
        embedded = embed(bundle, paths, telling, Phase.LOOKING)
    except BundleError as error:
        log.warning("no look-alikes", exc_info=True)
        said = tr("Look-alikes and labels that are perhaps wrong were not looked for: {reason}")
        telling.note(said.format(reason=error))
        return {}
    found = dict(zip(embedded.contents, embedded.vectors, strict=True))
    return found | (vectors_of_contents(bundle, gone) if gone else {})


def _compared(seen: Sequence[Seen], vectors: Vectors, telling: Telling) -> Likenesses:
    def asked(done: int) -> None:
        telling.progress(done, len(seen))
        stop_if_asked(telling)

    return compare(seen, vectors, asked)


def _shared_out(seen: Sequence[Seen], likenesses: Likenesses, config: TrainConfig) -> list[Sample]:
    """The photographs with their parts; None for copies, and for what an official test part has as well.

    Groups of which a file is gone are trained on: nobody can judge by a photograph that is not there.
    """
    spare = spare_copies(seen, likenesses)
    groups = _groups(seen, likenesses)
    samples = [
        Sample(one.photo.path, one.label, one.content, group, one.photo.official)
        for one, group in zip(seen, groups, strict=True)
    ]
    gone = {groups[place] or f"/{place}" for place, one in enumerate(seen) if one.facts is None}
    dealt = [place for place, group in enumerate(groups) if place not in spare and (group or f"/{place}") not in gone]
    parts = dict(zip(dealt, share_out([samples[place] for place in dealt], config.split), strict=True))
    trained = {place: replace(sample, part=Part.TRAIN) for place, sample in enumerate(samples) if place not in spare}
    return [parts.get(place) or trained.get(place) or sample for place, sample in enumerate(samples)]


def _groups(seen: Sequence[Seen], likenesses: Likenesses) -> list[str]:
    """The name of each photograph's group, empty where it is alone: made of what is in it, whatever the order."""
    names = [""] * len(seen)
    for group in together(len(seen), [*likenesses.alike, *kin(seen)]):
        if len(group) > 1:
            name = min(seen[place].content for place in group)[:16]
            for place in group:
                names[place] = name
    return names


def _data_set(labels: tuple[Label, ...], samples: Sequence[Sample], config: TrainConfig, telling: Telling) -> DataSet:
    """What is trained with. Raises UserError where that is nothing, tells what the administrator should know of it."""
    used = tuple(sample for sample in samples if sample.part is not None)
    if not used:
        raise UserError(tr("None of the photographs can be read: there is nothing to train on."))
    if len(labels) > MOST_CLASSES:
        said = tr("There are {number} classes, and a model can tell {most} apart. Is the right column chosen?")
        raise UserError(said.format(number=len(labels), most=MOST_CLASSES))
    trained = {sample.label for sample in used if sample.part is Part.TRAIN}
    if not trained:
        raise UserError(tr("No photograph is left for training: all belong to the validation and test parts."))
    if len({sample.label for sample in used}) < 2 and not _is_known_already(labels[used[0].label], config):
        name = label_name(labels[used[0].label])
        said = tr("All photographs are of one class, “{name}”: at least two are needed to tell apart.")
        raise UserError(said.format(name=name))
    if len(labels) > max(_MANY_CLASSES, len(used) // 2):
        telling.note(tr("Nearly every photograph has a class of its own. Is the right column or folder chosen?"))
    never = [label_name(label) for place, label in enumerate(labels) if place not in trained]
    if never:
        said = tr("These classes have no photograph to train on: {classes}.")
        telling.note(said.format(classes=", ".join(never[:20])))
    return DataSet(labels, used)


def _is_known_already(label: Label, config: TrainConfig) -> bool:
    """Whether the other classes come from a model that there is: 50 corrections may all be of one breed."""
    if config.fit.mode is not Mode.HEAD or config.start_from == "":
        return False
    try:
        return label.id in {one.id for one in model_meant(config.start_from).info.labels}
    except BundleError:
        return False


def _report(
    found: Found, looked: _Looked, samples: Sequence[Sample], labels: Sequence[Label], findings: Iterable[Finding]
) -> DataReport:
    used = [(one, sample) for one, sample in zip(looked.seen, samples, strict=True) if sample.part is not None]
    kept, counts = first_of_each(findings)
    sides = sorted(max(one.facts.width, one.facts.height) for one, _ in used if one.facts)
    return DataReport(
        photographs=len(used),
        left_out=found.left_out + len(samples) - len(used),
        unreadable=len(looked.unreadable),
        classes=tuple(_class_counts(found, used, labels)),
        sizes_px=(sides[0], int(np.median(sides)), sides[-1]) if sides else (0, 0, 0),
        has_official_split=any(sample.official is not None for _, sample in used),
        groups=len({sample.group or f"/{place}" for place, (_, sample) in enumerate(used)}),
        findings=kept,
        counts_of_findings=counts,
    )


def _class_counts(found: Found, used: Sequence[tuple[Seen, Sample]], labels: Sequence[Label]) -> Iterable[ClassCount]:
    """A line for each class of the source, also for those that are left out or count as another one."""
    counts = Counter((one.photo.name, sample.part) for one, sample in used)
    counts_as = {photo.name: photo.counts_as for photo in found.photographs}
    for name in found.classes:
        label = label_of(counts_as.get(name, name))
        parts = {part: counts[name, part] for part in Part}
        yield ClassCount(
            name=name,
            label=label.id,
            en=label.en,
            fr=label.fr,
            photographs=sum(parts.values()),
            train=parts[Part.TRAIN],
            validation=parts[Part.VALIDATION],
            test=parts[Part.TEST],
        )


def _write(
    run_dir: Path, report: DataReport, looked: _Looked, samples: Sequence[Sample], labels: Sequence[Label]
) -> None:
    """data.json and files.csv, each as a whole."""
    text = io.StringIO(newline="")
    table = csv.writer(text, lineterminator="\n")
    table.writerow(_COLUMNS)
    kept = {sample.content for sample in samples if sample.part}
    for one, sample in zip(looked.seen, samples, strict=True):
        problem = ""
        if sample.part is None:
            problem = tr("the same file as another one")
            if sample.content not in kept:
                problem = tr("looks like one for test or validation")
        table.writerow(_row(one.photo, labels[one.label].id, sample, one.facts, problem))
    for photo, problem in looked.unreadable:
        table.writerow(_row(photo, label_of(photo.counts_as).id, None, None, problem))
    run_dir.mkdir(parents=True, exist_ok=True)
    with replacing(run_dir / FILES_FILE) as file:
        file.write(text.getvalue().encode("utf-8", "backslashreplace"))
    with replacing(run_dir / REPORT_FILE) as file:
        file.write(report.model_dump_json(indent=1).encode())


def _row(
    photo: FoundPhoto, label: str, sample: Sample | None, facts: PhotoFacts | None, problem: str = ""
) -> tuple[str | int, ...]:
    part = sample.part.value if sample and sample.part else ""
    size = (facts.width, facts.height) if facts else ("", "")
    group, content = (sample.group, sample.content) if sample else ("", "")
    named = (safe_cell(text) for text in (path_text(photo.path), photo.name, label))
    return (*named, part, group, *size, content, safe_cell(problem))

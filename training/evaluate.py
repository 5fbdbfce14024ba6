"""Any model on any labelled photographs: the same judgement as at the end of a training."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core.bundles import Bundle, Label
from core.errors import UserError
from core.texts import tr
from core.train_config import Changes, Source
from core.train_records import Phase, Result, ResultWarning, WarningCode
from training.asking import Asked, ask
from training.comparison import places_in
from training.finish import judge, trained_on, unread, write_all
from training.found import Found
from training.labels import label_of
from training.samples import Labels, Sample
from training.sources import read_source
from training.telling import Telling

_NAMED = 8


def evaluate(
    bundle: Bundle,
    source: Source,
    report_dir: Path | None,
    telling: Telling,
    versus: str | None = None,
    not_medical: bool = False,
) -> Result:
    """Judge `bundle` on all photographs of `source` whose class it knows by id, English or French name.

    With `report_dir` the same files as a training's are written there: report.html, metrics.json, tables, heatmaps.
    `versus` is the model beside which it is judged: None the one in use, "" none. `not_medical` puts "not a medical
    device" on the report. Raises UserError where there is nothing to judge, Cancelled, and OSError where nothing can
    be written.
    """
    start = time.monotonic()
    found = read_source(source, Changes(), telling)
    samples, warnings = known_samples(found, bundle.info.labels)
    asked = ask(bundle, samples, telling, Phase.JUDGING)
    if not asked.samples:
        raise UserError(tr("None of these photographs can be read."))
    judged = judge(bundle, asked, report_dir, versus, telling)
    if report_dir is not None:
        telling.phase(Phase.REPORTING)
    result = Result(
        model=bundle.name,
        version=bundle.info.version,
        on="folder",
        judgement=judged.judgement,
        comparison=judged.comparison,
        counts={"train": bundle.info.data.photographs, "folder": len(asked.samples)},
        seconds={Phase.JUDGING.value: round(time.monotonic() - start, 3)},
        trained_on=trained_on(bundle, asked),
        warnings=(*_seen(bundle, asked), *warnings, *unread(len(asked.problems)), *judged.warnings),
        not_medical=not_medical,
    )
    if report_dir is not None:
        write_all(report_dir, result, judged)
    return result


def known_samples(found: Found, labels: Sequence[Label]) -> tuple[list[Sample], tuple[ResultWarning, ...]]:
    """The photographs whose class is one of `labels`, and a warning about those that are left out.

    Raises UserError where no class is known.
    """
    places = label_places(found.classes, labels)
    by_name = dict(zip(found.classes, places.tolist(), strict=True))
    unknown: Counter[str] = Counter()
    samples = []
    for photo in found.photographs:
        name = photo.counts_as or photo.name
        place = by_name.get(name, -1)
        if place < 0:
            unknown[name] += 1
        else:
            samples.append(Sample(photo.path, place, photo.content, photo.animal, photo.official))
    if not samples:
        raise UserError(tr("The model knows none of these classes: {names}.").format(names=_listed(list(unknown))))
    if not unknown:
        return samples, ()
    values: dict[str, str | int | float] = {"count": unknown.total(), "names": _listed(list(unknown))}
    return samples, (ResultWarning(code=WarningCode.UNKNOWN_CLASSES, values=values),)


def label_places(names: Sequence[str], labels: Sequence[Label]) -> Labels:
    """For each class name of somebody's data its place among `labels`, -1 where there is none: (names,)."""
    as_written = places_in([Label(id=_short(name), en=_short(name), fr=_short(name)) for name in names], labels, True)
    as_read = places_in([label_of(name) for name in names], labels, True)
    return np.where(as_written >= 0, as_written, as_read)


def _short(name: str) -> str:
    """A name as a label may have it: one that has to be changed for that is found as it is read, or not at all."""
    return label_of(name).en if not name.isprintable() or len(name) > 200 or name.strip() != name else name or "?"


def _seen(bundle: Bundle, asked: Asked) -> tuple[ResultWarning, ...]:
    if bundle.memory() is None:
        return (ResultWarning(code=WarningCode.FORGETFUL),)
    if seen := trained_on(bundle, asked):
        return (ResultWarning(code=WarningCode.TRAINED_ON, values={"seen": seen, "count": len(asked.samples)}),)
    return ()


def _listed(names: Sequence[str]) -> str:
    more = "…" if len(names) > _NAMED else ""
    return ", ".join(f"“{name}”" for name in sorted(names)[:_NAMED]) + more

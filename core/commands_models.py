"""The commands about models: list, show, use, back, import, export, remove."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path

from core.bundles import BundleInfo, Metrics, export_bundle, import_bundle
from core.folders import models_dir
from core.model_versions import go_back
from core.models import ModelEntry, find_model, list_models, remove_model, use_model
from core.texts import label_name, language, percent, tr

_LINE = 100


def list_lines() -> Iterator[str]:
    """One line for each model: whether it is in use, its name and version, where it came from, what it is."""
    entries = list_models()
    if not entries:
        yield tr("There is no model. Import one: main.py models import FILE")
    width = max((len(entry.name) for entry in entries), default=0)
    for entry in entries:
        yield f"{'*' if entry.in_use else ' '} {entry.name:<{width}}  {_about(entry)}"


def show_lines(name: str) -> Iterator[str]:
    """What a model is, how well it answered and on what, where it came from, and its licences. Raises BundleError."""
    bundle = find_model(name)
    info = bundle.info
    yield f"{info.name} {info.version} ({info.date}): {label_name(info.title)}"
    yield label_name(info.summary)
    yield ""
    yield tr("networks: {names}").format(names=", ".join(backbone.title for backbone in info.backbones))
    yield tr("made from: {name}, {count} photographs").format(name=info.data.name, count=info.data.photographs)
    yield tr("split: {split}").format(split=info.data.split)
    yield tr("folder: {folder}").format(folder=bundle.folder)
    yield ""
    yield from _promise_lines(info)
    for metrics in info.metrics:
        yield _result(metrics)
    yield ""
    for licence in info.licences:
        yield f"{licence.what}: {licence.licence}"
    yield ""
    yield tr("{count} breeds or classes:").format(count=len(info.labels))
    yield textwrap.fill(
        ", ".join(map(label_name, info.labels)),
        _LINE,
        initial_indent="  ",
        subsequent_indent="  ",
        break_on_hyphens=False,
    )


def use_lines(name: str) -> Iterator[str]:
    """Make a model the one in use."""
    use_model(name)
    yield tr("Now in use: {name}").format(name=name)


def back_lines() -> Iterator[str]:
    """Put the model in use that was before."""
    bundle = go_back()
    yield tr("Now in use: {name}").format(name=f"{bundle.name} {bundle.info.version}")


def import_lines(archive: Path) -> Iterator[str]:
    """Check a model in a file and keep it."""
    bundle = import_bundle(archive, models_dir())
    yield tr("Imported: {name} {version}").format(name=bundle.name, version=bundle.info.version)
    yield tr("Use it from now on: main.py models use {name}").format(name=bundle.name)


def export_lines(name: str, archive: Path) -> Iterator[str]:
    """Write a model as one file, to hand it on."""
    export_bundle(find_model(name), archive)
    yield tr("Written: {path}").format(path=archive)


def remove_lines(name: str) -> Iterator[str]:
    """Delete a model of the user's own."""
    remove_model(name)
    yield tr("Removed: {name}").format(name=name)


def _about(entry: ModelEntry) -> str:
    if entry.info is None or entry.problem:
        return tr("cannot be used: {reason}").format(reason=entry.problem)
    origin = tr("came with the program") if entry.shipped else tr("your own")
    return f"{entry.info.version}  {label_name(entry.info.title)} ({origin})"


def _promise_lines(info: BundleInfo) -> Iterator[str]:
    sure, subject = info.calibration.sure, info.calibration.subject
    if sure.cases:
        said = tr("sure: {right} of these answers were right, {share} of all were sure ({cases} photographs)")
        yield said.format(right=percent(sure.precision), share=percent(sure.coverage), cases=sure.cases)
    if subject:
        said = tr("nothing of the kind there: {refused} recognised ({cases} photographs), {wrong} wrongly refused")
        yield said.format(
            refused=percent(subject.refused), cases=subject.cases, wrong=_exactly(subject.wrongly_refused)
        )


def _result(metrics: Metrics) -> str:
    said = tr("{photographs} {on}: first answer right {top1}, among the first three {top3}, sure {sure}")
    line = said.format(
        photographs=metrics.photographs,
        on=label_name(metrics.on),
        top1=_exactly(metrics.top1),
        top3=_exactly(metrics.top3),
        sure=percent(metrics.sure_share),
    )
    if metrics.sure_right is not None:
        said = tr("{result}; of the sure answers right {right}")
        return said.format(result=line, right=_exactly(metrics.sure_right))
    return line


def _exactly(share: float) -> str:
    """A measured share in percent, with one decimal."""
    number = f"{share * 100:.1f}\u00a0%"
    return number.replace(".", ",") if language() == "fr" else number

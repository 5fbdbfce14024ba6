"""What the Retrain tab says in sentences: steps, phases, findings, times, how runs stand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from core.texts import percent, tr
from core.train_config import Mode
from core.train_records import WHOLE, DataReport, FindingKind, Job, Phase, Result, RunState, RunStatus
from gui.bar_chart import grouped
from gui.retrain_acts import Act, ActKind

_MINUTE_S, _HOUR_S = 60.0, 3600.0


def duration(seconds: float) -> str:
    """A stretch of time in round words."""
    if seconds < _MINUTE_S:
        return tr("{count} s").format(count=max(1, round(seconds)))
    if seconds < 10 * _MINUTE_S and round(seconds) % 60:
        minutes, rest = divmod(round(seconds), 60)
        return tr("{minutes} min {seconds} s").format(minutes=minutes, seconds=rest)
    if seconds < 90 * _MINUTE_S:
        return tr("{count} min").format(count=round(seconds / _MINUTE_S))
    return tr("{count} h").format(count=round(seconds / _HOUR_S))


_LEARNING = (Phase.HEAD, Phase.LAYERS)


def took_s(result: Result) -> float:
    """How long a training took in seconds: the whole of it where that is written down, else what is known of it."""
    return result.seconds.get(WHOLE) or sum(result.seconds.values())


def learning_s(result: Result) -> float:
    """How much of that was learning; 0 where the whole is not known."""
    return sum(result.seconds.get(phase.value, 0.0) for phase in _LEARNING) if WHOLE in result.seconds else 0.0


def moment(seconds: float) -> str:
    """A point in time, as lists write it."""
    return datetime.fromtimestamp(seconds).strftime("%Y-%m-%d %H:%M") if seconds else ""


def mode_name(mode: Mode) -> str:
    """What a way to train is called."""
    return {
        Mode.HEAD: tr("Quick: only the last layer"),
        Mode.FINETUNE: tr("Thorough: fine-tune the network"),
        Mode.SCRATCH: tr("From scratch"),
    }[mode]


def mode_word(mode: Mode) -> str:
    """The same in one word, for lists."""
    return {Mode.HEAD: tr("Quick"), Mode.FINETUNE: tr("Thorough"), Mode.SCRATCH: tr("From scratch")}[mode]


def mode_hint(mode: Mode) -> str:
    """When it is the right one."""
    return {
        Mode.HEAD: tr(
            "Seconds to minutes, on any computer. The network looks at each photograph once; what is learned is how "
            "its impressions go with your classes. The right choice for most."
        ),
        Mode.FINETUNE: tr(
            "The network itself learns to see what matters in your photographs. Far slower, above all without a "
            "graphics card: how long it takes is said below. Worthwhile with many photographs that look unlike "
            "everyday ones."
        ),
        Mode.SCRATCH: tr(
            "A network that knows nothing yet learns everything from your photographs: only for many thousands of "
            "them, and for comparisons."
        ),
    }[mode]


def phase_words(phase: Phase) -> str:
    """What is being done, in plain words."""
    return {
        Phase.READING: tr("Reading the photographs"),
        Phase.LOOKING: tr("Looking for look-alikes and labels that may be wrong"),
        Phase.EMBEDDING: tr("Looking at each photograph once"),
        Phase.HEAD: tr("Learning the last layer"),
        Phase.LAYERS: tr("Teaching the network"),
        Phase.CALIBRATING: tr("Measuring how sure the answers may be"),
        Phase.JUDGING: tr("Judging on photographs that were kept aside"),
        Phase.REPORTING: tr("Writing the report"),
        Phase.DONE: tr("Done"),
    }[phase]


def status_word(state: RunState | None, has_result: bool) -> str:
    """How a run stands, for lists."""
    status = state.status if state else RunStatus.DRAFT
    words = {
        RunStatus.DRAFT: tr("not trained"),
        RunStatus.RUNNING: tr("running"),
        RunStatus.STOPPED: tr("stopped, best so far kept") if has_result else tr("paused"),
        RunStatus.INTERRUPTED: tr("interrupted"),
        RunStatus.FAILED: tr("failed"),
        RunStatus.DONE: tr("done"),
    }
    if status is RunStatus.DONE and state is not None and state.job is not Job.TRAIN:
        return words[RunStatus.DRAFT]
    return words[status]


def progress_sentence(state: RunState) -> str:
    """How far a run is, in one line."""
    parts = [phase_words(state.phase)]
    if state.epochs and state.phase in (Phase.HEAD, Phase.LAYERS):
        parts.append(tr("epoch {number} of {total}").format(number=state.epoch, total=state.epochs))
    elif state.total:
        parts.append(tr("{done} of {total}").format(done=grouped(state.done), total=grouped(state.total)))
    if state.left_s is not None:
        parts.append(tr("about {time} left").format(time=duration(state.left_s)))
    return " · ".join(parts)


def share_done(state: RunState) -> float | None:
    """How much of the present step is done; None where nobody can say."""
    if state.epochs and state.phase in (Phase.HEAD, Phase.LAYERS):
        return min(1.0, state.epoch / state.epochs)
    return min(1.0, state.done / state.total) if state.total else None


def finding_title(kind: FindingKind) -> str:
    """What a group of findings is called."""
    return {
        FindingKind.UNREADABLE: tr("Files that cannot be read"),
        FindingKind.MISSING: tr("Rows without their picture"),
        FindingKind.DUPLICATE: tr("The same file more than once"),
        FindingKind.TWO_LABELS: tr("The same picture in two classes"),
        FindingKind.LOOK_ALIKE: tr("Pictures that are nearly the same"),
        FindingKind.SMALL_CLASS: tr("Classes with few photographs"),
        FindingKind.PERHAPS_WRONG: tr("Perhaps in the wrong class"),
        FindingKind.SMALL_PICTURE: tr("Very small pictures"),
        FindingKind.LEAK: tr("The same picture in training and in test"),
    }[kind]


def finding_hint(kind: FindingKind) -> str:
    """What it means, and what happens by itself."""
    return {
        FindingKind.UNREADABLE: tr("They are left out by themselves."),
        FindingKind.MISSING: tr("They are left out by themselves."),
        FindingKind.DUPLICATE: tr("Only one of each is used, by itself."),
        FindingKind.TWO_LABELS: tr("One of the two is wrong: say which, or leave both out."),
        FindingKind.LOOK_ALIKE: tr("They are kept together, by themselves: never one in training and one in test."),
        FindingKind.SMALL_CLASS: tr(
            "They are hard to learn and hard to judge: merge them, leave them out, or add more."
        ),
        FindingKind.PERHAPS_WRONG: tr(
            "They look more like another class to the shipped model. Look before you decide."
        ),
        FindingKind.SMALL_PICTURE: tr("Little can be seen on them; leaving them out may help."),
        FindingKind.LEAK: tr("They would make the result look better than it is; they are kept on one side."),
    }[kind]


def act_words(act: Act, named: Callable[[str], str]) -> str:
    """A decision in a line, for the list in which it can be taken back; `named` says what a class is called."""
    paths, classes = len(act.paths), ", ".join(map(named, act.classes))
    match act.kind:
        case ActKind.LEAVE_OUT:
            return tr("Left out: {what}").format(what=photographs(paths))
        case ActKind.RELABEL:
            return tr("{what} count as {name}").format(what=photographs(paths), name=named(act.to))
        case ActKind.MERGE:
            others = ", ".join(named(name) for name in act.classes if name != act.to)
            return tr("{names} counts as {name}").format(names=others, name=named(act.to))
        case ActKind.LEAVE_OUT_CLASSES:
            return tr("Left out: the class {name}").format(name=classes)
    return tr("Left as it is: {what}").format(what=photographs(paths) if paths else classes)


def photographs(number: int) -> str:
    """So many of them."""
    return tr("1 photograph") if number == 1 else tr("{count} photographs").format(count=grouped(number))


def data_lines(report: DataReport) -> list[str]:
    """The data in a few sentences."""
    lines = []
    if report.left_out or report.unreadable:
        said = tr("Left out: {left_out} · cannot be read: {unreadable}")
        lines.append(said.format(left_out=grouped(report.left_out), unreadable=grouped(report.unreadable)))
    small, middle, large = report.sizes_px
    if large:
        said = tr("Longer side: {small} to {large} pixels, usually {middle}")
        lines.append(said.format(small=grouped(small), large=grouped(large), middle=grouped(middle)))
    train, validation, test = (sum(getattr(one, part) for one in report.classes) for part in _PARTS)
    if train or validation or test:
        said = tr("To learn from: {train} · to steer by: {validation} · for the final judgement: {test}")
        words = said.format(train=grouped(train), validation=grouped(validation), test=grouped(test))
        lines.append(words)
    if report.has_official_split:
        lines.append(tr("Shared out as your folders (or your table) say."))
    elif report.groups and report.groups < report.photographs:
        said = tr("Look-alikes and photographs of one animal stay together: {groups} groups.")
        lines.append(said.format(groups=grouped(report.groups)))
    return lines


_PARTS = ("train", "validation", "test")


def share_or_dash(share: float | None) -> str:
    """A share in percent; a dash where there is none."""
    return "–" if share is None else percent(share)

"""What the Folder tab says in sentences: how far, what came of it, what was done, in the present language."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from core.texts import language, tr
from gui.shown_names import printable

if TYPE_CHECKING:
    from core.library import Undone
    from core.tagging import TagProgress
    from gui.folder_engine import Earlier, Tally

_MINUTE_S, _HOUR_S = 60, 3600


def number(count: int) -> str:
    """A whole number with its thousands apart, as the present language writes it."""
    return f"{count:,}".replace(",", "\u202f" if language() == "fr" else ",")


def photographs(count: int) -> str:
    """So many photographs."""
    return tr("1 photograph") if count == 1 else tr("{count} photographs").format(count=number(count))


def name_of(roots: Sequence[Path]) -> str:
    """What was dropped or chosen, by its name."""
    name = printable(roots[0].name or str(roots[0]))
    if len(roots) == 1:
        return name
    return tr("{name} and {count} more").format(name=name, count=number(len(roots) - 1))


def duration(seconds: float) -> str:
    """A time as people say it: "40 s", "3 min", "1 h 20 min"."""
    if seconds < _MINUTE_S:
        return tr("{seconds} s").format(seconds=max(1, round(seconds)))
    if seconds < _HOUR_S:
        return tr("{minutes} min").format(minutes=round(seconds / _MINUTE_S))
    hours, rest = divmod(round(seconds / _MINUTE_S), 60)
    return tr("{hours} h {minutes} min").format(hours=hours, minutes=rest)


def how_far(progress: TagProgress) -> str:
    """ "3,200 of 10,000 photographs · 85 a second · 1 min left · 3 unreadable"."""
    done = number(progress.done)
    if progress.total is None:
        parts = [tr("{done} photographs so far").format(done=done)]
    else:
        parts = [tr("{done} of {total} photographs").format(done=done, total=number(progress.total))]
    if progress.waiting_for:
        return " · ".join([*parts, tr("waiting for the drive ({name})").format(name=_file(progress.waiting_for))])
    speed = progress.photographs_a_second
    if speed >= 1:
        parts.append(tr("{count} a second").format(count=number(round(speed))))
    elif speed > 0:
        parts.append(tr("{count} a minute").format(count=number(round(speed * 60))))
    if progress.seconds_left is not None:
        parts.append(tr("{time} left").format(time=duration(progress.seconds_left)))
    if progress.unreadable:
        parts.append(tr("{count} unreadable").format(count=number(progress.unreadable)))
    return " · ".join(parts)


def in_short(progress: TagProgress | None) -> str:
    """How far a tagging is, for the foot of the window: "Folder: 1,204 of 10,000 photographs"."""
    if progress is None:
        return tr("Folder: looking for photographs…")
    done = number(progress.done)
    if progress.total is None:
        return tr("Folder: {done} photographs so far").format(done=done)
    return tr("Folder: {done} of {total} photographs").format(done=done, total=number(progress.total))


def what_came(tally: Tally) -> str:
    """What a finished run has, and what to do next."""
    if not tally.total:
        return tr("There are no photographs here. Choose another folder.")
    counted = (
        (tally.reviewed, tr("1 reviewed") if tally.reviewed == 1 else tr("{count} reviewed")),
        (tally.sure, tr("{count} sure")),
        (tally.unsure, tr("{count} to look at")),
        (tally.not_a_dog, tr("{count} without a dog")),
        (tally.unreadable, tr("{count} unreadable")),
    )
    parts = ", ".join(text.format(count=number(count)) for count, text in counted if count)
    said = tr("{photographs}: {parts}.").format(photographs=photographs(tally.total), parts=parts)
    return f"{said} {_what_next(tally)}".rstrip()


def _what_next(tally: Tally) -> str:
    if tally.reviewed:
        is_all = tally.reviewed == tally.total - tally.unreadable
        return tr("All reviewed: export them now.") if is_all else ""
    return tr("Begin with the most doubtful.") if tally.unsure > 1 else ""


def stopped_at(progress: TagProgress | None, rows: int) -> str:
    """How far a stopped run came, and that it can be gone on with."""
    done = photographs(progress.done if progress and progress.done else rows)
    said = tr("Stopped after {photographs}. Go on whenever you like: nothing is done twice.")
    return said.format(photographs=done)


def earlier_line(earlier: Earlier) -> str:
    """An earlier run, to be chosen again."""
    name, done = name_of(earlier.run.roots), photographs(earlier.rows)
    if earlier.run.state.value == "done":
        return tr("{name} ({photographs})").format(name=name, photographs=done)
    return tr("Go on with {name} ({photographs} done)").format(name=name, photographs=done)


def undone_line(undone: Undone) -> str:
    """What was taken back, of whom and when."""
    many = photographs(len(undone.photographs))
    if undone.act.value == "group":
        said = tr("Undone: the grouping of {photographs}")
    else:
        said = tr("Undone: the word on {photographs}")
    day = undone.at.astimezone().strftime("%Y-%m-%d %H:%M")
    signed = ", ".join(part for part in (undone.who, day) if part)
    return f"{said.format(photographs=many)} ({signed})"


def _file(path: str) -> str:
    return printable(Path(path).name)

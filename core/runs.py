"""The runs over folders: what was to be tagged with which model, how far it came, and a row for each file found."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path

from core.bundle_info import BundleInfo
from core.database import Database, bytes_path, now_text, path_bytes
from core.export_files import encodable
from core.knowledge import Result, model_id
from core.photos import system_path

# A row whose file was not met yet by the present walk has its place this much lower: before all that were.
_NOT_MET = 1 << 40
_AT_ONCE, _MOVED_AT_ONCE = 500, 5000


class State(str, Enum):
    """How a run stands; one that was killed still says that it is running."""

    RUNNING = "running"
    STOPPED = "stopped"
    DONE = "done"


@dataclass(frozen=True)
class Run:
    """A tagging of folders and files (`roots`, absolute): `fingerprint` is the model's.

    `begun` is when it was begun or gone on with last, later than that of all runs before, whatever the clock said.
    """

    id: int
    roots: tuple[Path, ...]
    model: str
    fingerprint: str
    state: State
    begun: datetime


def begin_run(database: Database, roots: Sequence[Path], info: BundleInfo) -> Run:
    """A new run, or the one that there is over the same roots with the same model, to be gone on with."""
    kept = _roots_text(plain_roots(roots))
    with database.writing() as connection:
        model = model_id(connection, info)
        found = connection.execute("SELECT max(id) FROM runs WHERE roots = ? AND model = ?", (kept, model)).fetchone()
        run, begun = found[0], _begun_now(connection)
        if run is None:
            run = connection.execute(
                "INSERT INTO runs(roots, model, state, begun) VALUES (?, ?, ?, ?)",
                (kept, model, State.RUNNING.value, begun),
            ).lastrowid
        else:
            connection.execute(
                "UPDATE runs SET state = ?, begun = ?, ended = NULL WHERE id = ?",
                (State.RUNNING.value, begun, run),
            )
    _forget_places(database, int(run))
    return _run(database, int(run))


def _begun_now(connection: sqlite3.Connection) -> str:
    """The time; where the clock was set back, or for the second in one second, a moment after the latest of all."""
    now, latest = now_text(), connection.execute("SELECT max(begun) FROM runs").fetchone()[0]
    if not latest or latest < now:
        return now
    return (datetime.fromisoformat(latest) + timedelta(seconds=1)).isoformat(timespec="seconds")


def _forget_places(database: Database, run: int) -> None:
    """No file was met yet; some rows at a time, because all at once take 50 MB for 100,000."""
    with database.reading() as connection:
        first, last = connection.execute("SELECT min(id), max(id) FROM run_files WHERE run = ?", (run,)).fetchone()
    for start in range(first or 0, (last or 0) + 1, _MOVED_AT_ONCE) if first else ():
        with database.writing() as connection:
            connection.execute(
                # "+run": by the ids, not by the index over all rows of the run
                "UPDATE run_files SET place = place - ? WHERE id >= ? AND id < ? AND +run = ? AND place >= 0",
                (_NOT_MET, start, start + _MOVED_AT_ONCE, run),
            )


def end_run(database: Database, run: Run, state: State) -> Run:
    """Note how the run ended."""
    with database.writing() as connection:
        connection.execute("UPDATE runs SET state = ?, ended = ? WHERE id = ?", (state.value, now_text(), run.id))
    return _run(database, run.id)


def latest_run(database: Database) -> Run | None:
    """The run that was begun or gone on with last."""
    return next(iter(runs(database)), None)


def runs(database: Database) -> list[Run]:
    """All runs, the latest first."""
    with database.reading() as connection:
        return [_of_row(row) for row in connection.execute(f"{_SELECT} ORDER BY begun DESC, runs.id DESC")]


def keep_rows(connection: sqlite3.Connection, run: Run, kept: Sequence[tuple[Result, int | None]]) -> None:
    """Write the rows of these files; a file has one row in a run, whatever happened before."""
    connection.executemany(
        "INSERT INTO run_files(run, place, path, photograph, animal, reason) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT(run, path) DO UPDATE SET place = excluded.place, photograph = excluded.photograph, "
        "animal = excluded.animal, reason = excluded.reason",
        [
            (run.id, one.place, path_bytes(one.path), number, encodable(one.animal), encodable(one.verdict.reason))
            for one, number in kept
        ],
    )


def has_rows_below(database: Database, run: Run, root: Path) -> bool:
    """Whether the run has found anything in this folder so far."""
    start = path_bytes(root).rstrip(os.fsencode(os.sep)) + os.fsencode(os.sep)
    with database.reading() as connection:
        found = connection.execute(
            "SELECT 1 FROM run_files WHERE run = ? AND path > ? AND path < ? LIMIT 1", (run.id, start, start + b"\xff")
        )
        return found.fetchone() is not None


def drop_gone(database: Database, run: Run, should_stop: Callable[[], bool]) -> None:
    """After a whole walk: remove the rows of files that are gone, unless a volunteer has said a word on them."""
    after = 0
    while not should_stop():
        with database.reading() as connection:
            rows = connection.execute(
                "SELECT id, path FROM run_files WHERE run = ? AND place < 0 AND id > ? AND NOT EXISTS "
                "(SELECT 1 FROM corrections WHERE photograph = run_files.photograph AND taken_back IS NULL) "
                "AND NOT EXISTS "
                "(SELECT 1 FROM groupings WHERE photograph = run_files.photograph AND taken_back IS NULL) "
                "ORDER BY id LIMIT ?",
                (run.id, after, _AT_ONCE),
            ).fetchall()
        if not rows:
            return
        after = rows[-1][0]
        with database.understanding():
            gone = [(number,) for number, path in rows if _is_gone(bytes_path(path))]
        with database.writing() as connection:
            connection.executemany("DELETE FROM run_files WHERE id = ?", gone)


def plain_roots(roots: Sequence[Path]) -> tuple[Path, ...]:
    """The roots, absolute, without those that lie in another one, so that no file is met twice.

    >>> [str(root) for root in plain_roots([Path("/a/b"), Path("/c"), Path("/a")])]
    ['/c', '/a']
    """
    absolute = list(dict.fromkeys(Path(os.path.abspath(root)) for root in roots))  # noqa: PTH100  links stay
    known = set(absolute)
    return tuple(root for root in absolute if not known & set(root.parents))


def _is_gone(path: Path) -> bool:
    """Whether a file is surely not there: one that cannot be asked for may be. A folder was closed, and is open now."""
    try:
        os.lstat(system_path(path))
    except (FileNotFoundError, NotADirectoryError):
        return True
    except (OSError, ValueError):
        return False
    return os.path.isdir(system_path(path))  # noqa: PTH112  asks without raising


_SELECT = (
    "SELECT runs.id, roots, models.name, models.fingerprint, state, begun FROM runs JOIN models ON models.id = model"
)


def _run(database: Database, number: int) -> Run:
    with database.reading() as connection:
        return _of_row(connection.execute(f"{_SELECT} WHERE runs.id = ?", (number,)).fetchone())


def _of_row(row: tuple[int, str, str, str, str, str]) -> Run:
    number, roots, name, fingerprint, state, begun = row
    paths = tuple(Path(root) for root in json.loads(roots))
    return Run(number, paths, name, fingerprint, State(state), datetime.fromisoformat(begun))


def _roots_text(roots: Sequence[Path]) -> str:
    """ASCII: the bytes of a name that are no letters stay what they are."""
    return json.dumps([str(root) for root in sorted(roots)])

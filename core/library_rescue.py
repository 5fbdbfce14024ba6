"""What can still be read of a damaged library, row by row into a new one: people's words before everything else."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from core.library_cells import drop_odd_rows

log = logging.getLogger(__name__)

# What nobody could say or compute again comes first. `files` is left out: it is only a short cut to `photographs`.
_TABLES = ("photographs", "actions", "corrections", "groupings", "models", "backbones", "runs", "run_files",
           "answers", "thumbnails", "vectors")  # fmt: skip
_OF_PEOPLE = _TABLES[:4]
# How far to look for the next row that can be read: twice as far each time.
_FURTHEST = 1 << 12
_MOST_IN_VAIN = 20_000
_AT_ONCE = 1000


@dataclass(frozen=True)
class Rescued:
    """How many photographs, and how many words of people that count, are in the new library."""

    photographs: int
    words: int


def rescue(damaged: Path, backups: Sequence[Path], new: Path) -> Rescued:
    """Fill the new, empty library at `new` with what can be read of the damaged one, which is not changed.

    Where no photograph can be read of it, the latest of the `backups` that can be read takes its place. Raises
    sqlite3.Error where the new one cannot be written.
    """
    with closing(sqlite3.connect(new, isolation_level=None)) as into:
        into.execute("PRAGMA synchronous = OFF")  # it is written to the disk as a whole before it is used
        for source in (damaged, *backups):
            try:
                _fill(into, source)
            except (sqlite3.Error, OSError) as error:
                if getattr(error, "sqlite_errorname", "").startswith("SQLITE_FULL"):
                    raise
                log.warning("nothing can be read of %s: %s", source, error)
            if _count(into, "photographs"):
                break
        into.execute(
            "DELETE FROM corrections WHERE NOT EXISTS (SELECT 1 FROM photographs WHERE id = corrections.photograph)"
        )
        into.execute(
            "DELETE FROM groupings WHERE NOT EXISTS (SELECT 1 FROM photographs WHERE id = groupings.photograph)"
        )
        drop_odd_rows(into)
        words = into.execute("SELECT count(DISTINCT photograph) FROM corrections WHERE taken_back IS NULL").fetchone()
        return Rescued(_count(into, "photographs"), int(words[0]))


def _fill(into: sqlite3.Connection, source: Path) -> None:
    # "immutable": neither changed nor locked; what the journal (-wal) has in it is read only without that.
    for way in ("mode=ro", "mode=ro&immutable=1"):
        with closing(sqlite3.connect(f"{source.absolute().as_uri()}?{way}", uri=True, isolation_level=None)) as of:
            of.text_factory = lambda text: text.decode("utf-8", "replace")
            try:
                of.execute("SELECT count(*) FROM sqlite_master").fetchone()
            except sqlite3.Error:
                continue
            for table in _TABLES:
                try:
                    _fill_table(into, of, table)
                except sqlite3.Error as error:
                    if table in _OF_PEOPLE and not _is_damage(error):
                        raise
                    log.warning("%s: %s", table, error)
            return


def _fill_table(into: sqlite3.Connection, of: sqlite3.Connection, table: str) -> None:
    columns = [name for name in _columns(into, table) if name in _columns(of, table)]
    marks, names = ", ".join("?" * len(columns)), ", ".join(columns)
    query = f"INSERT OR IGNORE INTO {table}({names}) VALUES ({marks})"
    some: list[Sequence[object]] = []
    for row in _rows(of, table, names):
        some.append(row)
        if len(some) == _AT_ONCE:
            _insert(into, query, some)
            some = []
    _insert(into, query, some)
    if table == "photographs":  # the index has their contents once more
        asked = "SELECT id, content, '' FROM photographs INDEXED BY sqlite_autoindex_photographs_1 ORDER BY content"
        try:
            cursor = of.execute(asked)
            for row in cursor:
                into.execute("INSERT OR IGNORE INTO photographs(id, content, path) VALUES (?, ?, ?)", row)
        except sqlite3.Error as error:
            log.info("the index of photographs: %s", error)


def _insert(into: sqlite3.Connection, query: str, rows: Sequence[Sequence[object]]) -> None:
    into.execute("BEGIN")
    for row in rows:
        try:
            into.execute(query, row)
        except sqlite3.IntegrityError as error:  # a value that damage made
            log.info("a row is left out: %s", error)
    into.execute("COMMIT")


def _rows(of: sqlite3.Connection, table: str, names: str) -> Iterator[Sequence[object]]:
    """All rows that can be read; where one cannot, those after the damage."""
    after, skip, in_vain = 0, 1, 0
    last = _last(of, table)
    while last is None or after < last:
        before = after
        try:
            asked = f"SELECT rowid, {names} FROM {table} WHERE rowid > ? ORDER BY rowid"
            for number, *row in of.execute(asked, (after,)):
                after, skip, in_vain = int(number), 1, 0
                yield row
            return
        except (sqlite3.DatabaseError, ValueError) as error:
            if not _is_damage(error):
                raise
            in_vain += after == before
            if in_vain > _MOST_IN_VAIN or (last is None and skip == _FURTHEST):
                return
            after, skip = after + skip, min(2 * skip, _FURTHEST)


def _last(of: sqlite3.Connection, table: str) -> int | None:
    try:
        return int(of.execute(f"SELECT max(rowid) FROM {table}").fetchone()[0] or 0)
    except (sqlite3.DatabaseError, ValueError):
        return None


def _is_damage(error: Exception) -> bool:
    name = getattr(error, "sqlite_errorname", "")
    return isinstance(error, ValueError) or name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_IOERR"))


def _columns(connection: sqlite3.Connection, table: str) -> list[str]:
    return [str(row[1]) for row in connection.execute(f"PRAGMA table_info({table})")]


def _count(connection: sqlite3.Connection, table: str) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])

"""Cells of the library that hold what the program never writes: SQLite takes anything, and a bad disk gives it.

Looked for only where something could not be understood, because it reads every row.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

TABLES = ("photographs", "actions", "corrections", "groupings", "models", "backbones", "runs", "run_files", "files",
          "answers", "thumbnails", "vectors")  # fmt: skip
_STORED = {"TEXT": "text", "INTEGER": "integer", "REAL": "real", "BLOB": "blob"}
_USUAL_LENGTH = """(model, length(probabilities)) IN (SELECT model, size FROM (SELECT model, size, max(number) FROM
    (SELECT model, length(probabilities) AS size, count(*) AS number FROM answers GROUP BY model, size)
    GROUP BY model))"""
# What must be true of a row besides the kinds of its cells.
_RULES = {
    "actions": "what IN ('label', 'group') AND is_time(at)",
    "corrections": "kind IN ('breed', 'cross', 'mixed', 'unknown', 'other', 'not_a_dog') AND is_time(at)",
    "groupings": "instr(CAST(animal AS BLOB), x'00') = 0",
    "runs": "state IN ('running', 'stopped', 'done') AND is_time(begun) AND is_list(roots)",
    "run_files": "instr(CAST(animal AS BLOB), x'00') = 0",
    "answers": f"status IN ('sure', 'unsure', 'not_a_dog') AND label >= 0 AND 4 * label < length(probabilities) "
    f"AND subject BETWEEN 0 AND 1 AND {_USUAL_LENGTH}",
}


def has_odd_cells(path: Path) -> bool:
    """Whether any row holds what the program never writes: other kinds of values, no text, a row that is not there."""
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        connection.text_factory = bytes
        _add_functions(connection)
        try:
            for table in TABLES:
                for (text,) in connection.execute(_texts(connection, table)):
                    text.decode()
                if connection.execute(f"SELECT EXISTS(SELECT 1 FROM {_odd_rows(connection, table)})").fetchone()[0]:
                    return True
            return connection.execute("PRAGMA foreign_key_check").fetchone() is not None
        except (UnicodeDecodeError, sqlite3.DatabaseError):
            return True


def drop_odd_rows(connection: sqlite3.Connection) -> None:
    """Remove them from a library that is being filled with what could be read of a damaged one."""
    _add_functions(connection)
    for table in TABLES:
        connection.execute(f"DELETE FROM {_odd_rows(connection, table)}")
    while lost := connection.execute("PRAGMA foreign_key_check").fetchall():  # rows about others that are not there
        for table, number, *_ in lost:
            connection.execute(f"DELETE FROM {table} WHERE rowid = ?", (number,))


def _odd_rows(connection: sqlite3.Connection, table: str) -> str:
    """The table with the condition that is true for its odd rows."""
    rules = [_RULES[table]] if table in _RULES else []
    for name, kind, is_needed in _columns(connection, table):
        if kind in _STORED:
            rules.append(f"typeof({name}) IN ('{_STORED[kind]}', '{_STORED[kind] if is_needed else 'null'}')")
    return f"{table} WHERE NOT ({' AND '.join(rules)})"


def _texts(connection: sqlite3.Connection, table: str) -> str:
    """A statement that gives the texts of each row as one."""
    names = [name for name, kind, _ in _columns(connection, table) if kind == "TEXT"]
    joined = " || ".join(f"coalesce({name}, '')" for name in names) or "''"
    return f"SELECT CAST({joined} AS BLOB) FROM {table}"


def _columns(connection: sqlite3.Connection, table: str) -> Iterator[tuple[str, str, bool]]:
    """Name, declared kind, and whether it may not be empty."""
    for _, name, kind, is_needed, _, is_key in connection.execute(f"PRAGMA table_info({table})"):
        yield _plain(name), _plain(kind), bool(is_needed or is_key)


def _plain(name: str | bytes) -> str:
    return name.decode() if isinstance(name, bytes) else name


def _add_functions(connection: sqlite3.Connection) -> None:
    connection.create_function("is_time", 1, _is_time, deterministic=True)
    connection.create_function("is_list", 1, _is_list, deterministic=True)


def _is_time(cell: object) -> bool:
    try:
        return isinstance(cell, str) and datetime.fromisoformat(cell).tzinfo is not None
    except ValueError:
        return False


def _is_list(cell: object) -> bool:
    """Whether it is a list of texts as JSON."""
    try:
        found = json.loads(cell) if isinstance(cell, str) else None
    except (ValueError, RecursionError):
        return False
    return isinstance(found, list) and all(isinstance(one, str) for one in found)

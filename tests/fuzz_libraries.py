"""Libraries to fuzz with: a small whole one whose pages, cells, tables or neighbouring files are broken."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from core.library import Library
from core.records import Correction, Kind
from core.tagging import tag
from tests.bundle_factory import make_bundle
from tests.fuzz_bytes import BLOWS, struck
from tests.fuzz_pictures import Drawn, written

Files = Mapping[str, bytes]
LIBRARY = "library.sqlite"
_PHOTOGRAPHS = 6


@cache
def photographs() -> dict[str, bytes]:
    """The photographs that the library knows, and one that it does not."""
    return {
        f"photos/{'Rex' if number % 2 else 'Ada'} {number}.jpg": written(Drawn("JPEG", "RGB", 60 + number, 50, number))
        for number in range(_PHOTOGRAPHS + 1)
    }


@cache
def sound() -> dict[str, bytes]:
    """A library with a run, answers, words, groups and an undone act; with its log, as a killed program leaves it."""
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        (root / "photos").mkdir()
        for name, data in list(photographs().items())[:-1]:
            (root / name).write_bytes(data)
        (root / "photos" / "broken.jpg").touch()
        bundle = make_bundle(root / "models" / "colours")
        with closing(Library(root / LIBRARY)) as library:
            tag(library.database, bundle, [root / "photos"], lambda _: None, lambda: False)
            red = Correction(Kind.BREED, "colour-red", "red", "ada", "colours", "colour-red", 0.9, status="sure")
            library.label({1: red, 2: Correction(Kind.CROSS, "colour-red", "red", "ada", second="colour-blue")})
            library.label({3: Correction(Kind.OTHER, name="Été", who="ada")})
            library.group([1, 2, 4], "Rex", "ada")
            library.undo()
            library.group([2, 5], "Ada", "ada")
            files = {
                path.name: path.read_bytes() for path in root.glob(f"{LIBRARY}*") if not path.name.endswith("-shm")
            }
        return files


_TABLES = (
    "photographs",
    "corrections",
    "files",
    "backbones",
    "models",
    "vectors",
    "answers",
    "thumbnails",
    "runs",
    "run_files",
    "actions",
    "groupings",
)
_CELLS = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.text(max_size=20),
    st.binary(max_size=40),
    st.sampled_from(
        (
            "",
            "sure",
            "[1]",
            '["/a"]',
            "2026-13-99",
            "running",
            "breed",
            "\0",
            b"",
            bytes(12),
            b"\xff" * 12,
            bytes(3_000_000),
            "x" * 1_000_000,
            -1,
            0,
            1e308,
            "NaN",
        )
    ),
)
_SQL = st.sampled_from(
    (
        *(f"DROP TABLE {table}" for table in _TABLES),
        *(f"DELETE FROM {table}" for table in _TABLES),
        *(f"ALTER TABLE {table} RENAME TO was" for table in _TABLES),
        "ALTER TABLE corrections DROP COLUMN second",
        "ALTER TABLE runs DROP COLUMN ended",
        "ALTER TABLE answers ADD COLUMN more TEXT",
        "PRAGMA user_version = 0",
        "PRAGMA user_version = 1",
        "PRAGMA user_version = 99",
        "PRAGMA user_version = -1",
        "PRAGMA application_id = 7",
        "CREATE VIEW v AS SELECT * FROM nowhere",
        "DROP INDEX corrections_by_photograph",
        "CREATE TRIGGER t BEFORE INSERT ON photographs BEGIN SELECT RAISE(ABORT, 'no'); END",
        "UPDATE runs SET roots = 'not json'",
        "UPDATE models SET fingerprint = ''",
        "PRAGMA journal_mode = DELETE",
        "VACUUM",
        "INSERT INTO runs(roots, model, state, begun) VALUES ('{}', 77, 'odd', '')",
    )
)


def _with_sql(script: Sequence[Any]) -> Files:
    """A library after statements and changed cells that its program would never write."""
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / LIBRARY
        for name, data in sound().items():
            (Path(place) / name).write_bytes(data)
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("PRAGMA ignore_check_constraints = ON")
            for step in script:
                with suppress(sqlite3.Error):
                    connection.execute(step) if isinstance(step, str) else _set_cell(connection, *step)
            with suppress(sqlite3.Error):
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return {LIBRARY: path.read_bytes()}


def _set_cell(connection: sqlite3.Connection, table: str, column: int, row: int, value: object) -> None:
    names = [one[1] for one in connection.execute(f"PRAGMA table_info({table})")]
    if not names:  # renamed or gone
        return
    name = names[column % len(names)]
    every = f"SELECT {names[0]} FROM {table} LIMIT 1 OFFSET {row % _PHOTOGRAPHS}"
    where = "" if row > _PHOTOGRAPHS else f" WHERE {names[0]} = ({every})"
    connection.execute(f"UPDATE OR REPLACE {table} SET {name} = ?{where}", (value,))


_STEPS = st.one_of(_SQL, st.tuples(st.sampled_from(_TABLES), st.integers(0, 20), st.integers(0, 9), _CELLS))
_CHANGED = st.lists(
    st.tuples(st.sampled_from(_TABLES), st.integers(0, 20), st.integers(0, 9), _CELLS), min_size=1, max_size=3
)


def libraries() -> st.SearchStrategy[Files]:
    """A library beside its photographs."""
    broken = st.builds(lambda blows: {LIBRARY: struck(_whole(), blows, ())}, BLOWS)
    log = st.builds(
        lambda blows: {**sound(), f"{LIBRARY}-wal": struck(sound().get(f"{LIBRARY}-wal", b""), blows, ())}, BLOWS
    )
    odd = st.sampled_from(
        (b"", b"\0" * 4096, b"SQLite format 3\0", b"hello\n" * 300, b"SQLite format 3\0" + b"\xff" * 5000)
    )
    changed = st.one_of(_CHANGED, st.lists(_STEPS, min_size=1, max_size=3)).map(_with_sql)
    library = st.one_of(changed, changed, changed, broken, broken, log, odd.map(lambda data: {LIBRARY: data}))
    return library.map(lambda files: {**photographs(), **files})


@cache
def _whole() -> bytes:
    return _with_sql(())[LIBRARY]

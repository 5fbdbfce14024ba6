"""The tables of the library, and how those of older versions become the present ones."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

# One script for each schema version; a file of version n runs those from n on. Never change one that was released.
MIGRATIONS = (
    """
    CREATE TABLE photographs (
        id INTEGER PRIMARY KEY,
        content TEXT NOT NULL UNIQUE,
        path TEXT NOT NULL
    );
    CREATE TABLE corrections (
        id INTEGER PRIMARY KEY,
        photograph INTEGER NOT NULL REFERENCES photographs(id),
        kind TEXT NOT NULL,
        label TEXT NOT NULL,
        name TEXT NOT NULL,
        who TEXT NOT NULL,
        at TEXT NOT NULL,
        model TEXT NOT NULL,
        predicted TEXT NOT NULL,
        probability REAL NOT NULL,
        taken_back TEXT
    );
    CREATE INDEX corrections_by_photograph ON corrections(photograph, id);
    """,
    # Folders. `files`: which content was found under a path, true as long as size and time are the same.
    # `vectors`: float16, (channels,), one for each photograph and set of backbones.
    # `answers.probabilities`: float32, (labels,), one for each photograph and model; `label` is the first one's place.
    # `run_files`: the rows of a run, one for each file found; `reason` says why one has no answer.
    # `actions`: what a volunteer did in one go, so that it is undone in one go.
    # Paths are bytes as the system has them (os.fsencode).
    """
    CREATE TABLE files (
        path BLOB PRIMARY KEY,
        size INTEGER NOT NULL,
        modified_ns INTEGER NOT NULL,
        photograph INTEGER NOT NULL REFERENCES photographs(id)
    ) WITHOUT ROWID;
    CREATE TABLE backbones (id INTEGER PRIMARY KEY, fingerprint TEXT NOT NULL UNIQUE);
    CREATE TABLE models (id INTEGER PRIMARY KEY, fingerprint TEXT NOT NULL UNIQUE, name TEXT NOT NULL);
    CREATE TABLE vectors (
        photograph INTEGER NOT NULL REFERENCES photographs(id),
        backbone INTEGER NOT NULL REFERENCES backbones(id),
        vector BLOB NOT NULL,
        PRIMARY KEY (photograph, backbone)
    );
    CREATE TABLE answers (
        photograph INTEGER NOT NULL REFERENCES photographs(id),
        model INTEGER NOT NULL REFERENCES models(id),
        status TEXT NOT NULL,
        label INTEGER NOT NULL,
        confidence REAL NOT NULL,
        doubt REAL NOT NULL,
        subject REAL NOT NULL,
        probabilities BLOB NOT NULL,
        PRIMARY KEY (photograph, model)
    );
    CREATE TABLE thumbnails (photograph INTEGER PRIMARY KEY REFERENCES photographs(id), jpeg BLOB NOT NULL);
    CREATE TABLE runs (
        id INTEGER PRIMARY KEY,
        roots TEXT NOT NULL,
        model INTEGER NOT NULL REFERENCES models(id),
        state TEXT NOT NULL,
        begun TEXT NOT NULL,
        ended TEXT
    );
    CREATE TABLE run_files (
        id INTEGER PRIMARY KEY,
        run INTEGER NOT NULL REFERENCES runs(id),
        place INTEGER NOT NULL,
        path BLOB NOT NULL,
        photograph INTEGER REFERENCES photographs(id),
        animal TEXT NOT NULL,
        reason TEXT NOT NULL,
        UNIQUE (run, path)
    );
    CREATE INDEX run_files_by_photograph ON run_files(photograph);
    CREATE TABLE actions (
        id INTEGER PRIMARY KEY,
        at TEXT NOT NULL,
        who TEXT NOT NULL,
        what TEXT NOT NULL,
        undone TEXT
    );
    CREATE TABLE groupings (
        id INTEGER PRIMARY KEY,
        photograph INTEGER NOT NULL REFERENCES photographs(id),
        animal TEXT NOT NULL,
        action INTEGER NOT NULL REFERENCES actions(id),
        taken_back TEXT
    );
    CREATE INDEX groupings_by_photograph ON groupings(photograph, id);
    CREATE INDEX groupings_by_action ON groupings(action);
    ALTER TABLE corrections ADD COLUMN second TEXT NOT NULL DEFAULT '';
    ALTER TABLE corrections ADD COLUMN second_name TEXT NOT NULL DEFAULT '';
    ALTER TABLE corrections ADD COLUMN status TEXT NOT NULL DEFAULT '';
    ALTER TABLE corrections ADD COLUMN action INTEGER REFERENCES actions(id);
    CREATE INDEX corrections_by_action ON corrections(action);
    """,
    # `library`: which one this is, wherever its drive is found again.
    # What all rows of a run are listed by, without the rest of an answer; and what tells that rows, answers, words or
    # animals that were there are others now: `revision` grows. What is new has a greater id.
    """
    CREATE TABLE library (id TEXT NOT NULL);
    INSERT INTO library VALUES (lower(hex(randomblob(16))));
    CREATE INDEX answers_in_short ON answers(model, photograph, status, label, confidence, doubt);
    CREATE INDEX run_files_by_run ON run_files(run);
    ALTER TABLE runs ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE models ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE corrections ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE groupings ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
    CREATE INDEX corrections_by_revision ON corrections(revision) WHERE revision > 0;
    CREATE INDEX groupings_by_revision ON groupings(revision) WHERE revision > 0;
    CREATE TRIGGER run_files_changed AFTER UPDATE ON run_files BEGIN
        UPDATE runs SET revision = revision + 1 WHERE id = NEW.run;
    END;
    CREATE TRIGGER run_files_gone AFTER DELETE ON run_files BEGIN
        UPDATE runs SET revision = revision + 1 WHERE id = OLD.run;
    END;
    CREATE TRIGGER answers_changed AFTER UPDATE ON answers BEGIN
        UPDATE models SET revision = revision + 1 WHERE id = NEW.model;
    END;
    CREATE TRIGGER answers_come AFTER INSERT ON answers
    WHEN EXISTS (SELECT 1 FROM run_files WHERE photograph = NEW.photograph) BEGIN
        UPDATE models SET revision = revision + 1 WHERE id = NEW.model;
    END;
    CREATE TRIGGER corrections_changed AFTER UPDATE ON corrections WHEN NEW.revision = OLD.revision BEGIN
        UPDATE corrections SET revision =
            1 + coalesce((SELECT max(revision) FROM corrections WHERE revision > 0), 0) WHERE id = NEW.id;
    END;
    CREATE TRIGGER groupings_changed AFTER UPDATE ON groupings WHEN NEW.revision = OLD.revision BEGIN
        UPDATE groupings SET revision =
            1 + coalesce((SELECT max(revision) FROM groupings WHERE revision > 0), 0) WHERE id = NEW.id;
    END;
    """,
)


def statements(script: str) -> Iterator[str]:
    """The statements of a script, also those of triggers, which have statements of their own."""
    statement = ""
    for part in script.split(";"):
        statement += part + ";"
        if part.strip() and sqlite3.complete_statement(statement):
            yield statement
            statement = ""

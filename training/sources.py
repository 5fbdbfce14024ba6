"""One labelled set of photographs, wherever it comes from: a folder, a table, the volunteers' labels."""

from __future__ import annotations

from core.train_config import Changes, Source, SourceKind
from core.train_records import Phase
from training.folder_source import read_folder
from training.found import Found, changed, check_classes
from training.library_source import read_library
from training.table_source import read_labelled_table
from training.telling import Telling


def read_source(source: Source, changes: Changes, telling: Telling) -> Found:
    """The photographs of a source with their classes, after the administrator's changes; no picture is opened.

    Raises UserError with a sentence where there is nothing to train on, Cancelled when asked to stop.
    """
    telling.phase(Phase.READING)
    found = _read(source, telling)
    for note in found.notes:
        telling.note(note)
    if source.kind is not SourceKind.LIBRARY:  # where the last photograph of a class may get another word any day
        check_classes(found, changes)
    return changed(found, changes)


def _read(source: Source, telling: Telling) -> Found:
    if source.kind is SourceKind.LIBRARY:
        return read_library(source.path, telling)
    assert source.path is not None
    if source.kind is SourceKind.TABLE:
        return read_labelled_table(source, telling)
    return read_folder(source.path, telling)

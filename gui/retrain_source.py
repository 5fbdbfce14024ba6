"""What an administrator has chosen as the source of photographs, and whether it is complete; no widgets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from core.errors import UserError
from core.texts import tr
from core.train_config import Source, SourceKind
from gui.shown_names import printable

TABLE_SUFFIXES = (".csv", ".xlsx", ".xlsm", ".tsv", ".txt")
COLUMNS = ("image_column", "label_column", "group_column", "split_column")


@dataclass
class SourceChoice:
    """The answers of step 1; those of the kinds that are not chosen are kept as well."""

    kind: SourceKind = SourceKind.FOLDER
    folder: Path | None = None
    table: Path | None = None
    images: Path | None = None
    columns: dict[str, str] = field(default_factory=dict)
    level: str = "0"

    def take(self, path: Path, is_folder: bool) -> None:
        """What was dropped or chosen: a folder, or a table."""
        if is_folder:
            self.kind, self.folder = SourceKind.FOLDER, path
        elif path != self.table:
            self.kind, self.table, self.columns = SourceKind.TABLE, path, {}
        else:
            self.kind = SourceKind.TABLE

    def guess_columns(self, columns: Sequence[str]) -> None:
        """Columns by their usual names, where nothing was chosen yet; what the table does not have is forgotten."""
        self.columns = {name: chosen for name, chosen in self.columns.items() if chosen in columns}
        for name, words in _USUAL.items():
            if name not in self.columns:
                fitting = (one for word in words for one in columns if one.strip().lower() == word)
                self.columns[name] = next(fitting, "")

    @classmethod
    def of(cls, source: Source) -> SourceChoice:
        """The choice that makes this source."""
        choice = cls(source.kind, images=source.images, level=str(source.level))
        if source.kind is SourceKind.FOLDER:
            choice.folder = source.path
        elif source.kind is SourceKind.TABLE:
            choice.table = source.path
            choice.columns = {name: getattr(source, name) for name in COLUMNS}
        return choice

    def source(self) -> Source:
        """The source. Raises UserError with a sentence where something is missing."""
        if self.kind is SourceKind.FOLDER and self.folder is None:
            raise UserError(tr("Choose the folder first: one that has a subfolder for each class."))
        if self.kind is SourceKind.TABLE and self.table is None:
            raise UserError(tr("Choose the table first."))
        if self.kind is SourceKind.TABLE and not (
            self.columns.get("image_column") and self.columns.get("label_column")
        ):
            raise UserError(tr("Say which column names the pictures, and which one the classes."))
        if not self.level.strip().isdigit() or int(self.level) > 20:
            raise UserError(tr("The level of a category is a number from 0 to 20."))
        try:
            if self.kind is SourceKind.FOLDER:
                return Source(kind=self.kind, path=self.folder)
            if self.kind is SourceKind.LIBRARY:
                return Source(kind=self.kind)
            return Source(kind=self.kind, path=self.table, images=self.images, level=int(self.level), **self.columns)  # type: ignore[arg-type]
        except ValidationError as error:
            raise UserError(str(error.errors()[0]["msg"])) from error

    @property
    def title(self) -> str:
        """What it is called on the screen."""
        if self.kind is SourceKind.LIBRARY:
            return tr("What volunteers said in Shelterlens")
        path = self.folder if self.kind is SourceKind.FOLDER else self.table
        return printable(path.name) if path else ""

    @property
    def stem(self) -> str:
        """What a model may be called after it."""
        path = self.folder if self.kind is SourceKind.FOLDER else self.table
        return path.stem if path and self.kind is not SourceKind.LIBRARY else "shelter"


_USUAL = {
    "image_column": ("image", "image_path", "path", "file", "filename", "file_name", "photo", "picture", "fichier"),
    "label_column": ("label", "class", "breed", "category", "classe", "race", "species", "name"),
    "group_column": ("group", "animal", "patient", "groupe"),
    "split_column": ("split", "part", "subset", "set"),
}

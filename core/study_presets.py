"""The studies that can be run again: what each compares, as data in resources/studies, read and checked.

A preset names its photographs by where they lie in a folder of data sets, which the user gives; it has a config that
all of its variants begin from, and comparisons of variants that change some of its fields.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import Field, ValidationError, model_validator

from core.bundle_info import Name, Record, Share, Summary, Words, printable
from core.errors import UserError
from core.folders import resources_dir
from core.texts import tr
from core.train_config import Source, SourceKind, TrainConfig

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

# Fields of the config by their dotted names, such as "fit.optimiser", with their values.
Fields = dict[str, Any]

SUFFIX: Final = ".toml"


class StudyData(Record):
    """Where the photographs of a study lie in the folder of data sets; `table` and the columns are for tables."""

    folder: str = Field(min_length=1, max_length=200)
    table: str = Field(default="", max_length=200)
    images: str = Field(default="", max_length=200)
    image_column: str = Field(default="", max_length=200)
    label_column: str = Field(default="", max_length=200)
    level: int = Field(default=0, ge=0, le=20)

    def source(self, data: Path) -> Source:
        """The source in the user's folder of data sets. Raises UserError where it is not there."""
        root = data / self.folder
        path = root / self.table if self.table else root
        if not path.exists():
            said = tr("The photographs of this study are not there: {path}. Give the folder that has “{name}” in it.")
            raise UserError(said.format(path=path, name=self.folder))
        if not self.table:
            return Source(path=path.absolute())
        return Source(
            kind=SourceKind.TABLE, path=path.absolute(), images=(root / self.images).absolute(), level=self.level,
            image_column=self.image_column, label_column=self.label_column,
        )  # fmt: skip


class Variant(Record):
    """One line of a comparison. `theirs` is the published figure; the `quick` fields count where it shall be quick.

    With `theirs_to` theirs is a range; `theirs_on` says on which photographs it was measured. `note` is what to know
    about this line.
    """

    name: Name
    title: Words | None = None
    fields: Fields = Field(default_factory=dict)
    quick: Fields = Field(default_factory=dict)
    theirs: Share | None = None
    theirs_to: Share | None = None
    theirs_on: Literal["test", "validation"] = "test"
    note: Summary | None = None


class StudyComparison(Record):
    """Variants that are compared on the same photographs; `differs` says what is not as it was in the original."""

    name: Name
    title: Words
    differs: Summary
    note: Summary | None = None
    fields: Fields = Field(default_factory=dict)
    quick: Fields = Field(default_factory=dict)
    variants: Annotated[tuple[Variant, ...], Field(min_length=1, max_length=40)]

    @model_validator(mode="after")
    def _check(self) -> StudyComparison:
        if len({one.name for one in self.variants}) < len(self.variants):
            raise ValueError(tr("Two of the variants are called the same."))
        return self


class Quick(Record):
    """What a quick try takes: so many classes and photographs of each, and these fields."""

    classes: int = Field(ge=2, le=1000)
    photographs: int = Field(ge=4, le=10_000)
    fields: Fields = Field(default_factory=dict)


class Preset(Record):
    """One study. `transforms` says that its report shows what classic image processing sees in some photographs."""

    title: Words
    about: Summary
    not_medical: bool = False
    transforms: bool = False
    data: StudyData
    fields: Fields = Field(default_factory=dict)
    quick: Quick
    comparisons: Annotated[tuple[StudyComparison, ...], Field(min_length=1, max_length=40)]

    @model_validator(mode="after")
    def _check(self) -> Preset:
        if len({one.name for one in self.comparisons}) < len(self.comparisons):
            raise ValueError(tr("Two of the comparisons are called the same."))
        return self


def studies_dir() -> Path:
    """Where the presets lie."""
    return resources_dir() / "studies"


def preset_names(folder: Path | None = None) -> list[str]:
    """What the studies are called."""
    return sorted(path.stem for path in (folder or studies_dir()).glob(f"*{SUFFIX}"))


def read_preset(name: str, folder: Path | None = None) -> Preset:
    """The study of this name, with every config that it makes checked. Raises UserError saying what is wrong where."""
    names = preset_names(folder)
    if name not in names:
        said = tr("There is no study called “{name}”. There are: {names}.")
        raise UserError(said.format(name=printable(name), names=", ".join(names)))
    path = (folder or studies_dir()) / f"{name}{SUFFIX}"
    try:
        preset = Preset.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        raise UserError(_told(path.name, error)) from error
    except (OSError, ValueError, RecursionError) as error:  # no UTF-8 and no TOML are ValueErrors, huge numbers too
        said = tr("The study {name} cannot be read: {reason}.")
        raise UserError(said.format(name=path.name, reason=error)) from error
    source = Source(path=Path(preset.data.folder))
    for comparison in preset.comparisons:
        for variant in comparison.variants:
            for is_quick in (False, True):
                variant_config(name, preset, comparison, variant, source, is_quick)
    return preset


def variant_config(
    study: str, preset: Preset, comparison: StudyComparison, variant: Variant, source: Source, is_quick: bool
) -> TrainConfig:
    """The config of a variant: the study's fields, the comparison's, its own, and with `is_quick` what makes it so.

    Raises UserError naming the variant where a field does not exist or cannot have its value.
    """
    layers: tuple[Mapping[str, Any], ...] = (preset.fields, comparison.fields)
    if is_quick:
        # What the variant is about counts more than the haste.
        layers = (*layers, preset.quick.fields, comparison.quick)
    merged = {place: value for layer in (*layers, variant.fields) for place, value in layer.items()}
    if is_quick:
        merged |= variant.quick
    names = (f"{study}-{comparison.name}-{variant.name}")[:64].rstrip("-_")
    first = TrainConfig(
        name=names, title=_title(preset, comparison, variant), source=source, start_from="",
        not_medical=preset.not_medical,
    )  # fmt: skip
    try:
        return with_fields(first, merged)
    except ValidationError as error:
        raise UserError(_told(f"{study}{SUFFIX}, {comparison.name}, {variant.name}", error)) from error


def with_fields(config: TrainConfig, fields: Mapping[str, Any]) -> TrainConfig:
    """The config with some fields changed by their dotted names. Raises ValidationError."""
    values = config.model_dump()
    for place, value in fields.items():
        *above, last = place.split(".")
        part = values
        for name in above:
            if not isinstance(part.get(name), dict):
                part[name] = {}
            part = part[name]
        part[last] = value
    return TrainConfig.model_validate(values)


def variant_words(variant: Variant) -> Words:
    """What a variant is called."""
    return variant.title or Words(en=variant.name, fr=variant.name)


def _title(preset: Preset, comparison: StudyComparison, variant: Variant) -> Words:
    parts = (preset.title, comparison.title, variant_words(variant))
    return Words(en=": ".join(one.en for one in parts)[:200], fr=" : ".join(one.fr for one in parts)[:200])


def _told(where: str, error: ValidationError) -> str:
    """The first thing that is wrong, in one sentence."""
    first = error.errors(include_url=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return tr("{where}: there is no field {field}.").format(where=where, field=printable(place))
    if first["type"] == "value_error":
        return f"{where}: {first['ctx']['error']}"
    said = tr("{where}: “{value}” is not possible for {field}.")
    return said.format(where=where, value=_shown(first.get("input", "")), field=printable(place))


def _shown(value: object) -> str:
    try:
        return printable(str(value))
    except (RecursionError, ValueError):  # too deep, or a number of thousands of digits
        return "…"


def chosen(preset: Preset, only: tuple[str, ...]) -> Iterator[tuple[StudyComparison, Variant]]:
    """The variants that `only` names, as comparisons or as COMPARISON/VARIANT; all where it is empty.

    Raises UserError for a wrong name.
    """
    all_of_it = [(comparison, variant) for comparison in preset.comparisons for variant in comparison.variants]
    names = {f"{comparison.name}/{variant.name}" for comparison, variant in all_of_it}
    if wrong := [name for name in only if name not in names | {one.name for one in preset.comparisons}]:
        said = tr("There is no comparison called “{name}” in this study. There are: {names}.")
        raise UserError(said.format(name=printable(wrong[0]), names=", ".join(one.name for one in preset.comparisons)))
    for comparison, variant in all_of_it:
        if not only or comparison.name in only or f"{comparison.name}/{variant.name}" in only:
            yield comparison, variant

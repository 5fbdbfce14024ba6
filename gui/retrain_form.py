"""The choices of a training as questions with values, and the configuration that they make; no widgets."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from core.bundle_info import Words, is_name
from core.texts import tr
from core.train_config import (
    Augmentation,
    Balance,
    BalanceKind,
    Changes,
    Fit,
    HeadLayout,
    Mode,
    Network,
    Pooling,
    Preprocessing,
    Shape,
    Source,
    Split,
    Step,
    TrainConfig,
)
from gui.field_list import OFF, ON

Values = Mapping[str, str]
Problems = dict[str, str]

_PERCENT = ("train", "validation", "test", "wanted_precision")
_STEPS = (Step.GRAYSCALE, Step.EQUALISE, Step.CLAHE, Step.WHITEN)
AUGMENTATION = (
    *("flip", "rotation_deg", "zoom", "crop", "shear_deg", "distort", "brightness", "contrast"),
    *("blur", "noise", "cutout", "mixup"),
)
_FIT = (
    *("optimiser", "head_rate", "rate", "schedule", "warm_up_epochs", "loss", "label_smoothing", "focal_gamma"),
    *("batch", "head_epochs", "epochs", "unfrozen", "by_blocks", "patience", "mixed_precision"),
)


@dataclass(frozen=True)
class Filled:
    """What came of the answers: a configuration, or what is wrong by the id of the question ("" for none of them)."""

    config: TrainConfig | None
    problems: Mapping[str, str]


def values_of(config: TrainConfig) -> dict[str, str]:
    """The answers that make this configuration."""
    values = {"name": config.name, "mode": config.fit.mode.value}
    values |= {name: _shown(getattr(config.split, name)) for name in ("by_group", "official", "seed")}
    values |= {name: _shown(100 * getattr(config.split, name)) for name in ("train", "validation", "test")}
    values |= {"balance": config.balance.kind.value, "balance_to": _shown(config.balance.to)}
    values |= {name: _shown(getattr(config.augmentation, name)) for name in AUGMENTATION}
    values |= {"shape": config.preprocessing.shape.value, "size_px": _shown(config.preprocessing.size_px)}
    values |= {step.value: _shown(step in config.preprocessing.steps) for step in _STEPS}
    head = config.network.head
    values |= {"backbone": config.network.backbone, "weights": config.network.weights, "pooling": head.pooling.value}
    values |= {"dense": ", ".join(map(str, head.dense)), "dropout": _shown(head.dropout), "l2": _shown(head.l2)}
    values |= {"batch_norm": _shown(head.batch_norm)}
    values |= {name: _shown(getattr(config.fit, name)) for name in _FIT}
    values |= {"wanted_precision": _shown(100 * config.wanted_precision), "not_medical": _shown(config.not_medical)}
    values["subject_en"] = config.subject.en if config.subject else ""
    values["subject_fr"] = config.subject.fr if config.subject else ""
    values["title_en"] = config.title.en if config.title else ""
    values["title_fr"] = config.title.fr if config.title else ""
    return values


def filled(values: Values, base: TrainConfig, source: Source, changes: Changes) -> Filled:
    """The configuration that these answers make; `base` has what is not asked."""
    from core.train_defaults import taken_words  # which brings numpy along: not before the window is drawn

    form = _Form({**values_of(base), **values})
    mode = Mode(form.values["mode"])
    if not is_name(form.values["name"].strip()):
        form.problems["name"] = tr(
            "Small letters without accents, digits, hyphens and underscores only, such as shelter-2026."
        )
    elif said := taken_words(form.values["name"].strip()):
        form.problems["name"] = said
    parts: dict[str, Any] = {
        "split": form.made(Split, _split(form, base)),
        "balance": form.made(Balance, {"kind": _balance(form, mode), "to": form.whole("balance_to")}, to="balance_to"),
        "augmentation": base.augmentation if mode is Mode.HEAD else form.made(Augmentation, _augmentation(form)),
        "preprocessing": form.made(Preprocessing, _preprocessing(form)),
        "network": _network(form, mode),
        "fit": form.made(Fit, _fit(form, base, mode), seed="seed"),
    }
    precision = form.number("wanted_precision") / 100
    if not 0.5 <= precision <= 0.999:
        form.problems.setdefault("wanted_precision", tr("Between 50 and 99.9 %."))
    if form.problems:
        return Filled(None, form.problems)
    more = {
        "name": form.values["name"].strip(),
        "source": source,
        "changes": changes,
        "wanted_precision": precision,
        "not_medical": form.values["not_medical"] == ON,
        "title": form.words("title"),
        "subject": form.words("subject"),
    }
    if mode is Mode.HEAD:
        parts["augmentation"] = Augmentation()
    try:
        known = {name: getattr(base, name) for name in TrainConfig.model_fields}
        return Filled(TrainConfig(**{**known, **parts, **more}), {})
    except ValidationError as error:
        return Filled(None, {"": _plain(error.errors()[0])})


class _Form:
    """The answers, and what is wrong with them so far."""

    def __init__(self, values: Values) -> None:
        self.values = values
        self.problems: Problems = {}

    def number(self, name: str) -> float:
        """A number, with point or comma."""
        return self._read(name, float, tr("This is not a number."))

    def whole(self, name: str) -> int:
        """A whole number."""
        return int(self._read(name, int, tr("This is not a whole number.")))

    def _read(self, name: str, kind: Callable[[str], float], said: str) -> float:
        try:
            return kind(self.values[name].strip().replace(",", ".").replace("\u202f", ""))
        except ValueError:
            self.problems[name] = said
            return 0

    def words(self, name: str) -> Words | None:
        """A text in both languages; one for both where only one is there."""
        en, fr = self.values[f"{name}_en"].strip(), self.values[f"{name}_fr"].strip()
        return Words(en=en or fr, fr=fr or en) if en or fr else None

    def made(self, record: type[BaseModel], fields: Mapping[str, Any], **asked: str) -> Any:
        """The record, if these fields are allowed; what is not is written down beside the question `asked`."""
        try:
            return record(**fields)
        except ValidationError as error:
            for problem in error.errors():
                name = str(problem["loc"][0]) if problem["loc"] else next(iter(fields))
                said = _plain(problem, 100 if name in _PERCENT else 1)
                self.problems.setdefault(asked.get(name, name), said)
            return None


def _split(form: _Form, base: TrainConfig) -> dict[str, Any]:
    shares = {name: form.number(name) / 100 for name in ("train", "validation", "test")}
    whole = sum(shares.values())
    if abs(whole - 1) < 1e-4:  # 33.3 three times is meant as a whole
        shares["train"] += 1 - whole
    return {**shares, "by_group": _on(form, "by_group"), "official": _on(form, "official"), "seed": form.whole("seed")}


def _balance(form: _Form, mode: Mode) -> BalanceKind:
    kind = BalanceKind(form.values["balance"])
    if kind is BalanceKind.OVER and mode is Mode.HEAD:
        form.problems["balance"] = tr("Copies need the thorough way: choose it, or class weights.")
    return kind


def _augmentation(form: _Form) -> dict[str, Any]:
    return {name: _on(form, name) if name == "flip" else form.number(name) for name in AUGMENTATION}


def _preprocessing(form: _Form) -> dict[str, Any]:
    steps = tuple(step for step in _STEPS if form.values[step.value] == ON)
    return {"shape": Shape(form.values["shape"]), "size_px": form.whole("size_px"), "steps": steps}


def _network(form: _Form, mode: Mode) -> Any:
    if mode is Mode.HEAD:
        layout: Any = HeadLayout()
    else:
        layers = [part for part in re.split(r"[,; ]+", form.values["dense"].strip()) if part]
        if not all(part.isdigit() for part in layers):
            form.problems["dense"] = tr("Whole numbers with commas between them, such as 256, 128.")
            layers = []
        fields = {"pooling": Pooling(form.values["pooling"]), "dense": tuple(map(int, layers))}
        numbers = {"dropout": form.number("dropout"), "l2": form.number("l2"), "batch_norm": _on(form, "batch_norm")}
        layout = form.made(HeadLayout, {**fields, **numbers})
    weights = "none" if mode is Mode.SCRATCH else form.values["weights"].strip() or "imagenet"
    if layout is None:
        return None
    return form.made(Network, {"backbone": form.values["backbone"], "weights": weights, "head": layout})


def _fit(form: _Form, base: TrainConfig, mode: Mode) -> dict[str, Any]:
    if mode is Mode.HEAD:  # nothing of what is greyed out may stand in the way
        return {**base.fit.model_dump(), "mode": mode, "seed": form.whole("seed")}
    fields: dict[str, Any] = {"mode": mode, "strengths": base.fit.strengths, "seed": form.whole("seed")}
    for name in _FIT:
        kind = Fit.model_fields[name].annotation
        if kind is bool:
            fields[name] = _on(form, name)
        elif name in ("optimiser", "schedule", "loss"):
            fields[name] = form.values[name]
        else:
            fields[name] = form.whole(name) if kind is int else form.number(name)
    return fields


def _on(form: _Form, name: str) -> bool:
    return form.values[name] == ON


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return ON if value else OFF
    if isinstance(value, float):
        return f"{value:.6g}"
    return str(value)


def _plain(problem: Any, scale: int = 1) -> str:
    """A problem that pydantic found, in words for the user; `scale` is 100 where the answer is in percent."""
    known = problem.get("ctx") or {}
    limits = {name: f"{scale * known[name]:g}" for name in ("ge", "le", "gt", "lt") if name in known}
    match problem["type"]:
        case "greater_than_equal":
            return tr("At least {limit}.").format(limit=limits["ge"])
        case "less_than_equal":
            return tr("At most {limit}.").format(limit=limits["le"])
        case "greater_than":
            return tr("More than {limit}.").format(limit=limits["gt"])
        case "less_than":
            return tr("Less than {limit}.").format(limit=limits["lt"])
        case "value_error":
            return str(known.get("error") or problem["msg"])
    return tr("This cannot be used here.")

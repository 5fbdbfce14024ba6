"""MODEL_CARD.md of a model that somebody trained: what it is for, from what it was made, how well it answers."""

from __future__ import annotations

from core.bundles import BundleInfo, Metrics
from core.figures import wilson_interval
from core.train_config import Mode, TrainConfig
from core.train_records import Judgement

_WEAKEST, _MOST_NAMED = 10, 1000
_MODES = {
    Mode.HEAD: "Its head was fitted on stored embeddings; the networks before it were not changed.",
    Mode.FINETUNE: "Its head was trained first, then the last layers of its network too.",
    Mode.SCRATCH: "All of its network was trained from nothing.",
}


def trained_card(info: BundleInfo, judgement: Judgement, on: str, config: TrainConfig) -> str:
    """The card in Markdown, in English as all cards; `on` says which photographs `judgement` is about."""
    parts = [
        f"# {info.title.en} ({info.name} {info.version}, {info.date})",
        "**Not a medical device.** For learning and experiments; never for decisions about anybody's health."
        if config.not_medical
        else "",
        info.summary.en,
        "It is meant to sort photographs like those it was trained on, faster than by hand; a person decides.",
        "It knows the classes below and nothing else: whatever it is shown, it answers with one of them. Photographs "
        "of another kind than those it was trained on (another camera, light, place) are harder than the figures say.",
        "## How well it answers",
        *_results(info, judgement, on),
        "A network that was trained on published photographs before may have seen some of these: where it has, the "
        "figures are too good."
        if config.fit.mode is not Mode.SCRATCH
        else "",
        "## What it is made of",
        _MODES[config.fit.mode],
        "\n".join(f"- {one.title}, input {one.size_px} px" for one in info.backbones),
        "\n".join(f"- {one.what}: {one.licence}" for one in info.licences),
        "## Data",
        f"{info.data.name}: {info.data.labels} classes. {info.data.split} The photographs themselves are not in "
        "this model. Whoever passes it on must be allowed to use them so.",
        _classes(judgement),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _results(info: BundleInfo, judgement: Judgement, on: str) -> list[str]:
    if not judgement.photographs:
        return ["It was not judged: no photographs were kept for it."]
    rules, count = info.calibration, judgement.photographs
    low, high = wilson_interval(judgement.top1, count)
    kind = {
        "test": f"On {count} photographs that were held out and used once",
        "validation": f"On the {count} photographs that also set its thresholds, which is too kind",
    }
    if judgement.sure_right is None:
        sure = "It called none of them sure."
    else:
        sure = (
            f"It called {judgement.sure_share:.0%} of them sure, and {judgement.sure_right:.1%} of those answers were "
            "right."
        )
    promise = "It promises nothing: it is never sure."
    if rules.sure.cases:
        promise = (
            f"It is `sure` from a calibrated probability of {rules.sure.threshold:.3f} on (temperature "
            f"{rules.temperature:.2f}), and promises that at least {rules.sure.precision:.0%} of such answers are "
            f"right, as measured on {rules.sure.cases} other photographs."
        )
    return [
        f"{kind[on]}: {judgement.top1:.1%} right (95 % interval {low:.1%} to {high:.1%}), {judgement.top3:.1%} among "
        f"the first three, macro F1 {judgement.macro_f1:.3f}, balanced accuracy {judgement.balanced_accuracy:.1%}, "
        f"calibration error {judgement.ece:.3f}. {sure}",
        promise,
        _weakest(judgement),
        "\n".join([_ROW_HEAD, *(_row(metrics) for metrics in info.metrics)]),
    ]


_ROW_HEAD = (
    "| measured on | photographs | first answer | among three | sure | right when sure |\n|---|---|---|---|---|---|"
)


def _row(metrics: Metrics) -> str:
    right = "–" if metrics.sure_right is None else f"{metrics.sure_right:.1%}"
    return (
        f"| {_plain(metrics.on.en)} | {metrics.photographs} | {metrics.top1:.1%} | {metrics.top3:.1%} "
        f"| {metrics.sure_share:.0%} | {right} |"
    )


def _weakest(judgement: Judgement) -> str:
    """The classes in which it is wrong most often."""
    wrong = [one for one in judgement.classes if one.recall is not None and one.recall < 1]
    worst = sorted(wrong, key=lambda one: (one.recall or 0.0, -one.photographs))[:_WEAKEST]
    if not worst:
        return ""
    rows = (f"- {_plain(one.en)}: {one.right} of {one.photographs} right" for one in worst)
    return "\n".join(["Weakest in:\n", *rows])


def _classes(judgement: Judgement) -> str:
    names = ", ".join(_plain(one.en) for one in judgement.classes[:_MOST_NAMED])
    more = len(judgement.classes) - _MOST_NAMED
    return f"Classes: {names} and {more} more." if more > 0 else f"Classes: {names}."


def _plain(text: str) -> str:
    """A name without what Markdown would take for its own."""
    return "".join(f"\\{letter}" if letter in "\\`*_[]<>|#" else letter for letter in text)

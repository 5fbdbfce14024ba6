"""MODEL_CARD.md, made from bundle.json and the notes on what was tried."""

from __future__ import annotations

from core.bundles import BundleInfo, Metrics
from core.folders import resources_dir

COMMAND = "python -m training.ship --data DATA --weights WEIGHTS --work WORK"


def model_card(info: BundleInfo) -> str:
    """The card of a shipped model, in Markdown."""
    notes = resources_dir() / "breeds" / f"{info.name}.md"
    parts = [*_parts(info), notes.read_text(encoding="utf-8").strip()]
    return "\n\n".join(part for part in parts if part) + "\n"


def _parts(info: BundleInfo) -> list[str]:
    rules = info.calibration
    subject = rules.subject
    return [
        f"# {info.title.en} ({info.name} {info.version}, {info.date})",
        info.summary.en,
        "It speaks of looks, not of descent: most dogs of a shelter are crosses, and even experts name a mixed dog's "
        "breeds wrongly more often than not. It knows 120 breeds; a dog of any other is named after the most similar "
        "one, or called unsure. Puppies, clipped coats and photographs of photographs are harder than the figures say.",
        "## How well it answers",
        "\n".join([_ROW_HEAD, *(_row(metrics) for metrics in info.metrics)]),
        f"An answer is `sure` from a calibrated probability of {rules.sure.threshold:.3f} on. On {rules.sure.cases} "
        f"photographs that no network had seen, {rules.sure.coverage:.0%} of the answers were, and the model promises "
        f"that {rules.sure.precision:.0%} of such answers are right. The same photographs gave the threshold and the "
        f"temperature ({rules.temperature:.2f}), so the first row is a little kinder than new photographs will be.",
        ""
        if subject is None
        else f"`not_a_dog` is said below a probability of {subject.threshold:.3f} that a dog is there: "
        f"{subject.refused:.1%} of {subject.cases} photographs without a dog were refused, and "
        f"{subject.wrongly_refused:.1%} of those with one.",
        f"Made with `{COMMAND} {info.name}`.",
        "## What it is made of",
        "\n".join(f"- {backbone.title}, input {backbone.size_px} px, looks at: "
                  f"{', '.join(view.value for view in backbone.views)}" for backbone in info.backbones),
        "\n".join(f"- {licence.what}: {licence.licence}" for licence in info.licences),
        "## Data",
        f"{info.data.name}: {info.data.photographs} photographs, {info.data.labels} breeds. {info.data.split} Some "
        "labels of the data are wrong (about 0.5 %). The photographs themselves are not in this model.",
    ]  # fmt: skip


_ROW_HEAD = (
    "| measured on | photographs | first answer | among three | calibration error | sure | right when sure |\n"
    "|---|---|---|---|---|---|---|"
)


def _row(metrics: Metrics) -> str:
    right = "–" if metrics.sure_right is None else f"{metrics.sure_right:.1%}"
    return (
        f"| {metrics.on.en} | {metrics.photographs} | {metrics.top1:.1%} | {metrics.top3:.1%} | {metrics.ece:.3f} "
        f"| {metrics.sure_share:.0%} | {right} |"
    )

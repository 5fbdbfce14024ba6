"""What would be lost if the model of a run took the place of the one in use, to be said before it does."""

from __future__ import annotations

from dataclasses import dataclass

from core.bundle_info import BundleInfo, Label
from core.bundles import read_info
from core.errors import UserError
from core.models import find_model
from core.run_results import comparison_sentence, read_metrics
from core.texts import label_name, tr
from core.train_records import Comparison, ComparisonVerdict
from core.train_runs import Run

_MOST_NAMED = 5


@dataclass(frozen=True)
class Loss:
    """The model in use and the new one, the classes that only the former knows, and the comparison if that is bad."""

    before: BundleInfo
    after: BundleInfo
    classes: tuple[Label, ...] = ()
    comparison: Comparison | None = None

    @property
    def is_worse(self) -> bool:
        """Whether more photographs were answered wrong than before, by more than chance."""
        return self.comparison is not None

    def sentence(self) -> str:
        """All of it, in the present language."""
        said = [] if self.comparison is None else [comparison_sentence(self.comparison)]
        return " ".join([*said, *([_lost(self)] if self.classes else [])])


def loss_of(run: Run) -> Loss | None:
    """What using the model of this run would lose; None where nothing is known to be lost. Raises UserError."""
    try:
        before = find_model().info
    except UserError:  # nothing answers now
        return None
    after, result = read_info(run.model_dir), read_metrics(run.folder)
    found = result.comparison if result else None
    known = {text for label in after.labels for text in (label.id, label.en.casefold())}
    lost = tuple(label for label in before.labels if label.id not in known and label.en.casefold() not in known)
    worse = found if found is not None and found.verdict is ComparisonVerdict.WORSE else None
    return Loss(before, after, lost, worse) if lost or worse is not None else None


def _lost(loss: Loss) -> str:
    names = ", ".join(label_name(label) for label in loss.classes[:_MOST_NAMED])
    said = tr(
        "“{title}” {version} knows {before} classes, this one {after}. Not known any more: {count} ({names})."
    )  # fmt: skip
    return said.format(
        title=label_name(loss.before.title),
        version=loss.before.version,
        before=len(loss.before.labels),
        after=len(loss.after.labels),
        count=len(loss.classes),
        names=names + ("…" if len(loss.classes) > _MOST_NAMED else ""),
    )

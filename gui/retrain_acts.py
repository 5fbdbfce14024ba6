"""What an administrator decided about findings: one act after the other, each of which can be taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from core.train_config import Changes
from core.train_records import Finding, FindingKind


class ActKind(str, Enum):
    """What is done about photographs or classes."""

    LEAVE_OUT = "leave_out"
    RELABEL = "relabel"
    MERGE = "merge"
    LEAVE_OUT_CLASSES = "leave_out_classes"
    IGNORE = "ignore"


@dataclass(frozen=True)
class Act:
    """One decision about `paths` or `classes`; `to` is the class that they count as. `about` is what was decided."""

    kind: ActKind
    paths: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    to: str = ""
    about: tuple[Finding, ...] = ()


def changes_of(acts: Sequence[Act]) -> Changes:
    """All acts together; of two about the same photograph or class the later one counts."""
    left_out: dict[str, None] = {}
    left_out_classes: dict[str, None] = {}
    relabel: dict[str, str] = {}
    merge: dict[str, str] = {}
    for act in acts:
        for path in act.paths:
            if act.kind is ActKind.LEAVE_OUT:
                relabel.pop(path, None)
                left_out[path] = None
            elif act.kind is ActKind.RELABEL:
                left_out.pop(path, None)
                relabel[path] = act.to
        for name in act.classes:
            if act.kind is ActKind.LEAVE_OUT_CLASSES:
                merge.pop(name, None)
                left_out_classes[name] = None
            elif act.kind is ActKind.MERGE and name != act.to:
                left_out_classes.pop(name, None)
                merge[name] = act.to
    return Changes(
        leave_out=tuple(left_out),
        leave_out_classes=tuple(left_out_classes),
        relabel=relabel,
        merge=_followed(merge),
    )


def acts_of(changes: Changes) -> list[Act]:
    """The acts that lead to these changes: for a run that is opened again."""
    acts = [Act(ActKind.LEAVE_OUT, (path,)) for path in changes.leave_out]
    acts += [Act(ActKind.LEAVE_OUT_CLASSES, classes=(name,)) for name in changes.leave_out_classes]
    acts += [Act(ActKind.RELABEL, (path,), to=name) for path, name in changes.relabel.items()]
    acts += [Act(ActKind.MERGE, classes=(name,), to=to) for name, to in changes.merge.items()]
    return acts


def open_findings(findings: Sequence[Finding], acts: Sequence[Act]) -> list[Finding]:
    """Those that nobody has decided about, and that no other decision has settled."""
    decided = {one for act in acts for one in act.about}
    changes = changes_of(acts)
    return [one for one in findings if one not in decided and not _is_settled(one, changes)]


def class_of(finding: Finding, place: int) -> str:
    """In which class its photograph at this place was found; empty where that is not known."""
    names = finding.classes
    return names[place] if len(names) == len(finding.paths) else names[0] if names else ""


# These are about several photographs: about what is left when all others are left out there is nothing to say.
_OF_SEVERAL = (FindingKind.TWO_LABELS, FindingKind.LOOK_ALIKE, FindingKind.DUPLICATE, FindingKind.LEAK)


def _is_settled(finding: Finding, changes: Changes) -> bool:
    """Whether what was decided elsewhere leaves nothing to decide here."""

    def counts_as(name: str) -> str:
        return changes.merge.get(name, name)

    if not finding.paths:
        gone = {*changes.leave_out_classes, *changes.merge}
        return bool(finding.classes) and gone.issuperset(finding.classes)
    left = {
        path: counts_as(changes.relabel.get(path, name))
        for path, name in ((path, class_of(finding, place)) for place, path in enumerate(finding.paths))
        if path not in changes.leave_out and name not in changes.leave_out_classes
    }
    if finding.kind in _OF_SEVERAL and len(finding.paths) > 1:
        is_one_class = finding.kind is FindingKind.TWO_LABELS and len(set(left.values())) < 2
        return len(left) < 2 or is_one_class
    if finding.kind is FindingKind.PERHAPS_WRONG:
        return all(path in changes.relabel or name == counts_as(finding.suggestion) for path, name in left.items())
    return not left


def _followed(merge: dict[str, str]) -> dict[str, str]:
    """A class that counts as one that counts as a third counts as this."""
    ends: dict[str, str] = {}
    for name, to in merge.items():
        seen = {name}
        while to in merge and to not in seen:
            seen.add(to)
            to = merge[to]
        if to != name:
            ends[name] = to
    return ends

"""What stands in a row of a folder, in the present language: answers and volunteers' words as short texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.texts import label_name, percent, tr
from gui.answer_texts import corrected_breed
from gui.row_cells import RowCells
from gui.shown_names import printable

if TYPE_CHECKING:
    from core.bundles import BundleInfo
    from core.records import Animal, Correction, Verdict
    from core.reviews import Row


def cells_of(row: Row, info: BundleInfo, thumbnail: bytes | None, is_suspect: bool) -> RowCells:
    """The cells of one row; the breed is the volunteer's where there is a word, else the model's."""
    tagged = row.tagged
    return RowCells(
        number=row.number,
        name=printable(tagged.path.name),
        status=tagged.verdict.status,
        answer=corrected_breed(tagged.reviewed, info) if tagged.reviewed else answer_of(tagged.verdict, info),
        confidence=_beside(tagged.reviewed, tagged.verdict, info) if tagged.reviewed else confidence_of(tagged.verdict),
        animal=printable(tagged.animal),
        reviewed=signed(tagged.reviewed) if tagged.reviewed else "",
        is_suspect=is_suspect,
        thumbnail=thumbnail,
    )


def answer_of(verdict: Verdict, info: BundleInfo) -> str:
    """The answer in a few words: "Beagle", "Beagle or Harrier", "No dog found", or why there is none."""
    from core.records import Status
    from core.verdicts import describe, named_candidates

    if verdict.status is Status.UNREADABLE:
        return verdict.reason
    if verdict.status is Status.NOT_A_DOG:
        return describe(verdict, info).headline
    names = [label_name(info.labels[one.label]) for one in named_candidates(verdict, info)]
    if len(names) < 2:
        return "".join(names)
    return tr("{names} or {last}").format(names=", ".join(names[:-1]), last=names[-1])


def confidence_of(verdict: Verdict) -> str:
    """How likely the first breed is; empty where the answer names none."""
    return percent(verdict.candidates[0].probability) if verdict.named else ""


def _beside(said: Correction, verdict: Verdict, info: BundleInfo) -> str:
    """How likely the model's breed is, beside a person's word; empty where it would be that of another breed."""
    share = confidence_of(verdict)
    is_same = bool(share) and info.labels[verdict.candidates[0].label].id == said.label
    return tr("model: {percent}").format(percent=share) if is_same else ""


def signed(correction: Correction) -> str:
    """Who said it and on which day; a sign where neither is known."""
    day = correction.at.astimezone().strftime("%Y-%m-%d") if correction.at else ""
    return ", ".join(part for part in (correction.who, day) if part) or "✓"


def animal_line(animal: Animal, info: BundleInfo) -> str:
    """Whom the photograph shows, with the answer from all its photographs: "Rex: 3 photographs, together Beagle, 93 %".

    Empty for a photograph that nobody grouped.
    """
    count = len(animal.photographs)
    if not animal.photographs[0].animal:
        return ""
    name = printable(animal.name)
    if count == 1:
        return tr("{name}: this photograph only").format(name=name)
    if animal.is_disputed:
        said = tr("{name}: {count} photographs, about which people said different things")
        return said.format(name=name, count=count)
    if animal.reviewed:
        breed = corrected_breed(animal.reviewed, info)
        return tr("{name}: {count} photographs, corrected: {answer}").format(name=name, count=count, answer=breed)
    answer = answer_of(animal.verdict, info)
    if share := confidence_of(animal.verdict):
        answer = tr("{breed}, {percent}").format(breed=answer, percent=share)
    return tr("{name}: {count} photographs, together {answer}").format(name=name, count=count, answer=answer)

"""The confusion matrix of a judged model: what photographs show in rows, what was answered in columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from core.texts import tr
from gui.bar_chart import grouped
from gui.confusion_view import ConfusionView, Matrix

if TYPE_CHECKING:
    from core.run_results import ConfusionTable


class TruthMatrix(ConfusionView):
    """The same, with other words."""

    def titles(self) -> tuple[str, str]:
        return tr("They show ↓"), tr("The answer →")

    def text_of(self, place: tuple[int, int] | None) -> str:
        """A cell in a sentence."""
        if place is None or not self._has(*place):
            return ""
        names = {"truth": self._matrix.rows[place[0]], "answer": self._matrix.columns[place[1]]}
        number = self._matrix.numbers.get(place, 0)
        if not number:
            return tr("Photographs of {truth}, answered {answer}: none").format(**names)
        said = tr("Photographs of {truth}, answered {answer}: {count}. Enter or a click shows them.")
        return said.format(**names, count=grouped(number))


def matrix_of(table: ConfusionTable, names: Mapping[str, str]) -> Matrix:
    """A table of counts with the names of its classes, in its order."""
    shown: Sequence[str] = [names.get(label, label) for label in table.labels]
    numbers = {
        (row, column): number
        for row, counts in enumerate(table.counts)
        for column, number in enumerate(counts)
        if number
    }
    return Matrix(shown, shown, numbers, frozenset(place for place in numbers if place[0] == place[1]))

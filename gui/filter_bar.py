"""Which rows of a folder are wanted, and in which order: a field for words, choices, and how many rows are left."""

from __future__ import annotations

import tkinter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from tkinter import ttk
from typing import TYPE_CHECKING

from core.texts import language, tr
from gui.choice_box import ChoiceBox
from gui.flow import Flow
from gui.focus import focused
from gui.row_cells import LETTERS, status_name
from gui.theme import BODY, Look

if TYPE_CHECKING:
    from core.reviews import Filter, Order

_SETTLED_MS = 200
# A longer list takes seconds to build, and nobody finds anything in it; no animal is called as its last entry.
_MOST_ANIMALS, _MORE = 2000, "\0more"
_ALL, _TO_REVIEW, _REVIEWED, _SUSPECTS = "all", "to review", "reviewed", "suspects"


class FilterBar(ttk.Frame):
    """Reports every change that the user makes, with the whole filter and the order; `show_…` reports nothing."""

    def __init__(self, parent: tkinter.Misc, look: Look, on_changed: Callable[[Filter, Order], object]) -> None:
        super().__init__(parent)
        from core.reviews import Filter, Order

        self._look = look
        self._on_changed = on_changed
        self._given = Filter()  # what came from elsewhere and has no control but its chip
        self._order, self._reverse = Order.DOUBT, False
        self._breeds: Sequence[tuple[str, str, int]] = ()
        self._animals: Sequence[str] = ()
        self._names: Mapping[str, str] = {}
        self._counts = (0, 0)
        self._waiting = ""
        self._told: tuple[object, ...] = ()
        self._words = tkinter.StringVar(self)
        self._flow = Flow(self, look)
        self._build()
        self.show_texts()
        self._told = self._now

    @property
    def wanted(self) -> Filter:
        """The filter as it is now; for `suspects_only` the listener adds the photographs itself."""
        from core.reviews import Filter

        reviewed = {_TO_REVIEW: False, _REVIEWED: True}.get(str(self.reviewed_box.key))
        statuses = self.verdict_box.key
        return Filter(
            statuses=statuses if isinstance(statuses, frozenset) else frozenset(),
            label=str(self.breed_box.key) or None,
            animal=str(self.animal_box.key) or None,
            reviewed=reviewed,
            words=self._words.get().strip(),
            predicted=self._given.predicted,
            said=self._given.said,
            photographs=self._given.photographs,
        )

    @property
    def suspects_only(self) -> bool:
        """Whether only photographs that are perhaps wrong are wanted."""
        return self.reviewed_box.key == _SUSPECTS

    @property
    def order(self) -> Order:
        return self._order

    @property
    def reverse(self) -> bool:
        """Whether the order is turned round, as `show_order` said; a choice of the user here turns it back."""
        return self._reverse

    @property
    def is_filtered(self) -> bool:
        """Whether not every row is wanted."""
        from core.reviews import Filter

        return self.wanted != Filter() or self.suspects_only

    def begin_search(self) -> None:
        """The cursor into the field for words."""
        self.entry.focus_set()
        self.entry.selection_range(0, "end")
        self.entry.icursor("end")

    def clear(self) -> None:
        """Every row is wanted again; the order stays."""
        from core.reviews import Filter

        self._put(Filter(), suspects_only=False)
        self._tell()

    def show_filter(self, wanted: Filter, suspects_only: bool = False) -> None:
        """A filter that came from elsewhere, such as a cell of the confusion matrix."""
        self._put(wanted, suspects_only)
        self._told = self._now

    def _put(self, wanted: Filter, suspects_only: bool) -> None:
        from core.reviews import Filter

        self._stop_waiting()
        self._given = replace(Filter(), predicted=wanted.predicted, said=wanted.said, photographs=wanted.photographs)
        self._words.set(wanted.words)
        self._stop_waiting()
        self.verdict_box.choose(wanted.statuses, " · ".join(status_name(one) for one in wanted.statuses))
        self.breed_box.choose(wanted.label or "", self._name_of(wanted.label or ""))
        self.animal_box.choose(wanted.animal or "", wanted.animal or "")
        key = {None: _ALL, False: _TO_REVIEW, True: _REVIEWED}[wanted.reviewed]
        self.reviewed_box.choose(_SUSPECTS if suspects_only else key)
        self._show_state()

    def show_order(self, order: Order, reverse: bool = False) -> None:
        """An order that was chosen elsewhere, such as on a heading of the table."""
        self._order, self._reverse = order, reverse
        self.order_box.choose(order)
        self._flow.soon()
        self._told = self._now

    def show_choices(
        self,
        breeds: Sequence[tuple[str, str, int]],
        animals: Sequence[str],
        names: Mapping[str, str] | None = None,
    ) -> None:
        """What can be chosen: breeds as (label's id, visible name, how many rows), and the names of animals.

        `names` are the visible names of all labels by id, for what stands on chips.
        """
        self._breeds, self._animals = breeds, animals
        if names is not None:
            self._names = names
        self._show_lists()
        self._show_state()

    def show_counts(self, shown: int, total: int) -> None:
        """How many rows are wanted, of how many."""
        self._counts = (shown, total)
        text = tr("{shown} of {total}").format(shown=_grouped(shown), total=_grouped(total))
        if shown == total:
            text = tr("1 photograph") if total == 1 else tr("{count} photographs").format(count=_grouped(total))
        self.counts.configure(text=text)
        self._flow.soon()

    def show_texts(self) -> None:
        """All texts in the present language."""
        self._hint.configure(text=tr("Name, animal or breed"))
        self._order_label.configure(text=tr("Sort by"))
        self._clear_button.configure(text=tr("Clear filters"))
        self._show_lists()
        self.show_counts(*self._counts)
        self._show_hint()
        self._show_state()

    # Inside

    def _build(self) -> None:
        px, flow = self._look.px, self._flow
        self.entry = ttk.Entry(self, textvariable=self._words, width=17)
        self._hint = tkinter.Label(self.entry, anchor="w", font=BODY, borderwidth=0, padx=0, pady=0, cursor="xterm")
        self.verdict_box = ChoiceBox(self, self._look, 120, self._tell)
        self.breed_box = ChoiceBox(self, self._look, 150, self._tell)
        self.animal_box = ChoiceBox(self, self._look, 120, self._on_animal)
        self.reviewed_box = ChoiceBox(self, self._look, 130, self._tell)
        sorting = ttk.Frame(self)
        self._order_label = ttk.Label(sorting, style="Faint.TLabel")
        self.order_box = ChoiceBox(sorting, self._look, 150, self._on_order)
        self._order_label.pack(side="left", padx=(0, px(6)))
        self.order_box.pack(side="left")
        self.chip = ttk.Button(self, command=self._drop_chip)
        self._clear_button = ttk.Button(self, command=self.clear)
        self.counts = ttk.Label(self, style="Faint.TLabel")
        flow.add(self.entry, grows_to=px(300))
        for box in (self.verdict_box, self.breed_box, self.animal_box, self.reviewed_box, sorting):
            flow.add(box)
        flow.add(self.chip, shown=False)
        flow.add(self._clear_button, shown=False)
        flow.add(self.counts, at_right=True)
        self._bind_events()
        self._dress()

    def _bind_events(self) -> None:
        self._words.trace_add("write", lambda *_changed: self._on_typed())
        for key in ("<Return>", "<KP_Enter>"):
            self.entry.bind(key, lambda _event: self._now_or_never())
        self.entry.bind("<Escape>", lambda _event: self._on_escape())
        self.entry.bind("<FocusIn>", lambda _event: self._show_hint())
        self.entry.bind("<FocusOut>", lambda _event: self._show_hint())
        self._hint.bind("<Button-1>", lambda _event: self.begin_search())
        self.bind("<<ThemeChanged>>", lambda _event: self._dress())
        self.bind("<Destroy>", lambda _event: self._stop_waiting())

    def _dress(self) -> None:
        self._hint.configure(background=self._look.colours.field, foreground=self._look.colours.faint)
        self._flow.soon()

    def _show_lists(self) -> None:
        from core.records import Status
        from core.reviews import Order

        verdicts = [(frozenset((one,)), f"{LETTERS[one.value]}  {status_name(one)}") for one in Status]
        self.verdict_box.show([(frozenset(), tr("All verdicts")), *verdicts])
        breeds = [(label, f"{name}  ({_grouped(count)})") for label, name, count in self._breeds]
        self.breed_box.show([("", tr("All breeds")), *breeds], self._name_of(str(self.breed_box.key)))
        animals = [("", tr("All animals")), *((name, name) for name in self._animals[:_MOST_ANIMALS])]
        if len(self._animals) > _MOST_ANIMALS:
            more = _grouped(len(self._animals) - _MOST_ANIMALS)
            animals.append((_MORE, tr("{count} more: type the name in the search").format(count=more)))
        self.animal_box.show(animals, str(self.animal_box.key))
        self.reviewed_box.show(
            [
                (_ALL, tr("Reviewed or not")),
                (_TO_REVIEW, tr("Still to review")),
                (_REVIEWED, tr("Reviewed")),
                (_SUSPECTS, tr("Perhaps wrong")),
            ]
        )
        orders = [
            (Order.DOUBT, tr("Most doubtful first")),
            (Order.NAME, tr("Name")),
            (Order.BREED, tr("Breed")),
            (Order.CONFIDENCE, tr("Confidence")),
            (Order.ANIMAL, tr("Animal")),
            (Order.STATUS, tr("Verdict")),
            (Order.PLACE, tr("As in the folder")),
            (Order.REVIEWED, tr("Last reviewed")),
        ]
        self.order_box.show(orders)

    def _name_of(self, label: str) -> str:
        known = {one: name for one, name, _ in self._breeds}
        return self._names.get(label) or known.get(label) or label

    def _said_name(self, said: str) -> str:
        """What a volunteer said, given as `core.reviews.said_of` gives it."""
        kinds = {
            "mixed": tr("Mixed breed"),
            "unknown": tr("Unknown breed"),
            "not_a_dog": tr("Not a dog"),
            "cross": tr("Cross of two breeds"),
        }
        return kinds.get(said) or (said[len("other:") :] if said.startswith("other:") else self._name_of(said))

    def _chip_text(self) -> str:
        given = self._given
        said = self._said_name(given.said or "")
        predicted = self._name_of(given.predicted or "")
        if given.said is not None and given.predicted is not None:
            return tr("said {said}, model said {predicted}").format(said=said, predicted=predicted)
        if given.said is not None:
            return tr("said {said}").format(said=said)
        if given.predicted is not None:
            return tr("model said {predicted}").format(predicted=predicted)
        if given.photographs is not None:
            return tr("{count} chosen photographs").format(count=_grouped(len(given.photographs)))
        return ""

    def _show_state(self) -> None:
        """The chip, and the button that clears, where they make sense."""
        text = self._chip_text()
        self.chip.configure(text=f"{text}  ✕")
        self._flow.show(self.chip, bool(text))
        self._flow.show(self._clear_button, self.is_filtered)
        self._flow.soon()  # a box is as wide as what is chosen in it

    def _show_hint(self) -> None:
        if self._words.get() or focused(self) is self.entry:
            self._hint.place_forget()
        else:
            self._hint.place(x=self._look.px(8), rely=0.5, anchor="w", relwidth=1.0, width=-self._look.px(14))

    def _drop_chip(self) -> None:
        from core.reviews import Filter

        self._given = Filter()
        self._tell()

    def _on_animal(self) -> None:
        """An animal was chosen, or that there are more than a list can show: then it is searched for."""
        if self.animal_box.key == _MORE:
            self.animal_box.choose("")
            self.after_idle(self.begin_search)
        self._tell()

    def _on_order(self) -> None:
        from core.reviews import Order

        chosen = self.order_box.key
        if isinstance(chosen, Order):
            self._order, self._reverse = chosen, False
        self._tell()

    def _on_typed(self) -> None:
        self._show_hint()
        self._stop_waiting()
        self._waiting = self.after(_SETTLED_MS, self._now_or_never)

    def _on_escape(self) -> str:
        self._words.set("")
        return self._now_or_never()

    def _now_or_never(self) -> str:
        self._stop_waiting()
        self._tell()
        return "break"

    def _stop_waiting(self) -> None:
        if self._waiting:
            self.after_cancel(self._waiting)
            self._waiting = ""

    @property
    def _now(self) -> tuple[object, ...]:
        return self.wanted, self.suspects_only, self._order, self._reverse

    def _tell(self) -> None:
        self._show_state()
        if self._now != self._told:
            self._told = self._now
            self._on_changed(self.wanted, self._order)


def _grouped(number: int) -> str:
    """A count with its thousands apart: 1,204 in English, 1 204 in French."""
    return f"{number:,}".replace(",", "\u202f" if language() == "fr" else ",")

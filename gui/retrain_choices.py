"""Step 2 of retraining: the name of the model, the way it learns, the network; everything else folded away."""

from __future__ import annotations

import tkinter
from pathlib import Path
from tkinter import filedialog, ttk

from core.backbones import BACKBONES, BackboneEntry, Kind
from core.texts import tr
from core.train_config import Mode
from core.train_records import Job
from gui.field_list import Field, FieldList
from gui.retrain_advanced import AdvancedChoices
from gui.retrain_options import sections
from gui.retrain_page import Page, wrapped
from gui.retrain_words import duration, mode_hint, mode_name
from gui.scroll_frame import ScrollFrame

_MINUTE_S, _LONG_S = 60.0, 3600.0


class ChoicesPage(Page):
    """The few choices that matter, what this computer makes of them, and a button that starts it."""

    def build(self) -> None:
        px = self.look.px
        self.columnconfigure(0, weight=1)
        self.rowconfigure(0, weight=1)
        if not self.desk.values:
            self.desk.fill_defaults()
        scroll = ScrollFrame(self, self.look)
        scroll.grid(row=0, column=0, sticky="nsew")
        self._inside = scroll.inside
        self._mode = tkinter.StringVar(self, self.desk.values.get("mode", Mode.HEAD.value))
        self._build_name()
        self._build_modes()
        self._network = ttk.Frame(self._inside)
        self._network.pack(fill="x", pady=(px(12), 0))
        self.advanced = AdvancedChoices(self._inside, self.look, self.desk, self._changed)
        self._build_foot()
        self._show_mode()
        self.advanced.pack(fill="x", pady=(px(14), px(8)))
        self.show_progress()

    @property
    def mode(self) -> Mode:
        """The way that is chosen."""
        return Mode(self._mode.get())

    # Parts

    def _build_name(self) -> None:
        hint = tr("Small letters without accents, digits, hyphens. You see it in the list of models.")
        fields = (Field("name", tr("Name of the new model"), hint=hint, width=34),)
        self.name = FieldList(self._inside, self.look, fields, self.desk.values, self._changed)
        self.name.pack(fill="x")

    def _build_modes(self) -> None:
        px = self.look.px
        title = ttk.Label(self._inside, text=tr("How shall it learn?"), style="Strong.TLabel")
        title.pack(anchor="w", pady=(px(8), px(2)))
        self.mode_buttons: dict[Mode, ttk.Radiobutton] = {}
        for mode in Mode:
            button = ttk.Radiobutton(
                self._inside, text=mode_name(mode), variable=self._mode, value=mode.value, command=self._on_mode
            )
            button.pack(anchor="w", pady=(px(4), 0))
            hint = mode_hint(mode)
            if mode is not Mode.HEAD and not self.desk.computer.has_tensorflow:
                button.state(["disabled"])
                hint = self.desk.computer.problem
            label = wrapped(ttk.Label(self._inside, text=hint, style="Faint.TLabel"), px(40))
            label.pack(anchor="w", padx=(px(30), 0))
            self.mode_buttons[mode] = button

    def _build_foot(self) -> None:
        px = self.look.px
        foot = ttk.Frame(self)
        foot.grid(row=1, column=0, sticky="ew", pady=(px(8), 0))
        foot.columnconfigure(0, weight=1)
        self.computer = wrapped(ttk.Label(foot), px(220))
        self.computer.grid(row=0, column=0, sticky="w")
        self.start_button = ttk.Button(
            foot, text=tr("Start the training"), style="Accent.TButton", command=self._on_start
        )
        self.start_button.grid(row=0, column=1, rowspan=2, padx=(px(12), 0))
        self.wrong = wrapped(ttk.Label(foot, foreground=self.look.colours.bad), px(220))
        self.wrong.grid(row=1, column=0, sticky="w")

    # The network

    def _show_mode(self) -> None:
        self._show_network()
        self.advanced.show_mode(self.mode)
        self._show_computer()

    def _show_network(self) -> None:
        for child in self._network.winfo_children():
            child.destroy()
        px, values = self.look.px, self.desk.values
        self._network.columnconfigure(1, weight=1)
        self._entries = [entry for entry in BACKBONES.values() if self._fits(entry)]
        ttk.Label(self._network, text=tr("The network"), style="Strong.TLabel").grid(
            row=0, column=0, sticky="w", padx=(0, px(16))
        )
        titles = [_titled(entry) for entry in self._entries]
        wide = max(28, *(len(title) for title in titles)) if titles else 28
        self.box = ttk.Combobox(self._network, values=titles, state="readonly", width=min(64, wide), height=16)
        self.box.grid(row=0, column=1, sticky="w")
        names = [entry.name for entry in self._entries]
        if values.get("backbone") not in names and names:
            values["backbone"] = names[0]
        if names:
            self.box.current(names.index(values["backbone"]))
        self.box.bind("<<ComboboxSelected>>", self._on_network)
        for wheel in ("<Button-4>", "<Button-5>", "<MouseWheel>"):
            self.box.bind(wheel, lambda _event: "break")
        self.says = ttk.Label(self._network, style="Faint.TLabel", justify="left")
        self.says.grid(row=1, column=1, sticky="w")
        self._weights_row = ttk.Frame(self._network)
        self._weights_row.grid(row=2, column=0, columnspan=2, sticky="ew", pady=(px(6), 0))
        self._network.bind("<Configure>", self._wrap_says)
        self._show_entry()

    def _wrap_says(self, event: tkinter.Event[tkinter.Misc]) -> None:
        if event.widget is self._network:
            self.says.configure(wraplength=max(120, event.width - self.says.winfo_x() - self.look.px(8)))

    def _fits(self, entry: BackboneEntry) -> bool:
        """Whether this network can be trained in the chosen way, on this computer."""
        if self.mode is Mode.SCRATCH:
            return entry.kind is Kind.SCRATCH
        if entry.kind is Kind.SCRATCH or (self.mode is Mode.FINETUNE and not entry.can_be_fine_tuned):
            return False
        return self.desk.computer.has_tensorflow or not entry.needs_tensorflow

    @property
    def entry(self) -> BackboneEntry:
        """The network that is chosen."""
        return BACKBONES[self.desk.values["backbone"]]

    def _on_network(self, _event: object) -> None:
        self.box.selection_clear()
        self.desk.values["backbone"] = self._entries[self.box.current()].name
        self.desk.values["weights"] = "imagenet"
        self._show_entry()
        self._show_computer()

    def _show_entry(self) -> None:
        entry, px = self.entry, self.look.px
        says = entry.says()
        if entry.kind is Kind.KERAS:
            said = tr(
                "Its weights ({millions} million numbers, licence {licence}) are downloaded once, or taken from a file."
            )
            says += " " + said.format(millions=f"{entry.parameters_m:.0f}", licence=entry.licence)
        self.says.configure(text=says)
        for child in self._weights_row.winfo_children():
            child.destroy()
        self._weights_row.columnconfigure(1, weight=1)
        if entry.kind is not Kind.KERAS:
            return
        weights = self.desk.values.get("weights", "imagenet")
        ttk.Label(self._weights_row, text=tr("Weights")).grid(row=0, column=0, sticky="w", padx=(0, px(16)))
        shown = {"imagenet": tr("ImageNet, downloaded if they are not here yet"), "none": tr("None: begin at random")}
        self.weights = ttk.Label(self._weights_row, text=shown.get(weights, weights), style="Faint.TLabel")
        self.weights.grid(row=0, column=1, sticky="w")
        for column, (text, command) in enumerate(
            ((tr("From a file…"), self._choose_file), (tr("From a folder…"), self._choose_folder)), start=2
        ):
            ttk.Button(self._weights_row, text=text, command=command).grid(row=0, column=column, padx=(px(8), 0))

    def _choose_file(self) -> None:
        chosen = filedialog.askopenfilename(
            parent=self,
            title=tr("A file of weights"),
            filetypes=[(tr("Weights"), "*.h5 *.keras *.npz"), (tr("All files"), "*")],
        )
        self._use_weights(chosen)

    def _choose_folder(self) -> None:
        self._use_weights(filedialog.askdirectory(parent=self, title=tr("A folder with files of weights")))

    def _use_weights(self, chosen: str) -> None:
        if chosen:
            self.desk.values["weights"] = str(Path(chosen))
            self._show_entry()

    # What is chosen

    def _on_mode(self) -> None:
        self.desk.use_mode(self.mode)
        self._show_mode()

    def _changed(self, name: str, value: str) -> None:
        self.desk.values[name] = value
        self._show_computer()
        if self.wrong.cget("text"):
            self._check()

    def _check(self) -> bool:
        """Say beside the fields what is wrong."""
        found = self.desk.filled()
        self.name.show_problems(found.problems)
        self.advanced.show_problems(found.problems)
        said = found.problems.get("", "")
        if found.problems and not said:
            asked = {field.id: field.text for section in sections(self.mode) for field in section.fields}
            asked["name"] = tr("Name of the new model")
            said = " ".join(
                tr("“{question}”: {problem}").format(question=asked[name], problem=problem)
                for name, problem in found.problems.items()
                if name in asked
            ) or tr("Something above cannot be used yet: it is said there.")
        self.wrong.configure(text=said)
        return found.config is not None

    def _on_start(self) -> None:
        if self._check():
            self.desk.train()

    def _show_computer(self) -> None:
        """What this computer has, and how long it will take."""
        computer, lines = self.desk.computer, []
        if computer.cards:
            lines.append(tr("Graphics card: {name}.").format(name=", ".join(computer.cards)))
        elif self.mode is not Mode.HEAD:
            lines.append(computer.hint or tr("No graphics card that helps here."))
        seconds = self.desk.estimated_s()
        if seconds is not None:
            lines.append(tr("This will take roughly {time}.").format(time=duration(_roughly(seconds))))
        if self.desk.values.get("name", "").strip() in self.desk.known_models:
            lines.append(
                tr("There is a model of this name: used, the new one takes its place, and it is one click back.")
            )
        is_long = seconds is not None and seconds >= _LONG_S
        if is_long:
            lines.append(tr("The computer can be used meanwhile, and the training can be paused and gone on with."))
        self.computer.configure(text=" ".join(lines), foreground=self.look.colours.doubt if is_long else "")

    def show_progress(self) -> None:
        """Examples are being painted, or not."""
        is_running = self.desk.run.is_running
        self.start_button.state(["disabled" if is_running else "!disabled"])
        self.advanced.show_painting(is_running and self.desk.run.job is Job.PREVIEW)

    def go(self) -> None:
        """Start."""
        self.start_button.invoke()

    def show_preview(self) -> None:
        """Examples of changed photographs are there."""
        self.advanced.show_preview()


def _roughly(seconds: float) -> float:
    """No more exact than it is: tens of seconds, or minutes."""
    return max(10.0, round(seconds, -1)) if seconds < _MINUTE_S else _MINUTE_S * round(seconds / _MINUTE_S)


def _titled(entry: BackboneEntry) -> str:
    where = {Kind.SET: tr("shipped"), Kind.SHIPPED: tr("shipped"), Kind.KERAS: tr("to download")}.get(entry.kind, "")
    return f"{entry.title} ({where})" if where else entry.title

"""Somebody who presses everything at once: random real events, drawn from a seed, and what went wrong meanwhile.

Left out is only what leaves the program: Quit, closing the main window, the browser and the file manager.
"""

from __future__ import annotations

import contextlib
import faulthandler
import io
import logging
import random
import sys
import tempfile
import threading
import time
import tkinter
import traceback
import webbrowser
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tkinter import filedialog, ttk
from typing import Any

from core.train_config import Mode
from gui.focus import focused
from gui.garbage import freed_here
from gui.retrain_place import Place
from gui.shell import Shell

__all__ = ["Monkey", "Things", "Watch", "watched"]

_BEAT_MS = 5
_SHIFT, _CONTROL = 0x1, 0x4
# Longer than this without a turn of the loop: where the main thread stands is written down.
_SLOW_S = 0.7
_LAST_ACTS = 60
_LEFT_OUT = ("quit",)
_KEYS = (
    *("Tab", "Tab", "Tab", "Shift-Tab", "Return", "space", "Escape", "Escape", "Up", "Down", "Left", "Right", "Home"),
    *("End", "Prior", "Next", "Delete", "BackSpace", "Shift-Down", "Shift-Right", "Control-a", "Control-c"),
    *("F2", "F3", "F4", "F5", "F6", "F10", "plus", "minus", "a", "b", "n", "u", "m", "1", "2", "3", "slash", "Menu"),
    *(
        "Shift-F10",
        "Alt-Down",
        "Control-Tab",
        "Control-Home",
        "Control-End",
        "Shift-Return",
        "comma",
        "KP_Enter",
        "Control-v",
    ),
)
_WORDS = ("beagle", "red", "Élodie", "", "12", "-1", "999999", "*" * 60, "noël 🐶", "a\tb", "=1+1", "Rex", "%s {x}")
_RUBBISH = "no such folder/no such file.jpg"


@dataclass
class Things:
    """What may be dropped, opened and tagged; `out` takes what is saved."""

    photos: Sequence[Path]
    folders: Sequence[Path]
    classes: Path
    out: Path
    models: Sequence[Path] = ()
    tables: Sequence[Path] = ()


@dataclass
class Watch:
    """What was heard: problems, and how long the loop stood still, in seconds of the clock."""

    problems: list[str] = field(default_factory=list)
    longest_gap_s: float = 0.0
    longest_during: str = ""
    slow: list[str] = field(default_factory=list)
    beat_at: float = field(default_factory=time.monotonic)
    now: str = ""
    _is_over: bool = False

    def beat(self, root: tkinter.Tk) -> None:
        """The loop turns."""
        now = time.monotonic()
        if now - self.beat_at > self.longest_gap_s:
            self.longest_gap_s, self.longest_during = now - self.beat_at, self.now
        self.beat_at = now
        if not self._is_over:
            root.after(_BEAT_MS, self.beat, root)

    def begin_again(self) -> None:
        """What took its time until now does not count."""
        self.beat_at, self.longest_gap_s, self.longest_during = time.monotonic(), 0.0, ""
        self.slow.clear()

    def stop(self) -> None:
        self._is_over = True

    def look_for_standstill(self, main: int) -> None:
        """In a thread of its own: where the main thread stands when the loop does not turn."""
        told = 0.0
        while not self._is_over:
            time.sleep(0.1)
            since = self.beat_at
            if time.monotonic() - since > _SLOW_S and since != told:
                told = since
                self.slow.append(f"the loop stood still during {self.now}:\n{_stack_of(main)}")


def _stack_of(thread: int) -> str:
    """Where this thread is, the innermost call first; no frame is held, else its pictures would be freed here."""
    with tempfile.TemporaryFile() as file:
        faulthandler.dump_traceback(file, all_threads=True)
        file.seek(0)
        parts = file.read().decode(errors="replace").split("\n\n")
    mine = next((part for part in parts if f"{thread:#018x}" in part), "")
    return "\n".join(mine.splitlines()[1:14])


class _Listener(logging.Handler):
    def __init__(self, watch: Watch) -> None:
        super().__init__()
        self._watch = watch

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.ERROR or record.exc_info:
            trace = "".join(traceback.format_exception(*record.exc_info)) if record.exc_info else ""
            self._watch.problems.append(f"log: {record.name}: {record.getMessage()}\n{trace}")


class _Teller(io.TextIOBase):
    """Stands for stderr: what is written there is a problem."""

    def __init__(self, watch: Watch, real: Any) -> None:
        self._watch, self._real = watch, real

    def write(self, text: str) -> int:
        if text.strip():
            self._watch.problems.append(f"stderr: {text}")
        return int(self._real.write(text))

    def flush(self) -> None:
        self._real.flush()


@contextlib.contextmanager
def watched(root: tkinter.Tk) -> Iterator[Watch]:
    """Listens to every place where an error can be heard, and to the beat of the loop."""
    watch = Watch()
    listener, before = _Listener(watch), (sys.stderr, sys.unraisablehook, threading.excepthook)
    reported = root.report_callback_exception

    def in_callback(kind: Any, error: Any, trace: Any) -> None:
        watch.problems.append("callback: " + "".join(traceback.format_exception(kind, error, trace)))
        with contextlib.suppress(Exception):
            reported(kind, error, trace)

    def in_tcl(message: str, *_options: str) -> None:
        watch.problems.append(f"Tcl: {message}: {root.tk.eval('set ::errorInfo')}")

    root.report_callback_exception = in_callback
    told_before = root.tk.call("interp", "bgerror", "")
    root.tk.call("interp", "bgerror", "", root.register(in_tcl))
    sys.unraisablehook = lambda about: watch.problems.append(
        f"unraisable: {about.exc_value!r} in {about.object!r} in {threading.current_thread().name}"
    )
    threading.excepthook = lambda about: watch.problems.append(f"thread: {about.exc_value!r}")
    sys.stderr = _Teller(watch, before[0])
    logging.getLogger().addHandler(listener)
    sentinel = threading.Thread(target=watch.look_for_standstill, args=(threading.get_ident(),), daemon=True)
    sentinel.start()
    watch.beat(root)
    try:
        with freed_here(root), _only_in_this_thread(watch):
            yield watch
    finally:
        watch.stop()
        sentinel.join()
        with contextlib.suppress(tkinter.TclError):  # the window is gone
            root.tk.call("interp", "bgerror", "", told_before)
        root.report_callback_exception = reported
        logging.getLogger().removeHandler(listener)
        sys.stderr, sys.unraisablehook, threading.excepthook = before


@contextlib.contextmanager
def _only_in_this_thread(watch: Watch) -> Iterator[None]:
    """Variables and pictures of Tk that another thread frees are a problem."""
    main, real = threading.get_ident(), (tkinter.Variable.__del__, tkinter.Image.__del__)

    def variable_freed(variable: tkinter.Variable) -> None:
        if threading.get_ident() != main:
            where = "".join(traceback.format_stack()[-8:])
            watch.problems.append(f"freed in {threading.current_thread().name}: {variable}\n{where}")
        real[0](variable)

    def image_freed(image: tkinter.Image) -> None:
        if image.name and threading.get_ident() != main:
            where = "".join(traceback.format_stack()[-8:])
            watch.problems.append(f"freed in {threading.current_thread().name}: {image.name}\n{where}")
        real[1](image)

    tkinter.Variable.__del__ = variable_freed  # type: ignore[method-assign]
    tkinter.Image.__del__ = image_freed  # type: ignore[method-assign]
    try:
        yield
    finally:
        tkinter.Variable.__del__, tkinter.Image.__del__ = real  # type: ignore[method-assign]


class Monkey:
    """One act after the other; `acts` are the last ones, the newest at the end."""

    def __init__(self, shell: Shell, seed: int, things: Things, watch: Watch) -> None:
        self.shell, self.root, self.watch = shell, shell.root, watch
        self.things = things
        self.acts: deque[str] = deque(maxlen=_LAST_ACTS)
        self.count = 0
        self._dice = random.Random(seed)
        self._saved = 0
        self._kinds: dict[Callable[[], str], int] = {
            self._press_button: 26,
            self._click_somewhere: 16,
            self._press_action_key: 16,
            self._press_key: 12,
            self._use_menu: 8,
            self._type: 5,
            self._choose: 6,
            self._drop: 6,
            self._resize: 3,
            self._change_tab: 5,
            self._close_dialog: 9,
            self._open_dialog: 5,
            self._pull_slider: 2,
            self._right_click: 2,
            self._tag: 2,
            self._train: 4,
            self._copy_something: 1,
            self._rest: 2,
        }

    def run(self, until: Callable[[], bool]) -> None:
        """Act until it is enough, or something went wrong."""
        while not until() and not self.watch.problems:
            self.act()

    def act(self) -> None:
        """One random act, and the loop turns."""
        kind = self._dice.choices(list(self._kinds), list(self._kinds.values()))[0]
        self.count += 1
        self.watch.now = f"{self.count} {kind.__name__}"
        self.acts.append(self.watch.now)
        try:
            said = kind()
        except tkinter.TclError as error:  # it was there a moment ago: what was drawn went with an act before
            said = f"gone ({error})"
        self.acts[-1] = self.watch.now = f"{self.count} {kind.__name__[1:]} {said}"
        until = time.monotonic() + self._dice.choice((0.0, 0.0, 0.005, 0.02, 0.06))
        self._turn()
        while time.monotonic() < until:
            time.sleep(0.002)
            self._turn()

    def _turn(self) -> None:
        try:
            self.root.update()
        except tkinter.TclError as error:
            self.watch.problems.append(f"update: {error!r}\n{traceback.format_exc()}")

    # What there is

    def _windows(self) -> list[tkinter.Misc]:
        found: list[tkinter.Misc] = [self.root]
        waiting: list[tkinter.Misc] = [self.root]
        while waiting:
            for child in waiting.pop().winfo_children():
                if isinstance(child, tkinter.Toplevel) and child.winfo_ismapped() and not child.overrideredirect():
                    found.append(child)
                    waiting.append(child)
        return found

    def _seen(self, kinds: tuple[type[tkinter.Misc], ...]) -> list[tkinter.Misc]:
        """All of these that can be seen in one of the windows, dialogs more often than the main window."""
        windows = self._windows()
        window = windows[-1] if self._dice.random() < 0.6 else self._dice.choice(windows)
        found: list[tkinter.Misc] = []
        waiting = list(window.winfo_children())
        while waiting:
            widget = waiting.pop()
            if isinstance(widget, tkinter.Toplevel | tkinter.Menu) or not widget.winfo_ismapped():
                continue
            if isinstance(widget, kinds) and widget.winfo_viewable():
                found.append(widget)
            waiting += widget.winfo_children()
        return found

    def _one(self, *kinds: type[tkinter.Misc]) -> Any:
        found = self._seen(kinds)
        return self._dice.choice(found) if found else None

    def _click(self, widget: tkinter.Misc, button: int = 1, state: int = 0) -> str:
        width, height = max(1, widget.winfo_width()), max(1, widget.winfo_height())
        x, y = self._dice.randrange(width), self._dice.randrange(height)
        for event in ("<Enter>", "<Motion>"):
            widget.event_generate(event, x=x, y=y)
        for _ in range(2 if self._dice.random() < 0.15 else 1):
            if widget.winfo_exists():
                widget.event_generate(f"<ButtonPress-{button}>", x=x, y=y, state=state)
            if widget.winfo_exists():
                widget.event_generate(f"<ButtonRelease-{button}>", x=x, y=y, state=state)
        if widget.winfo_exists() and self._dice.random() < 0.3:
            widget.event_generate("<Leave>")
        return f"{widget} at {x}, {y}, state {state}"

    # What can be done

    def _press_button(self) -> str:
        widget = self._one(ttk.Button, ttk.Checkbutton, ttk.Radiobutton)
        if widget is None:
            return "none"
        text = str(widget.cget("text"))
        return f"“{text}” {self._click(widget)}"

    def _click_somewhere(self) -> str:
        kinds = (tkinter.Canvas, ttk.Treeview, ttk.Combobox, ttk.Entry, ttk.Label, ttk.Scrollbar, tkinter.Text)
        widget = self._one(*kinds, tkinter.Listbox, ttk.Notebook)
        if widget is None:
            return "nothing"
        if self._dice.random() < 0.2:
            for _ in range(self._dice.randrange(1, 6)):
                widget.event_generate(self._dice.choice(("<Button-4>", "<Button-5>")), x=5, y=5)
            return f"wheel on {widget}"
        return self._click(widget, state=self._dice.choice((0, 0, 0, _SHIFT, _CONTROL)))

    def _right_click(self) -> str:
        widget = self._one(tkinter.Canvas)
        if widget is None:
            return "nothing"
        said = self._click(widget, button=3)
        self.root.update()
        for menu in [one for one in self._menus() if one.winfo_ismapped()]:
            said += f", {self._invoke(menu)}"
        self.root.tk.call("tk::MenuUnpost", "")
        return said

    def _menus(self) -> list[tkinter.Menu]:
        return [one for one in self.shell.folder_tab.winfo_children() if isinstance(one, tkinter.Menu)]

    def _invoke(self, menu: tkinter.Menu) -> str:
        """One entry of an open menu, or of a menu below it."""
        last = menu.index("end")
        if last is None:
            return "an empty menu"
        place = self._dice.randrange(last + 1)
        if menu.type(place) in ("separator", "tearoff"):
            return "a line"
        label = str(menu.entrycget(place, "label"))
        if label in [self.shell.actions[name].text() for name in _LEFT_OUT]:
            return f"{label} is left out"
        if menu.type(place) == "cascade":
            below = menu.nametowidget(menu.entrycget(place, "menu"))
            return f"{label} › {self._invoke(below)}"
        menu.invoke(place)
        return f"menu entry {label}"

    def _use_menu(self) -> str:
        bar = self.shell.menu
        place = self._dice.randrange(int(bar.index("end") or 0) + 1)
        menu = bar.nametowidget(bar.entrycget(place, "menu"))
        menu.post(self.root.winfo_rootx() + 40, self.root.winfo_rooty() + 20)
        self.root.update()
        said = self._invoke(menu)
        with contextlib.suppress(tkinter.TclError):  # a change of language makes new menus
            menu.unpost()
        return said

    def _press_action_key(self) -> str:
        named = [(name, key) for name, one in self.shell.actions.items() for key in one.keys if name not in _LEFT_OUT]
        name, key = self._dice.choice(named)
        return f"{name} {self._generate(key)}"

    def _press_key(self) -> str:
        return self._generate(self._dice.choice(_KEYS))

    def _generate(self, key: str) -> str:
        target = focused(self.root)
        if target is None or self._dice.random() < 0.1:
            target = self._dice.choice(self._windows())
            target.focus_force()
            self.root.update()
        # A field of a list that Tk itself has unfolded is no widget of Python's.
        parts = key.replace("Primary", "Control").split("-")
        name = {"Left": "Left"}.get(parts[-1], parts[-1])
        target.event_generate(f"<{'-'.join([*parts[:-1], 'Key', name])}>")
        return f"{key} in {target}"

    def _type(self) -> str:
        entry = self._one(ttk.Entry, ttk.Spinbox)
        if entry is None:
            return "nowhere"
        word = self._dice.choice(_WORDS)
        entry.focus_force()
        if self._dice.random() < 0.5:
            entry.delete(0, "end")
        entry.insert("end", word)
        entry.event_generate("<Key>", keysym="space")
        if self._dice.random() < 0.5:
            entry.event_generate("<Return>")
        return f"{word!r} in {entry}"

    def _choose(self) -> str:
        box = self._one(ttk.Combobox)
        if box is None or box.instate(["disabled"]) or not box.cget("values"):
            return "nothing"
        if self._dice.random() < 0.3:
            box.event_generate("<Down>")
            self.root.update()
            self.root.tk.call("ttk::combobox::Unpost", box)
            return f"opened {box}"
        if box.cget("postcommand"):
            self.root.tk.eval(str(box.cget("postcommand")))
        place = self._dice.randrange(len(box.cget("values")))
        box.current(place)
        box.event_generate("<<ComboboxSelected>>")
        return f"{place} of {box}"

    def _drop(self) -> str:
        self.shell._expect_drop(True)
        self.root.update()
        self.shell._expect_drop(False)
        some = [*self.things.photos, *self.things.folders, *self.things.tables, *self.things.models]
        dropped = self._dice.sample(some, min(len(some), self._dice.choice((1, 1, 1, 2, 5))))
        if self._dice.random() < 0.1:
            dropped.append(self.things.out / _RUBBISH)
        self.shell.open_paths(dropped)
        return " ".join(path.name for path in dropped)

    def _resize(self) -> str:
        window: Any = self._dice.choice(self._windows())
        size = f"{self._dice.randrange(300, 1900)}x{self._dice.randrange(200, 1150)}"
        window.geometry(size)
        return f"{window} {size}"

    def _change_tab(self) -> str:
        tab = self._dice.randrange(3)
        self.shell.select(tab)
        return str(tab)

    def _open_dialog(self) -> str:
        names = ("settings", "help", "about", "folder_export", "folder_figures", "why", "folder_group", "folder_cross")
        name = self._dice.choice(names)
        action = self.shell.actions[name]
        if action.tab is not None:
            self.shell.select(action.tab)
            self.root.update()
        if action.is_allowed():
            action.run()
        return name

    def _close_dialog(self) -> str:
        dialogs = self._windows()[1:]
        if not dialogs:
            return "none"
        dialog: Any = self._dice.choice(dialogs)
        if self._dice.random() < 0.5:
            dialog.event_generate("<Escape>")
            return f"{dialog} by Escape"
        self.root.tk.eval(str(dialog.protocol("WM_DELETE_WINDOW")))
        return f"{dialog} by its cross"

    def _pull_slider(self) -> str:
        scale = self._one(ttk.Scale)
        if scale is None or scale.instate(["disabled"]):
            return "none"
        scale.set(self._dice.uniform(float(scale.cget("from")), float(scale.cget("to"))))
        return str(scale)

    def _tag(self) -> str:
        folder = self._dice.choice(self.things.folders)
        self.shell.select(1)
        self.shell.open_paths([folder])
        return folder.name

    def _train(self) -> str:
        """On with the training of a head: photographs, then choices, then the training itself."""
        desk, settings = self.shell.retrain_desk, self.shell.settings
        settings.retrain_enabled, settings.retrain_passphrase = True, ""
        desk.settings_changed()
        self.shell.select(2)
        if desk.run.is_running:
            return "is running"
        if desk.place is Place.PHOTOS and desk.report is None:
            if desk.takes(self.things.classes, True):
                desk.look()
            return "look"
        if desk.place is Place.CHOICES:
            desk.use_mode(Mode.HEAD)
        elif desk.place is not Place.PHOTOS:
            desk.show(Place.PHOTOS)
        desk.go()
        return f"on from {desk.place}"

    def _copy_something(self) -> str:
        self.root.clipboard_clear()
        self.root.clipboard_append(self._dice.choice((str(self.things.photos[0]), "some text", "")))
        return "into the clipboard"

    def _rest(self) -> str:
        until = time.monotonic() + self._dice.uniform(0.1, 0.7)
        while time.monotonic() < until:
            time.sleep(0.002)
            self._turn()
        return ""

    # What is answered

    @contextlib.contextmanager
    def answering(self) -> Iterator[None]:
        """File choosers are answered at once; browser and file manager stay closed."""
        asked = {
            "askopenfilename": lambda **_options: self._a_file(),
            "askdirectory": lambda **_options: self._a_folder(),
            "asksaveasfilename": lambda **options: self._a_new_file(str(options.get("defaultextension", ""))),
        }
        before = {name: getattr(filedialog, name) for name in asked}
        managers = [one for name, one in sys.modules.items() if name.startswith("gui.") and _has_manager(one)]
        real, browser = sys.modules["gui.desktop"].show_in_file_manager, webbrowser.open
        for name, answer in asked.items():
            setattr(filedialog, name, answer)
        for module in managers:
            module.show_in_file_manager = lambda _folder: None  # type: ignore[attr-defined]
        webbrowser.open = lambda *_about, **_options: True
        try:
            yield
        finally:
            for name, answer in before.items():
                setattr(filedialog, name, answer)
            for module in [one for name, one in sys.modules.items() if name.startswith("gui.") and _has_manager(one)]:
                module.show_in_file_manager = real  # type: ignore[attr-defined]
            webbrowser.open = browser

    def _a_file(self) -> str:
        some = [*self.things.photos, *self.things.models, *self.things.tables]
        return self._dice.choice(["", str(self.things.out / _RUBBISH), *map(str, some)])

    def _a_folder(self) -> str:
        some = [*self.things.folders, self.things.classes, self.things.out]
        return self._dice.choice(["", str(self.things.out / "nowhere"), *map(str, some)])

    def _a_new_file(self, ending: str) -> str:
        self._saved += 1
        place = self.things.out / f"saved {self._saved % 7}{ending}"
        return self._dice.choice(["", str(self.things.out / _RUBBISH), str(place), str(place)])


def _has_manager(module: object) -> bool:
    return hasattr(module, "show_in_file_manager")

"""The window: menus, three tabs, the notice bar and the status line; it passes on what arrives from outside."""

from __future__ import annotations

import logging
import tkinter
from collections.abc import Callable, Sequence
from pathlib import Path
from tkinter import ttk
from typing import TYPE_CHECKING

from core.about import NAME
from core.settings import Settings
from core.texts import tr
from gui.actions import Action, bind_keys, within
from gui.answer_texts import model_line
from gui.background import Background
from gui.engine import Engine
from gui.folder_actions import FolderActions
from gui.folder_desk import FolderDesk
from gui.folder_tab import FolderTab
from gui.folder_words import in_short
from gui.heatmap_strip import HeatmapChoices
from gui.library_watch import LibraryWatch
from gui.manual_desk import ManualDesk
from gui.menus import MenuBar
from gui.notice_bar import NoticeBar
from gui.photo_actions import PhotoActions
from gui.photo_desk import PhotoDesk
from gui.photo_tab import PhotoTab
from gui.preferences import Preferences, follow_in_file_dialogs
from gui.retrain_actions import retrain_actions
from gui.retrain_desk import RetrainDesk
from gui.retrain_tab import RetrainTab
from gui.shell_menus import menus, shell_actions
from gui.status_line import StatusLine
from gui.theme import Look
from gui.why_desk import WhyDesk
from gui.window_place import Screen, fitted

if TYPE_CHECKING:
    from core.bundles import BundleInfo

log = logging.getLogger(__name__)

MODEL_SUFFIX = ".shelterlens"
PHOTO, FOLDER, RETRAIN = 0, 1, 2
# Of the photograph's actions, those that make sense in every tab.
_EVERYWHERE = frozenset({"open", "paste", "heatmap", "stronger", "weaker"})
_DONE_MS = 4000
_LEAST_PX = (940, 600)
_USUAL_PX = (1240, 760)


class Shell:
    """Builds the window; `start` begins everything that the first drawing does not need."""

    def __init__(self, root: tkinter.Tk, look: Look, settings: Settings, engine: Engine) -> None:
        self.root = root
        self.look = look
        self.engine = engine
        self.settings = settings
        self._frame = ttk.Frame(root)
        self.notice = NoticeBar(self._frame, look)
        self.tabs = ttk.Notebook(self._frame)
        self.status = StatusLine(self._frame, look)
        self._running = ""
        self.background = Background(root, self.notice.show, self._show_running)
        choices = HeatmapChoices(True, settings.heatmap_opacity, settings.palette, settings.show_outline)
        self.desk = PhotoDesk(engine, self.background, choices, self._on_desk_changed, self._on_word)
        self._drawn_with = choices
        self.folder_desk = FolderDesk(root, engine, self.background, self, lambda: self.desk.choices)
        self.retrain_desk = RetrainDesk(root, engine, self.background, self)
        self.preferences = Preferences(self)
        self.why = WhyDesk(root, engine, self.background, self.desk)
        self.photo_actions = PhotoActions(root, self.desk, engine, self.background, self, self.why.open)
        self.folder_actions = FolderActions(root, look, self.folder_desk, self.background, self)
        self.actions = self._all_actions()
        self.manual = ManualDesk(root, look, self.background, self.actions)
        self.photo_tab = PhotoTab(self.tabs, look, self.actions, self.desk)
        hints = self.folder_actions.hints(self.actions)
        self.folder_tab = FolderTab(self.tabs, look, self.actions, hints, self.folder_desk, settings)
        self.retrain_tab = RetrainTab(self.tabs, look, self.retrain_desk)
        self._tabs = (self.photo_tab, self.folder_tab, self.retrain_tab)
        self.library = LibraryWatch(self)
        self.background.before_result = self.library.look
        self.menu = MenuBar(root, menus(self))
        self._build()
        self.why.attach(self)
        self.desk.attach(self.photo_tab)
        self.folder_actions.attach(self.folder_tab)
        self.folder_desk.attach(self.folder_tab)
        self.retrain_desk.attach(self.retrain_tab)
        self.show_texts()

    def start(self, paths: Sequence[Path]) -> None:
        """What comes behind the drawn window: drops, the model, the library, the photograph of the command."""
        from gui.dropping import accept_drops

        accept_drops(self.root, self.open_paths, self._expect_drop)
        follow_in_file_dialogs(self.root)
        self.preferences.load_first_model()
        self.library.start()
        self.background.start("draw", lambda _job: self.engine.palettes(), self.preferences.show_palettes)
        if paths:
            self.open_paths(list(paths))
        self.folder_desk.start()
        self.retrain_desk.start()

    def show_texts(self) -> None:
        """Every text in the present language."""
        self.root.title(self._title())
        for tab, name in zip(self._tabs, (tr("Photo"), tr("Folder"), tr("Retrain")), strict=True):
            self.tabs.add(tab, text=name)
        self.menu.show_texts()
        self.photo_tab.show_texts()
        self.folder_tab.show_texts()
        self.retrain_tab.show_texts()
        self.preferences.show_palette_names()
        self.desk.show_all()
        self.why.show_texts()
        self.manual.show_texts()
        self.show_model()

    def text_size_changed(self) -> None:
        """Smaller or larger letters: the window may be no smaller than they need."""
        self._set_least_size()
        self.show_texts()

    def show_model(self) -> None:
        """The model in use, in the status line."""
        info: BundleInfo | None = self.desk.info
        waiting = tr("No model") if self.desk.no_model else tr("The model is being loaded…")
        self.status.show_model(model_line(info) if info else waiting)

    def show_done(self, text: str) -> None:
        """Something was done: said for a moment where the model stands else."""
        self.status.show_model(f"✓ {text}")
        self.root.after(_DONE_MS, self.show_model)

    def copy(self, text: str) -> None:
        """Text into the clipboard."""
        self.root.clipboard_clear()
        self.root.clipboard_append(text)
        self.show_done(tr("Copied."))

    def select(self, number: int) -> None:
        """Show one of the three tabs."""
        self.tabs.select(self._tabs[number])  # type: ignore[no-untyped-call]

    # What arrives

    def open_paths(self, paths: list[Path]) -> None:
        """Whatever was dropped, pasted, opened or named in the command: each kind goes where it belongs."""
        if not paths:
            return
        self.background.start("open", lambda _job: _sorted(paths), lambda found: self._open(*found))

    def _open(self, paths: list[Path], has_folder: bool) -> None:
        self.notice.forget()
        first = paths[0]
        self.settings.last_folder = first if has_folder else first.parent
        models = [path for path in paths if path.suffix.lower() == MODEL_SUFFIX and not has_folder]
        if self.shown() == RETRAIN and self.retrain_desk.takes(first, has_folder):
            return
        if models:
            self.preferences.add_model(models[0])
        elif has_folder or len(paths) > 1:
            self.select(1)
            self.folder_desk.tag(paths)
        else:
            self.select(0)
            self.desk.open(first)

    def show_photo(self, path: Path) -> None:
        """Look at one photograph of a folder."""
        self.select(0)
        self.desk.open(path)

    def show_problem(self, text: str) -> None:
        """Something the user should know."""
        self.notice.show(text)

    def forget_problem(self, text: str) -> None:
        """This problem is over."""
        self.notice.take_away(text)

    def words_changed(self) -> None:
        """Something was said of rows of a folder, or taken back: perhaps of the photograph in the Photo tab."""
        self.desk.read_word()

    def show_tagging(self) -> None:
        """How far the tagging is, where its own tab is not in front."""
        run = self.folder_desk.run
        behind = in_short(run.progress) if run.is_running and self.shown() != FOLDER else ""
        is_seen = self.shown() == RETRAIN and self.retrain_desk.shows_run
        learning = "" if is_seen else self.retrain_desk.in_short()
        self.status.show_running(self._running or behind or learning)
        if self.root.title() != (title := self._title()):  # another folder has another name
            self.root.title(title)

    def model_changed(self, name: str, previous: str | None, ready: Callable[[], object]) -> None:
        """A trained model was taken into use, or taken back: it is in the settings already. `ready` once it answers."""
        self.settings.model, self.settings.previous_model = name, previous
        self.preferences.load_model(name, ready)

    def try_model_again(self) -> None:
        """There was no model: perhaps its drive is there by now."""
        self.preferences.load_first_model()

    def answers_changed(self) -> None:
        """The library has answers of another model: the folder that is shown gets them."""
        if self.folder_desk.open_run is not None and not self.folder_desk.run.is_running:
            self.folder_desk.go_on()

    def open_settings(self) -> None:
        """The settings."""
        self.preferences.show_dialog()

    def palettes(self) -> Sequence[tuple[str, str]]:
        """The palettes of the heatmap to choose from, as (name, visible name)."""
        return self.photo_tab.strip.palettes

    def last_folder(self) -> Path | None:
        """Where the file dialogs begin."""
        return self.settings.last_folder

    def ask_to_close(self) -> None:
        """Close, at once or after asking what becomes of a training."""
        if self.retrain_desk.run.is_training:
            self.retrain_desk.ask_before_closing(self.look, self.close)
        else:
            self.close()

    def close(self) -> None:
        """Settings are kept, what was promised is done, other work is called off, the window goes."""
        self.retrain_desk.close()
        self.folder_tab.remember(self.settings)
        self.preferences.remember_window()
        self.root.withdraw()
        self.engine.stop()
        self.why.leave()
        self.background.close()
        self.engine.close()
        for waiting in self.root.tk.splitlist(self.root.tk.call("after", "info")):
            self.root.tk.call("after", "cancel", waiting)  # else Tcl would call what is gone
        self.root.destroy()

    def _show_running(self, text: str) -> None:
        self._running = text
        self.show_tagging()

    def _on_word(self, content: str) -> None:
        self.folder_desk.word_said(content)

    def _on_desk_changed(self) -> None:
        self.root.title(self._title())
        if hasattr(self, "photo_tab"):
            self.photo_tab.show_allowed()
            self.why.photo_changed()
        if hasattr(self, "folder_tab") and self._drawn_with != self.desk.choices:
            self._drawn_with = self.desk.choices
            self.folder_desk.glance.redraw()

    def _on_tab(self, _event: tkinter.Event[tkinter.Misc]) -> None:
        """Another tab: its keys mean something else."""
        self.photo_tab.show_allowed()
        self.folder_tab.show_allowed()
        self.show_tagging()
        self.root.title(self._title())
        if self.shown() == FOLDER:
            self.folder_tab.focus_rows()
            self.folder_desk.shown_again()
        elif self.shown() == PHOTO:
            self.desk.read_word()

    def shown(self) -> int:
        """The number of the tab that is shown."""
        return int(self.tabs.index("current")) if self.tabs.tabs() else PHOTO

    def _all_actions(self) -> dict[str, Action]:
        """What can be done: in a tab of its own, or everywhere."""
        photo = {name: one for name, one in self.photo_actions.table.items() if name not in _EVERYWHERE}
        everywhere = {name: one for name, one in self.photo_actions.table.items() if name in _EVERYWHERE}
        folder = within(FOLDER, self.folder_actions.table, self.shown)
        return (
            within(PHOTO, photo, self.shown)
            | everywhere
            | self.folder_actions.everywhere
            | folder
            | within(RETRAIN, retrain_actions(self.retrain_desk), self.shown)
            | shell_actions(self)
        )

    def _expect_drop(self, expected: bool) -> None:
        self.photo_tab.canvas.expect_drop(expected)
        self.folder_tab.expect_drop(expected)
        self.retrain_tab.expect_drop(expected)

    def _typed(self, letter: str) -> None:
        if self.shown() == FOLDER:
            self.folder_actions.typed(letter)

    def _title(self) -> str:
        if self.shown() == RETRAIN:
            name = tr("Retrain")
        else:
            name = self.desk.now.name if self.shown() == PHOTO else self.folder_tab.progress.now.title
        return f"{name} - {NAME}" if name else NAME

    def _build(self) -> None:
        px, root = self.look.px, self.root
        self._frame.pack(fill="both", expand=True)
        self._frame.columnconfigure(0, weight=1)
        self._frame.rowconfigure(1, weight=1)
        self.notice.grid(row=0, column=0, sticky="ew")
        self.notice.hide()
        self.tabs.grid(row=1, column=0, sticky="nsew", padx=px(8), pady=(px(6), px(4)))
        self.status.grid(row=2, column=0, sticky="ew")
        self.tabs.enable_traversal()
        root.configure(menu=self.menu)
        self.tabs.bind("<<NotebookTabChanged>>", self._on_tab)
        bind_keys(root, self.actions.values(), self.shown, self._typed)
        width, height = root.winfo_screenwidth(), root.winfo_screenheight()
        self._set_least_size()
        root.geometry(fitted(self.settings.window_geometry, self._screen) or self._usual_place(width, height))
        root.protocol("WM_DELETE_WINDOW", self.ask_to_close)

    def _set_least_size(self) -> None:
        px, root = self.look.px, self.root
        width, height = root.winfo_screenwidth(), root.winfo_screenheight()
        root.minsize(min(px(_LEAST_PX[0]), width - 40), min(px(_LEAST_PX[1]), height - self._around))

    @property
    def _around(self) -> int:
        """Pixels that title bar, menus and the desktop's own bar need above and below the window."""
        return 50 + self.look.px(70)

    @property
    def _screen(self) -> Screen:
        root = self.root
        return Screen(root.winfo_screenwidth(), root.winfo_screenheight(), self.look.px(50), self._around)

    def place_now(self) -> str:
        """Where the window is and how large, as Tk writes it; no larger than the screen."""
        return fitted(self.root.geometry(), self._screen)

    def _usual_place(self, width: int, height: int) -> str:
        wide, high = min(self.look.px(_USUAL_PX[0]), width - 40), min(self.look.px(_USUAL_PX[1]), height - self._around)
        return f"{wide}x{high}+{(width - wide) // 2}+{max(0, (height - high) // 3)}"


def _sorted(paths: list[Path]) -> tuple[list[Path], bool]:
    """The paths, absolute, and whether a folder is among them."""
    absolute = [path.absolute() for path in paths]
    return absolute, any(path.is_dir() for path in absolute)

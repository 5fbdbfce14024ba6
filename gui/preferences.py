"""What the user chooses, applied at once and kept: model, language, theme; and the dialogs about the program itself."""

from __future__ import annotations

import logging
import tkinter
from collections.abc import Callable, Sequence
from pathlib import Path
from tkinter import filedialog
from typing import TYPE_CHECKING, Literal, cast

from core.about import NAME
from core.errors import UserError
from core.folders import log_dir
from core.settings import save_settings
from core.texts import label_name, language, percent, set_language, tr
from gui.about import AboutDialog, about_text
from gui.desktop import Desktop, show_in_file_manager
from gui.first_model import FirstModel, load_first_model
from gui.focus import focused
from gui.help_dialog import HelpDialog
from gui.settings_dialog import Administrator, ModelChoice, Selection, SettingsDialog
from gui.shown_names import printable
from gui.timeline import mark

if TYPE_CHECKING:
    from core.bundles import BundleInfo
    from core.models import ModelEntry
    from gui.shell import Shell

log = logging.getLogger(__name__)

# The page of the manual for each tab.
_IN_MANUAL = ("photograph", "folder", "administrators")
_WHY_IN_MANUAL = "limits"


class Preferences:
    """Changes the settings and what depends on them."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        self._models: Sequence[ModelEntry] = ()
        self._palettes: Sequence[str] = ()
        self._dialog: SettingsDialog | None = None
        self._said_of_model = ""

    # Model

    def load_first_model(self) -> None:
        """The model of the settings; where it cannot answer, the program's own does until another is chosen."""
        shell, chosen = self._shell, self._shell.settings.model
        shell.background.start(
            "model",
            lambda _job: load_first_model(shell.engine, chosen),
            lambda first: self._on_first_model(first, chosen),
            self._on_no_model,
            topic="load",
            says=tr("Loading the model…"),
        )

    def load_model(self, name: str | None, ready: Callable[[], object] | None = None) -> None:
        """Answer with this model from now on; without a name with the one in use. `ready` is called once it does."""
        shell = self._shell
        shell.background.start(
            "model",
            lambda _job: shell.engine.load_model(name),
            lambda info: self._on_model(info, name, ready),
            self._on_no_model,
            topic="load",
            says=tr("Loading the model…"),
        )

    def ask_for_model(self) -> None:
        """Choose a model file to be added."""
        chosen = filedialog.askopenfilename(
            parent=self._shell.root,
            title=tr("Add a model from a file"),
            filetypes=[(tr("Models"), "*.shelterlens"), (tr("All files"), "*")],
        )
        if chosen:
            self.add_model(Path(chosen))

    def add_model(self, path: Path) -> None:
        """Check the model in this file and keep it among the user's."""
        shell = self._shell
        shell.background.start(
            "slow", lambda _job: shell.engine.add_model(path), self._on_added, says=tr("Checking the model…")
        )

    def next_model(self) -> None:
        """The model after the one in use."""
        names = [name for name, _ in self.model_names()]
        if names:
            used = self.model_in_use()
            self.load_model(names[(names.index(used) + 1) % len(names)] if used in names else names[0])

    def model_names(self) -> Sequence[tuple[str, str]]:
        """The models that work, with their visible names and accuracies."""
        return [(one.name, _titled(one.info)) for one in self._models if one.info and not one.problem]

    def model_in_use(self) -> str:
        """The name of the model that answers."""
        info = self._shell.desk.info
        return info.name if info else ""

    def _on_first_model(self, first: FirstModel, chosen: str | None) -> None:
        self._on_model(first.info, None if first.missing else chosen, None)
        if first.words:
            self._say_of_model(first.words)

    def _say_of_model(self, text: str) -> None:
        self._said_of_model = text
        self._shell.notice.show(text, stays=True, offer=(tr("Choose a model…"), self.show_dialog))

    def _on_model(self, info: BundleInfo, asked: str | None, ready: Callable[[], object] | None) -> None:
        shell = self._shell
        shell.desk.model_ready(info)
        shell.folder_desk.model_ready()
        mark("the model is ready")
        shell.show_model()
        shell.notice.take_away(self._said_of_model)
        if asked:
            shell.settings.model = asked
            self._save()
        self._read_models()
        if ready is not None:
            ready()

    def _on_no_model(self, error: Exception) -> None:
        shell = self._shell
        if shell.desk.info:  # the one that answers so far goes on
            shell.background.report(error)
            self._read_models()
            return
        if not isinstance(error, UserError):
            log.error("no model", exc_info=error)
        said = (
            str(error) if isinstance(error, UserError) else tr("The model cannot be loaded. See the log (Help menu).")
        )
        self._say_of_model(said)
        shell.desk.model_missing(said)
        shell.folder_desk.model_missing(said)
        shell.show_model()

    def _on_added(self, info: BundleInfo) -> None:
        self._shell.show_done(tr("The model {name} was added.").format(name=label_name(info.title)))
        self.load_model(info.name)

    def _read_models(self) -> None:
        shell = self._shell
        shell.background.start("slow", lambda _job: shell.engine.list_models(), self._on_models, topic="models")

    def _on_models(self, models: Sequence[ModelEntry]) -> None:
        self._models = models
        self._show_models_in_dialog()

    # Language, theme, palette

    def languages(self) -> Sequence[tuple[str, str]]:
        """Each in its own language, so that it is found by those who need it."""
        return [("system", tr("As the system")), ("en", "English"), ("fr", "Français")]

    def use_language(self, code: str) -> None:
        """Every text in this language, at once."""
        chosen = cast(Literal["system", "en", "fr"], code)
        self._shell.settings.language = chosen
        set_language(chosen)
        self._save()
        follow_in_file_dialogs(self._shell.root)
        self._shell.show_texts()
        self._show_dialog_again()

    def toggle_language(self) -> None:
        """French to English and back."""
        self.use_language("en" if language() == "fr" else "fr")

    def themes(self) -> Sequence[tuple[str, str]]:
        """Light, dark, or what the desktop prefers."""
        return [("system", tr("As the system")), ("light", tr("Light")), ("dark", tr("Dark"))]

    def use_theme(self, name: str) -> None:
        """The look of all windows, at once."""
        self._shell.settings.theme = cast(Literal["system", "light", "dark"], name)
        self._save()
        if name == "system":
            self._shell.background.start("slow", lambda _job: Desktop().is_dark(), self._look_dark, topic="theme")
        else:
            self._shell.background.drop("theme")
            self._look_dark(name == "dark")

    def _look_dark(self, dark: bool) -> None:
        self._shell.look.use("dark" if dark else "light")
        self._show_dialog_again()

    def toggle_theme(self) -> None:
        """Light to dark and back."""
        self.use_theme("light" if self._shell.look.is_dark else "dark")

    def text_sizes(self) -> Sequence[tuple[str, str]]:
        """Of the size that the desktop wants."""
        return [(str(size), percent(size / 100)) for size in (100, 125, 150, 175, 200)]

    def use_text_size(self, chosen: str) -> None:
        """Text of this size, in percent, in all windows at once."""
        shell = self._shell
        shell.settings.text_size = cast(Literal[100, 125, 150, 175, 200], int(chosen))
        self._save()
        shell.look.text_percent = int(chosen)
        shell.look.use("dark" if shell.look.is_dark else "light")
        shell.text_size_changed()
        self._show_dialog_again()

    def _step_text_size(self, step: int) -> None:
        sizes = [size for size, _ in self.text_sizes()]
        at = sizes.index(str(self._shell.settings.text_size)) + step
        if 0 <= at < len(sizes):
            self.use_text_size(sizes[at])

    def larger_text(self) -> None:
        """One step up."""
        self._step_text_size(1)

    def smaller_text(self) -> None:
        """One step down."""
        self._step_text_size(-1)

    def show_palettes(self, names: Sequence[str]) -> None:
        """The palettes there are."""
        self._palettes = names
        if self._shell.desk.choices.palette not in names:  # the settings are of another version
            self._shell.photo_tab.strip.use_palette(names[0])
        self.show_palette_names()

    def show_palette_names(self) -> None:
        """Their names in the present language."""
        shown = {
            "cividis": tr("Blue to yellow"),
            "viridis": tr("Violet to yellow"),
            "magma": tr("Black to cream"),
            "blue-orange": tr("For and against"),
        }
        if self._palettes:
            self._shell.photo_tab.strip.show_palettes([(name, shown.get(name, name)) for name in self._palettes])

    # Dialogs

    def show_dialog(self) -> None:
        """The settings."""
        if self._dialog is not None and self._dialog.winfo_exists():
            self._dialog.lift()
            self._dialog.focus_set()
            return
        shell, settings = self._shell, self._shell.settings
        strip = shell.photo_tab.strip
        selections = (
            Selection(tr("Language"), self.languages(), settings.language, self.use_language),
            Selection(tr("Theme"), self.themes(), settings.theme, self.use_theme),
            Selection(tr("Text size"), self.text_sizes(), str(settings.text_size), self.use_text_size),
            Selection(tr("Heatmap colours"), strip.palettes, shell.desk.choices.palette, strip.use_palette),
        )
        administrator = Administrator(
            settings.retrain_enabled, bool(settings.retrain_passphrase), self.use_retraining, self.ask_for_passphrase
        )
        self._dialog = SettingsDialog(
            shell.root, shell.look, selections, self.load_model, self.ask_for_model, administrator
        )
        self._show_models_in_dialog()
        self._read_models()

    def use_retraining(self, shown: bool) -> None:
        """The tools of the Retrain tab are to be seen, or not."""
        self._shell.settings.retrain_enabled = shown
        self._save()
        self._shell.retrain_desk.settings_changed()
        self._show_dialog_again()

    def ask_for_passphrase(self) -> None:
        """Set, change or remove the passphrase of the Retrain tab."""
        from gui.passphrase_dialog import PassphraseDialog

        shell = self._shell
        parent = self._dialog if self._dialog is not None and self._dialog.winfo_exists() else shell.root
        kept = shell.settings.retrain_passphrase
        PassphraseDialog(parent, shell.look, shell.background, kept, self._on_passphrase)

    def _on_passphrase(self, kept: str) -> None:
        self._shell.settings.retrain_passphrase = kept
        self._save()
        self._shell.show_done(tr("The passphrase is set.") if kept else tr("There is no passphrase any more."))
        self._shell.retrain_desk.is_open = True  # who could set it knows it
        self._shell.retrain_desk.settings_changed()
        self._show_dialog_again()

    def show_about(self) -> None:
        """Versions and licences."""
        shell = self._shell
        dialog, info = AboutDialog(shell.root, shell.look, self.show_licences), shell.desk.info
        shell.background.start("slow", lambda _job: about_text(info), dialog.show_text)

    def show_licences(self, parent: tkinter.Toplevel) -> None:
        """The texts of all licences."""
        from gui.licences_dialog import LicencesDialog

        LicencesDialog(parent, self._shell.look, self._shell.background)

    def show_manual(self) -> None:
        """The manual, at what is shown now."""
        shell = self._shell
        focus = focused(shell.root)
        explains = focus is not None and focus.winfo_toplevel() is shell.why.window
        shell.manual.open(_WHY_IN_MANUAL if explains else _IN_MANUAL[shell.shown()])

    def show_help(self) -> None:
        """What to do, and all keys."""
        shell = self._shell
        HelpDialog(shell.root, shell.look, [action for action in shell.actions.values() if action.keys])

    def show_log(self) -> None:
        """The folder of the log files, in the file manager."""
        shell = self._shell
        shell.background.start("slow", lambda _job: show_in_file_manager(log_dir()), lambda _done: None)

    def ask_for_diagnostics(self) -> None:
        """Where to write the diagnostic file, then write it."""
        shell = self._shell
        chosen = filedialog.asksaveasfilename(
            parent=shell.root,
            title=tr("Save a diagnostic file (no photographs, no names of files in it)"),
            initialfile=f"{NAME.lower()}-diagnostics.zip",
            defaultextension=".zip",
            filetypes=[("ZIP", "*.zip")],
        )
        if chosen:
            self.save_diagnostics(Path(chosen))

    def save_diagnostics(self, path: Path) -> None:
        """Write the diagnostic file in the background."""
        shell = self._shell
        shell.background.start(
            "slow",
            lambda _job: shell.engine.save_diagnostics(path),
            lambda _done: shell.show_done(
                tr("The diagnostic file was saved as {name}.").format(name=printable(path.name))
            ),
            says=tr("Writing the diagnostic file…"),
        )

    # The window

    def toggle_full_screen(self) -> None:
        """The whole screen, or not."""
        self._shell.root.attributes("-fullscreen", not self.is_full_screen())

    def is_full_screen(self) -> bool:
        """Whether the window has the whole screen."""
        return bool(self._shell.root.attributes("-fullscreen"))

    def remember_window(self) -> None:
        """Keep how the window was left."""
        shell = self._shell
        choices = shell.desk.choices
        if not self.is_full_screen():
            shell.settings.window_geometry = shell.place_now()
        shell.settings.palette = choices.palette
        shell.settings.heatmap_opacity = round(choices.opacity, 2)
        shell.settings.show_outline = choices.outline
        self._save()

    def _save(self) -> None:
        settings = self._shell.settings.model_copy()
        self._shell.background.start("files", lambda _job: save_settings(settings), lambda _done: None, is_promise=True)

    def _show_models_in_dialog(self) -> None:
        if self._dialog is None or not self._dialog.winfo_exists():
            return
        used = self.model_in_use()
        self._dialog.show_models(
            [
                ModelChoice(
                    one.name,
                    _titled(one.info) if one.info else one.name,
                    label_name(one.info.summary) if one.info else "",
                    one.problem,
                    one.name == used,
                )
                for one in self._models
            ]
        )

    def _show_dialog_again(self) -> None:
        """A dialog is made for one language and one theme."""
        if self._dialog is not None and self._dialog.winfo_exists():
            self._dialog.close()
            self.show_dialog()


def follow_in_file_dialogs(root: tkinter.Tk) -> None:
    """Tk's own file dialogs speak the language of the program too."""
    root.tk.call("::msgcat::mclocale", language())
    root.tk.call("::msgcat::mcload", root.tk.eval("file join $::tk_library msgs"))


def _titled(info: BundleInfo) -> str:
    title = f"{label_name(info.title)} {info.version}"
    if not info.metrics:
        return title
    return tr("{title} ({percent} right)").format(title=title, percent=percent(info.metrics[0].top1))

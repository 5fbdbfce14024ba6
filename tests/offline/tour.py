"""A volunteer's and an administrator's day in one real window, with all processes of the program.

Started by tests/test_core_offline.py, as `python -m tests.offline.tour FOLDER`. The home has a model "colours"; the
folder gets photographs.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, cast

from core.export_jobs import Form
from core.settings import Settings
from core.train_records import RunStatus
from gui.app import open_window
from gui.engine import Engine
from gui.export_dialog import ExportDialog
from gui.retrain_place import Place
from tests.made_up_training import class_names, draw_classes
from tests.window_driver import BLUE, GREEN, RED, Window, colour_photo


def main(folder: Path) -> None:
    """Everything once."""
    settings = Settings(model="colours", language="en", theme="system", retrain_enabled=True)
    window = Window(open_window(settings, Engine()))
    window.shell.start([])
    window.wait(lambda: window.shell.desk.info, "the model")
    for step in (photograph, explanation, folder_and_export, dialogs, retraining):
        step(window, folder)
        print(step.__name__, flush=True)
    window.settle()
    window.shell.close()


def photograph(window: Window, folder: Path) -> None:
    """One is opened and corrected."""
    window.open(colour_photo(folder / "rex.jpg", RED))
    window.type("blue", window.tab.correction.entry)
    window.press("<Return>")
    window.settle()
    assert window.corrected


def explanation(window: Window, _folder: Path) -> None:
    """Why it is this breed, in the window of its own."""
    window.click(window.tab._buttons["why"])
    window.settle()
    window.wait(lambda: window.shell.why.found, "an explanation")
    assert window.shell.why.window is not None
    window.shell.why.window.destroy()


def folder_and_export(window: Window, folder: Path) -> None:
    """A folder is tagged, and its table written."""
    kennels = folder / "kennels"
    kennels.mkdir()
    for name, colour in (("a", RED), ("b", GREEN), ("c", BLUE)):
        colour_photo(kennels / f"{name}.jpg", colour)
    window.open_folder(kennels)
    window.shell.folder_actions.export()
    window.settle()
    dialog: Any = next(one for one in window.widgets() if isinstance(one, ExportDialog))
    dialog.choose_page.kind_buttons[Form.CSV].invoke()
    dialog.choose_page._folder.set(str(folder))
    window.settle()
    dialog.main_button.invoke()
    window.wait(lambda: dialog.result_page, "the table")
    assert list(folder.glob("*.csv"))
    dialog.close()


def dialogs(window: Window, folder: Path) -> None:
    """Settings, about, help, manual, keys, the diagnostic file."""
    preferences = window.shell.preferences
    for show in (preferences.show_dialog, preferences.show_about, preferences.show_help, preferences.show_manual):
        show()
        window.settle()
    for dialog in window.dialogs():
        dialog.destroy()
    preferences.save_diagnostics(folder / "diagnostics.zip")
    window.settle()
    assert (folder / "diagnostics.zip").exists()


def retraining(window: Window, folder: Path) -> None:
    """Photographs are looked at, a head is trained by processes of its own, its result used."""
    drawn = draw_classes(folder / "classes", class_names(3))
    window.shell.select(2)
    window.settle()
    window.shell.open_paths([drawn])
    window.settle()
    desk, tab = window.shell.retrain_desk, cast(Any, window.shell.retrain_tab)
    tab.page.look_button.invoke()
    window.wait(lambda: desk.report, "what was found")
    window.settle()
    desk.show(Place.CHOICES)
    window.settle()
    tab.page.start_button.invoke()
    window.wait(lambda: desk.run.is_training, "the training to begin")
    window.wait(lambda: not desk.run.is_training, "the training to end")
    window.settle()
    progress = desk.run.progress
    assert progress is not None and progress.state is not None
    assert progress.state.status is RunStatus.DONE, progress.state


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""About says what the program is made of, and shows the licences in full."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from gui.about import about_text
from gui.licences_dialog import LicencesDialog
from tests.window_driver import *  # noqa: F403
from tests.window_driver import Window


def open_licences(window: Window) -> Any:
    window.shell.preferences.show_about()
    window.settle()
    [about] = window.dialogs()
    about.licences_button.invoke()  # type: ignore[attr-defined]
    window.settle()
    return next(widget for widget in about.winfo_children() if isinstance(widget, LicencesDialog))


def test_about_names_what_is_installed() -> None:
    said = about_text(None)
    for name in ("openpyxl", "pillow", "tkinterdnd2"):
        assert f"  {name} {version(name)}: " in said
    assert "  Python 3." in said and "pytest" not in said


def test_the_licence_of_a_part_is_read_in_full(window: Window) -> None:
    dialog = open_licences(window)
    assert "Permission is hereby granted" in dialog.text.get("1.0", "end"), "its own is shown first"
    names = [part.name for part in dialog._parts]
    dialog.table.view.selection_set(str(names.index("pillow")))
    window.settle()
    assert "Secret Labs" in dialog.text.get("1.0", "end")
    dialog.table.view.selection_set(str(names.index("Python")))
    window.settle()
    assert "PYTHON SOFTWARE FOUNDATION" in dialog.text.get("1.0", "end")
    assert "Secret Labs" not in dialog.text.get("1.0", "end")


def test_it_may_be_closed_while_it_reads(window: Window) -> None:
    window.shell.preferences.show_about()
    window.settle()
    [about] = window.dialogs()
    about.licences_button.invoke()  # type: ignore[attr-defined]
    next(widget for widget in about.winfo_children() if isinstance(widget, LicencesDialog)).close()
    window.settle()
    assert about.winfo_exists()

"""What can be done with the window itself, and the order of everything in the menus."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.about import NAME
from core.texts import tr
from gui.actions import Action
from gui.folder_actions import CANDIDATES
from gui.folder_words import earlier_line
from gui.menus import Entry, Options, Title

if TYPE_CHECKING:
    from gui.shell import Shell


def shell_actions(shell: Shell) -> dict[str, Action]:
    """The actions of the window, by name."""
    choices = shell.preferences

    return {
        "quit": Action(lambda: tr("Quit"), shell.ask_to_close, ("Primary-q",), True),
        "photo": Action(lambda: tr("Photo"), lambda: shell.select(0), ("F2",), True),
        "folder": Action(lambda: tr("Folder"), lambda: shell.select(1), ("F3",), True),
        "retrain": Action(lambda: tr("Retrain"), lambda: shell.select(2), ("F4",), True),
        "full_screen": Action(
            lambda: tr("Full screen"), choices.toggle_full_screen, ("F11",), True, is_on=choices.is_full_screen
        ),
        "settings": Action(lambda: tr("Settings…"), choices.show_dialog, ("Primary-comma",), True),
        "light_or_dark": Action(lambda: tr("Light or dark"), choices.toggle_theme, ("Primary-d",), True),
        "larger_text": Action(lambda: tr("Larger text"), choices.larger_text, ("Primary-plus", "Primary-equal"), True),
        "smaller_text": Action(lambda: tr("Smaller text"), choices.smaller_text, ("Primary-minus",), True),
        "other_language": Action(lambda: tr("English or French"), choices.toggle_language, ("Primary-l",), True),
        "next_model": Action(
            *(lambda: tr("Other model"), choices.next_model, ("Primary-m",), True),
            is_allowed=lambda: len(choices.model_names()) > 1,
        ),
        "add_model": Action(lambda: tr("Add a model from a file…"), choices.ask_for_model, ("Primary-i",), True),
        "help": Action(lambda: tr("Manual"), choices.show_manual, ("F1",), True),
        "keys": Action(lambda: tr("All keys"), choices.show_help, ("Primary-k",), True),
        "about": Action(lambda: tr("About {name}").format(name=NAME), choices.show_about, ("Shift-F1",), True),
        "diagnostics": Action(lambda: tr("Save a diagnostic file…"), choices.ask_for_diagnostics, ("F12",), True),
        "log": Action(lambda: tr("Show the log"), choices.show_log, ("Shift-F12",), True),
    }


def menus(shell: Shell) -> Sequence[tuple[Title, Sequence[Entry]]]:
    """The menu bar from left to right."""
    return (
        (lambda: tr("File"), _files(shell)),
        (
            lambda: tr("Edit"),
            _named(shell, "paste", "copy", None, "correct", "take_back", None, "retrain_undo", "retrain_go"),
        ),
        (
            lambda: tr("Review"),
            (
                *_named(shell, "folder_accept", *CANDIDATES, "folder_breed", None),
                *_named(shell, "folder_not_a_dog", "folder_unknown", "folder_mixed", "folder_cross", None),
                *_named(shell, "folder_group", "folder_take_back", "folder_undo", None),
                *_named(shell, "folder_all", "folder_photo", "folder_search", "folder_renew", None),
                *_named(shell, "folder_grid", "folder_preview", "folder_figures", None),
                *_named(shell, "folder_go_on", "folder_stop"),
            ),
        ),
        (
            lambda: tr("View"),
            (
                *_named(shell, "previous", "next", None, "heatmap", "outline", "stronger", "weaker"),
                _palettes(shell),
                *_named(
                    shell, "palette", "why", None, "breed_down", "breed_up", "compare_down", "compare_up", "compare_end"
                ),
                *_named(shell, None, "photo", "folder", "retrain", None, "larger_text", "smaller_text", "full_screen"),
            ),
        ),
        (
            lambda: tr("Settings"),
            (
                *(_models(shell), _languages(shell), _themes(shell), _text_sizes(shell), None),
                *_named(shell, "next_model", "other_language", "light_or_dark", None, "add_model", "settings"),
            ),
        ),
        (lambda: tr("Help"), _named(shell, "help", "keys", None, "log", "diagnostics", None, "about")),
    )


def _named(shell: Shell, *names: str | None) -> list[Entry]:
    return [shell.actions[name] if name else None for name in names]


def _files(shell: Shell) -> list[Entry]:
    desk = shell.folder_desk

    def shown() -> str:
        return str(desk.open_run.run.id) if desk.open_run else ""

    def show(number: str) -> None:
        shell.select(1)
        desk.show_earlier(number)

    earlier = Options(
        lambda: tr("Earlier folders"),
        lambda: [(str(one.run.id), earlier_line(one)) for one in desk.earlier],
        *(shown, show),
    )
    last = _named(shell, None, "save", "folder_export", None, "quit")
    return [*_named(shell, "open", "open_folder"), earlier, *last]


def _palettes(shell: Shell) -> Options:
    strip = shell.photo_tab.strip
    return Options(
        lambda: tr("Heatmap colours"),
        lambda: strip.palettes,
        lambda: shell.desk.choices.palette,
        strip.use_palette,
    )


def _models(shell: Shell) -> Options:
    choices = shell.preferences
    return Options(lambda: tr("Model"), choices.model_names, choices.model_in_use, choices.load_model)


def _languages(shell: Shell) -> Options:
    choices = shell.preferences
    return Options(lambda: tr("Language"), choices.languages, lambda: shell.settings.language, choices.use_language)


def _themes(shell: Shell) -> Options:
    choices = shell.preferences
    return Options(lambda: tr("Theme"), choices.themes, lambda: shell.settings.theme, choices.use_theme)


def _text_sizes(shell: Shell) -> Options:
    choices = shell.preferences
    return Options(
        lambda: tr("Text size"), choices.text_sizes, lambda: str(shell.settings.text_size), choices.use_text_size
    )

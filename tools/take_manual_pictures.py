"""Take the pictures of the manual and the README: the real window in both languages, on drawn dogs; and draw the house.

make pictures, or: xvfb-run -a -s "-screen 0 1300x816x24" .venv-dev/bin/python -m tools.take_manual_pictures docs
"""

from __future__ import annotations

import logging
import os
import shutil
import sys
import tempfile
import time
import tkinter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from PIL import Image, ImageEnhance, ImageGrab, ImageOps

from core.settings import Settings
from gui.app import open_window
from gui.engine import Engine
from gui.row_selection import Selection
from gui.shell import FOLDER, PHOTO, RETRAIN, Shell
from tools.draw_dog import draw_dog
from tools.draw_house import draw_house

Language = Literal["en", "fr"]

LONGEST_S = 400
SETTLED_S = 2.5
# Letters and widgets have fewer; a heatmap in a palette would get steps.
_FEW_COLOURS = 3000
# How far the colours of each kind are turned.
KINDS = {
    "en": {"Brown hound": 0, "Golden hound": 14, "Red hound": 240, "Grey hound": 120},
    "fr": {"Courant brun": 0, "Courant doré": 14, "Courant roux": 240, "Courant gris": 120},
}
EACH = 40
FOLDERS = {"en": ("Kennels", "Hounds"), "fr": ("Chenil", "Courants")}
NAMES = (
    *("Rex/IMG_0001.jpg", "Rex/IMG_0002.jpg", "Rex/IMG_0003.jpg", "bella_1.jpg", "bella_2.jpg", "max.jpg", "luna.jpg"),
    *("charlie_1.jpg", "charlie_2.jpg", "rocky.jpg", "molly.jpg", "oscar.jpg"),
)


def main() -> None:
    """The command line."""
    out, wanted = Path(sys.argv[1]), sys.argv[2:] or ["en", "fr"]
    for language in wanted:
        assert language == "en" or language == "fr", "languages: en, fr"
        folder = out / "pictures" / language
        folder.mkdir(parents=True, exist_ok=True)
        _keep(draw_house(language), folder / "house.png")
        with _window(language) as (shell, home):
            _take(shell, home, language, folder)


@contextmanager
def _window(language: Language) -> Iterator[tuple[Shell, Path]]:
    """The real window in a home of its own, always the same: its name can be seen in some of the pictures."""
    home = Path(tempfile.gettempdir()) / "Shelterlens"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    os.environ["SHELTERLENS_HOME"] = str(home)
    # Tk counts the height without the menu.
    chosen = Settings(
        language=language, theme="light", model="dogs", retrain_enabled=True, window_geometry="1280x692+0+0"
    )
    shell = open_window(chosen, Engine())
    shell.start([])
    try:
        _wait(shell, lambda: shell.desk.info is not None, "the model")
        yield shell, home
    finally:
        shell.close()
        shutil.rmtree(home, ignore_errors=True)


def _take(shell: Shell, home: Path, language: Language, out: Path) -> None:
    kennels, hounds = FOLDERS[language]
    draw_dog().save(home / "rex.jpg", quality=92)
    shell.open_paths([home / "rex.jpg"])
    _wait(shell, lambda: shell.desk.now.drawn, "the answer")
    _grab(shell, out / "photo.png")
    _take_why(shell, out)
    _take_folder(shell, _draw_kennels(home / kennels), out)
    shell.select(PHOTO)
    shell.preferences.show_dialog()
    _grab_dialog(shell, out / "settings.png")
    _close_dialogs(shell)
    _take_training(shell, _draw_hounds(home / hounds, language), out)


def _take_why(shell: Shell, out: Path) -> None:
    shell.why.open()
    _wait(shell, lambda: shell.why.found is not None, "an explanation")
    window = shell.why.window
    assert window is not None
    window.geometry("1280x720+0+0")
    _grab(shell, out / "why.png")
    window.close()


def _take_folder(shell: Shell, folder: Path, out: Path) -> None:
    desk = shell.folder_desk
    shell.open_paths([folder])
    _wait(shell, lambda: desk.run.roots, "the tagging")
    _wait(shell, lambda: not desk.run.is_running and len(desk.rows.numbers) == len(NAMES), "the rows")
    _settle(shell)
    for place in (1, 4):
        desk.choose(Selection().clicked(desk.rows.numbers[place]))
        _settle(shell)
        desk.labels.take(0)
        _settle(shell)
    desk.choose(Selection().clicked(desk.rows.numbers[0]))
    shell.select(FOLDER)
    _grab(shell, out / "folder.png")
    shell.folder_actions.export()
    _grab_dialog(shell, out / "export.png")
    _close_dialogs(shell)


def _take_training(shell: Shell, folder: Path, out: Path) -> None:
    desk = shell.retrain_desk
    shell.preferences.load_model("dogs-fast")
    _wait(shell, lambda: shell.preferences.model_in_use() == "dogs-fast", "the fast model")
    shell.select(RETRAIN)
    _wait(shell, lambda: desk.takes(folder, True), "the tab")
    desk.look()
    _wait(shell, lambda: desk.report is not None, "the look")
    _grab(shell, out / "retrain-1-photographs.png")
    desk.go()
    _wait(shell, lambda: desk.values, "the choices")
    _grab(shell, out / "retrain-2-training.png")
    desk.go()
    _wait(shell, lambda: desk.run.is_training, "the training")
    _wait(shell, lambda: not desk.run.is_training, "its end")
    _wait(shell, lambda: desk.results.outcome is not None, "its result")
    _grab(shell, out / "retrain-3-result.png")


def _wait(shell: Shell, is_so: Callable[[], object], what: str) -> None:
    until = time.monotonic() + LONGEST_S
    while not is_so():
        if time.monotonic() > until:
            raise SystemExit(f"waited in vain for {what}")
        shell.root.update()
        time.sleep(0.01)


def _settle(shell: Shell) -> None:
    until = time.monotonic() + SETTLED_S
    while time.monotonic() < until or shell.background.busy:
        shell.root.update()
        time.sleep(0.01)


def _grab(shell: Shell, path: Path) -> None:
    _settle(shell)
    _keep(ImageGrab.grab((0, 0, 1280, 720), xdisplay=os.environ["DISPLAY"]), path)


def _grab_dialog(shell: Shell, path: Path) -> None:
    """The dialog in front alone, with a line around it: there is no window manager here that draws one."""
    _settle(shell)
    box = _dialogs(shell)[-1]
    left, top = box.winfo_rootx(), box.winfo_rooty()
    right, bottom = left + box.winfo_width(), top + box.winfo_height()
    picture = ImageGrab.grab((left, top, right, bottom), xdisplay=os.environ["DISPLAY"])
    _keep(ImageOps.expand(picture, 1, (150, 150, 150)), path)


def _keep(picture: Image.Image, path: Path) -> None:
    """As few bytes as do no harm: a palette, where there are only widgets and letters."""
    plain = picture.convert("RGB")
    if plain.getcolors(_FEW_COLOURS) is not None:
        plain = plain.quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    plain.save(path, optimize=True)


def _dialogs(shell: Shell) -> list[tkinter.Toplevel]:
    children = shell.root.winfo_children()
    return [child for child in children if isinstance(child, tkinter.Toplevel) and child.winfo_viewable()]


def _close_dialogs(shell: Shell) -> None:
    for dialog in _dialogs(shell):
        dialog.focus_force()
        dialog.event_generate("<Escape>")
    _settle(shell)


def _draw_kennels(folder: Path) -> Path:
    """A dozen different views of drawn dogs, some of them of the same one."""
    dog = draw_dog()
    for number, name in enumerate(NAMES):
        left, top = 60 * (number % 4), 40 * (number % 3)
        view = dog.crop((left, top, left + 900 - 50 * (number % 5), top + 800))
        view = ImageOps.mirror(view) if number % 2 else view
        view = ImageEnhance.Brightness(view).enhance(0.75 + 0.06 * (number % 7))
        _save_turned(view, 9 * (number % 4) - 12, folder / name)
    return folder


def _draw_hounds(folder: Path, language: Language) -> Path:
    """Views of a drawn dog in four colours, no two alike."""
    dog = draw_dog()
    for kind, (name, turn) in enumerate(KINDS[language].items()):
        for number in range(EACH - 6 * kind):
            left, top = 23 * (number % 9), 17 * (number % 7)
            view = dog.crop((left, top, left + 820 - 11 * (number % 5), top + 760)).rotate(number % 11 - 5)
            view = ImageOps.mirror(view) if number % 2 else view
            view = ImageEnhance.Brightness(view).enhance(0.7 + 0.05 * (number % 8))
            _save_turned(view.resize((410, 380)), turn + number % 5, folder / name / f"{number:02d}.jpg")
    return folder


def _save_turned(view: Image.Image, turn: int, path: Path) -> None:
    """A view with its colours turned."""
    hue, *others = view.convert("HSV").split()
    hue = hue.point([(value + turn) % 256 for value in range(256)])
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.merge("HSV", (hue, *others)).convert("RGB").save(path, quality=90)


if __name__ == "__main__":
    logging.basicConfig(level=logging.ERROR)
    main()

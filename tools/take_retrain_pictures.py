"""Take pictures of the Retrain tab, step by step, in a real training on drawn dogs of four colours:

xvfb-run -a -s "-screen 0 1280x720x24" .venv-dev/bin/python -m tools.take_retrain_pictures docs
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from PIL import Image, ImageEnhance, ImageGrab, ImageOps

from core.settings import Settings
from gui.app import open_window
from gui.engine import Engine
from gui.shell import Shell
from tools.draw_dog import draw_dog

LONGEST_S = 180
RETRAIN = 2
# How far the colours of each kind are turned, and how many of it are drawn.
KINDS = {"Brown hound": 0, "Golden hound": 14, "Red hound": 240, "Grey hound": 120}
EACH = 40


def main() -> None:
    """The command line."""
    out = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as home:
        os.environ["SHELTERLENS_HOME"] = home
        folder = _draw(Path(home) / "Hounds")
        settings = Settings(
            language="en", theme="light", model="dogs-fast", retrain_enabled=True, window_geometry="1280x692+0+0"
        )
        shell = open_window(settings, Engine())
        shell.start([])
        _take(shell, folder, out)
        shell.close()


def _take(shell: Shell, folder: Path, out: Path) -> None:
    desk = shell.retrain_desk
    _wait(shell, lambda: shell.desk.info is not None, "the model")
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
    _grab(shell, out / "retrain-3-result.png")


def _wait(shell: Shell, is_so: Callable[[], object], what: str) -> None:
    until = time.monotonic() + LONGEST_S
    while not is_so():
        if time.monotonic() > until:
            raise SystemExit(f"waited in vain for {what}")
        shell.root.update()
        time.sleep(0.01)


def _grab(shell: Shell, path: Path) -> None:
    settled = time.monotonic() + 3
    while time.monotonic() < settled:
        shell.root.update()
        time.sleep(0.01)
    ImageGrab.grab(xdisplay=os.environ["DISPLAY"]).save(path, optimize=True)


def _draw(folder: Path) -> Path:
    """Views of a drawn dog in four colours, no two alike."""
    dog = draw_dog()
    for kind, (name, turn) in enumerate(KINDS.items()):
        for number in range(EACH - 6 * kind):
            left, top = 23 * (number % 9), 17 * (number % 7)
            view = dog.crop((left, top, left + 820 - 11 * (number % 5), top + 760)).rotate(number % 11 - 5)
            view = ImageOps.mirror(view) if number % 2 else view
            view = ImageEnhance.Brightness(view).enhance(0.7 + 0.05 * (number % 8))
            hue, *others = view.convert("HSV").split()
            hue = hue.point([(value + turn + number % 5) % 256 for value in range(256)])
            path = folder / name / f"{number:02d}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.merge("HSV", (hue, *others)).convert("RGB").resize((410, 380)).save(path, quality=88)
    return folder


if __name__ == "__main__":
    main()

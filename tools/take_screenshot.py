"""Take the README's pictures of the real window, on a drawn dog and on a folder of them:

xvfb-run -a -s "-screen 0 1280x720x24" .venv-dev/bin/python -m tools.take_screenshot docs/window.png
xvfb-run -a -s "-screen 0 1280x720x24" .venv-dev/bin/python -m tools.take_screenshot docs/folder.png folder
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image, ImageEnhance, ImageGrab, ImageOps

from core.database import Database
from core.folders import library_path
from core.runs import State, latest_run
from core.settings import Settings, save_settings
from tools.draw_dog import draw_dog

LONGEST_S = 60

SETTLED_S = 1.0
NAMES = (
    *("Rex/IMG_0001.jpg", "Rex/IMG_0002.jpg", "Rex/IMG_0003.jpg", "bella_1.jpg", "bella_2.jpg", "max.jpg", "luna.jpg"),
    *("charlie_1.jpg", "charlie_2.jpg", "rocky.jpg", "molly.jpg", "oscar.jpg"),
)
SHOWN = "the first answer is shown"


def main() -> None:
    """The command line."""
    out = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as home:
        os.environ["SHELTERLENS_HOME"] = home
        # Tk counts the height without the menu.
        save_settings(Settings(language="en", theme="light", window_geometry="1280x692+0+0"))
        is_folder = sys.argv[2:] == ["folder"]
        shown = _draw_folder(Path(home) / "Kennels") if is_folder else Path(home) / "rex.jpg"
        if not is_folder:
            draw_dog().save(shown, quality=92)
        window = subprocess.Popen([sys.executable, "main.py", str(shown)])
        try:
            if is_folder:
                _wait_for_run()
            else:
                _wait_for_answer(Path(home))
            out.parent.mkdir(parents=True, exist_ok=True)
            ImageGrab.grab(xdisplay=os.environ["DISPLAY"]).save(out, optimize=True)
        finally:
            window.terminate()
            window.wait()


def _draw_folder(folder: Path) -> Path:
    """A dozen different views of drawn dogs, some of them of the same one."""
    dog = draw_dog()
    for number, name in enumerate(NAMES):
        left, top = 60 * (number % 4), 40 * (number % 3)
        view = dog.crop((left, top, left + 900 - 50 * (number % 5), top + 800))
        view = ImageOps.mirror(view) if number % 2 else view
        view = ImageEnhance.Brightness(view).enhance(0.75 + 0.06 * (number % 7))
        hue, *others = view.convert("HSV").split()
        hue = hue.point([(value + 9 * (number % 4) - 12) % 256 for value in range(256)])
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.merge("HSV", (hue, *others)).convert("RGB").save(path, quality=90)
    return folder


def _wait_for_run() -> None:
    began = time.monotonic()
    while time.monotonic() - began < LONGEST_S:
        time.sleep(0.5)
        if not library_path().exists():
            continue
        library = Database(library_path())
        run = latest_run(library)
        library.close()
        if run is not None and run.state is State.DONE:
            time.sleep(4 * SETTLED_S)
            return
    raise SystemExit("the folder was not tagged")


def _wait_for_answer(home: Path) -> None:
    began = time.monotonic()
    while time.monotonic() - began < LONGEST_S:
        time.sleep(0.1)
        if any(SHOWN in log.read_text(encoding="utf-8") for log in home.rglob("*.log")):
            time.sleep(SETTLED_S)
            return
    raise SystemExit("the window gave no answer")


if __name__ == "__main__":
    main()

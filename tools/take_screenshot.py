"""Take the README's picture of the real window, on a drawn dog:

xvfb-run -a -s "-screen 0 1280x720x24" .venv-dev/bin/python -m tools.take_screenshot docs/window.png
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from PIL import ImageGrab

from core.settings import Settings, save_settings
from tools.draw_dog import draw_dog

LONGEST_S = 60

SETTLED_S = 1.0
SHOWN = "the first answer is shown"


def main() -> None:
    """The command line."""
    out = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as home:
        os.environ["SHELTERLENS_HOME"] = home
        # Tk counts the height without the menu.
        save_settings(Settings(language="en", theme="light", window_geometry="1280x692+0+0"))
        photograph = Path(home) / "rex.jpg"
        draw_dog().save(photograph, quality=92)
        window = subprocess.Popen([sys.executable, "main.py", str(photograph)])
        try:
            _wait_for_answer(Path(home))
            out.parent.mkdir(parents=True, exist_ok=True)
            ImageGrab.grab(xdisplay=os.environ["DISPLAY"]).save(out, optimize=True)
        finally:
            window.terminate()
            window.wait()


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

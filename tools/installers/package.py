"""Pack the finished programs in dist/ for the system that this is: `make exe-package`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from core.about import NAME, VERSION

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
_INNO = Path(os.environ.get("PROGRAMFILES(X86)", "C:/Program Files (x86)"), "Inno Setup 6", "ISCC.exe")


def main() -> None:
    """Every program that was built; exit status 1 where there is none, or one cannot be packed."""
    built = [command for name in (NAME, f"{NAME} full") if (command := command_for(name, ROOT / "dist", sys.platform))]
    if not built:
        raise SystemExit("There is no finished program in dist/: run make exe first.")
    for command in built:
        if done := subprocess.run(command, cwd=ROOT, check=False).returncode:
            raise SystemExit(done)


def command_for(name: str, dist: Path, platform: str) -> list[str]:
    """What packs this program; nothing where it was not built."""
    program = dist / (f"{name}.app" if platform == "darwin" else name)
    if not program.is_dir():
        return []
    if platform == "win32":
        compiler = shutil.which("iscc") or str(_INNO)
        full = ["/DFull"] if name != NAME else []
        return [compiler, f"/DVersion={VERSION}", *full, str(HERE / "windows" / "shelterlens.iss")]
    system = "macos" if platform == "darwin" else "linux"
    return ["bash", str(HERE / system / "package.sh"), str(program), VERSION, str(dist)]


if __name__ == "__main__":
    main()

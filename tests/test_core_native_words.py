"""What native libraries say on stderr, apart from what the program says there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_CODE = """
import os, sys
from pathlib import Path
from core.machine import native_words_into
with native_words_into(Path(sys.argv[1])):
    os.write(2, b"native\\n")
    print("seen", file=sys.stderr)
print("after", file=sys.stderr)
os.write(2, b"native again\\n")
"""


def test_native_words_go_into_the_file_and_only_as_long_as_wanted(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _CODE, str(tmp_path / "log.txt")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parent.parent)
    assert done.stderr == "seen\nafter\nnative again\n"
    assert (tmp_path / "log.txt").read_text() == "native\n"

"""What every test stands on: an empty home folder of its own, English texts, the development photographs if any."""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.texts import set_language
from tests.bundle_factory import tiny_bundle, tiny_folder

__all__ = ["tiny_bundle", "tiny_folder"]


@pytest.fixture(autouse=True)
def isolated_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's folders, moved to an empty temporary one."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("SHELTERLENS_HOME", str(home))
    return home


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Texts are English at the start of each test, whatever the machine or the test before spoke."""
    set_language("en")
    yield
    set_language("en")


@pytest.fixture(autouse=True)
def quiet_log(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a test started to log, and the hooks for uncaught errors, end with it."""
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    monkeypatch.setattr(logging, "raiseExceptions", True)
    root = logging.getLogger()
    before = list(root.handlers)
    yield
    for handler in [handler for handler in root.handlers if handler not in before]:
        root.removeHandler(handler)
        handler.close()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The development photographs, which are not part of the project: tests that want them skip without them."""
    root = Path(__file__).resolve().parent.parent
    folder = Path(os.environ.get("SHELTERLENS_SHARED_DATA", root.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("the development photographs (shared/data beside the project) are not on this machine")
    return folder

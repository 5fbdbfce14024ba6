"""What the tests of hostile models share: ways to break a model, and what a refusal must look like."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import BundleError

NETWORK = "cells.tflite"


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def rewrite(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change bundle.json."""
    path = folder / "bundle.json"
    parts = json.loads(path.read_text(encoding="utf-8"))
    change(parts)
    path.write_text(json.dumps(parts), encoding="utf-8")


def set_head(folder: Path, data: bytes) -> None:
    """Put another head in, with its right hash: what a stranger would do."""
    (folder / "head.npz").write_bytes(data)
    rewrite(folder, lambda parts: parts["head"].update(sha256=sha256(data).hexdigest()))


def set_network(folder: Path, data: bytes) -> None:
    (folder / NETWORK).write_bytes(data)
    rewrite(folder, lambda parts: parts["backbones"][0].update(sha256=sha256(data).hexdigest()))


def npz(arrays: dict[str, Any], allow_pickle: bool = False) -> bytes:
    file = io.BytesIO()
    np.savez(file, allow_pickle=allow_pickle, **arrays)
    return file.getvalue()


def zipped(members: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data, compression)
    return file.getvalue()


def refusal(action: Callable[[], object]) -> str:
    """The reason why something is refused: one plain sentence or two, without Python's own words."""
    with pytest.raises(BundleError) as refused:
        action()
    reason = str(refused.value)
    assert reason.endswith(".") and "\n" not in reason and len(reason) < 200, reason
    assert not any(word in reason for word in ("Error", "Traceback", "Errno", "pydantic")), reason
    return reason


def archive_of(folder: Path, path: Path, extra: dict[str, bytes] | None = None) -> Path:
    path.write_bytes(zipped(files_of(folder) | (extra or {})))
    return path

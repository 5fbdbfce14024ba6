"""Photographs become stored embeddings, through the very LiteRT files that ship; a stopped run goes on where it was."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import numpy as np
from tqdm import tqdm

from core.records import Floats
from training.views import view_input

log = logging.getLogger(__name__)

PART = 1200


@dataclass(frozen=True)
class Embeddings:
    """`values` (photographs, channels) float32 and the photographs' names, `FOLDER/FILE` under the data folder."""

    names: tuple[str, ...]
    values: Floats


def list_photographs(folder: Path, seed: int = 0) -> list[Path]:
    """All files under `folder`; classes take turns, in a shuffled order, so that any beginning is balanced."""
    classes = sorted(path for path in folder.iterdir() if path.is_dir())
    if not classes:
        return sorted(folder.iterdir())
    rng = np.random.default_rng(seed)
    columns = []
    for one in classes:
        files = sorted(path for path in one.rglob("*") if path.is_file())
        columns.append([files[i] for i in rng.permutation(len(files))])
    return [path for turn in zip_longest(*columns) for path in turn if path is not None]


def embed(
    backbone: Path, view: str, folder: Path, store: Path, most: int | None = None, threads: int = 2
) -> Embeddings:
    """Embed the photographs under `folder` (the first `most`) with the LiteRT file `backbone`; parts go to `store`.

    Unreadable photographs are logged and left out.
    """
    paths = list_photographs(folder)[:most]
    run = _runner(backbone)
    store = store / backbone.stem / view
    store.mkdir(parents=True, exist_ok=True)
    parts = []
    with ThreadPoolExecutor(threads) as pool:
        for start in range(0, len(paths), PART):
            part = store / f"{folder.name}.{start:05d}.npz"
            if not part.exists():
                chunk = paths[start : start + PART]
                title = f"{backbone.stem} {view} {folder.name} {start}"
                rows = list(tqdm(pool.map(lambda path: _try(run, path, view), chunk), title, len(chunk), leave=False))
                _save(part, folder.parent, zip(chunk, rows, strict=True))
            parts.append(part)
    return _load(parts)


def _runner(backbone: Path) -> Callable[[Path, str], Floats]:
    """A function that embeds one photograph; each thread has its own interpreter."""
    from ai_edge_litert.interpreter import Interpreter

    local = threading.local()

    def run(path: Path, view: str) -> Floats:
        if not hasattr(local, "interpreter"):
            local.interpreter = Interpreter(str(backbone), num_threads=1)
            local.interpreter.allocate_tensors()
        given = local.interpreter.get_input_details()[0]
        local.interpreter.set_tensor(given["index"], view_input(path, view, int(given["shape"][1])))
        local.interpreter.invoke()
        feature_map = local.interpreter.get_tensor(local.interpreter.get_output_details()[0]["index"])
        return np.asarray(feature_map.mean(axis=(1, 2))[0], np.float32)

    return run


def _try(run: Callable[[Path, str], Floats], path: Path, view: str) -> Floats | None:
    try:
        return run(path, view)
    except (OSError, ValueError) as error:
        log.warning("left out %s: %s", path, error)
        return None


def _save(part: Path, data: Path, rows: Iterable[tuple[Path, Floats | None]]) -> None:
    kept = [(path.relative_to(data).as_posix(), row) for path, row in rows if row is not None]
    beside = part.with_suffix(".part.npz")
    np.savez(beside, names=[name for name, _ in kept], values=np.stack([row for _, row in kept]).astype(np.float16))
    beside.replace(part)


def _load(parts: Iterable[Path]) -> Embeddings:
    names: list[str] = []
    values = []
    for part in parts:
        with np.load(part, allow_pickle=False) as file:
            names.extend(file["names"].tolist())
            values.append(file["values"].astype(np.float32))
    return Embeddings(tuple(names), np.concatenate(values))

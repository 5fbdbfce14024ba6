"""Photographs become stored embeddings, through the very LiteRT files that ship; a stopped run goes on where it was."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import zip_longest
from pathlib import Path

import numpy as np
from tqdm import tqdm

from core.errors import PhotoError
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


def embed(backbone: Path, view: str, folder: Path, store: Path, threads: int = 2) -> Embeddings:
    """Embed the photographs under `folder` with the LiteRT file `backbone`; parts go to `store`.

    What a part in `store` has already is not made again.  Unreadable photographs are logged and left out; raises
    ValueError when none is left.
    """
    paths = list_photographs(folder)
    run = partial(_try, _runner(backbone), view)
    store = store / backbone.stem / view
    store.mkdir(parents=True, exist_ok=True)
    found: dict[str, Floats] = {}
    with ThreadPoolExecutor(threads) as pool:
        for start in range(0, len(paths), PART):
            chunk = {path.relative_to(folder.parent).as_posix(): path for path in paths[start : start + PART]}
            part = store / f"{folder.name}.{start:05d}.npz"
            kept = _load(part) if part.exists() else {}
            missing = [name for name in chunk if name not in kept]
            if missing:
                title = f"{backbone.stem} {view} {folder.name} {start}"
                rows = pool.map(run, [chunk[name] for name in missing])
                made = zip(missing, tqdm(rows, title, len(missing), leave=False), strict=True)
                _save(part, kept | {name: row for name, row in made if row is not None})
                kept = _load(part)
            found |= {name: kept[name] for name in chunk if name in kept}
    if not found:
        raise ValueError(f"no photograph under {folder} can be used")
    return Embeddings(tuple(found), np.stack(list(found.values())))


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


def _try(run: Callable[[Path, str], Floats], view: str, path: Path) -> Floats | None:
    try:
        return run(path, view)
    except PhotoError as error:
        log.warning("left out %s: %s", path, error)
        return None


def _save(part: Path, rows: Mapping[str, Floats]) -> None:
    beside = part.with_suffix(".part.npz")
    np.savez(beside, names=list(rows), values=np.array(list(rows.values()), np.float16))
    beside.replace(part)


def _load(part: Path) -> dict[str, Floats]:
    with np.load(part, allow_pickle=False) as file:
        return dict(zip(file["names"].tolist(), file["values"].astype(np.float32), strict=True))

"""Memory and speed with very many files: tagged for the first time, again, and with a new head.

    python -m tests.bench.many_files [--number 100000] [--contents 100000] [--model dogs] [--photographs FOLDER]

Writes small JPEGs, `contents` of them different (by a comment: the pixels of a few photographs come again), into a
temporary folder and tags them as the window does: in a process beside it, which is asked for its progress meanwhile.
"""

from __future__ import annotations

import argparse
import io
import multiprocessing
import os
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from core.bundles import Bundle, write_bundle
from core.folders import library_path, models_dir
from core.models import find_model
from core.photos import find_photos
from core.processes import Elsewhere
from core.served import serve_model
from core.tagging import TagProgress
from tools.draw_dog import draw_dog

SIDE_PX = 224
PICTURES = 64
IN_A_FOLDER = 1000
ASKED_EVERY_S = 0.1
LONGEST_S = 3 * 3600


@dataclass(frozen=True)
class Measured:
    """One run: how long it took, what it came to, and the most memory (MB) of its process so far."""

    seconds: float
    last: TagProgress
    megabytes: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--number", type=int, default=100_000, help="how many files")
    parser.add_argument("--contents", type=int, help="how many of them differ (default: all)")
    parser.add_argument("--model", default="dogs")
    parser.add_argument("--photographs", type=Path, help="a folder with photographs for the pixels (default: drawings)")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="shelterlens-many-") as place:
        os.environ["SHELTERLENS_HOME"] = str(Path(place) / "home")
        root = Path(place) / "photographs"
        write_files(root, wanted.number, wanted.contents or wanted.number, list(pictures(wanted.photographs)))
        bundle = find_model(wanted.model)
        model = Elsewhere(serve_model, wanted.model)
        print(f"{wanted.number} files, model {wanted.model}")
        say("first", tag(model, root))
        say("again, same process", tag(model, root))
        print(f"stopped after {stop(model, root) * 1000:.0f} ms")
        model.close()
        retrain(bundle)
        for name, what in ((wanted.model, "again, new process"), ("retrained", "with a new head")):
            model = Elsewhere(serve_model, name)
            say(what, tag(model, root))
            model.close()
        size = sum(part.stat().st_size for part in library_path().parent.glob("library.sqlite*"))
        print(f"library: {size / 1e6:.0f} MB; this process at most {most_megabytes(os.getpid())} MB")


def pictures(photographs: Path | None) -> Iterator[bytes]:
    """A few small JPEGs, of photographs or of parts of a drawing."""
    paths = list(find_photos(photographs))[:PICTURES] if photographs else []
    drawing = draw_dog()
    for seed in range(len(paths) or PICTURES):
        edges = (seed, seed, drawing.width - seed, drawing.height - seed)
        picture = Image.open(paths[seed]).convert("RGB") if paths else drawing.crop(edges)
        picture.thumbnail((SIDE_PX, SIDE_PX))
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=80)
        yield out.getvalue()


def write_files(root: Path, number: int, contents: int, jpegs: Sequence[bytes]) -> None:
    """JPEGs with a comment that says which of the contents each one is."""
    for place in range(number):
        folder = root / f"2024-{place // IN_A_FOLDER:04}"
        if place % IN_A_FOLDER == 0:
            folder.mkdir(parents=True)
        which = place % contents
        comment, jpeg = b"%020d" % which, jpegs[which % len(jpegs)]
        segment = b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment
        (folder / f"IMG_{place:06}.jpg").write_bytes(jpeg[:2] + segment + jpeg[2:])


def retrain(bundle: Bundle) -> None:
    """The same networks under another head."""
    arrays = {name: values for name in ("kernel", "bias", "subject_kernel", "subject_bias", "subject_positive")
              if (values := getattr(bundle, name)) is not None}  # fmt: skip
    arrays |= {f"hidden_{name}": values for name, values in bundle.hidden.items()}
    networks = {backbone.name: bundle.network_path(backbone) for backbone in bundle.info.backbones}
    info = bundle.info.model_copy(update={"name": "retrained"})
    write_bundle(models_dir() / "retrained", info, arrays, networks, "# Retrained\n")


def tag(model: Elsewhere, root: Path) -> Measured:
    """Tag as the window does, with a model that is ready."""
    model.call("tag_progress")
    thread = threading.Thread(target=model.call, args=("tag", library_path(), [root]), daemon=True)
    began = time.perf_counter()
    thread.start()
    while thread.is_alive():
        thread.join(ASKED_EVERY_S)
        model.call("tag_progress")
    seconds = time.perf_counter() - began
    child = multiprocessing.active_children()[0].pid or 0
    last: TagProgress = model.call("tag_progress")
    return Measured(seconds, last, most_megabytes(child))


def stop(model: Elsewhere, root: Path) -> float:
    """How long a stop takes in the middle of a run, in seconds."""
    thread = threading.Thread(target=model.call, args=("tag", library_path(), [root]), daemon=True)
    thread.start()
    time.sleep(0.5)
    asked = time.perf_counter()
    model.call("stop_tagging")
    thread.join(LONGEST_S)
    return time.perf_counter() - asked


def say(what: str, measured: Measured) -> None:
    last, seconds = measured.last, measured.seconds
    print(
        f"{what}: {last.state.value} {last.problem}, {last.done} of {last.total}, {last.known} known, "
        f"{last.unreadable} unreadable; {seconds:.1f} s, {last.done / seconds:.1f} a second, "
        f"{seconds / max(1, last.done) * 1000:.3f} ms each; at most {measured.megabytes} MB",
        flush=True,
    )


def most_megabytes(process: int) -> int:
    """The most memory (VmHWM) that a process has had; Linux only."""
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii", errors="replace")
    return next(int(line.split()[1]) * 1024 // 1_000_000 for line in status.splitlines() if line.startswith("VmHWM"))


if __name__ == "__main__":
    main()

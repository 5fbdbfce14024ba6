"""Public classifiers from PyPI among those that `make bench` measures, each in an environment of its own:

    PYTHONPATH=.venv-labdog .venv-bench/bin/python -m tests.bench.speed_public labdog
    .venv-speciesnet/bin/python -m tests.bench.speed_public speciesnet

SpeciesNet needs libraries that we do not have, so nothing of Shelterlens is imported here. The lines of stdin and
stdout are those of `tests.bench.speed_contenders`.
"""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

# As many as the published SpeciesNet tells apart.
SPECIES = 2498
MOST_NAMES = 40


class LabDog:
    """`labdog` 0.1.0, a breed classifier (19 breeds) with its weights: MobileNetV2 at 160 pixels, one by one."""

    def __init__(self) -> None:
        from labdog import labdog

        self._ask: Callable[[str], object] = labdog

    def answer(self, paths: Sequence[str]) -> None:
        for path in paths:
            self._ask(path)


class SpeciesNet:
    """The classifier of `speciesnet` 5 as its own code runs it: EfficientNetV2-M at 480 pixels, one by one.

    Its weights are not on PyPI; speed does not depend on them, so they are random here. Its detector, which comes first
    there, is left out.
    """

    def __init__(self) -> None:
        _let_torchvision_in()
        import torch
        from speciesnet.classifier import SpeciesNetClassifier
        from speciesnet.utils import load_rgb_image

        self._open: Callable[[str], Any] = load_rgb_image
        with tempfile.TemporaryDirectory() as folder:
            torch.save(_efficientnet(), Path(folder) / "model.pt")
            (Path(folder) / "labels.txt").write_text("\n".join(f"species {n}" for n in range(SPECIES)))
            info = {"version": "random", "type": "full_image", "classifier": "model.pt"}
            info |= {"classifier_labels": "labels.txt"} | dict.fromkeys(("detector", "taxonomy", "geofence"), "none")
            (Path(folder) / "info.json").write_text(json.dumps(info))
            self._classifier = SpeciesNetClassifier(folder, device="cpu")

    def answer(self, paths: Sequence[str]) -> None:
        for path in paths:
            said = self._classifier.predict(path, self._classifier.preprocess(self._open(path)))
            if "failures" in said:
                raise RuntimeError(f"{path} could not be opened")


def _efficientnet() -> Any:
    """EfficientNetV2-M that takes rows, columns, colours, as the published one does."""
    import torch
    from torchvision.models import efficientnet_v2_m

    network = efficientnet_v2_m(weights=None, num_classes=SPECIES)

    class ColoursLast(torch.nn.Module):  # type: ignore[misc]  # Any where PyTorch is not installed
        def __init__(self) -> None:
            super().__init__()
            self.network = network

        def forward(self, pictures: Any) -> Any:
            return self.network(pictures.permute(0, 3, 1, 2))

    # Where SpeciesNet's code loads the network again, it looks for its class here.
    ColoursLast.__qualname__ = "ColoursLast"
    globals()["ColoursLast"] = ColoursLast
    return ColoursLast().eval()


def _let_torchvision_in() -> None:
    """Its compiled part is missing beside a PyTorch without CUDA; nothing here uses it, but it asks for its names."""
    import torch

    for _ in range(MOST_NAMES):
        try:
            import torchvision  # noqa: F401
        except RuntimeError as error:
            missing = re.search(r"operator (torchvision::\w+) does not exist", str(error))
            if missing is None:
                raise
            torch.library.define(missing[1], "(Tensor given) -> Tensor")
            for name in [name for name in sys.modules if name.startswith("torchvision")]:
                del sys.modules[name]


PUBLIC: dict[str, Callable[[], Any]] = {"labdog": LabDog, "speciesnet": SpeciesNet}


def _peak_memory_mb() -> float:
    status = Path("/proc/self/status")
    if not status.exists():
        return 0.0
    return int(status.read_text(encoding="ascii").partition("VmHWM:")[2].split()[0]) / 1024


def main() -> None:
    # What libraries print must not come between the replies.
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    contender = PUBLIC[sys.argv[1]]()
    for line in sys.stdin:
        paths: Sequence[str] = json.loads(line)["photographs"]
        with suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        began, cpu_began = time.perf_counter(), time.process_time()
        contender.answer(paths)
        seconds, cpu_s = time.perf_counter() - began, time.process_time() - cpu_began
        reply = {"count": len(paths), "seconds": seconds, "cpu_s": cpu_s, "memory_mb": _peak_memory_mb(), "parts": {}}
        print(json.dumps(reply), file=replies, flush=True)


if __name__ == "__main__":
    main()

"""Those that `make bench` measures, each in a process of its own that waits for photographs to answer:

    python -m tests.bench.speed_contenders NAME MODEL_FOLDER NETWORKS_FOLDER

Every line of stdin is `{"photographs": [...], "again": false}`; every line of stdout is a `Reply`. Each contender is
written as a careful user of its library would write it, with inputs of the same sizes and as many passes through the
networks as the model asks for.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from PIL import Image

from core.bundles import read_info
from core.machine import usable_processors
from core.records import Floats, Pixels

BATCH = 32
# A model that looks twice looks closer the second time: the others cut out the middle.
CLOSER = 0.8


@dataclass(frozen=True)
class Look:
    """One pass through a network: which, its input's side, and the share of the picture's sides that it sees."""

    network: str
    size_px: int
    share: float


@dataclass(frozen=True)
class Reply:
    """How long the photographs took, on the clock and on the processors together, and the peak memory meanwhile.

    `parts` are the seconds of what a contender tells apart.
    """

    count: int
    seconds: float
    cpu_s: float
    memory_mb: float
    parts: dict[str, float] = field(default_factory=dict)


class Contender(Protocol):
    """Answers for photographs, which it knows when it is asked `again`.

    It may say how many seconds its parts took; a part called `total` then stands for the whole. One that remembers has
    a method `forget`, which is called before photographs come that it is not to know.
    """

    def answer(self, paths: Sequence[Path], again: bool) -> dict[str, float] | None: ...


def looks_of(model: Path) -> list[Look]:
    """The passes through networks that a model makes for one photograph."""
    return [
        Look(backbone.name, backbone.size_px, CLOSER if place else 1.0)
        for backbone in read_info(model).backbones
        for place in range(len(backbone.views))
    ]


def open_heic_too() -> None:
    """Pillow opens HEIC files from now on."""
    from pi_heif import register_heif_opener

    register_heif_opener()


def middle(width: int, height: int, share: float) -> tuple[float, float, float, float]:
    """The edges of the middle of a picture, as Pillow wants them."""
    left, top = width * (1 - share) / 2, height * (1 - share) / 2
    return left, top, width - left, height - top


class PlainKeras:
    """One by one, as Keras' own pages begin: `load_img` and `model.predict`."""

    def __init__(self, model: Path, networks: Path) -> None:
        import keras

        open_heic_too()
        self._looks = looks_of(model)
        # Opened once for all networks, at the size of the largest.
        self._side = max(look.size_px for look in self._looks)
        self._models = {
            look.network: keras.models.load_model(networks / f"{look.network}.keras") for look in self._looks
        }

    def answer(self, paths: Sequence[Path], again: bool) -> None:
        import keras

        for path in paths:
            picture = keras.utils.load_img(path, target_size=(self._side, self._side))
            for look in self._looks:
                if (look.size_px, look.share) != (self._side, 1.0):
                    box = middle(self._side, self._side, look.share)
                    seen = picture.resize((look.size_px, look.size_px), Image.Resampling.BILINEAR, box=box)
                else:
                    seen = picture
                self._models[look.network].predict(keras.utils.img_to_array(seen)[None], verbose=0)


class TfData:
    """A `tf.data` pipeline that decodes on all processors while Keras predicts in batches."""

    def __init__(self, model: Path, networks: Path) -> None:
        import keras

        open_heic_too()
        self._looks = looks_of(model)
        loaded = {look.network: keras.models.load_model(networks / f"{look.network}.keras") for look in self._looks}
        inputs = [keras.Input((look.size_px, look.size_px, 3)) for look in self._looks]
        answers = [loaded[look.network](given) for look, given in zip(self._looks, inputs, strict=True)]
        self._model = keras.Model(inputs, keras.layers.average(answers) if len(answers) > 1 else answers[0])

    def answer(self, paths: Sequence[Path], again: bool) -> None:
        import tensorflow as tf

        # All photographs of one question are of one kind.
        opened = self._with_pillow if paths[0].suffix == ".heic" else self._with_tensorflow
        dataset = (
            tf.data.Dataset.from_tensor_slices([str(path) for path in paths])
            .map(lambda path: self._inputs(opened(path)), num_parallel_calls=tf.data.AUTOTUNE)
            .batch(BATCH)
            .prefetch(tf.data.AUTOTUNE)
        )
        if len(self._model.predict(dataset, verbose=0)) != len(paths):
            raise RuntimeError("answers are missing")

    @staticmethod
    def _with_tensorflow(path: Any) -> Any:
        import tensorflow as tf

        return tf.io.decode_image(tf.io.read_file(path), channels=3, expand_animations=False)

    @staticmethod
    def _with_pillow(path: Any) -> Any:
        """TensorFlow has no decoder for HEIC."""
        import tensorflow as tf

        def opened(path: bytes) -> Pixels:
            return np.asarray(Image.open(os.fsdecode(path)).convert("RGB"))

        picture = tf.numpy_function(opened, [path], tf.uint8)
        picture.set_shape((None, None, 3))
        return picture

    def _inputs(self, picture: Any) -> tuple[tuple[Any, ...]]:
        import tensorflow as tf

        seen = []
        for look in self._looks:
            cut = tf.image.central_crop(picture, look.share) if look.share < 1 else picture
            resized = tf.image.resize(cut, (look.size_px, look.size_px))
            seen.append(tf.ensure_shape(resized, (look.size_px, look.size_px, 3)))
        return (tuple(seen),)


class OnnxLoop:
    """ONNX Runtime in batches, while threads open the photographs of the next ones with Pillow, scaled."""

    def __init__(self, model: Path, networks: Path) -> None:
        import onnxruntime

        open_heic_too()
        self._looks = looks_of(model)
        self._side = max(look.size_px for look in self._looks)
        self._sessions = {
            look.network: onnxruntime.InferenceSession(
                str(networks / f"{look.network}.onnx"), providers=["CPUExecutionProvider"]
            )
            for look in self._looks
        }

    def answer(self, paths: Sequence[Path], again: bool) -> None:
        with ThreadPoolExecutor(usable_processors()) as pool:
            ahead: deque[list[Future[list[Floats]]]] = deque()
            for start in range(0, len(paths), BATCH):
                ahead.append([pool.submit(self._inputs, path) for path in paths[start : start + BATCH]])
                if len(ahead) > 2:
                    self._predict(ahead.popleft())
            while ahead:
                self._predict(ahead.popleft())

    def _inputs(self, path: Path) -> list[Floats]:
        with Image.open(path) as picture:
            picture.draft("RGB", (self._side, self._side))
            opened = picture.convert("RGB")
        return [
            np.asarray(
                opened.resize(
                    (look.size_px, look.size_px),
                    Image.Resampling.BILINEAR,
                    box=middle(opened.width, opened.height, look.share),
                ),
                np.float32,
            )
            for look in self._looks
        ]

    def _predict(self, opened: list[Future[list[Floats]]]) -> None:
        for look, pictures in zip(self._looks, zip(*(one.result() for one in opened), strict=True), strict=True):
            session = self._sessions[look.network]
            session.run(None, {session.get_inputs()[0].name: np.stack(pictures)})


def _shelterlens(model: Path, networks: Path) -> Contender:
    from tests.bench.speed_own import Shelterlens

    return Shelterlens(model)


def _bound(model: Path, networks: Path) -> Contender:
    from tests.bench.speed_own import Bound

    return Bound(model)


CONTENDERS: dict[str, Callable[[Path, Path], Contender]] = {
    "keras": PlainKeras,
    "tf.data": TfData,
    "onnx": OnnxLoop,
    "shelterlens": _shelterlens,
    "bound": _bound,
}


def forget_peak_memory() -> None:
    """The peak is counted anew from now on, where the system can (Linux)."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def peak_memory_mb() -> float:
    """The most memory that this process had in use at once, ever or since it was forgotten."""
    if sys.platform == "linux":  # ru_maxrss would begin with what the parent had
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return int(status.partition("VmHWM:")[2].split()[0]) / 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)


def main() -> None:
    name, model, networks = sys.argv[1:]
    # What libraries print must not come between the replies.
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    contender = CONTENDERS[name](Path(model), Path(networks))
    for line in sys.stdin:
        asked = json.loads(line)
        paths = [Path(path) for path in asked["photographs"]]
        if not asked["again"]:
            getattr(contender, "forget", lambda: None)()
        forget_peak_memory()
        began, cpu_began = time.perf_counter(), time.process_time()
        parts = contender.answer(paths, asked["again"]) or {}
        seconds, cpu_s = time.perf_counter() - began, time.process_time() - cpu_began
        reply = Reply(len(paths), parts.pop("total", seconds), cpu_s, peak_memory_mb(), parts)
        print(json.dumps(asdict(reply)), file=replies, flush=True)


if __name__ == "__main__":
    main()

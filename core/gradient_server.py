"""Maps of inner layers for the window and the command line, from a process of its own that is kept warm.

True gradients need Keras, which lives in training/ and which core may not import. Only the other process does, by the
module's name, so that neither the window nor a command ever loads TensorFlow, and both run where it is not installed.
"""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import Final, Protocol, cast

from core.bundles import Bundle
from core.errors import UserError
from core.explain_methods import METHODS, MapRequest, has_training_parts
from core.folders import program_dir
from core.processes import Elsewhere
from core.records import EvidenceMap, Photo
from core.texts import tr
from core.this_program import missing_parts_remedy

_MODULE: Final = "training.gradients"


class Gradients(Protocol):
    """What lives in the other process: `training.gradients.LayerGradients`."""

    def evidence(self, photo: Photo, request: MapRequest) -> EvidenceMap: ...


class GradientServer:
    """Answers of one model by gradients; threads may share it. The process starts with the first question.

    `evidence` raises UserError where the parts for training are missing or the network cannot be rebuilt.
    """

    def __init__(self, bundle: Bundle) -> None:
        self.folder = bundle.folder
        self._lock = Lock()
        self._process: Elsewhere | None = None

    def evidence(self, photo: Photo, request: MapRequest) -> EvidenceMap:
        """The map that is wanted, over the whole picture. The first takes seconds longer: TensorFlow is loaded."""
        return cast(EvidenceMap, self._alive().call("evidence", photo, _lighter(request)))

    def start(self) -> None:
        """Begin to load; nobody waits. Raises UserError where the parts for training are missing."""
        self._alive()

    def close(self) -> None:
        """End the process. A question that waits for its answer raises UserError."""
        with self._lock:
            process, self._process = self._process, None
        if process is not None:
            process.close()

    def _alive(self) -> Elsewhere:
        check_training_parts()
        with self._lock:
            if self._process is None or not self._process.is_alive:
                self._process = Elsewhere(serve_gradients, self.folder)
            return self._process


def _lighter(request: MapRequest) -> MapRequest:
    """Without the weights of dense layers, which the other process has: they may be hundreds of megabytes."""
    if request.features is None:
        return request
    maps = tuple(replace(seen, hidden=None, tail=None) for seen in request.features.maps)
    return replace(request, features=replace(request.features, maps=maps))


def check_training_parts() -> None:
    """Raises UserError that says what to install, and what works without."""
    if has_training_parts():
        return
    names = ", ".join(entry.method.value for entry in METHODS.values() if not entry.needs_training())
    said = tr(
        "Maps of inner layers need the parts for training, which are not installed. In {folder}: {command}. "
        "Without them work: {names}."
    )
    said = said.format(folder=program_dir(), command='pip install -e ".[train]"', names=names)
    raise UserError(missing_parts_remedy() or said)


def serve_gradients(folder: Path) -> Gradients:
    """In the other process: the model in this folder. Raises UserError where a network cannot be rebuilt."""
    return cast(Gradients, import_module(_MODULE).serve(folder))

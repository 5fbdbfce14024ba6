"""On which machine a benchmark ran, with which versions, and how much others disturbed it."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from core.machine import memory_bytes, usable_processors

VERSIONS = ("tensorflow", "keras", "onnxruntime", "ai-edge-litert", "pillow", "pi-heif", "numpy")


def machine_words() -> str:
    """Processor, memory, system and the versions of what was compared, in one line."""
    versions = ", ".join(f"{name} {found}" for name in VERSIONS if (found := _version(name)))
    return (
        f"{processor()}, {usable_processors()} processor cores, {memory_bytes() / 2**30:.0f} GB of memory, "
        f"{platform.system()}, Python {platform.python_version()}, {versions}"
    )


def processor() -> str:
    """What the system calls its processor."""
    if sys.platform == "linux":
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
        for line in text.splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


class Meter:
    """How much of the processors others use, from now on."""

    def __init__(self) -> None:
        self._began = self._read()

    def others(self) -> float | None:
        """Their share of all processors since then; None where the system does not say. Ask when all children ended."""
        began, now = self._began, self._read()
        if began is None or now is None or now[1] <= began[1]:
            return None
        return (now[0] - began[0]) / (now[1] - began[1])

    @staticmethod
    def _read() -> tuple[float, float] | None:
        """Seconds that all processors were busy with others, and those that went by on all of them."""
        if sys.platform != "linux":
            return None
        line = Path("/proc/stat").read_text(encoding="ascii").splitlines()[0]
        spent = [int(part) / os.sysconf("SC_CLK_TCK") for part in line.split()[1:9]]
        idle = spent[3] + spent[4]
        return sum(spent) - idle - sum(os.times()[:4]), sum(spent)

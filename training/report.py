"""report.html."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from core.bundles import BundleInfo
from core.run_results import PhotoAnswer
from core.train_records import Result


def write_report(folder: Path, result: Result, info: BundleInfo, answers: Sequence[PhotoAnswer]) -> None:
    """Not yet."""
    (folder / "report.html").write_text("<!doctype html>", encoding="utf-8")

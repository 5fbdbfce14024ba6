"""Which modules each finished program has: read from the source, so that a forgotten one is found."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("core", "gui", "training")

# What the small program leaves out. Modules that import one of these at their top are left out with it.
TRAINING_PARTS = (
    "ai_edge_quantizer",
    "h5py",
    "keras",
    "matplotlib",
    "onnx",
    "optuna",
    "scipy",
    "sklearn",
    "tensorboard",
    "tensorflow",
)


def modules(has_training_parts: bool) -> list[str]:
    """Every module of the program that can be imported with these parts, sorted by name."""
    absent = set() if has_training_parts else set(TRAINING_PARTS)
    return ["main", *(name for name in sorted(_source_of()) if not _needs(name) & absent)]


@cache
def _source_of() -> dict[str, Path]:
    found = {}
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def _needs(name: str) -> set[str]:
    """The packages of others that are imported when this module is, whoever imports them."""
    seen, left, outside = set[str](), [name], set[str]()
    while left:
        module = left.pop()
        if module in seen:
            continue
        seen.add(module)
        for imported in _imported_at_top(module):
            if imported in _source_of():
                left.append(imported)
            outside.add(imported.partition(".")[0])
    return outside - set(PACKAGES)


@cache
def _imported_at_top(module: str) -> tuple[str, ...]:
    tree = ast.parse(_source_of()[module].read_bytes())
    return tuple(name for statement in _run_on_import(tree.body) for name in _names(statement))


def _run_on_import(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that run when a module is imported: not those of functions, nor what only types need."""
    for statement in body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if isinstance(statement, ast.If) and "TYPE_CHECKING" in ast.unparse(statement.test):
            yield from _run_on_import(statement.orelse)
            continue
        yield statement
        for part in ("body", "orelse", "finalbody", "handlers"):
            for inner in getattr(statement, part, []):
                yield from _run_on_import(inner.body if isinstance(inner, ast.ExceptHandler) else [inner])


def _names(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, ast.Import):
        yield from (alias.name for alias in statement.names)
    elif isinstance(statement, ast.ImportFrom) and statement.module and not statement.level:
        yield statement.module
        yield from (f"{statement.module}.{alias.name}" for alias in statement.names)

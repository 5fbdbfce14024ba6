"""Pydantic imports its modules by name; without its first version and its plugin for mypy, which nobody asks for."""

from PyInstaller.utils.hooks import collect_submodules


def _is_wanted(name: str) -> bool:
    return not name.startswith(("pydantic.v1", "pydantic.mypy"))


hiddenimports = [name for name in collect_submodules("pydantic", filter=_is_wanted) if _is_wanted(name)]
excludedimports = ["pydantic.v1", "pydantic.mypy"]

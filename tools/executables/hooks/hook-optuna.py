"""Optuna loads parts by name, and Alembic reads the steps from one database to the next as files."""

from PyInstaller.utils.hooks import collect_data_files, collect_submodules

_STEPS = "storages/_rdb/alembic"

hiddenimports = [
    "alembic.command",
    "alembic.config",
    "alembic.migration",
    "alembic.script",
    "logging.config",
    "sqlalchemy.dialects.sqlite",
    *collect_submodules("optuna.visualization.matplotlib"),
    *collect_submodules("optuna.importance"),
]
datas = collect_data_files("optuna", include_py_files=True, includes=[f"{_STEPS}/**", "storages/_rdb/alembic.ini"])

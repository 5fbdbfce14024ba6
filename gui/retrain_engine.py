"""What the worker threads do for the Retrain tab: runs started, watched, read, used; tables and small pictures read."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import BadZipFile

from core.errors import PhotoError, UserError
from core.texts import tr
from core.this_program import missing_parts_remedy
from gui.engine import Engine
from gui.retrain_board import Board

if TYPE_CHECKING:
    from core.bundle_info import BundleInfo
    from core.run_results import ConfusionTable, PhotoAnswer
    from core.train_config import TrainConfig
    from core.train_records import DataReport, Epoch, Job, Result, RunState, Stop
    from core.train_runs import Run

log = logging.getLogger(__name__)

_ROWS_SHOWN = 5
_WORKBOOKS = (".xlsx", ".xlsm")
_MOST_COLUMNS = 200
# The shipped Xception for one photograph on two processor cores; what learning costs beside looking; what a card saves.
_XCEPTION_S, _BACK_AND_FORTH, _CARD = 0.05, 4.0, 30.0
# Reading, changing and checking the photographs beside it: so much longer did real trainings take.
_MEASURED = 2.3


@dataclass(frozen=True)
class RunEntry:
    """One run in the list, with what it learned where it is done."""

    run: Run
    result: Result | None = None

    @property
    def id(self) -> str:
        return self.run.id


@dataclass(frozen=True)
class Progress:
    """How a run stands, with its epochs so far."""

    run: Run
    state: RunState
    history: tuple[Epoch, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """All that step 3 shows of a run."""

    run: Run
    result: Result
    answers: tuple[PhotoAnswer, ...]
    confusion: ConfusionTable | None
    history: tuple[Epoch, ...]


@dataclass(frozen=True)
class TableHead:
    """The beginning of a table: its columns and the first rows."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Computer:
    """Graphics cards by name; `problem` says why Keras' networks cannot be used here, `hint` how a card could be."""

    cards: tuple[str, ...] = ()
    problem: str = ""
    hint: str = ""

    @property
    def has_tensorflow(self) -> bool:
        return not self.problem


@dataclass(frozen=True)
class InUse:
    """The model that answers from now on, and what the settings say to go back to."""

    name: str
    title: str
    previous: str | None


class RetrainEngine:
    """Every method may be called in a worker thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._board = Board()

    # Runs

    def runs(self) -> list[RunEntry]:
        """All runs, the newest first."""
        from core.train_runs import list_runs, read_result

        return [RunEntry(run, read_result(run) if run.has_result else None) for run in list_runs()]

    def prepared(self, run: Run | None, config: TrainConfig) -> Run:
        """A run with this config: the same one as long as it was not trained, else a new one."""
        from core.train_runs import again, change_config, delete_run, new_run

        now = again(run) if run is not None and run.folder.is_dir() else None
        if now is None or now.has_begun or now.is_running:
            return new_run(config)
        if now.name != config.name:  # its name is in its id
            named = new_run(config)
            delete_run(now)
            return named
        return change_config(now, config)

    def start(self, run: Run | None, config: TrainConfig, job: Job) -> Run:
        """Begin this job with this config. Raises UserError, such as that another run is being trained."""
        from core.train_runs import again, check_may_start, start

        ready = self.prepared(run, config)
        check_may_start(ready, job)
        start(ready, job)
        return again(ready)

    def resume(self, run: Run) -> Run:
        """Go on with a training."""
        from core.train_records import Job
        from core.train_runs import again, start

        start(run, Job.TRAIN)
        return again(run)

    def running(self) -> Run | None:
        """The run that is being trained now, by any window or command."""
        from core.train_runs import running_run

        return running_run()

    def progress(self, run: Run) -> Progress:
        """How it stands."""
        from core.run_results import read_epochs
        from core.train_runs import read_state

        return Progress(run, read_state(run), read_epochs(run.folder))

    def stop(self, run: Run, how: Stop) -> None:
        """Ask it to end."""
        from core.train_runs import ask_to_stop

        ask_to_stop(run, how)

    def kill(self, run: Run) -> None:
        """End it at once."""
        from core.train_runs import kill

        kill(run)

    def delete(self, run: Run) -> None:
        """Away with it and all its files."""
        from core.train_runs import delete_run

        delete_run(run)

    def data(self, run: Run) -> DataReport | None:
        """What was found out about its photographs."""
        from core.train_runs import read_data_report

        return read_data_report(run)

    def outcome(self, run: Run) -> Outcome:
        """Its result. Raises UserError where it has none."""
        from core.run_results import read_answers, read_confusion, read_epochs, read_metrics
        from core.train_runs import again

        now = again(run)
        result = read_metrics(now.folder)
        if result is None:
            raise UserError(now.problem or tr("This run has no result."))
        return Outcome(now, result, read_answers(now.folder), read_confusion(now.folder), read_epochs(now.folder))

    # The model of a run

    def loss(self, run: Run) -> str:
        """What would be lost with its model, to be asked about before; empty where nothing is. Raises UserError."""
        from core.model_loss import loss_of

        found = loss_of(run)
        return found.sentence() if found else ""

    def use(self, run: Run) -> InUse:
        """Its model answers from now on. Raises UserError, and then nothing has changed."""
        from core.model_versions import use_run

        return _in_use(use_run(run).info)

    def go_back(self) -> InUse:
        """The model before answers again. Raises UserError."""
        from core.model_versions import go_back

        return _in_use(go_back().info)

    def earlier_model(self) -> str:
        """What the model is called that can be gone back to; empty where there is none."""
        from core.model_versions import previous
        from core.texts import label_name

        info = previous()
        return f"{label_name(info.title)} {info.version}" if info else ""

    def reanswer(self, should_stop: Callable[[], bool]) -> int:
        """The model that the window holds answers for the library's photographs from the kept vectors; for how many."""
        from core.reanswer import reanswer

        bundle = self._engine.serving()[1]
        return reanswer(self._engine.library.database, bundle, lambda _done, _total: None, should_stop)

    def save_model(self, run: Run, path: Path) -> None:
        """The model of a run as one file; the user has said already that it may be replaced. Raises UserError."""
        from core.bundles import export_bundle, load_bundle

        export_bundle(load_bundle(run.model_dir), path)

    def open_report(self, run: Run) -> None:
        """The report in the browser. Raises UserError."""
        import webbrowser

        path = run.folder / "report.html"
        if not path.is_file():
            raise UserError(tr("This run has no report."))
        webbrowser.open(path.as_uri())

    def open_board(self, run: Run) -> None:
        """TensorBoard on this run, in the browser. Raises UserError where it is not installed or does not start."""
        self._board.open(run.folder / "tensorboard")

    def close(self) -> None:
        """What was started beside the window ends with it; a training goes on."""
        self._board.close()

    def last_lines(self, run: Run, most: int = 400) -> str:
        """The end of its log."""
        try:
            text = (run.folder / "log.txt").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""
        return "\n".join(text.splitlines()[-most:])

    # What there is to choose from

    def table_head(self, path: Path) -> TableHead:
        """The columns and the first rows of a table. Raises UserError."""
        from core.csv_reading import read_table

        if path.suffix.lower() in _WORKBOOKS:
            return _head_of_workbook(path)
        table = read_table(path)
        return TableHead(table.header, tuple(line.cells for line in table.lines[:_ROWS_SHOWN]))

    def words_in_library(self) -> int:
        """Of how many photographs volunteers have said something."""
        asked = "SELECT count(DISTINCT photograph) FROM corrections WHERE taken_back IS NULL"
        with self._engine.library.database.reading() as connection:
            return int(connection.execute(asked).fetchone()[0])

    def model_names(self) -> frozenset[str]:
        """The names that models have already."""
        from core.bundle_info import is_name
        from core.folders import models_dir, shipped_models_dir

        folders = [one for root in (models_dir(), shipped_models_dir()) if root.is_dir() for one in root.iterdir()]
        return frozenset(one.name for one in folders if one.is_dir() and is_name(one.name))

    def computer(self) -> Computer:
        """What it can do; TensorFlow is looked for, not loaded."""
        from importlib.util import find_spec

        problem = ""
        if find_spec("tensorflow") is None or find_spec("keras") is None:
            problem = missing_parts_remedy() or tr(
                "This way needs the training parts (TensorFlow), which are not installed here. The manual says how to "
                "add them."
            )
        hint = ""
        if sys.platform == "win32":
            hint = tr("TensorFlow uses graphics cards on Windows only within WSL2; the manual says how.")
        return Computer(_cards(), problem, hint)

    def fitted_png(self, path: Path, width: int) -> bytes | None:
        """A picture no wider than this, as Tk reads it; None where there is none."""
        import io

        from PIL import Image

        try:
            with Image.open(path) as opened:
                picture = opened.convert("RGB")
        except (OSError, ValueError, Image.DecompressionBombError):
            log.warning("%s cannot be shown", path, exc_info=True)
            return None
        if picture.width > width:
            picture = picture.resize((width, max(1, round(picture.height * width / picture.width))), reducing_gap=2.0)
        out = io.BytesIO()
        picture.save(out, "PNG", compress_level=1)
        return out.getvalue()

    def pictures(self, paths: Sequence[str]) -> dict[str, bytes | None]:
        """A small JPEG of each photograph; None of what cannot be read."""
        from core.looks import THUMBNAIL_PX, thumbnail_of
        from core.photos import open_photo

        found: dict[str, bytes | None] = {}
        for path in paths:
            try:
                found[path] = thumbnail_of(open_photo(Path(path), THUMBNAIL_PX))
            except (PhotoError, OSError, ValueError):
                found[path] = None
        return found


def _head_of_workbook(path: Path) -> TableHead:
    """The first rows of the first sheet that has any. Raises UserError."""
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = load_workbook(path, read_only=True, data_only=True, keep_links=False)
    except (OSError, ValueError, KeyError, InvalidFileException, BadZipFile) as error:
        raise UserError(tr("The table {name} cannot be read: is it an Excel file?").format(name=path.name)) from error
    try:
        for sheet in book.worksheets:
            sheet.reset_dimensions()
            found: list[tuple[str, ...]] = []
            for row in sheet.iter_rows(max_row=100, max_col=_MOST_COLUMNS, values_only=True):
                cells = tuple("" if cell is None else str(cell).strip() for cell in row)
                if any(cells):
                    found.append(cells)
            if found:
                return TableHead(tuple(cell for cell in found[0] if cell), tuple(found[1 : _ROWS_SHOWN + 1]))
    finally:
        book.close()
    raise UserError(tr("The table {name} is empty.").format(name=path.name))


def _in_use(info: BundleInfo) -> InUse:
    from core.settings import load_settings
    from core.texts import label_name

    return InUse(info.name, label_name(info.title), load_settings().previous_model)


def _cards() -> tuple[str, ...]:
    """The NVIDIA cards of this computer, by the program that comes with their driver."""
    import shutil
    import subprocess

    program = shutil.which("nvidia-smi")
    if program is None or sys.platform == "win32":  # TensorFlow uses none on Windows itself since 2.11
        return ()
    asked = [program, "--query-gpu=name", "--format=csv,noheader"]
    try:
        found = subprocess.run(asked, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ()
    return tuple(line.strip() for line in found.stdout.splitlines() if line.strip()) if not found.returncode else ()


def rough_seconds(config: TrainConfig, photographs: int, has_card: bool) -> float:
    """About how long a training takes, from the multiplications of its network: right within a factor of three."""
    from core.backbones import BACKBONES
    from core.train_config import Mode

    entry = BACKBONES.get(config.network.backbone)
    once = _XCEPTION_S * (entry.cost(config.preprocessing.size_px) if entry else 1.0)
    if config.fit.mode is Mode.HEAD:
        return photographs * once + 10
    learned = photographs * config.split.train
    rounds = config.fit.epochs * _BACK_AND_FORTH + config.fit.head_epochs
    return 30 + _MEASURED * learned * once * rounds / (_CARD if has_card else 1.0)

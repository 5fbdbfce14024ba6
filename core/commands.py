"""The command line: what may be typed, which job that starts, and what becomes of its failures.

Results go to stdout or to a file, everything else to stderr. Exit status: 0 done, 1 nothing could be done, 2 wrong
usage; 130 after Ctrl-C, 141 when whoever reads the results stops reading.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO, TypeAlias

from core.about import NAME, VERSION
from core.errors import UsageError, UserError
from core.texts import tr
from core.this_program import as_typed_here, typed_name

if TYPE_CHECKING:
    from core.commands_train import Make
    from core.doctor import MoreSections

log = logging.getLogger(__name__)

COMMANDS = ("classify", "explain", "train", "evaluate", "study", "transform", "models", "doctor")
DONE, FAILED, WRONG_USAGE, INTERRUPTED, NOT_READ = 0, 1, 2, 130, 141

# A table with more columns than this helps nobody.
_MOST_NAMED = 1000

_Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def run_command(
    arguments: Sequence[str], window_check: MoreSections | None = None, training: Make | None = None
) -> int:
    """Run one command as typed; its exit status.

    `window_check` finds for doctor what core may not look at, `training` gives what trains.
    """
    _make_output_plain(sys.stdout)
    _make_output_plain(sys.stderr)
    try:
        args = _parser(window_check, training).parse_args(arguments)
    except SystemExit as told:  # argparse has shown the help or what is wrong
        return int(told.code or DONE)
    return guarded(lambda: _run(args))


def guarded(job: Callable[[], int], tell: Callable[[str], object] | None = None) -> int:
    """The exit status of a job; what the user can act on is said in one sentence, and nothing shows a traceback.

    `tell` is given that sentence too, where the job failed.
    """

    def failed(sentence: str) -> int:
        status = _refused(sentence, FAILED)
        if tell is not None:
            tell(as_typed_here(sentence))
        return status

    try:
        return job()
    except UsageError as error:
        return _refused(str(error), WRONG_USAGE)
    except UserError as error:
        return failed(str(error))
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # What is left in the buffer would fail once more when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NOT_READ
    except ModuleNotFoundError as error:
        log.exception("a part is missing")
        said = tr("A part of the program is missing ({name}). What to do about it: {command}")
        return failed(said.format(name=error.name, command="main.py doctor"))
    except OSError as error:
        log.exception("the system refuses")
        return failed(tr("The system reports: {reason}.").format(reason=error.strerror or error))
    except Exception as error:
        log.exception("unexpected")
        said = tr("Something went wrong that should not: {error}. Details are in the newest file in {folder}.")
        return failed(said.format(error=repr(error), folder=_log_folder()))


def _run(args: argparse.Namespace) -> int:
    lines: Iterator[str] = args.lines(args)
    for line in lines:
        print(as_typed_here(line))
    sys.stdout.flush()
    return DONE


def _refused(sentence: str, status: int) -> int:
    log.info("refused: %s", sentence)
    print(f"{NAME}: {as_typed_here(sentence)}", file=sys.stderr)
    return status


def _log_folder() -> str:
    from core.folders import log_dir

    try:
        return str(log_dir())
    except (UserError, ImportError) as error:
        return str(error)


def _make_output_plain(stream: TextIO) -> None:
    """UTF-8 for whoever reads a file or a pipe; and no name of a file may stop the program."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure:
        reconfigure(errors="backslashreplace", **({} if stream.isatty() else {"encoding": "utf-8"}))


class _Parser(argparse.ArgumentParser):
    """Its help names the program as it is started here."""

    def format_help(self) -> str:
        return as_typed_here(super().format_help())

    def format_usage(self) -> str:
        return as_typed_here(super().format_usage())


def _parser(window_check: MoreSections | None, training: Make | None) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = _Parser(
        prog=typed_name(),
        description=tr("Says which breed a dog looks like, shows why, and knows when it does not know."),
        epilog=tr(
            "Without a command, the window opens:\n"
            "  main.py                          the window\n"
            "  main.py rex.jpg                  the window with this photograph\n"
            "More about a command: main.py classify --help"
        ),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,  # scripts that rely on one would break with the next option
    )
    parser.add_argument("--version", action="version", version=f"{NAME} {VERSION}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    _add_classify(commands)
    _add_explain(commands)
    _add_training(commands, training)
    _add_studies(commands, training)
    _add_models(commands)
    doctor = _command(commands, "doctor", tr("versions, folders, models, what is missing and what to do about it"))
    doctor.add_argument(
        "--thorough", action="store_true", help=tr("load every part of the program too (up to a minute)")
    )
    doctor.set_defaults(lines=lambda args: _doctor_lines(window_check, args.thorough))
    return parser


def _command(commands: _Subparsers, name: str, what: str, examples: str = "") -> argparse.ArgumentParser:
    epilog = tr("Examples:") + "\n" + examples if examples else None
    return commands.add_parser(
        name,
        help=what,
        description=what[0].upper() + what[1:] + ".",
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,  # scripts that rely on one would break with the next option
    )


def _add_classify(commands: _Subparsers) -> None:
    classify = _command(
        commands,
        "classify",
        tr("a table with one row for each photograph"),
        "  main.py classify rex.jpg\n"
        "  main.py classify photos/ --out breeds.csv\n"
        "  main.py classify photos/ --format json --top 5 --model dogs\n"
        "  main.py classify photos/ --format asm3 --out animals.csv --facts shelter.csv --age 2",
    )
    add = classify.add_argument
    add("paths", nargs="+", type=Path, metavar="PATH", help=tr("a photograph, or a folder with photographs"))
    add("--out", type=Path, metavar="FILE", help=tr("write the table to this file (default: to the terminal)"))
    add(
        "--format",
        choices=("csv", "json", "asm3"),
        help=tr(
            "default: json where the file of --out ends in .json, else csv; "
            "asm3: a row for each animal, as the shelter software ASM3 imports it"
        ),
    )
    _add_model(classify)
    add("--top", type=_count, default=3, metavar="N", help=tr("how many breeds a row names (default: 3)"))
    add("--progress", action="store_true", help=tr("show the progress even where nobody seems to look"))
    add("--fresh", action="store_true", help=tr("answer anew for photographs that the library knows already"))
    _add_asm3(classify)
    classify.set_defaults(lines=_classify_lines)


def _add_asm3(classify: argparse.ArgumentParser) -> None:
    """What only the format asm3 asks for."""
    add = classify.add_argument_group(tr("only with --format asm3")).add_argument
    add("--facts", type=Path, metavar="FILE", help=tr("a CSV of the shelter's own: names, ages, codes, sexes"))
    add("--age", type=_years, metavar="YEARS", help=tr("the age where none is known (default: 1, and it is said)"))
    add("--pictures", action="store_true", help=tr("put the photographs into the table, made smaller"))
    add("--accents-as-codes", action="store_true", help=tr("breed names as ASM3's French installation stores them"))
    add("--database", choices=("en", "fr"), help=tr("the language of the shelter's database (default: yours)"))
    add(
        "--not-sure",
        choices=("mixed", "first", "leave_out"),
        default="mixed",
        help=tr(
            "what becomes of animals of which nobody is sure: mixed breed (default), a cross of the likeliest, nothing"
        ),
    )


def _add_explain(commands: _Subparsers) -> None:
    from core.explain_arguments import EXAMPLES, add_explain_arguments, explain_lines

    what = tr("a picture that shows where in a photograph the evidence for a breed lies")
    explain = _command(commands, "explain", what, EXAMPLES)
    explain.usage = "main.py explain PHOTO --out FILE.png [...]"  # all of them would fill the screen
    add_explain_arguments(explain)
    _add_model(explain)
    explain.set_defaults(lines=explain_lines)


def _add_training(commands: _Subparsers, training: Make | None) -> None:
    from core.commands_train import EVALUATE_EXAMPLES, TRAIN_EXAMPLES, add_evaluate_arguments, add_train_arguments

    train = _command(
        commands, "train", tr("a model of your own, from photographs whose classes are known"), TRAIN_EXAMPLES
    )
    train.usage = "main.py train DATASET [--name NAME] [...]"  # all of them would fill the screen
    add_train_arguments(train, training)
    what = tr("how right a model is on photographs whose classes are known")
    add_evaluate_arguments(_command(commands, "evaluate", what, EVALUATE_EXAMPLES), training)


def _add_studies(commands: _Subparsers, training: Make | None) -> None:
    from core.commands_study import STUDY_EXAMPLES, add_study_arguments
    from core.commands_transform import TRANSFORM_EXAMPLES, add_transform_arguments

    what = tr("the comparisons of earlier projects, run again: tables, curves and a report")
    add_study_arguments(_command(commands, "study", what, STUDY_EXAMPLES), training)
    what = tr("what classic image processing sees of an object: cut out, filtered, outlined, measured")
    add_transform_arguments(_command(commands, "transform", what, TRANSFORM_EXAMPLES))


def _add_models(commands: _Subparsers) -> None:
    models = _command(
        commands,
        "models",
        tr("list, show, use, import, export or remove models"),
        "  main.py models list\n"
        "  main.py models show dogs\n"
        "  main.py models import shelter.shelterlens\n"
        "  main.py models use shelter",
    )
    actions = models.add_subparsers(metavar="ACTION", required=True)

    def action(name: str, what: str, *operands: tuple[str, str]) -> None:
        added = _command(actions, name, what)
        for operand, meaning in operands:
            added.add_argument(operand.lower(), metavar=operand, help=meaning)
        added.set_defaults(lines=lambda args: _model_lines(name, args))

    the_name = ("NAME", tr("the name of the model, as in the list"))
    the_file = ("FILE", tr("a file that ends in .shelterlens"))
    action("list", tr("the models on this computer, with a * at the one in use"))
    action("show", tr("what a model is, how well it answers and its licences"), the_name)
    action("use", tr("make a model the one in use"), the_name)
    action("back", tr("put the model in use that was before"))
    action("import", tr("check a model in a file and keep it"), the_file)
    action("export", tr("write a model as one file, to hand it on"), the_name, the_file)
    action("remove", tr("delete a model of your own"), the_name)


def _add_model(parser: argparse.ArgumentParser) -> None:
    said = tr("the model: a name, a folder or a .shelterlens file (default: the one in use)")
    parser.add_argument("--model", metavar="NAME", help=said)


def _count(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= _MOST_NAMED:
        said = tr("{text} is not a whole number from 1 to {most}").format(text=text, most=_MOST_NAMED)
        raise argparse.ArgumentTypeError(said)
    return int(text)


def _years(text: str) -> float:
    from core.shelter_facts import parse_age

    try:
        years = parse_age(text or "-")
    except UserError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    assert years is not None
    return years


# What a command needs is imported when it runs: the others, and --help, stay quick.


def _classify_lines(args: argparse.Namespace) -> Iterator[str]:
    from core.commands_classify import Table, classify

    # A redirected /dev/stdout is a plain file, which would be replaced.
    if args.out in (Path("-"), Path("/dev/stdout")):
        args.out = None
    is_json = args.out is not None and args.out.suffix.lower() == ".json"
    kind = args.format or ("json" if is_json else "csv")
    if kind == "asm3":
        _classify_for_asm3(args)
        return iter(())
    classify(Table(tuple(args.paths), args.out, kind, args.model, args.top, args.progress, args.fresh))
    return iter(())


def _classify_for_asm3(args: argparse.Namespace) -> None:
    from core.asm3_options import Asm3Options, Unsure
    from core.commands_asm3 import AnimalTable, write_animals
    from core.commands_classify import check_destination, check_there
    from core.models import find_model, model_or_file
    from core.texts import language

    if args.out is not None:
        check_destination(args.out, args.paths)
    check_there(args.paths)
    bundle = model_or_file(args.model) if args.model is not None else find_model()
    options = Asm3Options(
        language=args.database or language(),
        pictures=args.pictures,
        default_age_years=args.age,
        unsure=Unsure(args.not_sure),
        has_coded_accents=args.accents_as_codes,
    )
    shows = args.progress or (sys.stderr.isatty() and (args.out is not None or not sys.stdout.isatty()))
    write_animals(AnimalTable(tuple(args.paths), args.out, options, args.facts, shows), bundle)


def _model_lines(action: str, args: argparse.Namespace) -> Iterator[str]:
    from core import commands_models as models

    match action:
        case "list":
            yield from models.list_lines()
        case "show":
            yield from models.show_lines(args.name)
        case "use":
            yield from models.use_lines(args.name)
        case "back":
            yield from models.back_lines()
        case "import":
            yield from models.import_lines(Path(args.file))
        case "export":
            yield from models.export_lines(args.name, Path(args.file))
        case "remove":
            yield from models.remove_lines(args.name)


def _doctor_lines(window_check: MoreSections | None, loads_all: bool) -> Iterator[str]:
    from core.doctor import examine, is_usable, report

    sections = examine(window_check, loads_all)
    yield report(sections)
    if not is_usable(sections):
        raise UserError(tr("Something essential is missing: see above."))

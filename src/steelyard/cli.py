"""
The command tree, and the only place where errors become exit codes.

Nothing but argparse is imported here: `steelyard --help` costs little more than starting Python. A command's module is
imported when that command runs.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import io
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import NamedTuple, NoReturn

from steelyard import DISTRIBUTION, __version__
from steelyard.errors import NO_ROOM, SteelyardError, no_room
from steelyard.text import blanked

_EXIT_CODES = """\
exit codes:
  0 ok   1 bug   2 usage or configuration   3 input   4 forge, store or git
  5 training failed   10 a gate failed
  130 interrupted (Ctrl-C)   143 asked to end (SIGTERM)
"""


class Command(NamedTuple):
    """One command: its name, its help, its arguments, and the module in `steelyard.commands` that runs it."""

    name: str
    help: str
    description: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    module: str


def _report(parser: argparse.ArgumentParser) -> None:
    _baseline_options(parser)
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write the Markdown to FILE ('-': stdout)")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a self-contained page to FILE")
    parser.add_argument("--open", action="store_true", help="open the page in a browser")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the comparison as JSON to FILE ('-': stdout)")


def _run(parser: argparse.ArgumentParser) -> None:
    parser.usage = "%(prog)s [OPTIONS] [-- CMD ...]"
    _output_directory(parser)
    parser.add_argument(
        "--repeat",
        type=int,
        metavar="K",
        help="run the command K times, with STEELYARD_SEED 0 … K-1, to measure the luck of training "
        "(default: `repeat` of [run] in the configuration)",
    )
    parser.add_argument(
        "command",
        nargs=argparse.REMAINDER,
        metavar="-- CMD",
        help="the training command, with all that follows it; without it, `command` of [run] in the configuration",
    )


def _collect(parser: argparse.ArgumentParser) -> None:
    _output_directory(parser)


def _compare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("candidate", type=Path, metavar="CANDIDATE", help="directory that `collect` or `run` wrote")
    parser.add_argument("baseline", type=Path, metavar="BASELINE", help="the same, of what to compare with")
    parser.add_argument("--markdown", action="store_true", help="print the report instead of the comparison as JSON")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write to FILE instead of standard output")


def _ci(parser: argparse.ArgumentParser) -> None:
    _baseline_options(parser)
    parser.add_argument("--id", dest="report_id", metavar="ID", help="tells several reports on one change apart")
    parser.add_argument("--prepare", metavar="CMD", help="run this shell command before training, e.g. to install")
    parser.add_argument(
        "--run",
        metavar="CMD",
        help="train with this shell command first (default: report what is in the workspace, without training)",
    )
    parser.add_argument(
        "--bundle",
        type=Path,
        metavar="DIR",
        help="write what was measured to DIR, for a job that reports it; post and store nothing",
    )
    parser.add_argument(
        "--from-bundle",
        type=Path,
        metavar="PATH",
        help="report what another job measured: its bundle, a directory or a zip archive; run nothing of the project",
    )
    _target_option(parser, default="the job's change, if there is one")
    parser.add_argument(
        "--comment",
        choices=("always", "changes", "regressions", "off"),
        default="always",
        help="when to begin a comment: always (default), where something changed for better or worse, for worse only, "
        "or never; one that is there is kept up to date",
    )
    parser.add_argument(
        "--history", type=int, default=5, metavar="N", help="show what was said of N earlier commits (default: 5)"
    )


def _target_option(parser: argparse.ArgumentParser, *, default: str) -> None:
    parser.add_argument(
        "--target",
        default="auto",
        metavar="WHERE",
        help="auto, pr, pr/N, mr, mr/N, thread (GitLab), commit, commit/SHA, issue/N, check (GitHub), summary or none; "
        f"auto: {default}",
    )


def _comment(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="Markdown; '-' reads standard input")
    _target_option(parser, default="the job's change, else the commit")
    parser.add_argument("--id", dest="report_id", metavar="ID", help="tells comments apart (default: comment)")
    parser.add_argument(
        "--watermark-title",
        dest="label",
        metavar="LABEL",
        help="tells comments apart as in CML: {workflow} and {run} stand for the job's; CML's comment is taken over",
    )
    parser.add_argument("--new", action="store_true", help="add a comment instead of editing the earlier one")
    parser.add_argument(
        "--no-pictures", dest="pictures", action="store_false", help="leave pictures of the workspace where they are"
    )
    parser.add_argument("--watch", action="store_true", help="post again whenever FILE or its pictures change")
    parser.add_argument(
        "--conclusion",
        choices=("success", "failure", "neutral", "cancelled", "skipped", "timed_out", "action_required"),
        default="success",
        metavar="HOW",
        help="of a check run: success (default), failure, neutral, cancelled, skipped, timed_out or action_required; a "
        "thread is resolved unless it is a failure",
    )
    parser.add_argument("--title", default="Report", help="of a check run (default: Report)")


_PULLED = """\
examples:
  steelyard baseline pull             the newest, as many as `keep`, into
                                      .steelyard/store
  steelyard baseline pull --last 5    no more than five
  steelyard baseline pull /mnt/team   a copy for others, who read it with
                                      kind = "directory" under [store]
"""
_PUSHED = """\
examples:
  steelyard baseline push             what is in .steelyard/store and not yet
                                      in the store

main's evaluations move to another store:
  steelyard baseline pull moved       copy them out of the old one,
  (change [store] in steelyard.toml)  say where the new one is,
  steelyard baseline push moved       and copy them into it

Nothing is dropped: no more are copied than `keep` has room for, the newest. A
store remembers in which order it was written, so what is older than the newest
evaluation that both have is left where it is.
"""


class Action(NamedTuple):
    """An action of `steelyard baseline`: its name, its help, and what it does in full; empty: as the help says."""

    name: str
    help: str
    description: str = ""
    examples: str = ""


_ACTIONS = (
    Action("list", "the stored evaluations, newest first"),
    Action("show", "one evaluation as JSON"),
    Action("save", "store the evaluation that `collect` or `run` wrote"),
    Action("prune", "drop all but the newest evaluations"),
    Action(
        "pull",
        "copy the stored evaluations into a directory",
        "Copy main's stored evaluations into a directory, with their predictions. Only\n"
        "what is not there yet is fetched. `steelyard report` compares with the copy in\n"
        ".steelyard/store when the store cannot be read, as on a train.",
        _PULLED,
    ),
    Action(
        "push",
        "copy evaluations from a directory into the store",
        "Copy evaluations from a directory that `pull` wrote, or that is a store of its\n"
        "own, into the project's store.",
        _PUSHED,
    ),
)


def _publish(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE", help="a picture of the workspace")
    _target_option(parser, default="the job's change, else the commit")
    parser.add_argument("--md", dest="markdown", action="store_true", help="print Markdown that shows it")
    parser.add_argument(
        "-t", "--title", metavar="TEXT", help="what --md says where it is not shown (default: its name)"
    )


def _baseline(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for one in _ACTIONS:
        action = actions.add_parser(
            one.name,
            help=one.help,
            description=one.description or f"{one.help[:1].upper()}{one.help[1:]}.",
            epilog=one.examples,
            formatter_class=argparse.RawDescriptionHelpFormatter if one.examples else argparse.HelpFormatter,
        )
        _common_options(action)
        if one.name == "show":
            action.add_argument(
                "revision", metavar="REV", help="a commit or the beginning of its name, a branch, a tag"
            )
        if one.name == "save":
            action.add_argument("directory", nargs="?", type=Path, metavar="DIR", help="default: .steelyard/evaluation")
        if one.name == "prune":
            action.add_argument("--keep", type=int, metavar="N", help="how many remain; default: the configuration's")
        if one.name in {"pull", "push"}:
            action.add_argument("directory", nargs="?", type=Path, metavar="DIR", help="default: .steelyard/store")
            action.add_argument("--last", type=int, metavar="N", help="only the N newest; default: as many as `keep`")


def _explain_gates(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--last", type=int, default=20, metavar="N", help="how many commits at most (default: 20)")


COMMANDS = (
    Command(
        "report",
        "weigh the work tree against main and show the report",
        "Collect what training left behind, compare it with main, and show the report exactly as the comment will be. "
        "Nothing is posted.",
        _report,
        "report",
    ),
    Command(
        "run",
        "train, and keep what is known about it",
        "Run the training command, stream its output, and write an evaluation of what it left behind, also when it "
        "fails. Example: steelyard run -- python train.py",
        _run,
        "run",
    ),
    Command(
        "collect",
        "read metrics, predictions, parameters and plots into an evaluation",
        "Read what training left behind into an evaluation: a directory with evaluation.json and side files.",
        _collect,
        "collect",
    ),
    Command(
        "compare",
        "compare two evaluations",
        "Compare two evaluations and print the comparison as JSON, or as the report.",
        _compare,
        "compare",
    ),
    Command(
        "ci",
        "all of it, as a CI job: train, compare, comment, store",
        "What the GitHub action runs: read the job's environment, train if asked to, compare with main, write the job "
        "summary and outputs, leave one comment on the pull request, and store main's evaluation.",
        _ci,
        "ci",
    ),
    Command(
        "comment",
        "post any Markdown as one comment that later runs edit",
        "Post a Markdown file as one comment; the next run with the same --id edits it. Pictures of the workspace that "
        "it shows are served by the forge, as the store's `images` says; links are left alone.",
        _comment,
        "comment",
    ),
    Command(
        "publish",
        "serve pictures, for Markdown that others write",
        "Put pictures where the readers of the change can see them, and print their addresses. What a report or "
        "`steelyard comment` shows needs no such command.",
        _publish,
        "publish",
    ),
    Command(
        "baseline",
        "list, show, save, prune, pull or push main's stored evaluations",
        "Look after the store of main's evaluations.",
        _baseline,
        "baseline",
    ),
    Command(
        "explain",
        "what the gates would have said of main's past commits",
        "Judge main's stored evaluations, each against the one before it, by the gates as they are configured now: a "
        "line a commit, newest first, and how many would have failed. Try a margin before a change meets it.",
        _explain_gates,
        "explain",
    ),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code. `argv` is without the program's name (default: this process's own)."""
    arguments = vars(_parser().parse_args(argv))
    verbosity: int = arguments.pop("verbose") - arguments.pop("quiet")
    name: str = arguments.pop("name")
    command = next(command for command in COMMANDS if command.name == name)
    terminable = _Terminable()
    try:
        with terminable:
            return _dispatch(command, arguments, verbosity)
    except SteelyardError as exc:
        return _explain(exc, verbose=verbosity > 0)
    except KeyboardInterrupt:  # of a query that a signal ended, too
        return 143 if terminable.asked else 130
    except _Terminated:
        return 143
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except Exception as exc:  # noqa: BLE001  a bug; its traceback may quote secrets and hostile text, as any message may
        # After a signal a library may have put an exception of its own in place of the signal's.
        return 143 if terminable.asked else _unexpected(exc, verbose=verbosity > 0)


def _unexpected(exc: Exception, *, verbose: bool) -> int:
    """A disk may be full wherever something is written, by libraries too; all else is a bug."""
    if isinstance(exc, OSError) and exc.errno in NO_ROOM:
        return _explain(no_room(None, exc.errno), verbose=verbose)
    _print_traceback()
    return 1


class _Terminated(BaseException):
    """The process was asked to end: what is temporary is removed on the way out."""


class _Terminable:
    """
    A context in which SIGTERM is raised as an exception.

    Attributes:
        asked: It came.
    """

    def __init__(self) -> None:
        self.asked = False
        self._previous: object = None

    def __enter__(self) -> None:
        if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGTERM) == signal.SIG_DFL:
            self._previous = signal.signal(signal.SIGTERM, self._end)

    def __exit__(self, *_: object) -> None:
        if self._previous is not None:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)

    def _end(self, _number: int, _frame: object) -> NoReturn:
        self.asked = True
        raise _Terminated


def _dispatch(command: Command, arguments: dict[str, object], verbosity: int) -> int:
    from steelyard import log

    log.configure(verbosity=verbosity)
    module = _imported(command.module)
    _tolerate_encoding()
    code: int = module.execute(module.Options(**arguments))
    if sys.stdout is not None:
        sys.stdout.flush()
    return code


def _imported(name: str) -> ModuleType:
    """A command's module. What an import makes stays: nothing of it is garbage that were worth looking for."""
    gc.disable()
    try:
        return importlib.import_module(f"steelyard.commands.{name}")
    finally:
        gc.enable()


def _tolerate_encoding() -> None:
    """What a terminal's encoding has no character for is shown as `?`; files and data are UTF-8 whatever it is."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def _explain(exc: SteelyardError, *, verbose: bool) -> int:
    """Two lines on standard error: what is wrong, and what to do."""
    from steelyard.log import shown

    if verbose:
        _print_traceback()
    print(shown(f"error: {blanked(str(exc))}"), file=sys.stderr)
    if exc.hint:
        print(shown(f"hint:  {blanked(exc.hint)}"), file=sys.stderr)
    return exc.exit_code


def _print_traceback() -> None:
    import traceback

    from steelyard.log import shown

    print(shown(traceback.format_exc()), file=sys.stderr)


class _Parser(argparse.ArgumentParser):
    """Usage errors have the shape of all other errors, and the same exit code as before: 2."""

    def parse_known_args(  # type: ignore[override]  # the overloads of typeshed say no more than this does
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """What is not known is an error of the command that it was given to, whose help says what is."""
        known, rest = super().parse_known_args(args, namespace)
        if rest:
            self.error(f"unrecognized arguments: {' '.join(rest)}")
        return known, rest

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"error: {blanked(message)}\nhint:  {self.prog} --help\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="steelyard",
        description="Says whether a model change is better, worse, or cannot be told apart from main.",
        epilog=_EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"{DISTRIBUTION} {__version__}")
    commands = parser.add_subparsers(dest="name", required=True, metavar="COMMAND", title="commands")
    for command in COMMANDS:
        sub = commands.add_parser(command.name, help=command.help, description=command.description)
        if command.name != "baseline":
            _common_options(sub)
        command.add_arguments(sub)
    return parser


def _common_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("everywhere")
    group.add_argument("-C", "--workspace", type=Path, metavar="DIR", help="the project (default: here)")
    group.add_argument("--config", type=Path, metavar="FILE", help="default: steelyard.toml, or pyproject.toml")
    group.add_argument("-v", "--verbose", action="count", default=0, help="say more; tracebacks of errors")
    group.add_argument("-q", "--quiet", action="count", default=0, help="warnings and errors only")


def _baseline_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--baseline",
        metavar="WHAT",
        help="a revision; a directory that `collect` wrote; a file of predictions or metrics, as another training "
        "left it; or `rerun` to train the base commit (default: auto)",
    )


def _output_directory(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-o", "--output", type=Path, metavar="DIR", help="where the evaluation goes (default: .steelyard/evaluation)"
    )

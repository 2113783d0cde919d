"""`steelyard run -- CMD`: train, and keep what is known about it."""

from __future__ import annotations

from pathlib import Path

from steelyard.errors import UsageError
from steelyard.model.base import Value
from steelyard.pipeline import repeat
from steelyard.pipeline.collect import collect
from steelyard.pipeline.outcome import training_failed
from steelyard.pipeline.project import Project

_MOST = 100


class Options(Value, frozen=True, kw_only=True):
    """The command's arguments."""

    workspace: Path | None
    config: Path | None
    output: Path | None
    repeat: int | None
    command: list[str]


def execute(options: Options) -> int:
    """
    Train, then write the Evaluation, also of a training that failed.

    Raises:
        TrainingFailed: The command did not exit with 0; the Evaluation says how.
        InputError: What a run left cannot be read, or does not fit to what the runs before it left.
        UsageError: There is no command, or it is to be run less than once.
    """
    project = Project.open(options.workspace, config=options.config)
    given = options.command[1:] if options.command[:1] == ["--"] else options.command
    command = given or project.config.run.command.strip()
    if not command or not command[0].strip():
        raise UsageError(
            "no training command", hint="steelyard run -- python train.py, or `command` under [run] in steelyard.toml"
        )
    times = options.repeat if options.repeat is not None else project.config.run.repeat
    if not 1 <= times <= _MOST:
        raise UsageError(f"--repeat {times}: expected 1 to {_MOST}", hint="how often the command is to be run")
    runs = repeat.Runs(
        project, command, repeat=times, collect=lambda into, run: collect(project, into=into, trained=run)
    )
    trained = repeat.train(runs)
    with project.workspace.reserved():
        collect(project, into=options.output, trained=trained)
    if trained.failed:
        raise training_failed(trained)
    return 0

"""`steelyard run -- CMD`: train, and keep what is known about it."""

from __future__ import annotations

from pathlib import Path

from steelyard import training
from steelyard.errors import UsageError
from steelyard.model.base import Value
from steelyard.pipeline.collect import collect
from steelyard.pipeline.outcome import training_failed
from steelyard.pipeline.project import Project


class Options(Value, frozen=True, kw_only=True):
    """The command's arguments."""

    workspace: Path | None
    config: Path | None
    output: Path | None
    command: list[str]


def execute(options: Options) -> int:
    """
    Train, then write the Evaluation, also of a training that failed.

    Raises:
        TrainingFailed: The command did not exit with 0; the Evaluation says how.
        UsageError: There is no command.
    """
    project = Project.open(options.workspace, config=options.config)
    command = options.command or project.config.run.command.strip()
    if not command or not command[0].strip():
        raise UsageError(
            "no training command", hint="steelyard run -- python train.py, or `command` under [run] in steelyard.toml"
        )
    trained = training.train(command, cwd=project.workspace.root)
    collect(project, into=options.output, trained=trained)
    if trained.exit_code != 0:
        raise training_failed(trained)
    return 0

"""`steelyard collect`: read what training left behind."""

from __future__ import annotations

from pathlib import Path

from steelyard.model.base import Value
from steelyard.pipeline.collect import collect
from steelyard.pipeline.output import write
from steelyard.pipeline.project import Project


class Options(Value, frozen=True, kw_only=True):
    """The command's arguments."""

    workspace: Path | None
    config: Path | None
    output: Path | None


def execute(options: Options) -> int:
    """Write the Evaluation and print its directory."""
    project = Project.open(options.workspace, config=options.config)
    with project.workspace.reserved():
        directory = collect(project, into=options.output)
    write(f"{directory}\n", None)
    return 0

"""`steelyard compare A B`: two evaluations, wherever they come from."""

from __future__ import annotations

from pathlib import Path

from steelyard.model.base import Value
from steelyard.model.codec import encode
from steelyard.pipeline.chosen import Baseline
from steelyard.pipeline.output import write
from steelyard.pipeline.present import without_figures
from steelyard.pipeline.project import Project
from steelyard.pipeline.weigh import weigh


class Options(Value, frozen=True, kw_only=True):
    """The command's arguments."""

    workspace: Path | None
    config: Path | None
    candidate: Path
    baseline: Path
    markdown: bool
    output: Path | None


def execute(options: Options) -> int:
    """
    Print the Comparison as JSON, or its report as Markdown.

    Raises:
        InputError: One of the two is not an Evaluation, or cannot be used.
    """
    project = Project.open(options.workspace, config=options.config)
    comparison = weigh(options.candidate, Baseline(directory=options.baseline, named=True), project).comparison
    if options.markdown:
        write(without_figures(comparison, project).markdown(images={}), options.output)
    else:
        write(encode(comparison).decode(), options.output)
    return 0

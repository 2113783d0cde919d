"""`steelyard report`: weigh the work tree against main, and show what the comment will say."""

from __future__ import annotations

import sys
import webbrowser
from pathlib import Path

from steelyard.model.base import Value
from steelyard.model.codec import encode
from steelyard.pipeline.baseline import find_baseline
from steelyard.pipeline.collect import collect, originals
from steelyard.pipeline.outcome import raise_for
from steelyard.pipeline.output import write
from steelyard.pipeline.present import Presentation, present
from steelyard.pipeline.project import Project
from steelyard.pipeline.weigh import weigh


class Options(Value, frozen=True, kw_only=True):
    """The command's arguments."""

    workspace: Path | None
    config: Path | None
    baseline: str | None
    output: Path | None
    html: Path | None
    open: bool
    json: Path | None


def execute(options: Options) -> int:
    """
    Collect, compare and show; nothing is posted.

    Raises:
        GateFailed: A gate failed, once the report is shown.
        TrainingFailed: The last `steelyard run` failed, once the report is shown.
    """
    project = Project.open(options.workspace, config=options.config)
    evaluation = collect(project)
    baseline = find_baseline(project, what=options.baseline)
    comparison = weigh(evaluation, baseline, project, originals=originals(project, evaluation))
    presentation = present(comparison, project, evaluation=evaluation)
    _show(presentation, options, project)
    if options.json is not None:
        write(encode(comparison).decode(), options.json)
    raise_for(comparison)
    return 0


def _show(presentation: Presentation, options: Options, project: Project) -> None:
    page = options.html
    if options.open and page is None:
        page = project.workspace.state("report.html")
    if page is not None:
        _write_page(presentation, page)
    if options.open and page is not None:
        webbrowser.open(page.resolve().as_uri())
    if options.output is not None:
        beside = options.output.resolve().parent
        images = {name: _relative(file, beside) for name, file in presentation.figures.items()}
        write(presentation.markdown(images=images), options.output)
    data_on_stdout = "-" in {str(options.output), str(options.json)}
    if not data_on_stdout and (options.output is None or sys.stdout.isatty()):
        from rich.console import Console

        from steelyard.report import terminal

        terminal.show(presentation.markdown(images={}), Console())


def _write_page(presentation: Presentation, page: Path) -> None:
    from steelyard.report import html

    images = {name: f"{name}.png" for name in presentation.figures}
    text = html.page(
        presentation.markdown(images=images),
        images={images[name]: file for name, file in presentation.figures.items()},
        title=presentation.report.headline.title,
    )
    write(text, page)


def _relative(file: Path, directory: Path) -> str:
    """The address of a picture in a Markdown file: relative, with `/`, blanks encoded."""
    import os
    from urllib.parse import quote

    return quote(Path(os.path.relpath(file, directory)).as_posix())

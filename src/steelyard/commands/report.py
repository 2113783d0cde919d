"""`steelyard report`: weigh the work tree against main, and show what the comment will say."""

from __future__ import annotations

import sys
import webbrowser
from pathlib import Path

from steelyard.errors import UsageError
from steelyard.log import logger
from steelyard.model.base import Value
from steelyard.model.codec import encode
from steelyard.pipeline.baseline import check_baseline, find_baseline
from steelyard.pipeline.collect import collect, originals
from steelyard.pipeline.outcome import raise_for
from steelyard.pipeline.output import is_stdout, standard_output, write
from steelyard.pipeline.present import Presentation, present, warm_up
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
        UsageError: Two outputs have one place, or a rerun is asked for and nothing says how to train.
        ConfigError: The configuration is wrong.
        GateFailed: A gate failed, once the report is shown.
        TrainingFailed: The last `steelyard run` failed, once the report is shown.
    """
    _check_outputs(options)
    project = Project.open(options.workspace, config=options.config)
    check_baseline(project, what=options.baseline)
    warm_up()
    with project.workspace.reserved():
        evaluation = collect(project)
        baseline = find_baseline(project, what=options.baseline)
        comparison = weigh(evaluation, baseline, project, originals=originals(project, evaluation)).comparison
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
    if options.open and page is not None and not is_stdout(page):
        logger.info("the page is %s", page.resolve())
        webbrowser.open(page.resolve().as_uri())
    if options.output is not None:
        beside = options.output.resolve().parent
        images = {name: _relative(file, beside) for name, file in presentation.figures.items()}
        write(presentation.markdown(images=images), options.output)
    data_on_stdout = any(is_stdout(file) for file in _outputs(options).values())
    if not data_on_stdout and sys.stdout is not None and (options.output is None or sys.stdout.isatty()):
        from steelyard.report import terminal

        with standard_output():
            sys.stdout.write(terminal.shown(presentation.markdown(images={})))


def _outputs(options: Options) -> dict[str, Path]:
    named = {"-o": options.output, "--html": options.html, "--json": options.json}
    return {flag: file for flag, file in named.items() if file is not None}


def _check_outputs(options: Options) -> None:
    """Nothing is overwritten by what comes after it."""
    seen: dict[Path, str] = {}
    for flag, file in _outputs(options).items():
        place = file if is_stdout(file) else file.absolute()
        if place in seen:
            raise UsageError(f"{seen[place]} and {flag} both name {file}", hint="give each its own file")
        seen[place] = flag


def _write_page(presentation: Presentation, page: Path) -> None:
    write(presentation.page(), page)


def _relative(file: Path, directory: Path) -> str:
    """The address of a picture in a Markdown file: relative, with `/`, blanks encoded."""
    import os
    from urllib.parse import quote

    return quote(Path(os.path.relpath(file, directory)).as_posix())

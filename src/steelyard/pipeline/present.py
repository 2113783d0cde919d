"""Present: a Comparison becomes a Report, pictures and Markdown."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Mapping
from pathlib import Path

from msgspec import structs

from steelyard.ci import Context
from steelyard.log import logger
from steelyard.model.base import Value
from steelyard.model.comparison import Comparison
from steelyard.model.report import Earlier, Provenance, Report
from steelyard.pipeline.project import Project
from steelyard.report import build, figures, markdown

_WHOLE = 16 * 1024 * 1024
"""Characters that no report has."""


class Presentation(Value, frozen=True, kw_only=True):
    """A Report and the files of its figures, by the names that the Report uses."""

    report: Report
    figures: dict[str, Path] = {}

    def markdown(self, *, images: Mapping[str, str], limit: int = markdown.COMMENT_LIMIT, summary: bool = False) -> str:
        """
        The report's text.

        Args:
            images: Address of each figure that is to be shown.
            limit: Characters; bytes for a job summary.
            summary: It is for a job summary.
        """
        dialect: markdown.Dialect = "github-summary" if summary else "github"
        return markdown.render(self.report, images=images, limit=limit, dialect=dialect)

    def page(self) -> str:
        """The whole report as one HTML file, with its pictures in it: no forge limits its size."""
        from steelyard.report import html

        images = {name: f"{name}.png" for name in self.figures}
        files = {images[name]: file for name, file in self.figures.items()}
        headline = self.report.headline
        title = " · ".join(part for part in ("steelyard", headline.title, headline.subject) if part)
        return html.page(self.markdown(images=images, limit=_WHOLE), images=files, title=title)


def present(
    comparison: Comparison, project: Project, *, evaluation: Path | None = None, earlier: tuple[Earlier, ...] = ()
) -> Presentation:
    """
    Build the Report and draw its figures into `.steelyard/images`.

    Args:
        comparison: What was found.
        project: Where this process runs.
        evaluation: Directory of the candidate's Evaluation; its plots are shown too.
        earlier: What was said of the change's earlier commits, newest first.
    """
    drawn = _drawn(comparison, project)
    if evaluation is not None:
        drawn |= {figures.plot(i): evaluation / plot.file.name for i, plot in enumerate(comparison.candidate.plots)}
    return structs.replace(without_figures(comparison, project, earlier=earlier), figures=drawn)


def _drawn(comparison: Comparison, project: Project) -> dict[str, Path]:
    """The figures' files; none, with a warning, where they cannot be written: the report is complete without."""
    directory = project.workspace.emptied("images")
    try:
        from steelyard.report import plots  # matplotlib makes directories of its own

        return plots.draw(comparison, directory)
    except OSError as exc:
        reason = exc.strerror or exc
        logger.warning("%s: the pictures cannot be written: %s", project.workspace.shown(directory), reason)
        project.workspace.emptied("images")
        return {}


def without_figures(comparison: Comparison, project: Project, *, earlier: tuple[Earlier, ...] = ()) -> Presentation:
    """The Report alone: nothing is drawn, and nothing written."""
    return Presentation(report=build.build(comparison, provenance=provenance(project.context), earlier=earlier))


def warm_up() -> None:
    """Begin to import what draws, a fifth of a report's time, while training, git and DuckDB are waited for."""
    threading.Thread(target=importlib.import_module, args=("steelyard.report.plots",), daemon=True).start()


def provenance(context: Context) -> Provenance:
    """What the report says of the job; nothing in it comes from the change's files."""
    return Provenance(
        run_url=context.run_url,
        repository_url=f"{context.server_url}/{context.repository}"
        if context.repository and context.server_url
        else "",
        forked=context.from_fork,
        relayed=context.relayed,
    )

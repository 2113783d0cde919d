"""Report → Markdown, by the templates. Whatever a template prints is escaped unless it was made Markdown on purpose."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Literal, TypeAlias

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from steelyard.model.comparison import GateState
from steelyard.model.report import Report, State
from steelyard.report import budget, escape, matrix, tables, templates
from steelyard.report.escape import Markdown
from steelyard.text import count

Dialect: TypeAlias = Literal["github", "github-summary", "gitlab"]
"""Where it will be shown: GitHub counts the characters of a comment, and the bytes of a job summary; GitLab bytes."""

COMMENT_LIMIT = 65_536
HEADROOM = 512
"""Left free for the marker that whoever posts the comment adds to it."""

_STATE_ICONS = {
    State.GOOD: "🟢",
    State.BAD: "🔴",
    State.MIXED: "🟡",
    State.UNDECIDED: "⚪",
    State.INCOMPARABLE: "⚫",
    State.FIRST: "🔵",
}


def render(
    report: Report,
    *,
    images: Mapping[str, str],
    limit: int = COMMENT_LIMIT,
    dialect: Dialect = "github",
) -> str:
    """
    The report as Markdown that fits a comment; equal arguments give equal text.

    Args:
        report: What is said.
        images: Where each figure is, by name: an `https` URL or a relative path. Figures that are not there, or have
            another kind of address, are left out; the report is complete without them.
        limit: Characters or bytes (see `Dialect`) that the forge takes. Detail is dropped in the order of
            `budget.STEPS` until the text fits with some room to spare, and the text says what was dropped.
        dialect: Where it will be shown.

    Raises:
        ValueError: `limit` is below `budget.LEAST`, so that not even the headline is sure to fit.
    """
    size = len if dialect == "github" else _bytes
    return budget.fit(report, lambda one: _render(one, images), limit=limit - HEADROOM, size=size)


def _bytes(markdown: str) -> int:
    return len(markdown.encode())


def _render(report: Report, images: Mapping[str, str]) -> str:
    def picture(figure: str, alt: str, width: int = 0) -> Markdown:
        return _picture(images.get(figure, ""), alt, width)

    made = environment().get_template("report.md.j2").render(report=report, picture=picture)
    return re.sub(r"\n{3,}", "\n\n", made).strip() + "\n"


def _picture(url: str, alt: str, width: int) -> Markdown:
    """An image, or nothing when there is no address that an image may have; width 0 is its own."""
    if not escape.ADDRESS.match(url):
        return Markdown()
    size = f' width="{width}"' if width else ""
    return Markdown(f'<img alt="{escape.attribute(alt)}" src="{escape.attribute(url)}"{size}>')


@cache
def environment() -> ImmutableSandboxedEnvironment:
    """Jinja with the filters of the report; what a template prints is escaped."""
    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(templates.directory()),
        autoescape=False,  # `finalize` escapes, and for Markdown
        finalize=_finalize,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        optimized=False,  # takes longer than it saves in one report
    )
    environment.filters.update(
        code=escape.code,
        html=escape.html,
        message=escape.message,
        fence=escape.fence,
        link=escape.link,
        icon=_icon,
        metric_table=tables.metrics,
        group_table=tables.groups,
        mix_up_table=tables.mix_ups,
        flip_table=tables.flips,
        change_table=tables.changes,
        gate_table=tables.gates,
        calibration_table=tables.calibration,
        bin_table=tables.bins,
        earlier_table=tables.earlier,
        matrix=matrix.matrix,
        counted=count,
    )
    return environment


def _finalize(value: object) -> str:
    """What a template's `{{ … }}` prints."""
    if isinstance(value, Markdown):
        return value
    if isinstance(value, str):
        return escape.text(value, limit=1_000) if value else ""
    if isinstance(value, int):
        return f"{value:,}"
    raise TypeError(f"a template prints {type(value).__name__}, expected text or a whole number")


def _icon(state: State | GateState) -> Markdown:
    return Markdown(_STATE_ICONS[state] if isinstance(state, State) else tables.GATE_ICONS[state])

"""`steelyard comment FILE`: any Markdown as one comment that later runs edit."""

from __future__ import annotations

import sys
from pathlib import Path

from msgspec import structs

from steelyard.errors import InputError, UsageError
from steelyard.log import logger, redact
from steelyard.model.base import Value
from steelyard.pipeline.project import Project
from steelyard.pipeline.publish import find_audience, stamp

_MOST_BYTES = 16 * 1024 * 1024


class Options(Value, frozen=True, kw_only=True):
    """The command's arguments."""

    workspace: Path | None
    config: Path | None
    file: Path
    report_id: str
    pr: int | None


def execute(options: Options) -> int:
    """
    Post the file; its address goes to standard output.

    Raises:
        UsageError: There is no pull request to comment on.
        InputError: The file cannot be read, is not UTF-8, or is empty.
        ForgeError: The forge refused, or the text is longer than it takes.
    """
    project = Project.open(options.workspace, config=options.config, report_id=options.report_id)
    if options.pr is not None:
        project = structs.replace(project, context=structs.replace(project.context, pull_request=options.pr))
    markdown = redact(_read(options.file))
    audience = find_audience(project.context)
    if audience is None:
        raise UsageError("there is no pull request to comment on", hint="in a job of a pull request, or with --pr N")
    posted = audience.forge.upsert_comment(audience.change, markdown=markdown, stamp=stamp(project, audience.change))
    logger.info("comment %s", posted.action)
    print(posted.url)
    return 0


def _read(file: Path) -> str:
    try:
        data = sys.stdin.buffer.read(_MOST_BYTES + 1) if str(file) == "-" else _bytes(file)
        text = data.decode("utf-8-sig")
    except OSError as exc:
        raise InputError(f"{file}: cannot read: {exc.strerror}") from exc
    except UnicodeDecodeError as exc:
        raise InputError(f"{file}: not UTF-8 text: byte {exc.start}", hint="save it as UTF-8") from exc
    if len(data) > _MOST_BYTES:
        raise InputError(f"{file}: more than {_MOST_BYTES:,} bytes", hint="no forge takes a comment of that size")
    if not text.strip():
        raise InputError(f"{file}: nothing in it to post")
    return text


def _bytes(file: Path) -> bytes:
    with file.open("rb") as stream:
        return stream.read(_MOST_BYTES + 1)

"""Pictures that a Markdown file names by a path: those of the workspace are served, and their addresses put in."""

from __future__ import annotations

import base64
import binascii
import html
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from steelyard.ci import Context
from steelyard.ci.paths import inside
from steelyard.document.pictures import Address, addresses, replaced
from steelyard.errors import written
from steelyard.log import logger
from steelyard.model.base import Value
from steelyard.text import bounded, count

Publish = Callable[[Mapping[str, Path]], Mapping[str, str]]
"""Serves files by a name of ours; returns the address of each that is served."""

_DATA = re.compile(r"data:image/(?P<kind>png|jpeg|gif|webp|svg\+xml);base64,(?P<content>[A-Za-z0-9+/=\s]*)\Z")
_LARGEST = 16 * 1024 * 1024
"""Characters of an embedded picture that are decoded."""

_MOST_WARNINGS = 10


class Origin(Value, frozen=True, kw_only=True):
    """Where a Markdown text comes from."""

    directory: Path
    """Its paths are relative to it."""
    root: Path
    """The workspace: nothing outside of it is read."""
    scratch: Path
    """A directory of ours, for pictures that are embedded in the text."""
    context: Context
    """The job, whose earlier steps may call the workspace by another name."""


def local_pictures(markdown: str, origin: Origin) -> dict[Address, Path]:
    """The files of the workspace that a text shows as pictures; links to files are none."""
    found: dict[Address, Path] = {}
    missing: list[str] = []
    for one in addresses(markdown):
        embedded = _DATA.match(one.url[:_LARGEST])
        if embedded is not None:
            file = _decoded(embedded, origin.scratch, number=len(found))
        else:
            file = _file(one.url, origin)
            if file is None and _is_path(one.url):
                missing.append(one.url)
        if file is not None:
            found[one] = file
    _warn(missing)
    return found


def attach(markdown: str, pictures: Mapping[Address, Path], publish: Publish) -> str:
    """
    The text with the addresses at which its pictures are served; those that are not served stay as they are.

    Args:
        markdown: The text.
        pictures: What `local_pictures` found in it.
        publish: Serves them; each file once.
    """
    names = {file: f"picture-{number}" for number, file in enumerate(dict.fromkeys(pictures.values()), start=1)}
    if not names:
        return markdown
    served = publish({name: file for file, name in names.items()})
    urls = {one: _written(served[names[file]], one) for one, file in pictures.items() if names[file] in served}
    return replaced(markdown, urls)


def _written(url: str, address: Address) -> str:
    """An address as it may stand in that place."""
    safe = quote(url, safe="/:?&=#%+~,;@!$*")
    return html.escape(safe) if address.in_html else safe


def _is_path(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return not parts.scheme and not parts.netloc and bool(parts.path)


def _file(url: str, origin: Origin) -> Path | None:
    """A regular file of the workspace, whatever links lead to it; None: there is none."""
    if not _is_path(url):
        return None
    path = url if (origin.directory / url).is_file() else unquote(urlsplit(url).path)
    here = inside(path, origin.context)
    try:
        file = ((origin.directory if here == path else origin.root) / here).resolve()
        is_ours = file.is_relative_to(origin.root.resolve()) and file.is_file()
    except (OSError, ValueError, RuntimeError):
        return None
    return file if is_ours else None


def _decoded(embedded: re.Match[str], scratch: Path, *, number: int) -> Path | None:
    """An embedded picture as a file of ours."""
    try:
        content = base64.b64decode("".join(embedded["content"].split()), validate=True)
    except (binascii.Error, ValueError):
        return None
    ending = {"jpeg": "jpg", "svg+xml": "svg"}.get(embedded["kind"], embedded["kind"])
    file = scratch / f"embedded-{number}.{ending}"
    with written(scratch):
        scratch.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return file.resolve()


def _warn(missing: Sequence[str]) -> None:
    for url in missing[:_MOST_WARNINGS]:
        logger.warning("no picture %s in the workspace: the text is posted as it is", bounded(url, limit=200))
    if len(missing) > _MOST_WARNINGS:
        logger.warning("%s more are missing", count(len(missing) - _MOST_WARNINGS, "picture"))

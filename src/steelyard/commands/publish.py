"""`steelyard publish FILE…`: pictures where the readers of a change can see them, for Markdown that others write."""

from __future__ import annotations

import hashlib
from pathlib import Path

from msgspec import structs

from steelyard.errors import InputError, StoreError, UsageError
from steelyard.forge.target import parse
from steelyard.model.base import Value
from steelyard.pipeline.audience import meet, required
from steelyard.pipeline.output import write
from steelyard.pipeline.project import Project
from steelyard.pipeline.serving import serve
from steelyard.report import escape

_LARGEST = 64 * 1024 * 1024


class Options(Value, frozen=True, kw_only=True):
    """The command's arguments."""

    workspace: Path | None
    config: Path | None
    files: list[Path]
    target: str
    markdown: bool
    title: str | None


def execute(options: Options) -> int:
    """
    Print the address of each file, or the Markdown that shows it, a line each.

    Raises:
        InputError: A file cannot be read, or lies outside the workspace.
        UsageError: There is nothing that the pictures could be about.
        StoreError: A picture is not served; the log says why.
        ForgeError: The forge refused.
    """
    project = Project.open(options.workspace, config=options.config)
    contents = {file: _read(file, root=project.workspace.root) for file in options.files}
    met = meet(project.context, parse(options.target), or_commit=True)
    audience = required(met)
    if audience.place is None:
        raise UsageError("there is nothing that a picture could be about", hint="name it, such as --target pr/7")
    project = structs.replace(project, context=met.context)
    for file, content in contents.items():
        # Of one report new pictures take the place of old ones; these have nothing to do with each other.
        name = f"asset-{hashlib.blake2b(content, digest_size=16).hexdigest()}"
        own = structs.replace(project, config=structs.replace(project.config, id=name))
        served = serve({"picture": file}, audience, own)
        if "picture" not in served:
            raise StoreError(
                f"{file}: not served", hint="the log says why; `images` under [store] says where pictures go"
            )
        write(f"{_shown(served['picture'], file, options)}\n", None)
    return 0


def _shown(url: str, file: Path, options: Options) -> str:
    if not options.markdown:
        return url
    title = escape.text(options.title if options.title is not None else file.stem)
    return f"![{title}](<{url}>)"


def _read(file: Path, *, root: Path) -> bytes:
    try:
        if not file.resolve().is_relative_to(root):
            raise InputError(f"{file}: outside the workspace {root}", hint="-C DIR names another workspace")
        with file.open("rb") as stream:
            content = stream.read(_LARGEST + 1)
    except OSError as exc:
        raise InputError(f"{file}: cannot read: {exc.strerror}", hint="name a picture of the workspace") from exc
    if len(content) > _LARGEST:
        raise InputError(f"{file}: more than {_LARGEST:,} bytes", hint="make it smaller")
    return content

"""`steelyard comment FILE`: any Markdown, with its pictures, as one comment that later runs edit."""

from __future__ import annotations

import contextlib
import hashlib
import re
import secrets
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from msgspec import structs

from steelyard import ci
from steelyard.ci import Context
from steelyard.document.fitting import fitting
from steelyard.document.pictures import Address
from steelyard.errors import ForgeError, InputError, UsageError
from steelyard.forge.interface import Change, Check, CheckHost, Conclusion, ThreadHost
from steelyard.forge.target import Target, parse
from steelyard.log import logger, redact
from steelyard.model.base import Value
from steelyard.pipeline import attachments
from steelyard.pipeline.audience import Audience, meet, required
from steelyard.pipeline.output import write
from steelyard.pipeline.project import Project
from steelyard.pipeline.publish import is_a_forks_limit, stamp
from steelyard.pipeline.serving import serve
from steelyard.pipeline.watching import Watch

_MOST_BYTES = 16 * 1024 * 1024
_STDIN = "-"
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_BAD: frozenset[Conclusion] = frozenset({"failure", "timed_out", "action_required"})


class Options(Value, frozen=True, kw_only=True):
    """The command's arguments."""

    workspace: Path | None
    config: Path | None
    file: Path
    report_id: str | None
    label: str | None
    target: str
    new: bool
    pictures: bool
    conclusion: Conclusion
    title: str
    watch: bool


def execute(options: Options) -> int:
    """
    Post the file; its address goes to standard output.

    Raises:
        UsageError: There is nothing to comment on, or the target is none of this forge.
        InputError: The file cannot be read, is not UTF-8, or is empty.
        ForgeError: The forge refused, or no token may post; the text is in the job's summary.
    """
    target = parse(options.target)
    if options.watch and str(options.file) == _STDIN:
        raise UsageError("--watch: standard input cannot be watched", hint="name a file")
    markdown = "" if options.watch else _read(options.file)  # a file that is watched may still be written
    given = Project.open(options.workspace, config=options.config, report_id=options.report_id or "comment")
    project = structs.replace(given, config=structs.replace(given.config, id=_id(options, given)))
    poster: _Poster | None = None
    try:
        poster = _Poster(options, project, target)
        if options.watch:
            Watch(poster.post, poster.files).run()
        else:
            poster.send(markdown)
    except ForgeError as exc:  # what cannot be posted is on the job's page all the same
        if poster is None or not poster.is_in_summary:
            with contextlib.suppress(InputError):
                ci.append_summary(project.context, redact(markdown or _read(options.file)))
        if poster is None or not is_a_forks_limit(exc, poster.context):
            raise
    return 0


class _Poster:
    """
    Posts what the file holds at that moment.

    Attributes:
        is_in_summary: The text that was posted last, or was to be, is on the job's page.
    """

    def __init__(self, options: Options, project: Project, target: Target) -> None:
        self._options, self._target = options, target
        self.is_in_summary = False
        self._label = _label(options, project)
        met = meet(project.context, target, or_commit=True)
        self._project = structs.replace(project, context=met.context)
        self._audience = required(met) if target.is_posted else None

    @property
    def context(self) -> Context:
        """The job, with what the forge says of the change."""
        return self._project.context

    def files(self) -> Iterable[Path]:
        """The file and the pictures that it shows."""
        file = self._options.file
        try:
            markdown = _read(file)
        except InputError:
            return [file]  # it is being written
        return [file, *self._pictures(markdown).values()]

    def post(self) -> None:
        """Post what the file holds now."""
        self.send(_read(self._options.file))

    def send(self, text: str) -> None:
        """Post it and print where it is."""
        markdown, self.is_in_summary = redact(text), False
        if self._audience is None:
            if self._target.kind == "summary":
                ci.append_summary(self._project.context, markdown)
            return
        url = self._check(markdown) if self._target.kind == "check" else self._comment(markdown)
        write(f"{url}\n", None)

    def _comment(self, markdown: str) -> str:
        audience, project = self._some(), self._project
        forge, place = audience.forge, audience.place
        if place is None:
            raise UsageError("there is nothing to comment on", hint="name it with --target")
        text = self._fitting(self._with_pictures(markdown, audience), limit=forge.comment_limit)
        stamped = stamp(project, audience)
        if self._target.kind != "thread":
            adopt = None if self._options.new else self._label
            posted = forge.upsert_comment(place, markdown=text, stamp=stamped, adopt=adopt)
        elif isinstance(forge, ThreadHost) and isinstance(place, Change):
            resolved = self._options.conclusion not in _BAD
            posted = forge.upsert_thread(place, markdown=text, stamp=stamped, resolved=resolved)
        else:
            raise UsageError("--target thread: only GitLab has discussions to resolve", hint="use --target pr")
        logger.info("comment %s", posted.action)
        return posted.url

    def _check(self, markdown: str) -> str:
        audience, context = self._some(), self._project.context
        forge = audience.forge
        if not isinstance(forge, CheckHost) or not context.head_sha:
            raise UsageError("--target check: only commits on GitHub have check runs", hint="use --target pr")
        limit = forge.check_limit * len(markdown) // max(1, len(markdown.encode("utf-8", "replace")))  # bytes
        check = Check(
            sha=context.head_sha,
            name=f"steelyard/{self._project.config.id}",
            conclusion=self._options.conclusion,
            title=self._options.title,
            summary=self._fitting(markdown, limit=limit),
            url=context.run_url,
        )
        return forge.set_check(check)

    def _some(self) -> Audience:
        if self._audience is None:
            raise UsageError("there is nothing to comment on", hint="name it with --target")
        return self._audience

    def _pictures(self, markdown: str) -> Mapping[Address, Path]:
        file, workspace = self._options.file, self._project.workspace
        directory = Path() if str(file) == _STDIN else file.parent
        origin = attachments.Origin(
            directory=directory.resolve(),
            root=workspace.root,
            scratch=workspace.state("embedded"),
            context=self._project.context,
        )
        return attachments.local_pictures(markdown, origin)

    def _with_pictures(self, markdown: str, audience: Audience) -> str:
        if not self._options.pictures:
            return markdown
        return attachments.attach(
            markdown, self._pictures(markdown), lambda files: serve(files, audience, self._project)
        )

    def _fitting(self, markdown: str, *, limit: int) -> str:
        if len(markdown) <= limit:
            return markdown
        context = self._project.context
        logger.warning("the text has %s characters, of which %s can be shown", f"{len(markdown):,}", f"{limit:,}")
        ci.append_summary(context, markdown)
        self.is_in_summary = True
        where = f" The summary of [the run]({context.run_url}) has more of it." if context.summary_file else ""
        note = f"> The text goes on: of {len(markdown):,} characters {limit:,} fit here.{where}"
        return fitting(markdown, limit=limit, note=note)


def _label(options: Options, project: Project) -> str:
    """The label that CML's comment of the same text has; `{workflow}` and `{run}` mean what they mean there."""
    context = project.context
    label = (options.label or "").replace("{workflow}", context.workflow).replace("{run}", str(context.run_id or ""))
    return " ".join(label.split())


def _id(options: Options, project: Project) -> str:
    """
    What tells this comment from others.

    Raises:
        UsageError: It has two names.
    """
    if options.report_id is not None and options.label is not None:
        raise UsageError("--id and --watermark-title both name the comment", hint="give it one of them")
    label = _label(options, project)
    named = label if _ID.fullmatch(label) else f"cml-{hashlib.blake2b(label.encode(), digest_size=8).hexdigest()}"
    report_id = named if label else project.config.id
    return f"{report_id[:50]}-{secrets.token_hex(4)}" if options.new else report_id


def _read(file: Path) -> str:
    try:
        data = sys.stdin.buffer.read(_MOST_BYTES + 1) if str(file) == _STDIN else _bytes(file)
        text = data.decode("utf-8-sig")
    except OSError as exc:
        raise InputError(f"{file}: cannot read: {exc.strerror}", hint="name a file, or - for standard input") from exc
    except UnicodeDecodeError as exc:
        raise InputError(f"{file}: not UTF-8 text: byte {exc.start}", hint="save it as UTF-8") from exc
    if len(data) > _MOST_BYTES:
        raise InputError(f"{file}: more than {_MOST_BYTES:,} bytes", hint="no forge takes a comment of that size")
    if not text.strip():
        raise InputError(f"{file}: nothing in it to post", hint="did the step that writes it succeed?")
    return text


def _bytes(file: Path) -> bytes:
    with file.open("rb") as stream:
        return stream.read(_MOST_BYTES + 1)

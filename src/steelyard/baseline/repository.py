"""A bare repository of our own, for everything that would otherwise have to be written to the user's."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from steelyard import temporary
from steelyard.baseline.git import OFFLINE, QUIET, Environment, GitFailed, git
from steelyard.baseline.refusals import Cause
from steelyard.baseline.remote import NAME, Remote
from steelyard.errors import written
from steelyard.process import Completed

_OWN_REPOSITORY: Environment = dict.fromkeys(
    (
        *("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_NAMESPACE", "GIT_PREFIX"),
        *("GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_QUARANTINE_PATH"),
        *("GIT_SHALLOW_FILE", "GIT_GRAFT_FILE", "GIT_REPLACE_REF_BASE", "GIT_DEFAULT_HASH"),
    )
)
"""What a hook of the user's repository, which may have started us, says about that repository."""

_TIMEOUT = 90.0

_FETCH = ("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--recurse-submodules=no")

NO_FILTER = "--no-filter"
"""After a fetch with a filter, failed or not, git would use it again by itself."""

IGNORED_FILTER = "filtering not recognized"
"""What git says when it gets everything although it asked for less."""

_CONFIG = """
[core]
	hooksPath = /dev/null
	logAllRefUpdates = false
	compression = 1
[gc]
	auto = 0
[maintenance]
	auto = false
[push]
	gpgSign = false
	pushOption =
"""

STALLED = 30
"""Seconds without a byte after which git gives up on a server."""


class TemporaryRepository:
    """
    A bare repository in a temporary directory; the directory goes with the object, or when it is closed.

    The user's and the system's configuration hold (proxies and certificates are set there), and what could run
    programs or write elsewhere is switched off above them.
    """

    def __init__(self, remote: Remote | None = None, *, object_format: str = "sha1") -> None:
        self._remote = remote
        with written(temporary.place()):
            self._directory = Path(tempfile.mkdtemp(prefix=temporary.prefix("git")))
        self._finalizer = weakref.finalize(self, shutil.rmtree, self._directory, ignore_errors=True)
        self.path = self._directory / "repository.git"
        arguments = ("--quiet", "--bare", "--template=", "--initial-branch=unused", f"--object-format={object_format}")
        # Since git 2.46 `init` runs a hook, too, and the configuration of its own repository is not there yet.
        hookless = ("-c", "core.hooksPath=/dev/null")
        git(*hookless, "init", *arguments, str(self.path), env={**OFFLINE, **_OWN_REPOSITORY})
        with written(temporary.place()), (self.path / "config").open("a", encoding="utf-8") as config:
            config.write(f"{_CONFIG}[http]\n\tlowSpeedLimit = 1\n\tlowSpeedTime = {STALLED}\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Remove it."""
        self._finalizer()

    def git(
        self,
        *arguments: str,
        stdin: bytes | None = None,
        stdout: Path | None = None,
        env: Environment | None = None,
    ) -> Completed:
        """
        Run a command that needs no server.

        Raises:
            GitFailed: It failed.
        """
        environment = {**OFFLINE, **_OWN_REPOSITORY, **(env or {})}
        return git(f"--git-dir={self.path}", *arguments, env=environment, stdin=stdin, stdout=stdout)

    def talk(
        self, *arguments: str, options: Sequence[str] = (), stdin: bytes | None = None, timeout: float = _TIMEOUT
    ) -> Completed:
        """
        Run a command that talks to the remote, which is called `steelyard` here: `ls-remote`, `fetch` or `push`.

        Args:
            arguments: The command and what follows it.
            options: Options of `git` itself.
            stdin: Bytes for its standard input.
            timeout: Seconds.

        Raises:
            GitFailed: It failed, or did not end in time.
        """
        configuration, variables = self._remote.options() if self._remote is not None else ([], {})
        environment = {**QUIET, **_OWN_REPOSITORY, **variables}
        words = (f"--git-dir={self.path}", *configuration, *options, *arguments)
        try:
            return git(*words, env=environment, stdin=stdin, timeout=timeout)
        except GitFailed as exc:
            if exc.cause is Cause.UNAUTHENTICATED and self._remote is not None and self._remote.authenticated:
                said = "the remote does not take the token"
                raise GitFailed(said, cause=Cause.BAD_TOKEN, text=said) from exc
            raise

    def fetch(self, *refspecs: str, options: Sequence[str] = (), timeout: float = _TIMEOUT) -> Completed:
        """
        Fetch from the remote, without tags, submodules or anything that is not asked for.

        Raises:
            GitFailed: It failed.
        """
        return self.talk(*_FETCH, *options, NAME, *refspecs, timeout=timeout)

    def fetch_objects(self, objects: Iterable[str]) -> Completed:
        """
        Fetch single objects that an earlier fetch left out, without saying what is here already.

        Raises:
            GitFailed: It failed, also when the server does not give out single objects.
        """
        listed = "".join(f"{one}\n" for one in sorted(objects)).encode()
        negotiation = ("-c", "fetch.negotiationAlgorithm=noop")
        return self.talk(*_FETCH, "--filter=blob:none", "--stdin", NAME, options=negotiation, stdin=listed)

    def ref(self, name: str) -> str | None:
        """The object that a ref points to."""
        shown = self.git("for-each-ref", "--format=%(objectname)", name).stdout.split()
        return shown[0] if shown else None

    def complete(self) -> bool:
        """No history was cut off."""
        return self.git("rev-parse", "--is-shallow-repository").stdout.strip() == "false"

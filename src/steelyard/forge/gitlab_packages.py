"""GitLab's generic package registry, as a store of Evaluations wants it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import msgspec

from steelyard.ci import Context, Secret
from steelyard.errors import ForgeError
from steelyard.forge.gitlab_client import Client
from steelyard.forge.gitlab_refusals import CREATE, TokenKind
from steelyard.forge.patience import Patience
from steelyard.model.base import Value

T = TypeVar("T")

PACKAGE = "steelyard-data"
"""The package's name."""

_IMITATE = (
    "set another `kind` under [store], or GITLAB_CI=true, CI_API_V4_URL, CI_PROJECT_ID and GITLAB_TOKEN to read it "
    "from elsewhere"
)
_REFUSED = frozenset({401, 403, 404})


class PackageVersion(Value, frozen=True, kw_only=True):
    """A version of the package."""

    id: int
    name: str
    created: str = ""


class _Package(msgspec.Struct, frozen=True):
    id: int
    name: str
    version: str | None = None
    created_at: str = ""


class _File(msgspec.Struct, frozen=True):
    file_name: str
    size: int = 0


class GenericPackages:
    """
    The versions of one generic package of a project.

    It is asked with the job's own token, which may read and write there; what that is refused (another project's
    packages, deleting, which takes a Maintainer) is asked again with the token that somebody created, if there is one.
    Every method raises a `ForgeError` when there is no token, or when this is no GitLab job.
    """

    def __init__(self, context: Context, *, timeout: int | None = None, patience: Patience | None = None) -> None:
        self._context = context
        self._timeout = timeout
        self._patience = patience or Patience()
        self._known: tuple[Client, ...] = ()

    def describe(self) -> str:
        """For messages: `the package registry of group/digits`."""
        return f"the package registry of {self._context.repository or self._context.project_id}"

    def versions(self) -> Sequence[PackageVersion]:
        """All versions of the package; the search for its name is fuzzy."""
        query = {"package_type": "generic", "package_name": PACKAGE, "order_by": "created_at", "sort": "asc"}

        def ask(client: Client) -> list[_Package]:
            return client.list("/packages", _Package, query)

        found = self._try("list the packages", ask, repeatable=True)
        return [
            PackageVersion(id=one.id, name=one.version, created=one.created_at)
            for one in found
            if one.name == PACKAGE and one.version is not None
        ]

    def files(self, version_id: int) -> Mapping[str, int]:
        """Names and sizes of a version's files."""
        path = f"/packages/{version_id}/package_files"
        found = self._try("list a package's files", lambda client: client.list(path, _File, {}), repeatable=True)
        return {file.file_name: file.size for file in found}

    def download(self, version: str, file: str, *, limit: int) -> bytes | None:
        """A file's content, at most `limit` bytes and one more; None when it is not there."""
        try:
            path = _path(version, file)
            return self._try(f"read {file}", lambda client: client.download(path, limit=limit), repeatable=True)
        except ForgeError as exc:
            if exc.status == 404:
                return None
            raise

    def upload(self, version: str, file: str, content: bytes) -> None:
        """Write a file. Twice does no harm: where a group's setting forbids it, the first one is there."""
        path = _path(version, file)
        try:
            self._try(f"write {file}", lambda client: client.put(path, content), repeatable=True)
        except ForgeError as exc:
            there = exc.status == 400 and self.download(version, file, limit=len(content)) == content
            if not there:
                raise

    def delete(self, version_id: int) -> bool:
        """Remove a version, also one that is gone already; False when no token may."""
        try:
            path = f"/packages/{version_id}"
            self._try("delete an old package", lambda client: client.delete(path), repeatable=True)
        except ForgeError as exc:
            if exc.status in {401, 403}:
                return False
            if exc.status != 404:
                raise
        return True

    def _clients(self) -> tuple[Client, ...]:
        """One for each token, the job's own first."""
        context = self._context
        if context.provider != "gitlab":
            raise ForgeError("the package registry is GitLab's, and this is no GitLab job", hint=_IMITATE)
        tokens: tuple[tuple[Secret, TokenKind], ...] = ((context.job_token, "job"), (context.token, "access"))
        if not self._known:
            self._known = tuple(
                Client(context, token=token, kind=kind, timeout=self._timeout, patience=self._patience)
                for token, kind in tokens
                if token
            )
        if not self._known:
            raise ForgeError("there is no token for GitLab's package registry", hint=CREATE)
        return self._known

    def _try(self, action: str, request: Callable[[Client], T], *, repeatable: bool) -> T:
        """The answer to the first token that is not refused."""
        *others, last = self._clients()
        for client in others:
            try:
                return _send(client, action, request, repeatable=repeatable)
            except ForgeError as exc:
                if exc.status not in _REFUSED:
                    raise
        return _send(last, action, request, repeatable=repeatable)


def _send(client: Client, action: str, request: Callable[[Client], T], *, repeatable: bool) -> T:
    return client.send(action, lambda: request(client), repeatable=repeatable)


def _path(version: str, file: str) -> str:
    """Both are of letters, digits, dots, dashes and underscores: the store sees to it."""
    return f"/packages/generic/{PACKAGE}/{version}/{file}"

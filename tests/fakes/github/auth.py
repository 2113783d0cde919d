"""
Tokens and permissions.

A workflow's `GITHUB_TOKEN` is an installation token (`ghs_…`) of the app `github-actions` for one repository with the
permissions that the workflow's `permissions:` grants. GitHub names in `X-Accepted-GitHub-Permissions` what an endpoint
accepts: alternatives separated by `;`, each of them a conjunction separated by `,`
(docs: "Troubleshooting the REST API", "Insufficient permissions errors").
"""

from __future__ import annotations

import secrets
import string
from collections.abc import Mapping
from typing import Literal

import msgspec

from tests.fakes.github.state import Repository, Role, User
from tests.fakes.github.wire import Refusal, TokenKind, not_found

_LEVELS = {"none": 0, "read": 1, "write": 2, "admin": 3}
_KNOWN = {
    "actions", "attestations", "checks", "contents", "deployments", "discussions", "id_token", "issues", "metadata",
    "models", "packages", "pages", "pull_requests", "security_events", "statuses",
}  # fmt: skip
_ALPHABET = string.ascii_letters + string.digits


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """What a token stands for. Its text is only the key under which the server finds this."""

    kind: TokenKind
    user: User
    repository: Repository | None = None
    """The one repository that an installation token is for."""
    permissions: dict[str, str] = {}
    """Of an installation token, in the API's spelling (`pull_requests`)."""

    def grants(self, accepted: str) -> bool:
        """Whether one of the alternatives of an `X-Accepted-GitHub-Permissions` value is granted in full."""
        return any(
            all(_LEVELS[self.permissions.get(name, "none")] >= _LEVELS[level] for name, level in alternative)
            for alternative in _parse(accepted)
        )


def _parse(accepted: str) -> list[list[tuple[str, str]]]:
    alternatives = []
    for part in accepted.split(";"):
        pairs = (pair.strip().partition("=") for pair in part.split(","))
        alternatives.append([(name, level) for name, _, level in pairs])
    return alternatives


def mint(prefix: Literal["ghs_", "ghp_"]) -> str:
    """Return the text of a new token."""
    return prefix + "".join(secrets.choice(_ALPHABET) for _ in range(36))


def normalise(permissions: Mapping[str, str]) -> dict[str, str]:
    """
    Return permissions in the API's spelling; workflows write `pull-requests`, the API `pull_requests`.

    `metadata: read` is always granted to an installation.

    Raises:
        ValueError: A permission or level that a workflow cannot grant: the test is wrong.
    """
    granted = {name.replace("-", "_"): level for name, level in permissions.items()}
    if unknown := set(granted) - _KNOWN:
        raise ValueError(f"unknown permissions {sorted(unknown)}")
    if wrong := set(granted.values()) - {"none", "read", "write"}:
        raise ValueError(f"unknown levels {sorted(wrong)}")
    return {**granted, "metadata": "read"}


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """Who may call an endpoint."""

    write: bool
    accepts: str
    """What GitHub says in `X-Accepted-GitHub-Permissions`."""
    needs: str
    """What an installation token really needs, in the same form; nearly always the same."""
    role: Role
    """What a person needs for a write; to read, seeing the repository is enough."""


def authorise(token: Token | None, repo: Repository, access: Access) -> None:
    """
    Refuse what the token may not do with the repository, in GitHub's order: hide, then forbid.

    Args:
        token: None for a request without credentials.
        repo: The repository that the path names.
        access: What the endpoint asks for.

    Raises:
        Refusal: 404 when the repository is not the token's to see, 401 for anonymous writes, 403 otherwise.
    """
    if repo.private and not _sees(token, repo):
        raise not_found()
    if not access.write and not repo.private:
        return
    if token is None:
        raise Refusal(401, "Requires authentication")
    if token.kind == "installation":
        if token.repository is not repo or not token.grants(access.needs):
            raise Refusal(403, "Resource not accessible by integration")
    elif access.write and not at_least(repo.role(token.user), access.role):
        raise Refusal(403, "Must have admin rights to Repository.")


def at_least(role: Role | None, wanted: Role) -> bool:
    """Whether a person's role includes another."""
    return _LEVELS[role or "none"] >= _LEVELS[wanted]


def _sees(token: Token | None, repo: Repository) -> bool:
    if token is None:
        return False
    if token.kind == "installation":
        return token.repository is repo
    return repo.role(token.user) is not None

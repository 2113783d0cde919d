"""
Tokens, their scopes and their roles.

An access token (personal, of a group, of a project) acts as a user, or as the project's bot, with that one's role and
within its scopes. A job's token acts as the user who started the pipeline, with that one's role, and on the endpoints
that say so (docs: "GitLab CI/CD job token", "Job token access"); on others it is as good as none.
"""

from __future__ import annotations

import secrets
import string
from typing import Literal, TypeAlias

import msgspec

from tests.fakes.gitlab.state import Project, Role, User
from tests.fakes.gitlab.wire import Refusal, TokenKind, forbidden, not_found, unauthorised

Scope: TypeAlias = Literal["api", "read_api", "read_user", "read_repository", "write_repository"]
Header: TypeAlias = Literal["private-token", "authorization", "job-token"]

ROLES: tuple[Role, ...] = ("guest", "reporter", "developer", "maintainer")
_ALPHABET = string.ascii_letters + string.digits


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """What a token stands for. Its text is only the key under which the server finds this."""

    kind: TokenKind
    user: User
    scopes: frozenset[str] = frozenset()
    project: Project | None = None
    """The project of a job."""
    state: Literal["active", "expired", "revoked"] = "active"


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """Who may call an endpoint."""

    write: bool
    role: Role
    """What a member needs; in a public project everybody may read."""
    job: bool
    """A job's token may call it."""


def mint(prefix: Literal["glpat-", "glcbt-64_"]) -> str:
    """Return the text of a new token."""
    return prefix + "".join(secrets.choice(_ALPHABET) for _ in range(20))


def check(token: Token | None) -> None:
    """Refuse a token that was valid once, in the words of GitLab's API guard."""
    if token is not None and token.state != "active":
        said = {"expired": "Token is expired. You can either do re-authorization or token refresh."}
        revoked = "Token was revoked. You have to re-authorize from the user."
        payload = {"error": "invalid_token", "error_description": said.get(token.state, revoked)}
        raise Refusal(401, payload)


def authorise(token: Token | None, project: Project, access: Access) -> None:
    """Refuse what the token may not do, in GitLab's order: unknown, scope, hidden project, role."""
    if token is not None and token.kind == "job" and not access.job:
        token = None
    if token is None and access.write:
        raise unauthorised()
    if token is not None and token.kind == "access":
        _check_scope(token, write=access.write)
    role = project.members.get(token.user.id) if token is not None else None
    foreign = token is not None and token.kind == "job" and token.project is not project
    if project.private and (role is None or foreign):
        raise not_found("Project")
    if access.write or project.private:
        needed = access.role if access.write else "guest"
        if role is None or ROLES.index(role) < ROLES.index(needed):
            raise forbidden()
    if access.write and project.archived:
        raise forbidden()


def _check_scope(token: Token, *, write: bool) -> None:
    enough = {"api"} if write else {"api", "read_api"}
    if not token.scopes & enough:
        raise insufficient(" ".join(sorted(enough)))


def insufficient(scope: str) -> Refusal:
    """Return the 403 of a token without the scope."""
    said = "The request requires higher privileges than provided by the access token."
    return Refusal(403, {"error": "insufficient_scope", "error_description": said, "scope": scope})

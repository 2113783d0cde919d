"""Who am I: `GET /user`, and the one GraphQL question that is answered."""

from __future__ import annotations

import re

from tests.fakes.github import render
from tests.fakes.github.auth import Token
from tests.fakes.github.wire import DOCS, JSON, Refusal, Request, Response

_VIEWER = re.compile(r"\s*(?:query\b[^{]*)?\{\s*viewer\s*\{([\w\s,]*)\}\s*\}\s*")


def whoami(request: Request, *, token: Token | None) -> Response:
    """Answer `GET /user`, which an installation token may not ask."""
    if token is None:
        raise Refusal(401, "Requires authentication")
    if token.kind == "installation":
        raise Refusal(403, "Resource not accessible by integration")
    return Response(payload=render.account(token.user, links=request.links))


def graphql(request: Request, *, token: Token | None) -> Response:
    """
    Answer `query { viewer { … } }`; every other query is refused as an unknown field.

    For a workflow's token the viewer is `github-actions[bot]`, as in REST. (GraphQL leaves the suffix away where an
    `author` is asked for, but `viewer` is a `User` and has it: fullsend-ai/fullsend#1953,
    joshjohanning/bulk-github-repo-settings-sync-action#194, marocchino/sticky-pull-request-comment#332.)
    """
    if token is None:
        raise Refusal(401, "This endpoint requires you to be authenticated.", docs=f"{DOCS}/graphql/guides")
    query = request.json().get("query")
    match = _VIEWER.fullmatch(query) if isinstance(query, str) else None
    if match is None:
        return _undefined("Query", str(query)[:60])
    fields: dict[str, JSON] = {
        "login": token.user.login,
        "databaseId": token.user.id,
        "id": render.node("U", token.user.id),
        "__typename": "User",
    }
    asked = re.findall(r"\w+", match[1])
    unknown = next((name for name in asked if name not in fields), None)
    if unknown is not None:
        return _undefined("User", unknown)
    return Response(payload={"data": {"viewer": {name: fields[name] for name in asked}}})


def _undefined(parent: str, field: str) -> Response:
    error: JSON = {
        "path": ["query", field],
        "extensions": {"code": "undefinedField", "typeName": parent, "fieldName": field},
        "locations": [{"line": 1, "column": 1}],
        "message": f"Field '{field}' doesn't exist on type '{parent}'",
    }
    return Response(payload={"errors": [error]})

"""Who am I: `GET /user`, and the two GraphQL questions that are answered."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tests.fakes.github import render
from tests.fakes.github.auth import Token
from tests.fakes.github.wire import DOCS, JSON, Refusal, Request, Response

_CONNECTION = re.compile(r"(\w+): userContentEdits\((first|last): (\d+)\) \{ nodes \{ diff \} \}")
_EDITS = re.compile(
    r"\s*query\(\$id: ID!\) \{\s*node\(id: \$id\) \{\s*\.\.\. on IssueComment \{((?:\s*"
    + _CONNECTION.pattern
    + r")+)\s*\}\s*\}\s*\}\s*"
)
_PULL = re.compile(r"(p\d+): pullRequest\(number: (\d+)\) \{ closedAt \}")
_PULLS = re.compile(
    r"\s*query\(\$owner: String!, \$name: String!\) \{\s*repository\(owner: \$owner, name: \$name\) \{((?:\s*"
    + _PULL.pattern
    + r")+)\s*\}\s*\}\s*"
)
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
    Answer `query { viewer { … } }`, the edits of a comment, and when pull requests were closed; every other query is
    refused as an unknown field.

    For a workflow's token the viewer is `github-actions[bot]`, as in REST. (GraphQL leaves the suffix away where an
    `author` is asked for, but `viewer` is a `User` and has it: fullsend-ai/fullsend#1953,
    joshjohanning/bulk-github-repo-settings-sync-action#194, marocchino/sticky-pull-request-comment#332.)
    """
    if token is None:
        raise Refusal(401, "This endpoint requires you to be authenticated.", docs=f"{DOCS}/graphql/guides")
    query = request.json().get("query")
    if isinstance(query, str) and (asked_edits := _EDITS.fullmatch(query)):
        return Response(payload={"data": {"node": _edits(request, asked_edits[1], token=token)}})
    if isinstance(query, str) and (asked_pulls := _PULLS.fullmatch(query)):
        return _closures(request, asked_pulls[1], token=token)
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


def _edits(request: Request, connections: str, *, token: Token) -> JSON:
    """
    Return the edits of a comment in the token's own repository, newest first, or None.

    `diff` is the whole body that an edit left, and the first entry is the body before any edit: this is how git-bug
    reads GitHub's answers (git-bug/git-bug, bridge/github/import.go).
    """
    variables = request.json().get("variables")
    wanted = variables.get("id") if isinstance(variables, Mapping) else None
    comments = token.repository.comment_list if token.repository else []
    said = next((said for said in comments if render.node("IC", said.id) == wanted), None)
    if said is None:
        return None
    newest: list[JSON] = [{"diff": body} for body in reversed(said.edits)]
    return {
        name: {"nodes": newest[: int(count)] if end == "first" else newest[-int(count) :]}
        for name, end, count in _CONNECTION.findall(connections)
    }


def _closures(request: Request, fields: str, *, token: Token) -> Response:
    """When pull requests of the token's own repository were closed; an unknown one is null, and an error of its own."""
    variables = request.json().get("variables")
    given = variables if isinstance(variables, Mapping) else {}
    repo = token.repository
    if repo is None or f"{given.get('owner')}/{given.get('name')}" != repo.full_name:
        missing: JSON = {"type": "NOT_FOUND", "path": ["repository"], "message": "Could not resolve to a Repository."}
        return Response(payload={"data": {"repository": None}, "errors": [missing]})
    found: dict[str, JSON] = {}
    errors: list[JSON] = []
    for name, number in _PULL.findall(fields):
        pull = repo.pulls.get(int(number))
        closed = pull.closed_at.strftime("%Y-%m-%dT%H:%M:%SZ") if pull is not None and pull.closed_at else None
        found[name] = {"closedAt": closed} if pull is not None else None
        if pull is None:
            said = f"Could not resolve to a PullRequest with the number of {number}."
            errors.append({"type": "NOT_FOUND", "path": ["repository", name], "message": said})
    payload: dict[str, JSON] = {"data": {"repository": found}}
    return Response(payload={**payload, "errors": errors} if errors else payload)


def _undefined(parent: str, field: str) -> Response:
    error: JSON = {
        "path": ["query", field],
        "extensions": {"code": "undefinedField", "typeName": parent, "fieldName": field},
        "locations": [{"line": 1, "column": 1}],
        "message": f"Field '{field}' doesn't exist on type '{parent}'",
    }
    return Response(payload={"errors": [error]})

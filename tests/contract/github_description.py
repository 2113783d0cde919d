"""
GitHub's own description of its REST API, and a check of exchanges against it.

The description is npm's `@octokit/openapi` (13 MB of JSON); of it only the endpoints that the fake serves are kept,
with the schemas that they refer to.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from typing import Any

from openapi_core import Config, OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockRequest, MockResponse

from tests.fakes import npm
from tests.fakes.github import Exchange
from tests.fakes.github.routes import ROUTES

_HOST = "https://api.github.com"
_ERRORS = {"400": "basic-error", "401": "basic-error", "403": "basic-error", "404": "basic-error"} | {
    "422": "validation-error"
}
"""The schema of refusals that an operation's own description leaves out, as most do."""

Json = Any  # what json.load returns; the description is walked, not modelled


class Description:
    """The part of GitHub's description that covers some paths."""

    def __init__(self, paths: Iterable[str]) -> None:
        """
        Load those paths.

        Raises:
            KeyError: GitHub has no such path.
        """
        whole = json.loads(npm.unpack("@octokit/openapi", "generated/api.github.com.json").read_text())
        self._spec = _prune(whole, paths)
        self._openapi = OpenAPI.from_dict(self._spec, config=Config(spec_validator_cls=None))

    def operations(self) -> set[tuple[str, str]]:
        """Return every described (method, path) of the kept paths."""
        return {(method.upper(), path) for path, item in self._spec["paths"].items() for method in item}

    def documentation(self, method: str, path: str) -> str:
        """Return the page that an operation's refusals name."""
        url: str = self._spec["paths"][path][method.lower()]["externalDocs"]["url"]
        return url

    def check(self, exchange: Exchange) -> None:
        """
        Compare an exchange with the description: path, query and body of the request, status and body of the answer.

        A request that was refused as malformed (400, 422) is not compared; of one that was cut, only the request is.
        GraphQL is not described and always passes.

        Raises:
            AssertionError: They differ; the message says where.
        """
        if exchange.path == "/graphql":
            return  # not part of the description
        request = MockRequest(
            _HOST,
            exchange.method,
            exchange.path,
            args=exchange.query,
            data=exchange.request_body,
            content_type=exchange.request_type.partition(";")[0],
        )
        headers = exchange.response_headers
        response = MockResponse(
            exchange.response_body,
            status_code=exchange.status,
            headers=headers,
            content_type=headers.get("Content-Type", "").partition(";")[0],
        )
        what = f"{exchange.method} {exchange.target} -> {exchange.status}"
        try:
            if exchange.status not in {400, 422}:
                self._openapi.validate_request(request)
            if exchange.status:
                self._openapi.validate_response(request, response)
        except OpenAPIError as exc:
            raise AssertionError(f"{what}: {_details(exc)}") from exc


@cache
def github() -> Description:
    """Return the description of all that the fake serves; loaded once, it is big."""
    return Description({"/user", *(route.template for route in ROUTES)})


def _details(error: OpenAPIError) -> str:
    """Return where the data differ and how, without the data."""
    causes = getattr(error.__cause__, "schema_errors", None) or [error.__cause__ or error]
    return "; ".join(f"/{'/'.join(map(str, getattr(one, 'path', ())))} {str(one)[:200]}" for one in causes)


def _prune(whole: Json, paths: Iterable[str]) -> Json:
    """Return the description with some paths only, what they refer to, and a schema for every common refusal."""
    kept: dict[str, Json] = {path: whole["paths"][path] for path in paths}
    for item in kept.values():
        for operation in item.values():
            for status, schema in _ERRORS.items():
                reference = {"$ref": f"#/components/schemas/{schema}"}
                content = {"application/json": {"schema": reference}}
                operation["responses"].setdefault(status, {"description": "", "content": content})
    components: dict[str, dict[str, Json]] = {}
    _collect(kept, whole=whole, into=components)
    info = {"title": "GitHub", "version": whole["info"]["version"]}
    return {
        "openapi": whole["openapi"],
        "info": info,
        "servers": [{"url": _HOST}],
        "paths": kept,
        "components": components,
    }


def _collect(node: Json, *, whole: Json, into: dict[str, dict[str, Json]]) -> None:
    """
    Follow every reference below `node`; examples, a large part of the file, are dropped on the way.

    Where GitHub says `nullable` beside an `enum`, null is added to the list: OpenAPI 3.0.3 wants it there.
    """
    if isinstance(node, list):
        for one in node:
            _collect(one, whole=whole, into=into)
    elif isinstance(node, dict):
        node.pop("examples", None)
        if node.get("nullable") is True and isinstance(node.get("enum"), list) and None not in node["enum"]:
            node["enum"].append(None)
        reference = node.get("$ref")
        if isinstance(reference, str):
            _, _, kind, name = reference.split("/")
            if name not in into.setdefault(kind, {}):
                into[kind][name] = whole["components"][kind][name]
                _collect(into[kind][name], whole=whole, into=into)
        for one in list(node.values()):
            _collect(one, whole=whole, into=into)

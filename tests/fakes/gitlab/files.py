"""Files: uploads for Markdown, and the generic package registry."""

from __future__ import annotations

import re
from email import message_from_bytes
from email.message import Message

from tests.fakes.github.wire import JSON
from tests.fakes.gitlab.auth import ROLES
from tests.fakes.gitlab.routes import Call, route
from tests.fakes.gitlab.state import Package, next_id
from tests.fakes.gitlab.wire import Refusal, Response, bad_request, forbidden, not_found

_FILE = "/packages/generic/:package_name/:package_version/:file_name"
_NAMES = {
    "package_name": re.compile(r"[A-Za-z0-9._\-+]+"),
    "package_version": re.compile(r"(?!.*\.\.)[\w+.-]+"),
    "file_name": re.compile(r"(?!~)[A-Za-z0-9._\-+~]+(?<!~)"),
}
"""GitLab's source, lib/gitlab/regex/packages.rb."""


@route("POST", "/uploads")
def upload(call: Call) -> Response:
    """Keep a file that was sent as a form."""
    header = f"Content-Type: {call.request.content_type}\r\n\r\n".encode()
    parts = message_from_bytes(header + call.request.body).get_payload()
    named = [part for part in parts if isinstance(part, Message)] if isinstance(parts, list) else []
    file = next((part for part in named if part.get_param("name", header="content-disposition") == "file"), None)
    content = file.get_payload(decode=True) if file is not None else None
    if file is None or not isinstance(content, bytes):
        raise Refusal(400, {"error": "file is invalid"})
    made = call.project.upload(file.get_filename() or "file", content)
    url = f"/uploads/{made.secret}/{made.filename}"
    alt = made.filename.rpartition(".")[0]
    full = f"/-/project/{call.project.id}{url}"
    payload: dict[str, JSON] = {"id": made.id, "alt": alt, "url": url, "full_path": full}
    return Response(status=201, payload={**payload, "markdown": f"![{alt}]({url})"})


def _check_names(call: Call) -> None:
    for name, pattern in _NAMES.items():
        if not pattern.fullmatch(call.params[name]):
            raise Refusal(400, {"error": f"{name} is invalid"})


def _find(call: Call) -> Package | None:
    name, version = call.params["package_name"], call.params["package_version"]
    return next((one for one in call.project.packages if (one.name, one.version) == (name, version)), None)


@route("PUT", _FILE, role="developer", job=True)
def put_file(call: Call) -> Response:
    """Publish a file; its package is made with its first one."""
    _check_names(call)
    project, name, content = call.project, call.params["file_name"], call.request.body
    if len(content) > project.largest_package_file:
        raise bad_request("File is too large")
    package = _find(call)
    if package is not None and not project.duplicates and package.find(name) is not None:
        raise bad_request("Duplicate package is not allowed")
    role = project.members.get(call.user.id, "guest")
    if project.protected_packages and ROLES.index(role) < ROLES.index("maintainer"):
        raise forbidden("Package protected.")
    if package is None:
        package = Package(name=call.params["package_name"], version=call.params["package_version"])
        project.packages.append(package)
    package.files.append((next_id(), name, content))
    return Response(status=201, payload={"message": "201 Created"})


@route("GET", _FILE, job=True)
def get_file(call: Call) -> Response:
    """Return a file's content: of several with the name, the newest."""
    _check_names(call)
    package = _find(call)
    content = package.find(call.params["file_name"]) if package is not None else None
    if content is None:
        raise not_found()
    return Response(content=content, headers={"Content-Type": "application/octet-stream"})


@route("GET", "/packages", job=True)
def list_packages(call: Call) -> Response:
    """List packages by their time; `package_name` is a fuzzy search."""
    wanted, kind = call.request.query.get("package_name", ""), call.request.query.get("package_type", "generic")
    found = [one for one in call.project.packages if wanted in one.name and kind == "generic"]
    if call.request.query.get("sort", "asc") == "desc":
        found.reverse()
    return call.page([_package(one) for one in found])


@route("GET", "/packages/:package_id/package_files", job=True)
def list_files(call: Call) -> Response:
    """List the files of a package."""
    package = _by_id(call)
    return call.page(
        [
            {"id": number, "package_id": package.id, "file_name": name, "size": len(content)}
            for number, name, content in package.files
        ]
    )


@route("DELETE", "/packages/:package_id", role="maintainer", job=True)
def delete_package(call: Call) -> Response:
    """Remove a package with its files; a maintainer may."""
    call.project.packages.remove(_by_id(call))
    return Response(status=204)


def _by_id(call: Call) -> Package:
    wanted = call.number("package_id")
    found = next((one for one in call.project.packages if one.id == wanted), None)
    if found is None:
        raise not_found()
    return found


def _package(one: Package) -> dict[str, JSON]:
    named: dict[str, JSON] = {"id": one.id, "name": one.name, "version": one.version, "package_type": "generic"}
    return {**named, "status": "default", "created_at": one.created_at.isoformat(), "tags": []}

"""Projects, merge requests and their notes, commits and their statuses."""

from __future__ import annotations

from datetime import datetime

from tests.fakes.github.wire import JSON
from tests.fakes.gitlab.auth import ROLES
from tests.fakes.gitlab.routes import Call, route
from tests.fakes.gitlab.state import MergeRequest, Note, Status, User, next_id, now
from tests.fakes.gitlab.wire import Refusal, Response, bad_request, forbidden, not_found

BODY_LIMIT = 1_000_000
"""Characters that a note may have."""

_REQUEST = "/merge_requests/:merge_request_iid"
_NOTES = f"{_REQUEST}/notes"
_NOTE = f"{_NOTES}/:note_id"
_STATES = ("pending", "running", "success", "failed", "canceled", "skipped")


def user(person: User, *, web_url: str) -> dict[str, JSON]:
    """Return a user as GitLab writes one where it is somebody's author."""
    return {
        "id": person.id,
        "username": person.username,
        "name": person.username,
        "state": "active",
        "locked": False,
        "avatar_url": None,
        "web_url": f"{web_url}/{person.username}",
    }


def _time(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _request(found: MergeRequest, call: Call) -> dict[str, JSON]:
    return {
        "id": found.id,
        "iid": found.iid,
        "project_id": found.project.id,
        "title": f"Change {found.iid}",
        "state": found.state,
        "source_branch": found.source_branch,
        "target_branch": found.target_branch,
        "source_project_id": found.source.id if found.source is not None else None,
        "target_project_id": found.project.id,
        "author": user(found.author, web_url=call.web_url),
        "sha": found.sha,
        "diff_refs": {"base_sha": "0" * 40, "head_sha": found.sha, "start_sha": "0" * 40},
        "web_url": f"{call.web_url}/{found.project.path}/-/merge_requests/{found.iid}",
    }


def _note(found: Note, call: Call) -> dict[str, JSON]:
    return {
        "id": found.id,
        "type": None,
        "body": found.body,
        "author": user(found.author, web_url=call.web_url),
        "created_at": _time(found.created_at),
        "updated_at": _time(found.updated_at),
        "system": found.system,
        "noteable_id": _find(call).id,
        "noteable_type": "MergeRequest",
        "noteable_iid": _find(call).iid,
        "resolvable": False,
        "internal": False,
    }


def _find(call: Call) -> MergeRequest:
    found = call.project.merge_requests.get(call.number("merge_request_iid"))
    if found is None:
        raise not_found()
    return found


def _find_note(call: Call) -> Note:
    wanted = call.number("note_id")
    found = next((note for note in _find(call).notes if note.id == wanted), None)
    if found is None:
        raise not_found("Note")
    return found


def _body(call: Call) -> str:
    body = call.request.json().get("body")
    if body is None:
        raise Refusal(400, {"error": "body is missing"})
    if not isinstance(body, str):
        raise Refusal(400, {"error": "body is invalid"})
    if not body.strip():
        raise bad_request('Note {:note=>["can\'t be blank"]}')
    if len(body) > BODY_LIMIT:
        raise bad_request(f'Note {{:note=>["is too long (maximum is {BODY_LIMIT} characters)"]}}')
    return body


def _check_author(call: Call, note: Note) -> None:
    """Refuse whoever changes what somebody else said; maintainers may."""
    role = call.project.members.get(call.user.id, "guest")
    if note.author != call.user and ROLES.index(role) < ROLES.index("maintainer"):
        raise forbidden()


@route("GET", "")
def get_project(call: Call) -> Response:
    """Return the project."""
    project = call.project
    named = {"path_with_namespace": project.path, "default_branch": project.default_branch}
    return Response(payload={"id": project.id, **named, "web_url": f"{call.web_url}/{project.path}"})


@route("GET", _REQUEST, job=True)
def get_request(call: Call) -> Response:
    """Return a merge request."""
    return Response(payload=_request(_find(call), call))


@route("GET", _NOTES, job=True)
def list_notes(call: Call) -> Response:
    """List notes, newest first unless `sort=asc`; what GitLab itself noted is among them."""
    newest_first = call.request.query.get("sort", "desc") == "desc"
    notes = sorted(_find(call).notes, key=lambda note: (note.created_at, note.id), reverse=newest_first)
    return call.page([_note(note, call) for note in notes])


@route("GET", _NOTE, job=True)
def get_note(call: Call) -> Response:
    """Return a note."""
    return Response(payload=_note(_find_note(call), call))


@route("POST", _NOTES)
def create_note(call: Call) -> Response:
    """Add a note. Its quick actions are carried out; one that is nothing else leaves no note (202)."""
    found = _find(call)
    body = found.obey(_body(call))
    if not body:
        return Response(status=202, payload={"commands_changes": {}, "summary": ["Done"]})
    return Response(status=201, payload=_note(found.say(body, author=call.user), call))


@route("PUT", _NOTE)
def update_note(call: Call) -> Response:
    """Replace a note's body; quick actions are carried out here too."""
    note = _find_note(call)
    _check_author(call, note)
    note.body, note.updated_at = _find(call).obey(_body(call)), now()
    return Response(payload=_note(note, call))


@route("DELETE", _NOTE)
def delete_note(call: Call) -> Response:
    """Remove a note."""
    note = _find_note(call)
    _check_author(call, note)
    _find(call).notes.remove(note)
    return Response(status=204)


@route("GET", "/repository/commits/:sha/merge_requests", job=True)
def list_requests_of_commit(call: Call) -> Response:
    """List the merge requests whose source branch has had the commit, in this project."""
    sha, state = call.params["sha"], call.request.query.get("state", "all")
    if sha not in call.project.commits:
        raise not_found("Commit")
    found = [one for one in call.project.merge_requests.values() if sha in one.commits and state in {"all", one.state}]
    return call.page([_request(one, call) for one in found])


@route("POST", "/statuses/:sha", role="developer")
def set_status(call: Call) -> Response:
    """Set a commit's status; a name is `default` when none is given."""
    data, sha = call.request.json(), call.params["sha"]
    if sha not in call.project.commits:
        raise not_found("Commit")
    state = data.get("state")
    if state not in _STATES:
        raise Refusal(400, {"error": "state does not have a valid value"})
    description = data.get("description")
    if isinstance(description, str) and len(description) > 255:
        raise Refusal(400, {"message": {"description": ["is too long (maximum is 255 characters)"]}})
    pipeline = data.get("pipeline_id")
    made = Status(
        sha=sha,
        name=str(data.get("name") or data.get("context") or "default"),
        status=str(state),
        description=description if isinstance(description, str) else None,
        target_url=str(data["target_url"]) if data.get("target_url") else None,
        ref=str(data["ref"]) if data.get("ref") else None,
        pipeline_id=pipeline if isinstance(pipeline, int) else None,
        author=call.user,
        id=next_id(),
    )
    call.project.statuses.append(made)
    payload: dict[str, JSON] = {"id": made.id, "sha": sha, "status": made.status, "name": made.name}
    return Response(status=201, payload={**payload, "author": user(call.user, web_url=call.web_url)})

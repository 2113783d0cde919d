"""Notes on merge requests and issues, and the discussions that they are in, those on commits too."""

from __future__ import annotations

from tests.fakes.github.wire import JSON
from tests.fakes.gitlab.auth import ROLES
from tests.fakes.gitlab.changes import find_request, time, user
from tests.fakes.gitlab.routes import Call, route
from tests.fakes.gitlab.state import MergeRequest, Note, Noteable, now
from tests.fakes.gitlab.wire import Refusal, Response, bad_request, forbidden, not_found

BODY_LIMIT = 1_000_000
"""Characters that a note may have."""

_REQUEST, _ISSUE = "/merge_requests/:merge_request_iid", "/issues/:issue_iid"
_DISCUSSION = f"{_REQUEST}/discussions/:discussion_id"
_ON_COMMIT = "/repository/commits/:sha/discussions"
_COMMIT_NOTE = f"{_ON_COMMIT}/:discussion_id/notes/:note_id"


def _note(found: Note, call: Call, *, kind: str, owner: Noteable | None) -> dict[str, JSON]:
    return {
        "id": found.id,
        "type": "DiscussionNote" if found.resolvable else None,
        "body": found.body,
        "author": user(found.author, web_url=call.web_url),
        "created_at": time(found.created_at),
        "updated_at": time(found.updated_at),
        "system": found.system,
        "noteable_id": owner.id if owner is not None else None,
        "noteable_type": kind,
        "noteable_iid": owner.iid if owner is not None else None,
        "resolvable": found.resolvable,
        **({"resolved": found.resolved} if found.resolvable else {}),
        "internal": False,
    }


def _owner(call: Call) -> tuple[Noteable, str]:
    """Return what the path names, and what GitLab calls it."""
    if "merge_request_iid" in call.params:
        return find_request(call), "MergeRequest"
    found = call.project.issues.get(call.number("issue_iid"))
    if found is None:
        raise not_found()
    return found, "Issue"


def _on_owner(note: Note, call: Call) -> dict[str, JSON]:
    owner, kind = _owner(call)
    return _note(note, call, kind=kind, owner=owner)


def _find_note(call: Call) -> Note:
    wanted = call.number("note_id")
    found = next((note for note in _owner(call)[0].notes if note.id == wanted), None)
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


def list_notes(call: Call) -> Response:
    """List notes, newest first unless `sort=asc`; what GitLab itself noted is among them."""
    newest_first = call.request.query.get("sort", "desc") == "desc"
    notes = sorted(_owner(call)[0].notes, key=lambda note: (note.created_at, note.id), reverse=newest_first)
    return call.page([_on_owner(note, call) for note in notes])


def get_note(call: Call) -> Response:
    """Return a note."""
    return Response(payload=_on_owner(_find_note(call), call))


def create_note(call: Call) -> Response:
    """Add a note. Its quick actions are carried out; one that is nothing else leaves no note (202)."""
    owner, _ = _owner(call)
    body = owner.obey(_body(call))
    if not body:
        return Response(status=202, payload={"commands_changes": {}, "summary": ["Done"]})
    return Response(status=201, payload=_on_owner(owner.say(body, author=call.user), call))


def update_note(call: Call) -> Response:
    """Replace a note's body; quick actions are carried out here too."""
    note = _find_note(call)
    _check_author(call, note)
    note.body, note.updated_at = _owner(call)[0].obey(_body(call)), now()
    return Response(payload=_on_owner(note, call))


def delete_note(call: Call) -> Response:
    """Remove a note."""
    note = _find_note(call)
    _check_author(call, note)
    _owner(call)[0].notes.remove(note)
    return Response(status=204)


for _where in (_REQUEST, _ISSUE):
    route("GET", f"{_where}/notes", job=True)(list_notes)
    route("POST", f"{_where}/notes")(create_note)
    route("GET", f"{_where}/notes/:note_id", job=True)(get_note)
    route("PUT", f"{_where}/notes/:note_id")(update_note)
    route("DELETE", f"{_where}/notes/:note_id")(delete_note)


def _discussion(note: Note, rendered: dict[str, JSON]) -> dict[str, JSON]:
    return {"id": note.discussion, "individual_note": not note.resolvable, "notes": [rendered]}


@route("GET", f"{_REQUEST}/discussions")
def list_discussions(call: Call) -> Response:
    """List the discussions of a merge request; a mere note is one of its own."""
    return call.page([_discussion(note, _on_owner(note, call)) for note in find_request(call).notes])


@route("POST", f"{_REQUEST}/discussions")
def create_discussion(call: Call) -> Response:
    """Begin a discussion, which can be resolved."""
    found = find_request(call)
    note = found.say(found.obey(_body(call)), author=call.user)
    note.resolvable = True
    return Response(status=201, payload=_discussion(note, _on_owner(note, call)))


@route("PUT", _DISCUSSION, role="developer")
def resolve_discussion(call: Call) -> Response:
    """Resolve a discussion, or open it again."""
    found: MergeRequest = find_request(call)
    note = next((one for one in found.notes if one.discussion == call.params["discussion_id"]), None)
    if note is None:
        raise not_found("Discussion")
    resolved = call.request.json().get("resolved")
    if resolved not in {"true", "false", True, False}:
        raise Refusal(400, {"error": "resolved is invalid"})
    if not note.resolvable:
        raise forbidden()
    note.resolved = resolved in {"true", True}
    return Response(payload=_discussion(note, _on_owner(note, call)))


def _commit_notes(call: Call) -> list[Note]:
    if call.params["sha"] not in call.project.commits:
        raise not_found("Commit")
    return call.project.commit_notes.setdefault(call.params["sha"], [])


def _on_commit(note: Note, call: Call) -> dict[str, JSON]:
    return _note(note, call, kind="Commit", owner=None)


def _find_commit_note(call: Call) -> Note:
    number, discussion = call.number("note_id"), call.params["discussion_id"]
    found = next((one for one in _commit_notes(call) if one.id == number and one.discussion == discussion), None)
    if found is None:
        raise not_found("Note")
    return found


@route("GET", _ON_COMMIT)
def list_on_commit(call: Call) -> Response:
    """List the discussions on a commit."""
    return call.page([_discussion(note, _on_commit(note, call)) for note in _commit_notes(call)])


@route("POST", _ON_COMMIT)
def create_on_commit(call: Call) -> Response:
    """Begin a discussion on a commit."""
    note = Note(body=_body(call), author=call.user)
    _commit_notes(call).append(note)
    return Response(status=201, payload=_discussion(note, _on_commit(note, call)))


@route("PUT", _COMMIT_NOTE)
def update_on_commit(call: Call) -> Response:
    """Replace what a note on a commit says."""
    note = _find_commit_note(call)
    _check_author(call, note)
    note.body, note.updated_at = _body(call), now()
    return Response(payload=_on_commit(note, call))


@route("DELETE", _COMMIT_NOTE)
def delete_on_commit(call: Call) -> Response:
    """Remove a note on a commit."""
    note = _find_commit_note(call)
    _check_author(call, note)
    _commit_notes(call).remove(note)
    return Response(status=204)

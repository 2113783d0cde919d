"""Projects, merge requests, commits and their statuses."""

from __future__ import annotations

from datetime import datetime

from tests.fakes.github.wire import JSON
from tests.fakes.gitlab.routes import Call, route
from tests.fakes.gitlab.state import MergeRequest, Status, User, next_id
from tests.fakes.gitlab.wire import Refusal, Response, not_found

_REQUEST = "/merge_requests/:merge_request_iid"
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


def time(moment: datetime) -> str:
    """Return a time as GitLab writes it."""
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
        "merge_commit_sha": found.merge_commit_sha,
        "squash_commit_sha": found.squash_commit_sha,
        "diff_refs": {"base_sha": "0" * 40, "head_sha": found.sha, "start_sha": "0" * 40},
        "web_url": f"{call.web_url}/{found.project.path}/-/merge_requests/{found.iid}",
    }


def find_request(call: Call) -> MergeRequest:
    """Return the merge request that the path names; 404 when there is none."""
    found = call.project.merge_requests.get(call.number("merge_request_iid"))
    if found is None:
        raise not_found()
    return found


@route("GET", "")
def get_project(call: Call) -> Response:
    """Return the project."""
    project = call.project
    named = {"path_with_namespace": project.path, "default_branch": project.default_branch}
    return Response(
        payload={"id": project.id, "archived": project.archived, **named, "web_url": f"{call.web_url}/{project.path}"}
    )


@route("GET", _REQUEST, job=True)
def get_request(call: Call) -> Response:
    """Return a merge request."""
    return Response(payload=_request(find_request(call), call))


@route("GET", "/repository/commits/:sha/merge_requests", job=True)
def list_requests_of_commit(call: Call) -> Response:
    """List the merge requests whose source branch has had the commit, or that were merged as it, in this project."""
    sha, state = call.params["sha"], call.request.query.get("state", "all")
    if sha not in call.project.commits:
        raise not_found("Commit")
    found = [one for one in call.project.merge_requests.values() if sha in one.related and state in {"all", one.state}]
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
    if pipeline in call.project.child_pipelines:
        raise not_found("Pipeline for pipeline_id, sha and ref")
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

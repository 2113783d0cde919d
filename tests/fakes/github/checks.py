"""Commit statuses and check runs."""

from __future__ import annotations

from tests.fakes.github.pulls import resolve
from tests.fakes.github.render import repository
from tests.fakes.github.render_commits import check_run, status
from tests.fakes.github.routes import Call, route
from tests.fakes.github.state import CheckRun, Status, next_id, now
from tests.fakes.github.wire import JSON, Refusal, Response, invalid, not_found

_RUNS = "/repos/{owner}/{repo}/check-runs"
_RUN = _RUNS + "/{check_run_id}"
_COMMIT = "/repos/{owner}/{repo}/commits/{ref}"
_STATES = ("error", "failure", "pending", "success")
_CHECK_LIMIT = 65_535
"""Characters and bytes of a check run's summary, characters of its text."""


def _text(fields: dict[str, JSON], name: str) -> str | None:
    value = fields.get(name)
    if value is not None and not isinstance(value, str):
        raise Refusal(422, f"Invalid request.\n\nFor 'properties/{name}', {value!r} is not a string.")
    return value


@route(
    "POST",
    "/repos/{owner}/{repo}/statuses/{sha}",
    docs="commits/statuses#create-a-commit-status",
    accepts="statuses=write",
)
def create_status(call: Call) -> Response:
    """Set a status on a commit that the repository has."""
    sha = call.params["sha"]
    if sha not in call.repo.commits:
        raise Refusal(422, f"No commit found for SHA: {sha}")
    fields = call.request.json()
    state, description = _text(fields, "state"), _text(fields, "description")
    if state not in _STATES:
        raise invalid("Status", field="state", code="custom", message="state is not included in the list")
    if len(description or "") > 140:
        too_long = "description is too long (maximum is 140 characters)"
        raise invalid("Status", field="description", code="custom", message=too_long)
    given = Status(
        sha=sha, state=state, context=_text(fields, "context") or "default", description=description,
        target_url=_text(fields, "target_url"), creator=call.user, id=next_id(), created_at=now(),
    )  # fmt: skip
    call.repo.statuses.append(given)
    return Response(status=201, payload=status(given, repo=call.repo, links=call.request.links))


def _statuses(call: Call) -> list[Status]:
    sha = resolve(call.repo, call.params["ref"])
    return [given for given in reversed(call.repo.statuses) if given.sha == sha]


@route(
    "GET",
    _COMMIT + "/statuses",
    docs="commits/statuses#list-commit-statuses-for-a-reference",
    accepts="statuses=read",
)
def list_statuses(call: Call) -> Response:
    """List all statuses of a commit, newest first."""
    return call.page([status(given, repo=call.repo, links=call.request.links) for given in _statuses(call)])


@route(
    "GET",
    _COMMIT + "/status",
    docs="commits/statuses#get-the-combined-status-for-a-specific-reference",
    accepts="statuses=read",
)
def combined_status(call: Call) -> Response:
    """Return the newest status of each context and what they amount to."""
    links = call.request.links
    newest = {given.context: given for given in reversed(_statuses(call))}.values()
    states = {given.state for given in newest}
    state = "failure" if states & {"failure", "error"} else "success" if states == {"success"} else "pending"
    sha = resolve(call.repo, call.params["ref"])
    root = f"{links.api}/repos/{call.repo.full_name}"
    payload: dict[str, JSON] = {
        "state": state,
        "statuses": [status(given, repo=call.repo, links=links) for given in newest],
        "sha": sha,
        "total_count": len(newest),
        "repository": repository(call.repo, links=links),
        "commit_url": f"{root}/commits/{sha}",
        "url": f"{root}/commits/{sha}/status",
    }
    return Response(payload=payload)


def _check_app(call: Call) -> None:
    if call.token is None or call.token.kind != "installation":
        raise Refusal(403, "You must authenticate via a GitHub App.")


def _fill(check: CheckRun, fields: dict[str, JSON]) -> None:
    """Take over what the request says; a conclusion completes the run."""
    output = fields.get("output")
    if isinstance(output, dict):
        for name in ("summary", "text"):
            _check_length(name, _text(output, name) or "")
        check.title = _text(output, "title") or check.title
        check.summary = _text(output, "summary") or check.summary
        check.text = _text(output, "text") or check.text
    check.details_url = _text(fields, "details_url") or check.details_url
    check.external_id = _text(fields, "external_id") or check.external_id
    check.status = _text(fields, "status") or check.status
    check.conclusion = _text(fields, "conclusion") or check.conclusion
    if check.conclusion:
        check.status, check.completed_at = "completed", now()
    elif check.status == "completed":
        raise Refusal(422, "Invalid request.\n\nMissing required parameter: conclusion.")


def _check_length(name: str, text: str) -> None:
    if len(text) > _CHECK_LIMIT:
        message = f"Only {_CHECK_LIMIT} characters are allowed; {len(text)} were supplied."
        raise Refusal(422, f"Invalid request.\n\n{message}")
    if name == "summary" and len(text.encode()) > _CHECK_LIMIT:
        raise Refusal(422, f"Invalid request.\n\nsummary exceeds a maximum bytesize of {_CHECK_LIMIT}")


@route("POST", _RUNS, docs="reference/checks#create-a-check-run", accepts="checks=write")
def create_check_run(call: Call) -> Response:
    """Start or report a check; apps only."""
    _check_app(call)
    fields = call.request.json()
    name, sha = _text(fields, "name"), _text(fields, "head_sha")
    if not name or not sha:
        raise Refusal(422, 'Invalid request.\n\n"name", "head_sha" weren\'t supplied.')
    check = CheckRun(sha=resolve(call.repo, sha), name=name, app=call.user)
    _fill(check, fields)
    call.repo.check_runs.append(check)
    return Response(status=201, payload=check_run(check, repo=call.repo, links=call.request.links))


def _find(call: Call) -> CheckRun:
    wanted = call.number("check_run_id")
    found = next((check for check in call.repo.check_runs if check.id == wanted), None)
    if found is None:
        raise not_found()
    return found


@route("GET", _RUN, docs="checks/runs#get-a-check-run", accepts="checks=read")
def get_check_run(call: Call) -> Response:
    """Return a check run."""
    return Response(payload=check_run(_find(call), repo=call.repo, links=call.request.links))


@route("PATCH", _RUN, docs="checks/runs#update-a-check-run", accepts="checks=write")
def update_check_run(call: Call) -> Response:
    """Change a check run; only the app that made it may."""
    _check_app(call)
    check = _find(call)
    if check.app != call.user:
        whose = "check run can only be modified by the GitHub App that created it."
        raise Refusal(403, f"Invalid app_id {call.user.id} - {whose}")
    _fill(check, call.request.json())
    return Response(payload=check_run(check, repo=call.repo, links=call.request.links))


@route(
    "GET",
    _COMMIT + "/check-runs",
    docs="checks/runs#list-check-runs-for-a-git-reference",
    accepts="checks=read",
)
def list_check_runs(call: Call) -> Response:
    """List a commit's check runs."""
    sha = resolve(call.repo, call.params["ref"])
    wanted = call.request.query.get("check_name")
    checks = [check for check in call.repo.check_runs if check.sha == sha and wanted in {None, check.name}]
    page = call.page([check_run(check, repo=call.repo, links=call.request.links) for check in checks])
    return Response(payload={"total_count": len(checks), "check_runs": page.payload}, headers=page.headers)

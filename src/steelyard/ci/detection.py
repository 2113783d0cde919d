"""The environment of a job becomes a `Context`. An empty variable is the same as none."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

import msgspec

from steelyard.ci import event, gitlab, workflow_run
from steelyard.ci.context import Context, Secret
from steelyard.errors import UsageError
from steelyard.log import register_secret, register_secrets
from steelyard.model.base import JSON

TOKENS: dict[str, tuple[str, ...]] = {
    "github": ("INPUT_TOKEN", "STEELYARD_TOKEN", "GITHUB_TOKEN", "REPO_TOKEN"),
    "gitlab": ("STEELYARD_TOKEN", "GITLAB_TOKEN", "REPO_TOKEN"),
    "local": ("STEELYARD_TOKEN",),
}
"""Where a token is looked for: the first that is set is used. A token is never sent to a forge that it is not for."""

_SECRETS = (
    *("INPUT_TOKEN", "STEELYARD_TOKEN", "GITHUB_TOKEN", "GH_TOKEN", "REPO_TOKEN", "GITLAB_TOKEN"),
    *("CI_JOB_TOKEN", "ACTIONS_RUNTIME_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "STEELYARD_ID_KEY"),
)
_PROXIES = ("http_proxy", "https_proxy", "all_proxy")

_BASELINE_EVENTS = ("push", "workflow_dispatch", "schedule")
_MERGE_REF = re.compile(r"refs/pull/(\d{1,16})/(?:merge|head)")


def detect(environ: Mapping[str, str], *, workspace: Path | None = None) -> Context:
    """
    Where this process runs, by the environment and by the forge's event file, and by nothing else.

    Every token in the environment, used or not, and whatever is named like a secret is kept out of the log and of
    reports from here on.

    Args:
        environ: The environment, normally `os.environ`.
        workspace: The directory to work in; default: the job's, on a laptop the current one.

    Raises:
        UsageError: An address of the forge is not an http(s) address.
    """
    env = {name: value for name, value in environ.items() if value.strip()}
    _hide_secrets(env)
    if env.get("GITHUB_ACTIONS") == "true":
        context = _github(env, workspace)
    elif env.get("GITLAB_CI") == "true":
        context = _gitlab(env, workspace)
    else:
        context = Context(workspace=workspace or Path.cwd(), token=_token(env, "local"))
    return msgspec.structs.replace(context, id_key=Secret(env.get("STEELYARD_ID_KEY", "").strip()))


class _Revision(msgspec.Struct, frozen=True, kw_only=True):
    """Which change a job is about; the fields are those of `Context`."""

    pull_request: int | None = None
    from_fork: bool = False
    head_sha: str = ""
    branch: str = ""
    target: str = ""


def _github(env: Mapping[str, str], workspace: Path | None) -> Context:
    payload = event.read(env.get("GITHUB_EVENT_PATH", ""))
    name, ref = env.get("GITHUB_EVENT_NAME", ""), env.get("GITHUB_REF", "")
    repository = event.repository(env.get("GITHUB_REPOSITORY"))
    server = _address(env, "GITHUB_SERVER_URL", default="https://github.com")
    default_branch = event.branch(event.at(payload, "repository", "default_branch"))
    if name == "schedule":  # its event names no repository, and it runs on the default branch alone
        default_branch = default_branch or _branch_of(ref)
    run = event.number(env.get("GITHUB_RUN_ID")) or 0
    revision = _REVISIONS.get(name, _of_ref)(env, payload)
    context = Context(
        provider="github",
        workspace=workspace or Path(env.get("GITHUB_WORKSPACE") or Path.cwd()),
        repository=repository,
        server_url=server,
        api_url=_address(env, "GITHUB_API_URL", default="https://api.github.com"),
        event=name,
        tested_sha=event.sha(env.get("GITHUB_SHA")),
        default_branch=default_branch,
        is_default_branch=name in _BASELINE_EVENTS and default_branch != "" and ref == f"refs/heads/{default_branch}",
        workflow=env.get("GITHUB_WORKFLOW", "")[:200],
        run_id=run,
        run_attempt=event.number(env.get("GITHUB_RUN_ATTEMPT")) or 1,
        run_url=f"{server}/{repository}/actions/runs/{run}" if run and repository else "",
        summary_file=_file(env, "GITHUB_STEP_SUMMARY"),
        output_file=_file(env, "GITHUB_OUTPUT"),
        token=_token(env, "github"),
        **msgspec.structs.asdict(revision),
    )
    if name != workflow_run.NAME:
        return context
    return workflow_run.about(context, payload, baseline_events=_BASELINE_EVENTS)


def _of_pull_request(env: Mapping[str, str], payload: JSON) -> _Revision:
    """
    The event's pull request, also where the event is a review of it.

    `GITHUB_SHA` is the merge commit that GitHub made for testing, or under `pull_request_target` the target's own
    commit, so it never stands in for the head. A head without repository is one whose fork was deleted.
    """
    pull = event.at(payload, "pull_request")
    merge_ref = _MERGE_REF.fullmatch(env.get("GITHUB_REF", ""))
    theirs = event.repository(event.at(pull, "head", "repo", "full_name"))
    ours = event.repository(env.get("GITHUB_REPOSITORY"))
    return _Revision(
        pull_request=event.number(event.at(pull, "number")) or (event.number(merge_ref[1]) if merge_ref else None),
        from_fork=theirs == "" or theirs.casefold() != ours.casefold(),
        head_sha=event.sha(event.at(pull, "head", "sha")),
        branch=event.branch(event.at(pull, "head", "ref")) or event.branch(env.get("GITHUB_HEAD_REF")),
        target=event.branch(event.at(pull, "base", "ref")) or event.branch(env.get("GITHUB_BASE_REF")),
    )


def _of_comment(env: Mapping[str, str], payload: JSON) -> _Revision:
    """
    A comment on a pull request, which the default branch's workflow answers.

    The event names neither the head nor where it comes from: until the forge was asked it is taken for a fork's.
    """
    issue = event.at(payload, "issue")
    if event.at(issue, "pull_request") is None:
        return _of_ref(env, payload)
    return _Revision(pull_request=event.number(event.at(issue, "number")), from_fork=True)


def _of_queue(env: Mapping[str, str], payload: JSON) -> _Revision:
    """What a merge queue tests: a commit of its own on top of the target branch, for no pull request alone."""
    group = event.at(payload, "merge_group")
    return _Revision(
        head_sha=event.sha(env.get("GITHUB_SHA")),
        branch=_branch_of(event.at(group, "head_ref")),
        target=_branch_of(event.at(group, "base_ref")),
    )


def _of_ref(env: Mapping[str, str], _payload: JSON) -> _Revision:
    """A push and everything else: the pull request, if there is one, is found by the commit."""
    return _Revision(head_sha=event.sha(env.get("GITHUB_SHA")), branch=_branch_of(env.get("GITHUB_REF")))


def _branch_of(ref: JSON) -> str:
    found = isinstance(ref, str) and ref.startswith("refs/heads/")
    return event.branch(str(ref).removeprefix("refs/heads/")) if found else ""


_REVISIONS: dict[str, Callable[[Mapping[str, str], JSON], _Revision]] = {
    "pull_request": _of_pull_request,
    "pull_request_target": _of_pull_request,
    "pull_request_review": _of_pull_request,
    "pull_request_review_comment": _of_pull_request,
    "issue_comment": _of_comment,
    "merge_group": _of_queue,
}
"""Events that are about something else than the ref that they run on."""


def _gitlab(env: Mapping[str, str], workspace: Path | None) -> Context:
    return gitlab.context(
        env,
        gitlab.Place(
            workspace=workspace,
            server_url=_address(env, "CI_SERVER_URL", default="https://gitlab.com"),
            api_url=_address(env, "CI_API_V4_URL", default="https://gitlab.com/api/v4"),
            token=_token(env, "gitlab"),
        ),
    )


def _token(env: Mapping[str, str], provider: str) -> Secret:
    return Secret(next((env[name].strip() for name in TOKENS[provider] if name in env), ""))


def _hide_secrets(env: Mapping[str, str]) -> None:
    register_secrets(env)
    for name in _SECRETS:
        register_secret(env.get(name, "").strip())
    for name, value in env.items():
        if name.lower() in _PROXIES and (password := _password(value)):
            register_secret(password)
            register_secret(unquote(password))


def _password(url: str) -> str:
    try:
        return urlsplit(url).password or ""
    except ValueError:
        return ""


def _file(env: Mapping[str, str], name: str) -> Path | None:
    return Path(env[name]) if name in env else None


def _address(env: Mapping[str, str], name: str, *, default: str) -> str:
    """An address of the forge without a slash at its end and without the scheme's own port."""
    given = env.get(name, default).strip()
    try:
        parts = urlsplit(given)
        usual = {"http": 80, "https": 443}[parts.scheme]
        host, port = parts.hostname or "", parts.port
    except (ValueError, KeyError):
        parts, host, usual, port = urlsplit(""), "", 0, None
    if not host or "@" in parts.netloc or parts.query or parts.fragment:
        raise UsageError(
            f"{name}: expected an address such as {default}, found something else",
            hint="the forge sets it for its jobs; unset it to use the default",
        )
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}{'' if port in {None, usual} else f':{port}'}{parts.path.rstrip('/')}"

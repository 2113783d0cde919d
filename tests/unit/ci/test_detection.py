"""`ci.detect`: every job that GitHub and GitLab start, and what a hostile event file cannot do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from steelyard import ci
from steelyard.ci import Secret
from steelyard.errors import UsageError
from steelyard.log import redact
from steelyard.model.base import JSON

HEAD, MERGE, BASE = "1" * 40, "2" * 40, "3" * 40

GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_REPOSITORY": "octo/digits",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_API_URL": "https://api.github.com",
    "GITHUB_SHA": MERGE,
    "GITHUB_RUN_ID": "12345678901",
    "GITHUB_RUN_ATTEMPT": "2",
    "GITHUB_WORKSPACE": "/github/workspace",
    "GITHUB_STEP_SUMMARY": "/github/file_commands/step_summary",
    "GITHUB_OUTPUT": "/github/file_commands/output",
}


def event(tmp_path: Path, payload: JSON) -> dict[str, str]:
    """The variable that names an event file with that payload."""
    file = tmp_path / "event.json"
    file.write_text(json.dumps(payload), encoding="utf-8")
    return {"GITHUB_EVENT_PATH": str(file)}


def pull_request(*, head_repository: JSON = "octo/digits", **head: JSON) -> dict[str, JSON]:
    """The payload of a pull request's event."""
    repo = {"full_name": head_repository} if head_repository is not None else None
    return {
        "repository": {"default_branch": "main", "full_name": "octo/digits"},
        "pull_request": {
            "number": 7,
            "head": {"sha": HEAD, "ref": "better", "repo": repo, **head},
            "base": {"sha": BASE, "ref": "main"},
        },
    }


# ------------------------------------------------------------------------------------------------------------ GitHub


def test_detect__comment_on_a_pull_request(tmp_path: Path) -> None:
    """A comment's job runs on the default branch: its commit is not the change's, and nobody knows whose that is."""
    payload = {**pull_request(), "issue": {"number": 9, "pull_request": {"url": "x"}}}
    environ = {**GITHUB, "GITHUB_EVENT_NAME": "issue_comment", "GITHUB_REF": "refs/heads/main"}

    context = ci.detect({**environ, **event(tmp_path, payload)})

    assert (context.pull_request, context.head_sha, context.tested_sha) == (9, "", MERGE)
    assert context.from_fork
    assert not context.is_default_branch


def test_detect__comment_on_an_issue(tmp_path: Path) -> None:
    """A comment on a plain issue is about no change."""
    payload = {"repository": {"default_branch": "main"}, "issue": {"number": 9}}
    environ = {**GITHUB, "GITHUB_EVENT_NAME": "issue_comment", "GITHUB_REF": "refs/heads/main"}

    context = ci.detect({**environ, **event(tmp_path, payload)})

    assert context.pull_request is None
    assert not context.is_default_branch


def test_detect__merge_queue(tmp_path: Path) -> None:
    """A merge queue tests a commit of its own, on which its status belongs; it stores nothing."""
    group = {
        "head_sha": MERGE,
        "head_ref": f"refs/heads/gh-readonly-queue/main/pr-104-{BASE}",
        "base_sha": BASE,
        "base_ref": "refs/heads/main",
    }
    environ = {**GITHUB, "GITHUB_EVENT_NAME": "merge_group", "GITHUB_REF": group["head_ref"]}

    context = ci.detect({**environ, **event(tmp_path, {"merge_group": group})})

    assert (context.head_sha, context.pull_request) == (MERGE, None)
    assert (context.branch, context.target) == (f"gh-readonly-queue/main/pr-104-{BASE}", "main")
    assert not context.is_default_branch


@pytest.mark.parametrize(
    ("name", "ref", "baseline"),
    [
        ("schedule", "main", True),
        ("workflow_dispatch", "main", True),
        ("workflow_dispatch", "better", False),
        ("release", "main", False),
    ],
)
def test_detect__started_otherwise(tmp_path: Path, name: str, ref: str, *, baseline: bool) -> None:
    """Runs of the default branch by hand or by the clock make baselines; of another branch they are like pushes."""
    payload = {"repository": {"default_branch": "main", "full_name": "octo/digits"}}
    environ = {**GITHUB, "GITHUB_EVENT_NAME": name, "GITHUB_REF": f"refs/heads/{ref}"}

    context = ci.detect({**environ, **event(tmp_path, payload)})

    assert context.is_default_branch == baseline
    assert (context.head_sha, context.branch) == (MERGE, ref)


def test_detect__pull_request(tmp_path: Path) -> None:
    """The head is the event's, never the merge commit that GitHub made for testing."""
    environ = {**GITHUB, "GITHUB_EVENT_NAME": "pull_request", "GITHUB_REF": "refs/pull/7/merge"}

    context = ci.detect({**environ, **event(tmp_path, pull_request())})

    assert context == ci.Context(
        provider="github",
        workspace=Path("/github/workspace"),
        repository="octo/digits",
        server_url="https://github.com",
        api_url="https://api.github.com",
        event="pull_request",
        pull_request=7,
        tested_sha=MERGE,
        head_sha=HEAD,
        branch="better",
        target="main",
        default_branch="main",
        run_id=12_345_678_901,
        run_attempt=2,
        run_url="https://github.com/octo/digits/actions/runs/12345678901",
        summary_file=Path("/github/file_commands/step_summary"),
        output_file=Path("/github/file_commands/output"),
    )


@pytest.mark.parametrize("name", ["pull_request_review", "pull_request_review_comment"])
def test_detect__review(tmp_path: Path, name: str) -> None:
    """A review is about its pull request, a fork's too: the merge commit that is tested has none of its own."""
    environ = {**GITHUB, "GITHUB_EVENT_NAME": name, "GITHUB_REF": "refs/pull/7/merge"}

    context = ci.detect({**environ, **event(tmp_path, pull_request(head_repository="eve/digits"))})

    assert (context.pull_request, context.head_sha, context.tested_sha) == (7, HEAD, MERGE)
    assert (context.from_fork, context.is_default_branch) == (True, False)


def test_detect__pull_request_target(tmp_path: Path) -> None:
    """Under `pull_request_target` the tested commit is the target's, the head is the change's all the same."""
    environ = {
        **GITHUB,
        "GITHUB_EVENT_NAME": "pull_request_target",
        "GITHUB_REF": "refs/heads/main",
        "GITHUB_SHA": BASE,
    }

    context = ci.detect({**environ, **event(tmp_path, pull_request())})

    assert (context.tested_sha, context.head_sha, context.pull_request) == (BASE, HEAD, 7)
    assert not context.is_default_branch


@pytest.mark.parametrize(
    ("repository", "fork"),
    [("octo/digits", False), ("Octo/Digits", False), ("eve/digits", True), (None, True), (["octo/digits"], True)],
)
def test_detect__fork(tmp_path: Path, repository: JSON, *, fork: bool) -> None:
    """A head in another repository, in a deleted one or in an unreadable one is a fork's."""
    environ = {**GITHUB, "GITHUB_EVENT_NAME": "pull_request"}

    context = ci.detect({**environ, **event(tmp_path, pull_request(head_repository=repository))})

    assert context.from_fork is fork


def test_detect__fork_of_nobody_knows_what() -> None:
    """When neither repository is known the change counts as a fork's."""
    assert ci.detect({"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "pull_request"}).from_fork


@pytest.mark.parametrize(
    ("name", "ref", "default"),
    [
        ("push", "refs/heads/main", True),
        ("workflow_dispatch", "refs/heads/main", True),
        ("schedule", "refs/heads/main", True),
        ("push", "refs/heads/better", False),
        ("push", "refs/tags/main", False),
        ("push", "refs/heads/x/main", False),
        ("issue_comment", "refs/heads/main", False),
        ("workflow_run", "refs/heads/main", False),
        ("pull_request", "refs/heads/main", False),
    ],
)
def test_detect__default_branch(tmp_path: Path, name: str, ref: str, *, default: bool) -> None:
    """Baselines come from pushes to the default branch and from runs that were started on it, not from its name."""
    environ = {**GITHUB, "GITHUB_EVENT_NAME": name, "GITHUB_REF": ref}

    context = ci.detect({**environ, **event(tmp_path, {"repository": {"default_branch": "main"}})})

    assert context.is_default_branch is default


@pytest.mark.parametrize(
    ("name", "ref", "default"),
    [
        ("schedule", "refs/heads/main", "main"),
        ("schedule", "", ""),
        ("push", "refs/heads/main", ""),
        ("workflow_dispatch", "refs/heads/main", ""),
    ],
)
def test_detect__event_without_a_repository(tmp_path: Path, name: str, ref: str, default: str) -> None:
    """The event of a schedule names no repository: its branch is the default branch, as no other event's is."""
    environ = {**GITHUB, "GITHUB_EVENT_NAME": name, "GITHUB_REF": ref}

    context = ci.detect({**environ, **event(tmp_path, {"schedule": "30 5 * * 1"})})

    assert (context.default_branch, context.is_default_branch) == (default, bool(default))


def test_detect__push(tmp_path: Path) -> None:
    """A push names no pull request; its commit is both tested and head."""
    environ = {**GITHUB, "GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/heads/feature/a", "GITHUB_SHA": HEAD}

    context = ci.detect({**environ, **event(tmp_path, {"repository": {"default_branch": "main"}})})

    assert (context.tested_sha, context.head_sha, context.branch) == (HEAD, HEAD, "feature/a")
    assert (context.pull_request, context.target, context.from_fork) == (None, "", False)


def test_detect__other_events_are_looked_up_by_commit() -> None:
    """An event that is not known is treated like a push, and no event file is no error."""
    context = ci.detect({**GITHUB, "GITHUB_EVENT_NAME": "merge_group", "GITHUB_SHA": HEAD})

    assert (context.event, context.head_sha, context.pull_request) == ("merge_group", HEAD, None)


def test_detect__enterprise_server() -> None:
    """The addresses of the job's own server are used, without a slash at the end or the scheme's own port."""
    context = ci.detect(
        {**GITHUB, "GITHUB_SERVER_URL": "https://ghe.corp/", "GITHUB_API_URL": "https://ghe.corp:443/api/v3/"}
    )

    assert (context.server_url, context.api_url) == ("https://ghe.corp", "https://ghe.corp/api/v3")
    assert context.run_url.startswith("https://ghe.corp/octo/digits/actions/runs/")


@pytest.mark.parametrize(
    "address",
    [
        "api.corp",
        "file:///etc/passwd",
        "https://user:secret@host",
        "https://",
        "http://[::1",
        "https://h:x",
        "ftp://h",
    ],
)
def test_detect__address_that_is_none(address: str) -> None:
    """A wrong address is an error that does not repeat it: it may hold a password."""
    with pytest.raises(UsageError, match="GITHUB_API_URL") as caught:
        ci.detect({**GITHUB, "GITHUB_API_URL": address})

    assert "secret" not in str(caught.value)


# -------------------------------------------------------------------------------------------------- hostile event files


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"pull_request": 5}',
        b'{"pull_request": []}',
    ],
)
def test_detect__broken_event(tmp_path: Path, content: bytes) -> None:
    """Of an event that cannot be read only what the environment says is known; the merge commit is never the head."""
    file = tmp_path / "event.json"
    file.write_bytes(content)
    environ = {
        **GITHUB,
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_EVENT_PATH": str(file),
        "GITHUB_REF": "refs/pull/7/merge",
        "GITHUB_HEAD_REF": "better",
        "GITHUB_BASE_REF": "main",
    }

    context = ci.detect(environ)

    assert (context.pull_request, context.branch, context.target) == (7, "better", "main")
    assert (context.tested_sha, context.head_sha, context.from_fork) == (MERGE, "", True)


def test_detect__event_file_is_missing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A file that is not there is a warning."""
    context = ci.detect({**GITHUB, "GITHUB_EVENT_NAME": "push", "GITHUB_EVENT_PATH": str(tmp_path / "none")})

    assert context.head_sha == MERGE
    assert "cannot read the event" in caplog.text


def test_detect__event_file_is_huge(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """More than GitHub ever sends is not read."""
    file = tmp_path / "event.json"
    with file.open("wb") as sparse:
        sparse.truncate(10**9)

    ci.detect({**GITHUB, "GITHUB_EVENT_NAME": "pull_request", "GITHUB_EVENT_PATH": str(file)})

    assert "is larger" in caplog.text


@pytest.mark.parametrize(
    "branch",
    [
        "--upload-pack=evil", "a..b", "a b", "a\nb", "/a", "a/", "a//b", "a/.b", ".a", "a.lock", "a~1", "a^", "a:b",
        "a?b", "a*b", "a[b", "a\\b", "a@{1}", "\x00", "", "x" * 256, 5, None, ["main"], {"a": 1},
    ],
)  # fmt: skip
def test_detect__branch_that_git_would_not_take(tmp_path: Path, branch: JSON) -> None:
    """A name that is no branch, or looks like an option, is treated as unknown."""
    payload = pull_request(ref=branch)

    context = ci.detect({**GITHUB, "GITHUB_EVENT_NAME": "pull_request", **event(tmp_path, payload)})

    assert context.branch == ""


@pytest.mark.parametrize(
    "branch", ["main", "feature/a-b", "a.b", "über", "a@b", "dependabot/npm/x-1.2.3", "a_b#1", "@"]
)
def test_detect__branch_that_git_takes(tmp_path: Path, branch: str) -> None:
    """Usual names, and unusual ones, pass."""
    context = ci.detect({**GITHUB, "GITHUB_EVENT_NAME": "pull_request", **event(tmp_path, pull_request(ref=branch))})

    assert context.branch == branch


@pytest.mark.parametrize("sha", ["1" * 39, "1" * 41, "G" * 40, "A" * 40, "main", 1, None, "1" * 40 + "\n", ["1" * 40]])
def test_detect__head_that_is_no_commit(tmp_path: Path, sha: JSON) -> None:
    """A head that is not a full object name is unknown."""
    context = ci.detect({**GITHUB, "GITHUB_EVENT_NAME": "pull_request", **event(tmp_path, pull_request(sha=sha))})

    assert context.head_sha == ""


@pytest.mark.parametrize(
    "repository", ["octo", "octo/digits/x", "../digits", "octo/..", "o cto/digits", "/x", "x/", "a/b\n"]
)
def test_detect__repository_that_is_none(repository: str) -> None:
    """A repository's name goes into addresses, so it has to be one."""
    assert ci.detect({**GITHUB, "GITHUB_REPOSITORY": repository}).repository == ""


@pytest.mark.parametrize("number", [0, -1, 1.5, True, "7x", "٧", 2**60, None, [7]])
def test_detect__number_that_is_none(tmp_path: Path, number: JSON) -> None:
    """A pull request's number is a positive whole number."""
    payload = pull_request()
    payload["pull_request"] = {"number": number}

    context = ci.detect({**GITHUB, "GITHUB_EVENT_NAME": "pull_request", **event(tmp_path, payload)})

    assert context.pull_request is None


_KEYS = ["pull_request", "head", "base", "repo", "sha", "ref", "number", "repository", "full_name", "default_branch"]
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(_KEYS), inner),
    max_leaves=20,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(payload=json_values)
def test_detect__any_event_at_all(tmp_path: Path, payload: JSON) -> None:
    """No payload makes it fail, and what comes out has the form that others rely on."""
    context = ci.detect({**GITHUB, "GITHUB_EVENT_NAME": "pull_request", **event(tmp_path, payload)})

    assert context.head_sha == "" or set(context.head_sha) <= set("0123456789abcdef")
    assert not context.branch.startswith("-")


# ------------------------------------------------------------------------------------------------------------ tokens


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"INPUT_TOKEN": "input0", "GITHUB_TOKEN": "github0"}, "input0"),
        ({"INPUT_TOKEN": " ", "STEELYARD_TOKEN": "own000", "GITHUB_TOKEN": "github0"}, "own000"),
        ({"GITHUB_TOKEN": "github0\n", "REPO_TOKEN": "repo00"}, "github0"),
        ({"REPO_TOKEN": "repo00", "GITLAB_TOKEN": "gitlab"}, "repo00"),
        ({"GITLAB_TOKEN": "gitlab"}, ""),
        ({}, ""),
    ],
)
def test_detect__token_on_github(environ: dict[str, str], expected: str) -> None:
    """The first that is set, in the documented order; empty is unset; GitLab's is never sent to GitHub."""
    assert ci.detect({**GITHUB, **environ}).token == Secret(expected)


def test_detect__tokens_are_never_logged() -> None:
    """Every token in the environment is hidden from then on, used or not, and a proxy's password too."""
    context = ci.detect(
        {
            **GITHUB,
            "GITHUB_TOKEN": "ghs_usedusedused",
            "REPO_TOKEN": "ghp_unusedunused",
            "ACTIONS_RUNTIME_TOKEN": "ey_runtime_token",
            "HTTPS_PROXY": "http://me:p%40ssw0rd@proxy:8080",
            "http_proxy": "http://[no-address",
            "ALL_PROXY": "socks5://proxy:1080",
        }
    )

    text = "ghs_usedusedused ghp_unusedunused ey_runtime_token p%40ssw0rd p@ssw0rd"
    assert redact(text) == "*** *** *** *** ***"
    assert "ghs_" not in repr(context)


# ----------------------------------------------------------------------------------------------------- GitLab, laptop

GITLAB = {
    "GITLAB_CI": "true",
    "CI_PROJECT_DIR": "/builds/group/sub/digits",
    "CI_PROJECT_PATH": "group/sub/digits",
    "CI_SERVER_URL": "https://gitlab.corp/git",
    "CI_API_V4_URL": "https://gitlab.corp/git/api/v4",
    "CI_DEFAULT_BRANCH": "main",
    "CI_COMMIT_SHA": MERGE,
    "CI_PIPELINE_ID": "99",
    "CI_PIPELINE_URL": "https://gitlab.corp/git/group/sub/digits/-/pipelines/99",
    "CI_PIPELINE_SOURCE": "push",
    "GITLAB_TOKEN": "glpat-abcdef",
    "CI_JOB_TOKEN": "job-token-abc",
}


def test_detect__gitlab_branch() -> None:
    """A pipeline of the default branch writes baselines."""
    context = ci.detect({**GITLAB, "CI_COMMIT_BRANCH": "main"})

    assert (context.provider, context.repository) == ("gitlab", "group/sub/digits")
    assert (context.tested_sha, context.head_sha, context.branch) == (MERGE, MERGE, "main")
    assert context.is_default_branch
    assert (context.run_id, context.run_url) == (99, GITLAB["CI_PIPELINE_URL"])
    assert (context.api_url, context.token) == (GITLAB["CI_API_V4_URL"], Secret("glpat-abcdef"))


def test_detect__gitlab_merge_request() -> None:
    """In a merged-result pipeline the head is the source branch's, and a fork is told by its path."""
    context = ci.detect(
        {
            **GITLAB,
            "CI_PIPELINE_SOURCE": "merge_request_event",
            "CI_MERGE_REQUEST_IID": "7",
            "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": HEAD,
            "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": "better",
            "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
            "CI_MERGE_REQUEST_SOURCE_PROJECT_PATH": "eve/digits",
            "CI_MERGE_REQUEST_PROJECT_PATH": "group/sub/digits",
        }
    )

    assert (context.pull_request, context.head_sha, context.tested_sha) == (7, HEAD, MERGE)
    assert (context.branch, context.target, context.from_fork) == ("better", "main", True)
    assert not context.is_default_branch


@pytest.mark.parametrize("event", ["detached", "merged_result", "merge_train"])
def test_detect__gitlab_event_types(event: str) -> None:
    """The head is the tested commit, unless GitLab made a merge of its own; then it names the head."""
    merged = {} if event == "detached" else {"CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": HEAD}

    context = ci.detect(
        {**GITLAB, "CI_MERGE_REQUEST_EVENT_TYPE": event, "CI_MERGE_REQUEST_DIFF_BASE_SHA": BASE, **merged}
    )

    assert (context.tested_sha, context.head_sha) == (MERGE, MERGE if event == "detached" else HEAD)
    assert context.base_sha == BASE


def test_detect__gitlab_job() -> None:
    """A job is known by its own number, which a retry raises, and its page is put together, not taken."""
    context = ci.detect(
        {
            **GITLAB,
            "CI_JOB_ID": "12345678901",
            "CI_PROJECT_ID": "42",
            "CI_PIPELINE_URL": "https://evil.example/x",
            "CI_JOB_URL": "https://evil.example/x",
            "CI_SERVER_TLS_CA_FILE": "/builds/ca.pem",
        }
    )

    assert (context.run_id, context.pipeline_id, context.project_id) == (12_345_678_901, 99, 42)
    assert context.run_url == "https://gitlab.corp/git/group/sub/digits/-/jobs/12345678901"
    assert context.ca_file == Path("/builds/ca.pem")


def test_detect__gitlab_fork() -> None:
    """In a fork's pipeline the project is the one that the merge request goes to, the run the fork's."""
    context = ci.detect(
        {
            **GITLAB,
            "CI_PROJECT_ID": "43",
            "CI_PROJECT_PATH": "eve/digits",
            "CI_JOB_ID": "5",
            "CI_MERGE_REQUEST_IID": "7",
            "CI_MERGE_REQUEST_PROJECT_ID": "42",
            "CI_MERGE_REQUEST_PROJECT_PATH": "group/sub/digits",
            "CI_MERGE_REQUEST_SOURCE_PROJECT_PATH": "eve/digits",
        }
    )

    assert (context.project_id, context.repository, context.from_fork) == (42, "group/sub/digits", True)
    assert context.run_url == "https://gitlab.corp/git/eve/digits/-/jobs/5"


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"STEELYARD_TOKEN": "own000", "GITLAB_TOKEN": "gitlab"}, "own000"),
        ({"GITLAB_TOKEN": "gitlab"}, "gitlab"),
        ({"GITLAB_TOKEN": "", "REPO_TOKEN": "repo00"}, "repo00"),
        ({"GITLAB_TOKEN": "", "GITHUB_TOKEN": "github0", "INPUT_TOKEN": "input0"}, ""),
    ],
)
def test_detect__token_on_gitlab(environ: dict[str, str], expected: str) -> None:
    """The token that somebody created and the job's own are two things; GitHub's is never sent to GitLab."""
    context = ci.detect({**GITLAB, **environ})

    assert context.token == Secret(expected)
    assert context.job_token == Secret("job-token-abc")
    assert redact("job-token-abc") == "***"


@pytest.mark.parametrize("name", ["CI_MERGE_REQUEST_IID", "CI_PROJECT_ID", "CI_MERGE_REQUEST_PROJECT_ID", "CI_JOB_ID"])
@pytest.mark.parametrize("value", ["-1", "0", "7x", "../8", "1e3", "9" * 20])
def test_detect__gitlab_number_that_is_none(name: str, value: str) -> None:
    """What goes into an address as a number is one."""
    context = ci.detect({**GITLAB, name: value})

    assert (context.pull_request, context.project_id, context.run_id) == (None, 0, 99)


@pytest.mark.parametrize("sha", ["main", "1" * 39, "--all", "A" * 40])
def test_detect__gitlab_commit_that_is_none(sha: str) -> None:
    """What goes to git as a commit is a full name of one."""
    context = ci.detect({**GITLAB, "CI_MERGE_REQUEST_DIFF_BASE_SHA": sha, "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": sha})

    assert (context.base_sha, context.head_sha) == ("", MERGE)


def test_detect__gitlab_without_anything() -> None:
    """A GitLab job of which nothing is known is still one."""
    context = ci.detect({"GITLAB_CI": "true"})

    assert (context.repository, context.head_sha, context.is_default_branch) == ("", "", False)


def test_detect__laptop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside of CI there is only a workspace, and no forge's token is taken along."""
    monkeypatch.chdir(tmp_path)

    assert ci.detect({"GITHUB_TOKEN": "ghp_personal0", "GITHUB_ACTIONS": ""}) == ci.Context(workspace=tmp_path)


def test_detect__workspace_given(tmp_path: Path) -> None:
    """The caller's workspace goes before the job's."""
    for environ in (GITHUB, GITLAB, {}):
        assert ci.detect(environ, workspace=tmp_path).workspace == tmp_path

"""The two workflows of `examples/forks`, byte for byte, run by act: main, then a pull request from a fork."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from msgspec import structs

from tests.fakes.github import FakeGitHub
from tests.packaging import act
from tests.packaging.podman import CERTIFICATES, Podman
from tests.packaging.project import Event, Project, git

pytestmark = [pytest.mark.act, pytest.mark.container, pytest.mark.xdist_group("containers")]

ROOT = Path(__file__).resolve().parents[2]
DIGITS = ROOT / "examples" / "digits"
FORKS = ROOT / "examples" / "forks"
ACTION = "OWNER/steelyard@" + 40 * "0"


def example() -> dict[str, str]:
    """The example's files, with the two workflows as its only ones."""
    names = ("train.py", "params.toml", "requirements.txt", "steelyard.toml")
    return {
        **{name: (DIGITS / name).read_text("utf-8") for name in names},
        **{f".github/workflows/{file.name}": file.read_text("utf-8") for file in FORKS.glob("*.yml")},
    }


def test_forks__main_and_a_pull_request(tmp_path: Path, podman: Podman, github: FakeGitHub) -> None:
    """The first workflow never has a token that may write; the second stores main's evaluation and comments."""
    main = example()
    project = Project(
        tmp_path, main=main, change={"params.toml": main["params.toml"].replace("degree = 1", "degree = 2")}
    )
    repository = github.create_repository("octo/digits", private=True)
    fork = github.create_repository("stranger/digits", fork_of=repository)
    pull = repository.create_pull(head_sha=project.head, head_ref="change", head=fork)
    read = github.issue_token(repository, permissions={"contents": "read"})
    granted = {"actions": "read", "contents": "write", "pull-requests": "write", "statuses": "write"}
    write = github.issue_token(repository, permissions=granted)
    (tmp_path / "artifacts").mkdir()
    act.export(ROOT, tmp_path / "action")
    podman.provide_base(ROOT / "Dockerfile")

    def job(name: str, event: Event, *, token: str) -> str:
        directory = tmp_path / name
        project.checkout(directory / "workspace", event)
        (directory / "event.json").write_text(json.dumps(event.payload))
        done = act.run(
            event=event.name,
            workspace=directory / "workspace",
            event_file=directory / "event.json",
            action=(ACTION, tmp_path / "action"),
            mounts=(project.remote,),
            env={
                "GITHUB_REPOSITORY": "octo/digits",
                "GITHUB_SERVER_URL": github.server_url,
                "GITHUB_API_URL": github.api_url,
                "GITHUB_GRAPHQL_URL": github.graphql_url,
                "SSL_CERT_FILE": CERTIFICATES,
                "TEST_ARTIFACTS": str(tmp_path / "artifacts"),
            },
            token=token,
            docker_host=docker_host,
        )
        assert done.returncode == 0, done.stdout
        assert token not in done.stdout
        return done.stdout

    with podman.docker_socket() as docker_host:
        job("measure-main", project.push_event(), token=read)
        assert git("for-each-ref", "refs/heads/steelyard-data", cwd=project.remote) == ""
        job("report-main", ended(project, event="push", head=project.main, branch="main", owner="octo"), token=write)
        assert git("for-each-ref", "refs/heads/steelyard-data", cwd=project.remote) != ""
        job("measure", from_fork(project.pull_request_event(pull.number)), token=read)
        run = ended(project, event="pull_request", head=project.head, branch="change", owner="stranger")
        log = job("report", run, token=write)

    (body,) = repository.comments(pull.number)
    assert "Better" in body, log
    assert "Computed by the fork's own job" in body
    assert "/blob/steelyard-images/pr-" in body
    assert repository.statuses == []


def from_fork(event: Event) -> Event:
    """The same event of a pull request whose branch is in a fork."""
    payload = json.loads(json.dumps(event.payload))
    payload["pull_request"]["head"]["repo"] = {"full_name": "stranger/digits", "fork": True}
    return structs.replace(event, payload=payload)


def ended(project: Project, *, event: str, head: str, branch: str, owner: str) -> Event:
    """A run of the first workflow has ended; what is checked out is main."""
    run = {
        "id": 4_711,
        "run_attempt": 1,
        "event": event,
        "conclusion": "success",
        "head_sha": head,
        "head_branch": branch,
        "head_repository": {"full_name": f"{owner}/digits"},
        "pull_requests": [],
    }
    repository = {"full_name": "octo/digits", "default_branch": "main"}
    payload: dict[str, object] = {"action": "completed", "workflow_run": run, "repository": repository}
    return Event(name="workflow_run", ref="refs/heads/main", sha=project.main, payload=payload)

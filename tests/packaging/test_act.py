"""The README's first workflow, byte for byte, run by act on the example: a push to main, then a pull request."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.fakes.github import FakeGitHub
from tests.packaging import act
from tests.packaging.podman import CERTIFICATES, Podman
from tests.packaging.project import Event, Project, git

pytestmark = [pytest.mark.act, pytest.mark.container, pytest.mark.xdist_group("containers")]

ROOT = Path(__file__).resolve().parents[2]
DIGITS = ROOT / "examples" / "digits"


def first_workflow() -> str:
    """The YAML after the README's marker, unchanged."""
    text = (ROOT / "README.md").read_text("utf-8")
    found = re.search(r"<!-- first-workflow -->\s*```yaml\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    assert found, "README.md has no ```yaml block after <!-- first-workflow -->"
    return found[1]


def own_action(workflow: str) -> str:
    """The reference with which the workflow uses this project's action."""
    found = re.search(r"uses: (\S+/steelyard@\S+)", workflow)
    assert found
    return found[1]


def example() -> dict[str, str]:
    """The example's files, with the README's workflow as its only one."""
    names = ("train.py", "params.toml", "requirements.txt", "steelyard.toml")
    return {
        **{name: (DIGITS / name).read_text("utf-8") for name in names},
        ".github/workflows/model.yml": first_workflow(),
    }


def test_first_workflow__on_main_and_on_a_pull_request(tmp_path: Path, podman: Podman, github: FakeGitHub) -> None:
    """The workflow that the README tells a stranger to paste stores main's evaluation and writes one comment."""
    main = example()
    change = {"params.toml": main["params.toml"].replace("degree = 1", "degree = 2")}
    project = Project(tmp_path, main=main, change=change)
    repository = github.create_repository("octo/digits", private=True)
    repository.add_commit(project.main)
    pull = repository.create_pull(head_sha=project.head, head_ref="change", merge_commit_sha=project.merge)
    token = github.issue_token(repository, permissions={"contents": "write", "pull-requests": "write"})
    act.export(ROOT, tmp_path / "action")
    podman.provide_base(ROOT / "Dockerfile")

    def job(name: str, event: Event) -> str:
        directory = tmp_path / name
        project.checkout(directory / "workspace", event)
        (directory / "event.json").write_text(json.dumps(event.payload))
        done = act.run(
            event=event.name,
            workspace=directory / "workspace",
            event_file=directory / "event.json",
            action=(own_action(first_workflow()), tmp_path / "action"),
            mounts=(project.remote,),
            env={
                "GITHUB_REPOSITORY": "octo/digits",
                "GITHUB_SERVER_URL": github.server_url,
                "GITHUB_API_URL": github.api_url,
                "GITHUB_GRAPHQL_URL": github.graphql_url,
                "SSL_CERT_FILE": CERTIFICATES,
            },
            token=token,
            docker_host=docker_host,
        )
        assert done.returncode == 0, done.stdout
        assert token not in done.stdout
        return done.stdout

    with podman.docker_socket() as docker_host:
        job("push", project.push_event())
        stored = git("for-each-ref", "--format=%(refname)", "refs/heads/steelyard-data", cwd=project.remote)
        log = job("change", project.pull_request_event(pull.number))

    assert stored == "refs/heads/steelyard-data"
    assert len(repository.comments(pull.number)) == 1, log
    assert "Better" in repository.comments(pull.number)[0]
    assert "accuracy" in repository.comments(pull.number)[0]

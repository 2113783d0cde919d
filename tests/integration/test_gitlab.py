"""`steelyard ci` in GitLab's jobs: the whole way, against a GitLab that keeps state, over HTTP."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.gitlab import FakeGitLab
from tests.integration.gitlab_world import TRAIN, Finished, GitLabWorld
from tests.integration.world import git

BETTER = TRAIN.replace("WRONG = 40", "WRONG = 10")
WORSE = TRAIN.replace("WRONG = 40", "WRONG = 120")


@pytest.fixture
def gitlab() -> Iterator[FakeGitLab]:
    """A GitLab under a relative address."""
    with FakeGitLab(root="/git") as fake:
        yield fake


@pytest.fixture
def world(tmp_path: Path, gitlab: FakeGitLab) -> GitLabWorld:
    """A project whose main has been measured, and whose jobs may comment."""
    made = GitLabWorld(tmp_path, gitlab)
    assert made.branch_job("main").code == 0
    made.token = gitlab.issue_project_token(made.project)
    return made


def gates(done: Finished) -> ET.Element:
    """The JUnit file that a job left."""
    return ET.fromstring(done.left("gates.xml"))  # noqa: S314  our own


def test_main__stores_in_the_package_registry(tmp_path: Path, gitlab: FakeGitLab) -> None:
    """A job of main needs nothing but its own token to store what it measured; git is not pushed to."""
    world = GitLabWorld(tmp_path, gitlab)

    done = world.branch_job("main")

    assert done.code == 0, done.stderr
    assert "stored the evaluation of" in done.stderr
    assert "the package registry of group/sub/digits" in done.stderr
    (version,) = world.project.packages
    assert version.name == "steelyard-data"
    assert version.version.startswith(f"default.{world.tip('main')}.")
    assert [name for _, name, _ in version.files][-2:] == ["evaluation.json", "index.json"]
    assert git("for-each-ref", "--format=%(refname)", cwd=world.remote) == "refs/heads/main"


def test_merge_request__comment_status_and_files(world: GitLabWorld) -> None:
    """A merge request gets one note, its head a status, and the job leaves what GitLab shows of it."""
    world.commit("better", {"train.py": BETTER}, new=True)
    change = world.open("better")

    done = world.detached_job(change)

    assert done.code == 0, done.stderr
    (body,) = change.bodies()
    assert "🟢" in body.splitlines()[0]
    assert re.search(
        rf"<!-- steelyard id=default head={change.sha} run=\d+ attempt=1 looks=\w+ results=\S+ v=1 -->$", body
    )
    assert 'src="/uploads/' in body
    (status,) = world.project.statuses
    assert (status.sha, status.name, status.status) == (change.sha, "steelyard/default", "success")
    assert status.pipeline_id is not None
    assert status.target_url is not None
    assert status.target_url.startswith(f"{world.gitlab.server_url}/group/sub/digits/-/jobs/")
    assert done.left("report.html").startswith("<!doctype html>")
    assert 'steelyard_value{metric="accuracy",set="test"} 0.975' in done.left("metrics.txt")
    outputs = dict(line.split("=", 1) for line in done.left("outputs.env").splitlines())
    assert outputs["STEELYARD_VERDICT"] == "better"
    assert outputs["STEELYARD_COMMENT_URL"].endswith(f"#note_{change.notes[-1].id}")
    case = gates(done).find("testcase")
    assert case is not None
    assert case.get("name") == "accuracy: fail if worse"
    assert case.find("failure") is None


def test_merge_request__gate_fails(world: GitLabWorld) -> None:
    """A failed gate ends the job with 10, fails the status and is a failed test case."""
    world.commit("worse", {"train.py": WORSE}, new=True)
    change = world.open("worse")

    done = world.detached_job(change)

    assert done.code == 10, done.stderr
    assert "🔴" in change.bodies()[0].splitlines()[0]
    assert [status.status for status in world.project.statuses] == ["failed"]
    assert gates(done).find("testcase/failure") is not None


def test_merge_request__next_push_edits(world: GitLabWorld) -> None:
    """The next push edits the note; what GitLab notes itself in between is left alone."""
    world.commit("better", {"train.py": BETTER}, new=True)
    change = world.open("better")
    world.detached_job(change)
    change.push(world.commit("better", {"train.py": WORSE}))

    done = world.detached_job(change)

    assert done.code == 10
    (body,) = change.bodies()
    assert "🔴" in body.splitlines()[0]
    assert change.sha in body


@pytest.mark.parametrize("kind", ["merged_result", "merge_train"])
def test_merged_result__main_has_improved(world: GitLabWorld, kind: str) -> None:
    """What main has gained since the change left it is not credited to the change."""
    world.commit("idle", {"notes.txt": "nothing"}, new=True)
    change = world.open("idle")
    world.switch("main")
    main = world.commit("main", {"train.py": BETTER})
    assert world.branch_job("main").code == 0

    done = world.merged_job(change, kind=kind)

    assert done.code == 0, done.stderr
    report = json.loads(done.left("report.json"))
    assert report["choice"]["sha"] == main
    assert [row["difference"] for row in report["rows"] if row["metric"] == "accuracy"] == [0.0]
    (body,) = change.bodies()
    assert f"head={change.sha}" in body
    assert "Better" not in body.splitlines()[0]
    (status,) = world.project.statuses
    assert (status.sha, status.pipeline_id, status.ref) == (change.sha, None, "idle")


def test_detached__base_is_what_gitlab_says(world: GitLabWorld) -> None:
    """The head is compared with where it left main, by GitLab's word, although main has gone on since."""
    base = world.tip("main")
    world.commit("better", {"train.py": BETTER}, new=True)
    change = world.open("better")
    world.switch("main")
    world.commit("main", {"notes.txt": "x"})
    assert world.branch_job("main").code == 0

    done = world.detached_job(change)

    report = json.loads(done.left("report.json"))
    assert (report["choice"]["sha"], report["choice"]["base"]) == (base, base)
    assert "as the forge says" in report["choice"]["reason"]


def test_branch_pipeline__finds_the_merge_request(world: GitLabWorld) -> None:
    """A plain branch's pipeline finds the merge request by its commit, and its base by asking git."""
    base = world.tip("main")
    world.commit("better", {"train.py": BETTER}, new=True)
    change = world.open("better")

    done = world.branch_job("better")

    assert done.code == 0, done.stderr
    assert len(change.bodies()) == 1
    assert json.loads(done.left("report.json"))["choice"]["sha"] == base


@pytest.mark.parametrize("kind", ["detached", "merged_result", "branch"])
def test_child_pipeline__as_its_parent(world: GitLabWorld, kind: str) -> None:
    """A child pipeline, which takes no status itself, reports as its parent would: note, status and base."""
    sha = world.commit("better", {"train.py": BETTER}, new=True)
    change = world.open("better")
    child = {"CI_PIPELINE_SOURCE": "parent_pipeline"}

    if kind == "branch":
        done = world.branch_job("better", **child)
    else:
        done = world.detached_job(change, **child) if kind == "detached" else world.merged_job(change, **child)

    assert done.code == 0, done.stderr
    assert "warning" not in done.stderr
    assert "🟢" in change.bodies()[0].splitlines()[0]
    assert [(status.sha, status.status) for status in world.project.statuses] == [(sha, "success")]


def test_child_pipeline__of_main(tmp_path: Path, gitlab: FakeGitLab) -> None:
    """A child pipeline of main stores what it measured."""
    done = GitLabWorld(tmp_path, gitlab).branch_job("main", CI_PIPELINE_SOURCE="parent_pipeline")

    assert done.code == 0, done.stderr
    assert "stored the evaluation of" in done.stderr


def test_without_a_token__succeeds_and_says_what_to_create(world: GitLabWorld) -> None:
    """CI_JOB_TOKEN may not comment: the job succeeds, leaves the report as files, and says exactly what to create."""
    world.token = ""
    world.commit("better", {"train.py": BETTER}, new=True)
    change = world.open("better")

    done = world.detached_job(change)

    assert done.code == 0, done.stderr
    assert change.bodies() == []
    assert "CI_JOB_TOKEN cannot" in done.stderr
    assert all(word in done.stderr for word in ("project access token", "Developer", "`api`", "GITLAB_TOKEN"))
    assert "🟢" in done.left("report.md")
    assert "Better" in done.left("report.html")
    assert dict(line.split("=", 1) for line in done.left("outputs.env").splitlines())["STEELYARD_VERDICT"] == "better"


@pytest.mark.parametrize("command", ["comment", "publish"])
def test_without_a_token__nothing_can_be_posted(world: GitLabWorld, command: str) -> None:
    """A command that does nothing but post cannot succeed, and says exactly what to create."""
    world.token = ""
    world.commit("better", {"report.md": "# One\n"}, new=True)
    world.arguments = (command, "report.md")

    done = world.detached_job(world.open("better"))

    assert done.code == 4
    assert done.stderr.startswith("error: no token may comment on the merge request (CI_JOB_TOKEN cannot)\nhint:")
    assert all(word in done.stderr for word in ("project access token", "Developer", "`api`", "GITLAB_TOKEN"))


@pytest.mark.parametrize(
    ("scopes", "role", "said"),
    [
        (("read_api",), "developer", "create a project access token"),
        (("read_repository",), "developer", "create a project access token"),
    ],
)
def test_weak_token__the_report_is_there(world: GitLabWorld, scopes: tuple[str, ...], role: str, said: str) -> None:
    """A token that may not comment is an error with its remedy; the report is in the files all the same."""
    world.token = world.gitlab.issue_project_token(world.project, scopes=scopes, role=role)  # type: ignore[arg-type]  # parameters
    world.commit("better", {"train.py": BETTER}, new=True)
    change = world.open("better")

    done = world.detached_job(change)

    assert done.code == 4, done.stderr
    assert said in done.stderr
    assert change.bodies() == []
    assert "🟢" in done.left("report.md")


def test_fork__reads_nothing_it_may_not(world: GitLabWorld) -> None:
    """A fork's pipeline has its own project's token: nothing is posted or stored, the report is in the files."""
    fork = world.gitlab.create_project("eve/digits")
    world.token = ""
    world.commit("better", {"train.py": BETTER}, new=True)
    change = world.open("better")
    before = len(world.project.packages)

    done = world.detached_job(
        change,
        CI_PROJECT_ID=str(fork.id),
        CI_PROJECT_PATH="eve/digits",
        CI_MERGE_REQUEST_SOURCE_PROJECT_PATH="eve/digits",
        CI_JOB_TOKEN=world.gitlab.issue_job_token(fork, username="eve"),
    )

    assert done.code == 0, done.stderr
    assert change.bodies() == []
    assert len(world.project.packages) == before
    assert "cannot read the package registry of group/sub/digits" in done.stderr
    assert done.left("report.html")


def test_developer__what_cannot_be_deleted_no_longer_counts(world: GitLabWorld) -> None:
    """A developer's job may not delete packages: beyond `keep` they stay, but do not count, and the job succeeds."""
    world.role = "developer"
    world.switch("main")
    config = (world.author / "steelyard.toml").read_text() + "\n[store]\nkeep = 1\n"
    world.commit("main", {"steelyard.toml": config})

    done = world.branch_job("main")

    assert done.code == 0, done.stderr
    assert len(world.project.packages) == 2
    assert "a token of a Maintainer may" in done.stderr
    world.role = "maintainer"
    world.commit("main", {"notes.txt": "x"})
    assert world.branch_job("main").code == 0
    assert [one.version.split(".")[1] for one in world.project.packages] == [world.tip("main")]


def test_secrets__are_nowhere(world: GitLabWorld) -> None:
    """No token is in the log, in the files, in a note, in a status or in an index, although training prints them."""
    leaking = f"import os\nprint(os.environ.get('GITLAB_TOKEN'), os.environ.get('CI_JOB_TOKEN'))\n{BETTER}"
    world.commit("better", {"train.py": leaking}, new=True)
    change = world.open("better")
    job_token = world.gitlab.issue_job_token(world.project, username="a-maintainer", role="maintainer")
    world.variables = {"CI_JOB_TOKEN": job_token}

    done = world.detached_job(change)

    everything = [done.stderr, *change.bodies()]
    left = [file for file in (done.workspace / ".steelyard").rglob("*") if file.is_file()]
    everything += [file.read_bytes().decode("utf-8", "replace") for file in left]
    everything += [content.decode("utf-8", "replace") for one in world.project.packages for _, _, content in one.files]
    everything += [repr(status) for status in world.project.statuses]
    assert done.code == 0, done.stderr
    for secret in (world.token, job_token):
        assert not [text for text in everything if secret in text]

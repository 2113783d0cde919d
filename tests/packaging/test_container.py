"""The action's image, built and run for real, as the runner runs it, against a GitHub over HTTP and a real remote."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.github import FakeGitHub, PullRequest, Repository
from tests.packaging.description import action
from tests.packaging.job import Job
from tests.packaging.podman import Podman
from tests.packaging.project import REQUIREMENTS, RUNNER, TRAIN, Project, git

pytestmark = [pytest.mark.container, pytest.mark.xdist_group("containers")]

PERMISSIONS = {"contents": "write", "pull-requests": "write"}


class Scene:
    """A project on GitHub with one open pull request, whose jobs can be run."""

    def __init__(self, directory: Path, *, podman: Podman, image: str, github: FakeGitHub) -> None:
        self.directory = directory
        self.podman = podman
        self.image = image
        self.github = github
        # Were it imported by our own process, that process would end: the job's PYTHONPATH leads here.
        trap = {"msgspec.py": "raise SystemExit('the wrong process imports from the workspace')\n"}
        main = {"train.py": TRAIN.format(pixels=20), "requirements.txt": REQUIREMENTS, **trap}
        self.project = Project(directory, main=main, change={"train.py": TRAIN.format(pixels=64)})
        self.repository: Repository = github.create_repository("octo/digits", private=True)
        self.repository.add_commit(self.project.main)
        self.pull: PullRequest = self.repository.create_pull(
            head_sha=self.project.head, head_ref="change", merge_commit_sha=self.project.merge
        )
        self.token = github.issue_token(self.repository, permissions=PERMISSIONS)

    def push(self) -> Job:
        """A job of a push to main."""
        return Job(self.directory / "push", project=self.project, event=self.project.push_event(), github=self.github)

    def change(self) -> Job:
        """A job of the pull request."""
        event = self.project.pull_request_event(self.pull.number)
        return Job(self.directory / "change", project=self.project, event=event, github=self.github)

    def comments(self) -> list[str]:
        """The pull request's comments."""
        return self.repository.comments(self.pull.number)


@pytest.fixture
def scene(tmp_path: Path, podman: Podman, image: str, github: FakeGitHub) -> Scene:
    """The project before any job ran."""
    return Scene(tmp_path, podman=podman, image=image, github=github)


def test_action__trains_and_compares_with_main(scene: Scene) -> None:
    """
    A push stores main's evaluation on the remote, the pull request's job compares with it and comments once.

    The training's old numpy and scikit-learn come from its requirements; steelyard's own are not in its sight, nor are
    the token and the runner's files. Everything in the workspaces belongs to the runner afterwards.
    """
    push, change = scene.push(), scene.change()
    config = (change.workspace / ".git" / "config").read_bytes()

    stored = push.run(
        scene.podman, scene.image, token=scene.token, run="python train.py", requirements="requirements.txt"
    )
    commented = change.run(
        scene.podman, scene.image, token=scene.token, run="python train.py", requirements="requirements.txt"
    )

    assert stored.code == 0, stored.log
    assert commented.code == 0, commented.log
    for log in (stored.log, commented.log):
        assert "numpy 1.26.4 sklearn 1.4.2" in log
        assert "ours importable: False seen: []" in log
        assert "ours on a path: False" in log
        assert scene.token not in log
    assert "refs/heads/steelyard-data" in git("for-each-ref", "--format=%(refname)", cwd=scene.project.remote)
    assert len(scene.comments()) == 1
    assert "Better" in scene.comments()[0]
    assert "Better" in change.summary()
    outputs = change.outputs()
    assert set(outputs) == set(action()["outputs"])
    assert outputs["verdict"] == "better"
    assert outputs["comment_url"].startswith(scene.github.server_url)
    # Relative to the workspace: a later step of the job sees it under another absolute path than the container.
    assert all((change.workspace / outputs[name]).is_file() and outputs[name][0] != "/" for name in ("report", "json"))
    assert set(push.owners()) == {RUNNER}, push.owners()
    assert set(change.owners()) == {RUNNER}, change.owners()
    assert (change.workspace / "out" / "deep" / "metrics.json").exists()
    assert (change.workspace / ".git" / "config").read_bytes() == config


def test_action__reports_what_earlier_steps_left(scene: Scene) -> None:
    """Without `run` nothing is trained: predictions of an earlier step are read, and the values are reported."""
    change = scene.change()
    rows = "".join(f"{row},{row % 3},{row % 3 if row % 7 else 0}\n" for row in range(300))
    (change.workspace / "predictions.csv").write_text(f"id,label,prediction\n{rows}")

    done = change.run(scene.podman, scene.image, token=scene.token)

    assert done.code == 0, done.log
    assert len(scene.comments()) == 1
    assert "accuracy" in scene.comments()[0]


def test_action__failing_training(scene: Scene) -> None:
    """A training that fails is reported as that, with its own exit code, and what it made is given back."""
    change = scene.change()
    script = "mkdir half\necho 1 > half/made\ntouch ~/.cached $RUNNER_TEMP/left\necho no data >&2\nexit 3"

    done = change.run(scene.podman, scene.image, token=scene.token, run=script)

    assert done.code == 5, done.log
    assert len(scene.comments()) == 1
    assert "no data" in scene.comments()[0]
    assert (change.workspace / "half" / "made").exists()
    assert set(change.owners()) == {RUNNER}, change.owners()


@pytest.mark.parametrize(("signal", "code"), [("TERM", 143), ("INT", 130)])
def test_action__cancelled(scene: Scene, signal: str, code: int) -> None:
    """A cancelled job ends before the runner loses patience, leaves no process, and gives back what was made."""
    change = scene.change()
    straggler = "trap '' TERM INT; i=0; while true; do i=$((i+1)); : > many/$i; sleep 0.001; done"
    script = f'mkdir many half\nsetsid bash -c "{straggler.replace("$", chr(92) + "$")}" >/dev/null 2>&1 &\n'
    script += "touch half/made started\nsleep 60"

    done = change.cancel(
        scene.podman,
        scene.image,
        token=scene.token,
        once=change.workspace / "started",
        signal=signal,
        run=script,
    )

    assert done.code == code, done.log
    assert done.seconds < 9
    assert (change.workspace / "half" / "made").exists()
    assert set(change.owners()) == {RUNNER}, change.owners()


def test_action__cancelled_by_force(scene: Scene) -> None:
    """A training that ignores the signal is killed in time, and what it made is given back all the same."""
    change = scene.change()

    done = change.cancel(
        scene.podman,
        scene.image,
        token=scene.token,
        once=change.workspace / "started",
        signal="TERM",
        run="trap '' TERM; touch started; while true; do sleep 1; done",
    )

    assert done.code == 143, done.log
    assert done.seconds < 9
    assert set(change.owners()) == {RUNNER}, change.owners()


def test_action__missing_requirements(scene: Scene) -> None:
    """A requirements file that is not there: two lines that name it, and the code of an input error."""
    change = scene.change()

    done = change.run(scene.podman, scene.image, token=scene.token, run="python -V", requirements="nowhere.txt")

    assert done.code == 3, done.log
    lines = [line for line in done.log.strip().splitlines() if not line.startswith("::error ")]
    assert [line.split(":")[0] for line in lines] == ["error", "hint"]
    assert "nowhere.txt" in lines[0]


def test_action__requirements_that_cannot_be_installed(scene: Scene) -> None:
    """What uv says is in the comment, nothing is trained, and everything is given back."""
    change = scene.change()
    (change.workspace / "requirements.txt").write_text("./no-such-1.0-py3-none-any.whl\n")

    done = change.run(
        scene.podman, scene.image, token=scene.token, run="touch trained", requirements="requirements.txt"
    )

    assert done.code == 5, done.log
    (body,) = scene.comments()
    assert "Training failed" in body
    assert "uv pip install" in body
    assert "no-such-1.0-py3-none-any.whl" in body
    assert "no-such-1.0-py3-none-any.whl" in change.summary()
    assert not (change.workspace / "trained").exists()
    assert set(change.owners()) == {RUNNER}, change.owners()


def test_image__outside_a_job(podman: Podman, image: str) -> None:
    """Started by hand, the image says what it is for."""
    done = podman.call("run", "--rm", image, check=False)

    assert done.returncode == 2
    assert "steelyard ci" in done.stdout


def test_image__holds_nothing_of_the_build(podman: Podman, image: str) -> None:
    """No build tools, caches or checkout in the image, one entrypoint, and no variable of ours."""
    listing = podman.call("run", "--rm", "--entrypoint=sh", image, "-c", "ls / /root/.cache /opt/steelyard/bin; true")
    env = podman.call("image", "inspect", "--format={{json .Config.Env}}", image).stdout

    assert "/root/.cache'" in listing.stdout
    assert not {"build", "pip", "uv", "hatchling"} & set(listing.stdout.split())
    assert "STEELYARD" not in env.upper()
    assert "/opt" not in env

"""Predictions that are read from S3, and a store there, as a user has them: the program, a service, nothing between."""

from __future__ import annotations

import html
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import requests

from steelyard import log
from steelyard.errors import InputError
from steelyard.model.codec import load_evaluation
from steelyard.model.evaluation import Evaluation
from steelyard.pipeline import fetch, repeat
from steelyard.pipeline.collect import collect
from steelyard.pipeline.project import Project
from steelyard.pipeline.rerun import Rerun
from tests.fakes.github import FakeGitHub
from tests.fakes.s3 import ENVIRONMENT, REGION, FakeS3, refuse
from tests.integration.world import FULL, World, git


def predictions(wrong: int) -> str:
    """Two hundred rows, the first of them wrong."""
    rows = (f"row-{row},{row % 2},{(row + (row < wrong)) % 2}\n" for row in range(200))
    return "id,label,prediction\n" + "".join(rows)


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeS3]:
    """A service, and an environment that knows where it is."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    secrets = set(log._secrets)
    with FakeS3() as started:
        for name, value in {**ENVIRONMENT, "AWS_ENDPOINT_URL": started.endpoint, "AWS_REGION": REGION}.items():
            monkeypatch.setenv(name, value)
        yield started
    log._secrets.clear()
    log._secrets.update(secrets)


def configured(service: FakeS3, directory: Path, *, key: str = "runs/7/Test Set.csv", more: str = "") -> Path:
    """A repository whose configuration names an object."""
    text = f'[[predictions]]\npath = "s3://{service.bucket}/{key}"\n{more}'
    directory.mkdir(exist_ok=True)
    (directory / "steelyard.toml").write_text(text, encoding="utf-8")
    (directory / ".gitignore").write_text(".steelyard\n", encoding="utf-8")
    git("init", "-q", "-b", "main", ".", cwd=directory)
    git("add", "-A", cwd=directory)
    git("commit", "-q", "-m", "first", cwd=directory)
    return directory


def steelyard(
    *arguments: str, cwd: Path, env: Mapping[str, str] | None = None, before: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run the program; `before` is Python that runs first."""
    program = f"{before}\nimport sys\nfrom steelyard.cli import main\nsys.exit(main())"
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=cwd, env={**os.environ, **(env or {})}, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def opened(directory: Path) -> Project:
    """The project as a command sees it."""
    return Project.open(directory, config=None)


def measured(directory: Path) -> Evaluation:
    """What `collect` makes of it."""
    return load_evaluation(collect(opened(directory)))


def fork(home: Path, directory: Path) -> dict[str, str]:
    """The environment of a job for a pull request from a fork."""
    event = home / "event.json"
    head = {"ref": "x", "sha": "1" * 40, "repo": {"full_name": "eve/digits", "fork": True}}
    request = {"number": 3, "head": head, "base": {"ref": "main", "repo": {"full_name": "octo/digits"}}}
    event.write_text(json.dumps({"number": 3, "pull_request": request, "repository": {"full_name": "octo/digits"}}))
    return {
        "CI": "true",
        "GITHUB_ACTIONS": "true",
        "GITHUB_REPOSITORY": "octo/digits",
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_EVENT_PATH": str(event),
        "GITHUB_SHA": git("rev-parse", "HEAD", cwd=directory),
        "GITHUB_STEP_SUMMARY": str(home / "summary.md"),
    }


def test_collect__same_as_from_a_file(service: FakeS3, tmp_path: Path) -> None:
    """An object is measured as the file with the same content is, and the Evaluation says where it came from."""
    service.write("runs/7/Test Set.csv", predictions(20).encode())
    there = measured(configured(service, tmp_path / "there")).predictions["test"]
    here = configured(service, tmp_path / "here")
    (here / "steelyard.toml").unlink()
    (here / "predictions.csv").write_text(predictions(20), encoding="utf-8")

    assert there.source == f"s3://{service.bucket}/runs/7/Test Set.csv"
    same = measured(here).predictions["test"]
    assert (there.counts, there.fingerprint, there.testset, there.predictions) == (
        same.counts, same.fingerprint, same.testset, same.predictions,
    )  # fmt: skip


def test_report__shows_ids_of_flips(service: FakeS3, tmp_path: Path) -> None:
    """The rows that changed are shown by their ids, which only the object has; others may not read what was fetched."""
    directory = configured(service, tmp_path / "project")
    service.write("runs/7/Test Set.csv", predictions(20).encode())
    baseline = tmp_path / "baseline"
    collect(opened(directory), into=baseline)
    service.write("runs/7/Test Set.csv", predictions(60).encode())

    done = steelyard("report", "--baseline", str(baseline), "-o", "report.md", cwd=directory)

    assert done.returncode == 0, done.stderr
    report = (directory / "report.md").read_text(encoding="utf-8")
    assert "row-2" in report
    assert "Worse · accuracy 0.900 → 0.700" in report
    assert f"fetching s3://{service.bucket}/runs/7/Test Set.csv" in done.stderr
    assert (directory / ".steelyard" / "fetched").stat().st_mode & 0o777 == 0o700


def test_ci__store_in_a_bucket(service: FakeS3, tmp_path: Path) -> None:
    """Main's job stores its Evaluation in the bucket, a pull request is compared with it; nothing is in a branch."""
    store = f'[store]\nkind = "s3"\nbucket = "{service.bucket}"\nprefix = "team/"\nendpoint = "{service.endpoint}"\n'
    store += 'images = "presigned"\n'
    files = {"predictions.csv": predictions(60), "steelyard.toml": store}
    with FakeGitHub() as github:
        world = World(tmp_path, github, files=files)
        world.variables = dict(ENVIRONMENT)
        token = github.issue_token(world.repository, permissions=FULL)
        pushed = world.push_job("main", token=token)
        assert pushed.code == 0, pushed.stderr
        assert f"s3://{service.bucket}/team at {service.endpoint}" in pushed.stderr
        world.commit("change", {"predictions.csv": predictions(20)}, new=True)
        pull = world.open_pull("change")
        done = world.pull_job(pull, token=token)

        assert done.code == 0, done.stderr
        (body,) = world.repository.comments(pull.number)
    assert "Better · accuracy 0.700 → 0.900" in body
    pictures = {html.unescape(one) for one in re.findall(rf"{service.endpoint}/[^\s\"')>]+", body)}
    assert pictures
    assert {requests.get(one, timeout=10).content[:4] for one in pictures} == {b"\x89PNG"}
    assert any(key.startswith("team/evaluations/default/") for key in service.objects())
    assert "steelyard-" not in git("branch", "--list", cwd=world.remote)
    assert ENVIRONMENT["AWS_SECRET_ACCESS_KEY"] not in pushed.stderr + done.stderr + body


def test_ci__fork_chooses_no_object(service: FakeS3, tmp_path: Path) -> None:
    """A fork's configuration does not say what the job's credentials read: nothing is asked, the report says why."""
    service.write("private.csv", predictions(0).encode())
    directory = configured(service, tmp_path / "project", key="private.csv")
    asked = len(service.requests)

    done = steelyard("ci", "--target=none", cwd=directory, env=fork(tmp_path, directory))

    assert done.returncode == 3, done.stderr
    assert "pull request from a fork" in done.stderr
    assert "pull request from a fork" in (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert len(service.requests) == asked


def test_ci__fork_chooses_no_bucket(service: FakeS3, tmp_path: Path) -> None:
    """A fork's configuration does not say where the job's credentials go, either; the report is made all the same."""
    directory = configured(service, tmp_path / "project")
    store = f'[store]\nkind = "s3"\nbucket = "{service.bucket}"\nendpoint = "{service.endpoint}"\n'
    (directory / "steelyard.toml").write_text(store, encoding="utf-8")
    (directory / "predictions.csv").write_text(predictions(3), encoding="utf-8")
    asked = len(service.requests)

    done = steelyard("ci", "--target=none", cwd=directory, env=fork(tmp_path, directory))

    assert done.returncode == 4, done.stderr
    assert "a bucket is not read" in (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert len(service.requests) == asked


@pytest.mark.parametrize(
    "address",
    ["s3://bucket", "s3://bucket/", "s3:///key.csv", "s3://b/key.csv", "s3://bucket/a/", "s3://bu cket/a.csv"],
)
def test_fetch__no_address(service: FakeS3, tmp_path: Path, address: str) -> None:
    """What names no object is an error that shows how one is named, before anything is asked."""
    directory = configured(service, tmp_path / "project")
    (directory / "steelyard.toml").write_text(f'[[predictions]]\npath = "{address}"\n', encoding="utf-8")
    asked = len(service.requests)

    with pytest.raises(InputError, match="is no address in S3") as caught:
        collect(opened(directory))
    assert "s3://bucket/key" in caught.value.hint
    assert len(service.requests) == asked


def test_fetch__missing(service: FakeS3, tmp_path: Path) -> None:
    """An object that is not there is an error that names it."""
    with pytest.raises(InputError, match=r'Test Set.csv": there is no such object'):
        collect(opened(configured(service, tmp_path / "project")))


def test_fetch__denied(service: FakeS3, tmp_path: Path) -> None:
    """An object that may not be read is an error that says what must be allowed."""
    service.faults.append(refuse("HEAD", "Test", status="403 Forbidden", code="AccessDenied"))

    with pytest.raises(InputError, match=r"s3:GetObject on arn:aws:s3:::.* is denied") as caught:
        collect(opened(configured(service, tmp_path / "project")))
    assert f"allow s3:GetObject on arn:aws:s3:::{service.bucket}/runs/7/Test Set.csv" in caught.value.hint


def test_fetch__too_large(service: FakeS3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An object beyond the limit is refused by its size; nothing of it is read."""
    service.write("runs/7/Test Set.csv", predictions(0).encode())
    monkeypatch.setattr(fetch, "LARGEST", 100)

    with pytest.raises(InputError, match="at most 100 are fetched"):
        collect(opened(configured(service, tmp_path / "project")))
    assert ("GET", f"/{service.bucket}/runs/7/Test Set.csv") not in service.requests


def test_repeat__object_that_no_run_writes(service: FakeS3, tmp_path: Path) -> None:
    """A second run that does not write the object again is an error, as with a file."""
    service.write("runs/7/Test Set.csv", predictions(0).encode())
    project = opened(configured(service, tmp_path / "project"))

    with pytest.raises(InputError, match="run 2 did not write it"):
        repeat.train(repeat.Runs(project, "true", repeat=2, collect=lambda _into, _run: None))


def test_rerun__object_for_both_sides(service: FakeS3, tmp_path: Path) -> None:
    """The base commit is not trained over the change's own predictions."""
    service.write("runs/7/Test Set.csv", predictions(0).encode())
    directory = configured(service, tmp_path / "project", more='[run]\ncommand = "touch trained"\n')
    git("checkout", "-q", "-b", "change", cwd=directory)
    git("commit", "-q", "--allow-empty", "-m", "second", cwd=directory)
    git("remote", "add", "origin", directory.as_uri(), cwd=directory)

    with Rerun(opened(directory), command="touch trained") as rerun:
        found = rerun.baseline()

    assert "one place for both sides" in found.missing


def test_boto3__not_installed(service: FakeS3, tmp_path: Path) -> None:
    """Without the extra, store and predictions are errors that say what to install, and other commands work."""
    directory = configured(service, tmp_path / "project", more='[store]\nkind = "s3"\nbucket = "models"\n')
    without = "import sys; sys.modules['boto3'] = None"

    listed = steelyard("baseline", "list", cwd=directory, before=without)
    collected = steelyard("collect", cwd=directory, before=without)

    assert (listed.returncode, collected.returncode) == (4, 3)
    for done in (listed, collected):
        assert "boto3 is not installed" in done.stderr
        assert "pip install 'steelyard[s3]'" in done.stderr
    assert "Traceback" not in listed.stderr + collected.stderr

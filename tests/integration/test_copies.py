"""`steelyard baseline pull` and `push`: work without the network, and move from one store to another."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.fakes.s3 import ENVIRONMENT, FakeS3
from tests.integration.inside import laptop, run_inside
from tests.integration.world import Job, git

KEEP = "[store]\nkeep = {keep}\n"


class Done(NamedTuple):
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


def steelyard(*arguments: str, cwd: Path, **variables: str) -> Done:
    """Run the program on a laptop."""
    return Done(*run_inside(Job(arguments=arguments, workspace=cwd, environment=laptop(cwd.parent, **variables))))


def shas(work: Path, *config: str, **variables: str) -> list[str]:
    """The commits whose evaluations are stored, newest first."""
    listed = steelyard("baseline", "list", *config, cwd=work, **variables)
    assert listed.returncode == 0, listed.stderr
    return [line.split()[0] for line in listed.stdout.splitlines()]


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A clone whose main has three stored evaluations, the newest of them of HEAD."""
    git("init", "-q", "--bare", "-b", "main", "remote.git", cwd=tmp_path)
    git("clone", "-q", "remote.git", "work", cwd=tmp_path)
    work = tmp_path / "work"
    for wrong in (30, 20, 10):
        rows = (f"{i},{i % 2},{(i + (i < wrong)) % 2}" for i in range(100))
        (work / "predictions.csv").write_text("\n".join(["id,label,prediction", *rows]), encoding="utf-8")
        git("add", "-A", cwd=work)
        git("commit", "-q", "-m", f"{wrong} wrong", cwd=work)
        assert steelyard("collect", cwd=work).returncode == 0
        assert steelyard("baseline", "save", cwd=work).returncode == 0
    git("push", "-q", "-u", "origin", "HEAD:main", cwd=work)
    return work


def test_pull__then_offline(work: Path, tmp_path: Path) -> None:
    """After `pull`, a report needs no remote: it compares with the copy, and says so; in a job it would not."""
    pulled = steelyard("baseline", "pull", cwd=work)
    again = steelyard("baseline", "pull", cwd=work)
    (tmp_path / "remote.git").rename(tmp_path / "gone.git")
    (work / "predictions.csv").write_text((work / "predictions.csv").read_text().replace("3,1,0", "3,1,1"))
    done = steelyard("report", "--json", "report.json", cwd=work)
    (work / "report.json").rename(tmp_path / "report.json")
    job = steelyard(
        "report",
        cwd=work,
        GITHUB_ACTIONS="true",
        GITHUB_REPOSITORY="o/r",
        GITHUB_SHA=git("rev-parse", "HEAD", cwd=work),
    )

    assert pulled.returncode == 0, pulled.stderr
    assert "3 evaluations copied from branch steelyard-data of origin into .steelyard/store" in pulled.stderr
    assert "0 evaluations copied" in again.stderr
    assert "3 evaluations there already" in again.stderr
    assert done.returncode == 0, done.stderr
    assert "comparing with the copy that `steelyard baseline pull` made" in done.stderr
    found = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert found["sets"][0]["fixed"] == 1
    assert "the copy" not in job.stderr
    assert "Main's evaluations could not be read" in job.stdout


def test_pull__only_the_newest(work: Path) -> None:
    """`--last` bounds the copy; asking for more later brings the older ones in their order."""
    everything = shas(work)
    assert steelyard("baseline", "pull", "--last", "1", "copy", cwd=work).returncode == 0
    (work / "copy.toml").write_text('[store]\nkind = "directory"\npath = "copy"\n', encoding="utf-8")
    assert shas(work, "--config", "copy.toml") == everything[:1]

    assert steelyard("baseline", "pull", "copy", cwd=work).returncode == 0

    assert shas(work, "--config", "copy.toml") == everything


def test_push__moves_to_another_store(work: Path) -> None:
    """Pull out of the branch, push into a bucket: everything is there, in the same order, predictions included."""
    before = shas(work)
    with FakeS3() as service:
        variables = {**ENVIRONMENT, "AWS_REGION": "eu-central-1"}
        assert steelyard("baseline", "pull", "moved", cwd=work).returncode == 0
        (work / "steelyard.toml").write_text(
            f'[store]\nkind = "s3"\nbucket = "{service.bucket}"\nendpoint = "{service.endpoint}"\n', encoding="utf-8"
        )

        pushed = steelyard("baseline", "push", "moved", cwd=work, **variables)
        again = steelyard("baseline", "push", "moved", cwd=work, **variables)

        assert pushed.returncode == 0, pushed.stderr
        assert "3 evaluations copied from moved into s3://" in pushed.stderr
        assert "0 evaluations copied" in again.stderr
        assert shas(work, **variables) == before
        report = steelyard("report", "--baseline", before[2], "-o", "-", cwd=work, **variables)
        assert "20 fixed" in report.stdout, report.stderr


def test_push__drops_nothing(work: Path) -> None:
    """A store that keeps few gets the newest for which it has room; what it has stays."""
    assert steelyard("baseline", "pull", "moved", cwd=work).returncode == 0
    (work / "steelyard.toml").write_text('[store]\nkind = "directory"\npath = "other"\nkeep = 2\n', encoding="utf-8")

    pushed = steelyard("baseline", "push", "moved", cwd=work)

    assert pushed.returncode == 0, pushed.stderr
    assert "2 evaluations copied" in pushed.stderr
    assert "1 evaluation left where they are" in pushed.stderr
    assert len(shas(work)) == 2


def test_pull__a_broken_one_is_left_out(work: Path) -> None:
    """An evaluation that cannot be read does not keep the others from being copied."""
    assert steelyard("baseline", "pull", "other", cwd=work).returncode == 0
    (work / "steelyard.toml").write_text('[store]\nkind = "directory"\npath = "other"\n', encoding="utf-8")
    broken = next((work / "other" / "evaluations" / "default").glob("*.json"))
    broken.write_text("{", encoding="utf-8")

    done = steelyard("baseline", "pull", "copy", cwd=work)

    assert done.returncode == 0, done.stderr
    assert f"warning: {broken.stem[:12]} is left out" in done.stderr
    assert "2 evaluations copied" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("push", "nowhere"), 2, "nowhere has no evaluation"),
        (("pull", "--last", "0"), 2, "expected 1 or more"),
        (("pull", "same"), 2, "is the project's store itself"),
        (("pull", "file"), 4, "a store must be a directory"),
    ],
)
def test_refused(work: Path, arguments: tuple[str, ...], code: int, said: str) -> None:
    """What makes no sense is refused in two lines, before anything is written."""
    (work / "file").write_text("x", encoding="utf-8")
    (work / "steelyard.toml").write_text('[store]\nkind = "directory"\npath = "same"\n', encoding="utf-8")

    done = steelyard("baseline", *arguments, cwd=work)

    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert "hint:" in done.stderr

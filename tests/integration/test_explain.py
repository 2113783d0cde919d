"""`steelyard explain` on a real bare remote that has a few stored Evaluations."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.integration.world import git

ROWS = 200
GATES = '[[gates]]\nmetric = "accuracy"\nfail_if = "worse"\nmin = 0.8\n'


def steelyard(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the program."""
    command = [sys.executable, "-m", "steelyard", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=120)


def predictions(wrong: int) -> str:
    """A test set on which this many rows are wrong, those of class `a` first."""
    rows = [(i, "ab"[i // (ROWS // 2)], "ab"[(i // (ROWS // 2)) ^ (i < wrong)]) for i in range(ROWS)]
    return "\n".join(["id,label,prediction", *(f"{i},{y},{p}" for i, y, p in rows), ""])


def project(directory: Path, wrong: Sequence[int], *, config: str = "") -> tuple[Path, list[str]]:
    """A clone whose remote's data branch has the Evaluations of these models, and their commits, oldest first."""
    remote, work = directory / "remote.git", directory / "work"
    git("init", "-q", "--bare", "--initial-branch=main", str(remote), cwd=directory)
    git("clone", "-q", str(remote), str(work), cwd=directory)
    (work / ".gitignore").write_text(".steelyard\n", encoding="utf-8")
    (work / "steelyard.toml").write_text(config, encoding="utf-8")
    shas = []
    for errors in wrong:
        (work / "predictions.csv").write_text(predictions(errors), encoding="utf-8")
        git("add", "-A", cwd=work)
        git("commit", "-q", "--allow-empty", "-m", f"{errors} wrong", cwd=work)
        git("push", "-q", "origin", "HEAD:main", cwd=work)
        shas.append(git("rev-parse", "HEAD", cwd=work))
        assert steelyard("collect", cwd=work).returncode == 0
        saved = steelyard("baseline", "save", cwd=work)
        assert saved.returncode == 0, saved.stderr
    return work, shas


def test_explain__replays_the_gates(tmp_path: Path) -> None:
    """Each commit against the one before it, by gates that did not exist when they were stored; newest first."""
    work, shas = project(tmp_path, [10, 12, 60, 20], config='gates_from = "baseline"\n')
    (work / "steelyard.toml").write_text(GATES, encoding="utf-8")
    done = steelyard("explain", cwd=work)

    assert done.returncode == 0, done.stderr
    rules, lines, summary = done.stdout.split("\n\n")
    assert rules.splitlines() == ["Fails if accuracy is worse", "Fails if accuracy is below 0.8"]
    found = [line.split(maxsplit=3) for line in lines.splitlines()]
    assert [(one[0], one[2]) for one in found] == [
        (shas[3][:12], "pass"), (shas[2][:12], "fail"), (shas[1][:12], "pass"),
    ]  # fmt: skip
    assert found[1][3].startswith("accuracy (fail if worse): it is worse; accuracy (at least 0.8): it is 0.7")
    assert summary == "Would have failed 1 of 3 commits.\n"
    assert "replaying 2 of 3" in done.stderr


def test_explain__last(tmp_path: Path) -> None:
    """`--last` bounds how many comparisons are made."""
    work, shas = project(tmp_path, [10, 60, 12], config=GATES)
    done = steelyard("explain", "--last", "1", cwd=work)

    assert [line.split()[0] for line in done.stdout.splitlines() if line[:12] in {sha[:12] for sha in shas}] == [
        shas[2][:12]
    ]
    assert done.stdout.endswith("Would have failed 0 of 1 commit.\n")
    assert steelyard("explain", "--last", "0", cwd=work).returncode == 2


def test_explain__a_broken_evaluation(tmp_path: Path) -> None:
    """One that cannot be read costs the two comparisons that it takes part in, and is counted apart."""
    work, shas = project(tmp_path, [10, 12, 14, 16], config=GATES)
    broken = tmp_path / "broken"
    git("clone", "-q", "-b", "steelyard-data", str(tmp_path / "remote.git"), str(broken), cwd=tmp_path)
    (broken / "evaluations" / "default" / f"{shas[2]}.json").write_text("{", encoding="utf-8")
    git("commit", "-q", "-a", "-m", "broken", cwd=broken)
    git("push", "-q", "origin", "HEAD", cwd=broken)
    done = steelyard("explain", cwd=work)

    assert done.returncode == 0, done.stderr
    assert done.stdout.count("cannot be replayed: ") == 2
    assert done.stdout.endswith("Would have failed 0 of 1 commit; 2 could not be replayed.\n")


def test_explain__warnings_are_counted(tmp_path: Path) -> None:
    """A broken warning is a line of its own kind."""
    work, _ = project(tmp_path, [10, 60], config=GATES.replace("fail_if", "warn_if").replace("min = 0.8", ""))

    assert steelyard("explain", cwd=work).stdout.endswith("Would have failed 0 of 1 commit, and warned at 1.\n")


@pytest.mark.parametrize("wrong", [[], [10]])
def test_explain__nothing_to_compare(wrong: list[int], tmp_path: Path) -> None:
    """With fewer than two stored Evaluations that is said, and it is no failure."""
    work, _ = project(tmp_path, wrong, config=GATES)
    done = steelyard("explain", cwd=work)

    assert done.returncode == 0, done.stderr
    assert "two are needed to compare one with the one before it" in done.stderr
    assert done.stdout.endswith("Would have failed 0 of 0 commits.\n")


def test_explain__no_gates(tmp_path: Path) -> None:
    """Without gates there is nothing to explain: a configuration error that says what to add."""
    done = steelyard("explain", cwd=tmp_path)

    assert done.returncode == 2
    assert "[[gates]]" in done.stderr

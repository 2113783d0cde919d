"""`steelyard comment` and `steelyard baseline` as a user runs them."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from steelyard.pipeline.workspace import Workspace
from tests.fakes.github import FakeGitHub
from tests.integration.world import FULL, World, git

PREDICTIONS = "id,label,prediction\n" + "".join(f"{row},{row % 2},{row % 2}\n" for row in range(40))


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    """A GitHub without repositories."""
    with FakeGitHub() as server:
        yield server


def steelyard(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the program."""
    command = [sys.executable, "-m", "steelyard", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository with predictions, whose store is a directory."""
    files = {
        "predictions.csv": PREDICTIONS,
        "steelyard.toml": '[run]\ncommand = "echo epoch 1 of 1"\n[store]\nkind = "directory"\n',
        ".gitignore": ".steelyard\n",
    }
    git("init", "-q", "-b", "main", ".", cwd=tmp_path)
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    git("add", "-A", cwd=tmp_path)
    git("commit", "-q", "-m", "first", cwd=tmp_path)
    return tmp_path


def test_comment__posts_and_edits(tmp_path: Path, github: FakeGitHub) -> None:
    """Any Markdown becomes one comment, which the next run with the same id edits; its address is printed."""
    world = World(tmp_path, github, files={"one.md": "# One\n", "two.md": "# Two\n"})
    token = github.issue_token(world.repository, permissions=FULL)
    world.commit("change", {"code.py": "\n"}, new=True)
    pull = world.open_pull("change")
    first = world.pull_job(pull, token=token, command="comment", arguments=("one.md",))
    second = world.pull_job(pull, token=token, command="comment", arguments=("two.md",))
    other = world.pull_job(pull, token=token, command="comment", arguments=("one.md", "--id", "other"))

    assert (first.code, second.code, other.code) == (0, 0, 0), second.stderr
    assert f"/pull/{pull.number}#issuecomment-" in first.stdout
    bodies = world.repository.comments(pull.number)
    assert [body.splitlines()[0] for body in bodies] == ["# Two", "# One"]


@pytest.mark.parametrize("content", [b"", b"  \n", b"\xff\xfe\x00"])
def test_comment__nothing_to_post(content: bytes, tmp_path: Path) -> None:
    """An empty file, or one that is not text, is an input error in two lines."""
    (tmp_path / "report.md").write_bytes(content)
    done = steelyard("comment", "report.md", cwd=tmp_path)

    assert done.returncode == 3
    assert done.stderr.startswith("error: report.md: ")
    assert done.stderr.splitlines()[1].startswith("hint:  ")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(("nothing.md",), 3), (("report.md", "--target", "pr/0"), 2), (("report.md", "--target", "pr/-1"), 2)],
)
def test_comment__wrong_arguments(arguments: tuple[str, ...], code: int, tmp_path: Path) -> None:
    """A file that is not there and a number that no pull request has are errors in two lines, before anything else."""
    (tmp_path / "report.md").write_text("# Report\n", encoding="utf-8")
    done = steelyard("comment", *arguments, cwd=tmp_path)

    assert done.returncode == code
    assert [line[:6] for line in done.stderr.splitlines()] == ["error:", "hint: "]


def test_comment__no_pull_request(tmp_path: Path) -> None:
    """On a laptop there is nothing to comment on: that is said, and what to do."""
    (tmp_path / "report.md").write_text("# Report\n", encoding="utf-8")
    done = steelyard("comment", "report.md", cwd=tmp_path)

    assert done.returncode == 2
    assert "this is no CI job\nhint:" in done.stderr


def test_baseline__life(project: Path) -> None:
    """What is saved is listed, shown by the beginning of its commit, and pruned."""
    shas = []
    for turn in range(3):
        git("commit", "-q", "--allow-empty", "-m", str(turn), cwd=project)
        shas.append(git("rev-parse", "HEAD", cwd=project))
        assert steelyard("collect", cwd=project).returncode == 0
        assert steelyard("baseline", "save", cwd=project).returncode == 0

    listed = steelyard("baseline", "list", cwd=project).stdout.splitlines()
    shown = steelyard("baseline", "show", shas[1][:10], cwd=project)
    unknown = steelyard("baseline", "show", "0000000", cwd=project)
    pruned = steelyard("baseline", "prune", "--keep", "1", cwd=project)
    left = steelyard("baseline", "list", cwd=project).stdout.splitlines()

    assert [line.split()[0] for line in listed] == shas[::-1]
    assert json.loads(shown.stdout)["commit"]["sha"] == shas[1]
    assert unknown.returncode == 2
    assert pruned.returncode == 0, pruned.stderr
    assert [line.split()[0] for line in left] == [shas[2]]


def test_baseline_save__on_another_branch(project: Path) -> None:
    """What is stored counts as main's: a commit that main does not have is stored with a warning, others without."""
    git("switch", "-q", "-c", "change", cwd=project)
    said = []
    for _ in range(2):
        assert steelyard("collect", cwd=project).returncode == 0
        said.append(steelyard("baseline", "save", cwd=project))
        git("commit", "-q", "--allow-empty", "-m", "on the branch", cwd=project)

    assert [done.returncode for done in said] == [0, 0]
    assert ["is not on main, whose history" in done.stderr for done in said] == [False, True]


def test_baseline_save__without_a_remote(project: Path) -> None:
    """A repository that was never pushed has no branch to store in; what the hint says then is enough."""
    configuration = project / "steelyard.toml"
    configuration.rename(project / "later.toml")
    assert steelyard("collect", cwd=project).returncode == 0
    refused = steelyard("baseline", "save", cwd=project)
    shown = steelyard("report", cwd=project)
    configuration.write_text('[store]\nkind = "directory"\n', encoding="utf-8")

    assert (refused.returncode, shown.returncode) == (4, 0)
    assert 'no remote named "origin"' in refused.stderr
    assert all('`kind = "directory"`' in done.stderr for done in (refused, shown))
    assert steelyard("baseline", "save", cwd=project).returncode == 0


def test_baseline__prune_keeps_at_least_one(project: Path) -> None:
    """The newest evaluation is the next change's baseline."""
    done = steelyard("baseline", "prune", "--keep", "0", cwd=project)

    assert done.returncode == 2


def test_report__rerun_on_a_laptop(project: Path) -> None:
    """The base commit is trained in a directory of its own; what that prints is not in the data on standard output."""
    git("switch", "-q", "-c", "change", cwd=project)
    (project / "predictions.csv").write_text(PREDICTIONS.replace("39,1,1", "39,1,0"), encoding="utf-8")
    git("commit", "-q", "-a", "-m", "worse by one row", cwd=project)
    done = steelyard("report", "--baseline", "rerun", "--json", "-", cwd=project)

    assert done.returncode == 0, done.stderr
    row = json.loads(done.stdout)["rows"][0]
    assert row["difference"] == pytest.approx(-1 / 40)
    assert "epoch 1 of 1" in done.stderr.splitlines()
    assert git("worktree", "list", cwd=project).count("\n") == 0


@pytest.mark.parametrize(
    "command",
    [("report",), ("ci", "--target=none"), ("collect",), ("run", "--", "true"), ("baseline", "save")],
    ids=lambda command: command[0],
)
def test_one_workspace__one_after_the_other(project: Path, command: tuple[str, ...]) -> None:
    """Whoever writes into the shared places of a workspace, or reads them, waits until the other one has done so."""
    assert steelyard("collect", cwd=project).returncode == 0
    with Workspace.at(project).reserved():
        words = [sys.executable, "-m", "steelyard", *command]
        child = subprocess.Popen(words, cwd=project, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        assert child.stderr is not None
        said = any(line.startswith("another steelyard is at work") for line in iter(child.stderr.readline, ""))
        waits = child.poll() is None
    with child:
        child.communicate(timeout=60)

    assert said
    assert waits
    assert child.returncode == 0


def test_one_workspace__one_calls_the_other(project: Path) -> None:
    """A training that uses the program itself, in the same workspace, is not waited for by what it waits for."""
    ours = f"{shlex.quote(sys.executable)} -m steelyard"
    inner = f"{ours} collect && {ours} report -o inner.md && {ours} baseline save"
    trains = f"{ours} run --repeat 2 -- sh -c {shlex.quote(inner)}"
    done = steelyard("ci", "--target=none", "--run", trains, cwd=project)

    assert "waiting" not in done.stderr
    assert (project / "inner.md").is_file(), done.stderr


def test_baseline_show__as_git_names_it(project: Path) -> None:
    """A branch, a tag, HEAD and what git makes of them name a commit; one without Evaluation names the nearest."""
    assert steelyard("collect", cwd=project).returncode == 0
    assert steelyard("baseline", "save", cwd=project).returncode == 0
    sha = git("rev-parse", "HEAD", cwd=project)
    git("tag", "v1", cwd=project)
    for name in ("main", "HEAD", "v1", "v1^{}", sha[:4], sha.upper()):
        shown = steelyard("baseline", "show", name, cwd=project)
        assert json.loads(shown.stdout)["commit"]["sha"] == sha, (name, shown.stderr)
    git("commit", "-q", "--allow-empty", "-m", "second", cwd=project)
    newer = steelyard("baseline", "show", "main", cwd=project)

    assert newer.returncode == 2
    assert newer.stderr.splitlines()[0].endswith(f"{git('rev-parse', 'HEAD', cwd=project)[:12]} (main) is stored")
    assert sha[:12] in newer.stderr.splitlines()[1]


@pytest.mark.parametrize("revision", ["", "nowhere", "a b", "0000000"])
def test_baseline_show__nothing(project: Path, revision: str) -> None:
    """No revision, and one that does not exist, are usage errors in two lines."""
    done = steelyard("baseline", "show", revision, cwd=project)

    assert (done.returncode, done.stdout) == (2, "")
    assert [line[:6] for line in done.stderr.splitlines()] == ["error:", "hint: "]


def test_baseline_list__broken(project: Path) -> None:
    """An evaluation that cannot be read is listed with the reason and a warning; the others are listed as ever."""
    for turn in range(2):
        git("commit", "-q", "--allow-empty", "-m", str(turn), cwd=project)
        assert steelyard("collect", cwd=project).returncode == 0
        assert steelyard("baseline", "save", cwd=project).returncode == 0
    head = git("rev-parse", "HEAD", cwd=project)
    (project / ".steelyard" / "store" / "evaluations" / "default" / f"{head}.json").write_text('{"\x1b[2J')
    done = steelyard("baseline", "list", cwd=project)
    broken, sound = done.stdout.splitlines()

    assert done.returncode == 0
    assert broken.startswith(head)
    assert " unreadable: " in broken
    assert "unreadable" not in sound
    assert done.stderr.startswith("warning: 1 of 2 evaluations cannot be used")


@pytest.mark.parametrize(("command", "old"), [("true", True), ("touch predictions.csv", False)])
def test_run__files_of_an_earlier_training(command: str, old: bool, project: Path) -> None:
    """What a training did not write is said not to be its own, in the log and in the report that follows."""
    past = time.time() - 60
    os.utime(project / "predictions.csv", (past, past))
    ran = steelyard("run", "--", "sh", "-c", command, cwd=project)
    reported = steelyard("report", "-o", "-", cwd=project)

    assert (ran.returncode, reported.returncode) == (0, 0)
    said = "predictions.csv is older than this training"
    assert [said in text for text in (ran.stderr, reported.stdout)] == [old, old]


@pytest.mark.parametrize("named", [True, False])
def test_report__training_failed_before_it_wrote_anything(named: bool, project: Path) -> None:
    """That there is nothing to read is no news then: the report has the training's last words."""
    (project / "predictions.csv").unlink()
    if named:
        (project / "steelyard.toml").write_text('[[predictions]]\npath = "predictions.csv"\n', encoding="utf-8")
    nothing = steelyard("report", "-o", "-", cwd=project)
    ran = steelyard("run", "--", "sh", "-c", "echo no such module; exit 3", cwd=project)
    reported = steelyard("report", "-o", "-", cwd=project)

    assert (nothing.returncode, ran.returncode, reported.returncode) == (3, 5, 5)
    assert "Training failed (exit code 3)" in reported.stdout
    assert "no such module" in reported.stdout


def test_report__several_at_once(project: Path) -> None:
    """Reports that are made of one directory at the same time are all whole."""
    assert steelyard("collect", cwd=project).returncode == 0
    assert steelyard("baseline", "save", cwd=project).returncode == 0
    git("commit", "-q", "--allow-empty", "-m", "second", cwd=project)
    command = [sys.executable, "-m", "steelyard", "report", "-q", "--baseline", "HEAD~1", "--html"]
    with contextlib.ExitStack() as stack:
        started = [
            stack.enter_context(subprocess.Popen([*command, f"{n}.html"], cwd=project, stdout=subprocess.DEVNULL))
            for n in range(4)
        ]
        codes = [one.wait(timeout=120) for one in started]

    assert codes == [0, 0, 0, 0]
    assert len({(project / f"{n}.html").read_bytes() for n in range(4)}) == 1


def test_compare__draws_and_writes_nothing(project: Path) -> None:
    """The Markdown of a comparison needs no pictures: the directory of the last report is left alone."""
    for name in ("a", "b"):
        assert steelyard("collect", "-o", name, cwd=project).returncode == 0
    shutil.rmtree(project / ".steelyard", ignore_errors=True)
    done = steelyard("compare", "a", "b", "--markdown", cwd=project)

    assert done.stdout.startswith("### ")
    assert not (project / ".steelyard").exists()


@pytest.mark.parametrize("grades", ["12345", ["low", "fair", "good", "high"]])
def test_compare__not_answering_is_worth_as_little_for_every_grade(grades: Sequence[str], tmp_path: Path) -> None:
    """Without answers for rows of the highest grade, kappa is what it is without as many for the lowest, and worse."""
    labels = f"labels = {json.dumps(list(grades))}\n"
    (tmp_path / "steelyard.toml").write_text(
        f'[[predictions]]\npath = "p.csv"\non_missing_row = "wrong"\n{labels}'
        '[metrics]\nreport = ["cohen_kappa_linear", "cohen_kappa_quadratic"]\n',
        encoding="utf-8",
    )
    last = len(grades) - 1
    # Of 400 rows of each grade every fourth is taken for the grade opposite: from either end the table is the same.
    rows = [(grade, last - grade if row % 4 == 0 else grade) for row in range(400) for grade in range(last + 1)]
    for name, silent in (("all", None), ("lowest", 0), ("highest", last)):
        left = itertools.count()
        said = ["" if grade == silent and next(left) < 90 else grades[predicted] for grade, predicted in rows]
        text = "".join(
            f"{i},{grades[grade]},{one}\n" for i, ((grade, _), one) in enumerate(zip(rows, said, strict=True))
        )
        (tmp_path / "p.csv").write_text(f"id,label,prediction\n{text}", encoding="utf-8")
        done = steelyard("collect", "-o", name, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    without_lowest, without_highest = (
        json.loads(steelyard("compare", name, "all", cwd=tmp_path).stdout)["rows"] for name in ("lowest", "highest")
    )

    for one, other in zip(without_lowest, without_highest, strict=True):
        assert one["metric"] == other["metric"]
        assert one["candidate"]["value"] == pytest.approx(other["candidate"]["value"], abs=1e-12)
        assert one["difference"] < -0.05
        assert (one["verdict"], other["verdict"]) == ("worse", "worse")

"""Changes from forks: measured with a token that can only read, reported by a job that runs nothing of theirs."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tests.fakes.github import FakeGitHub
from tests.integration.baseline import git_server
from tests.integration.baseline.git_server import GitServer, basic
from tests.integration.canary import files_below, objects_of, places_of, record_arguments
from tests.integration.forks import Forks
from tests.integration.served import TRAIN
from tests.integration.world import Finished, git
from tests.rendered import Rendered, commands

HEARSAY = "Computed by the fork's own job: the numbers are its author's word."


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    """A GitHub without repositories."""
    with FakeGitHub() as server:
        yield server


@pytest.fixture
def world(tmp_path: Path, github: FakeGitHub) -> Forks:
    """The project, whose main has stored its evaluation, and a fork of it."""
    world = Forks(tmp_path, github)
    world.store_main()
    return world


def tamper(measured: Finished, change: Callable[[dict[str, Any]], object]) -> Finished:
    """The same job, after which somebody changed the JSON of its bundle."""
    file = measured.workspace / "bundle" / "evaluation.json"
    evaluation = json.loads(file.read_text(encoding="utf-8"))
    change(evaluation)
    file.write_text(json.dumps(evaluation), encoding="utf-8")
    return measured


def branches(world: Forks) -> set[str]:
    """The branches of the remote."""
    return set(git("branch", "--format=%(refname:short)", cwd=world.remote).split())


def stored(world: Forks) -> set[str]:
    """The commits whose evaluations are on the data branch."""
    names = git("ls-tree", "-r", "--name-only", "steelyard-data", cwd=world.remote).split()
    return {Path(name).stem for name in names if name.startswith("evaluations/")}


# --------------------------------------------------------------------------------------------------------- what is said


@pytest.mark.parametrize("zipped", [True, False], ids=["archive", "directory"])
def test_fork__better(world: Forks, zipped: bool) -> None:
    """The first job posts nothing and says all in its summary; the second leaves one comment, and says whose word."""
    before = branches(world)
    pull = world.open_from_fork("better", {"wrong.txt": "2"})
    measured = world.measure(pull)

    assert measured.code == 0, measured.stderr
    assert "Better · accuracy 0.833 → 0.983" in measured.summary
    assert HEARSAY in measured.summary
    assert world.repository.comments(pull.number) == []
    assert branches(world) == before

    reported = world.report(measured, world.run_of(pull), zipped=zipped)

    assert reported.code == 0, reported.stderr
    (body,) = world.repository.comments(pull.number)
    screen = body.partition("<details>")[0]
    assert "Better · accuracy 0.833 → 0.983" in screen
    assert f"{HEARSAY} They are judged by the project's own rules, and no status rests on them." in screen
    assert f"head={pull.head_sha} run=9001 attempt=1" in body
    assert "/actions/runs/9001" in body
    assert "main as it was merged with this change for testing" in body
    assert world.repository.statuses == []
    assert branches(world) == before | {"steelyard-images"}
    assert pull.head_sha not in stored(world)


def test_fork__again(world: Forks) -> None:
    """A second run edits the comment; an attempt that ends late leaves the newer report alone."""
    pull = world.open_from_fork("better", {"wrong.txt": "2"})
    first = world.measure(pull)
    world.report(first, world.run_of(pull, run_attempt=2))
    late = world.report(first, world.run_of(pull, run_attempt=1))

    assert late.code == 0, late.stderr
    (body,) = world.repository.comments(pull.number)
    assert "attempt=2" in body
    assert "superseded" in late.stderr


@pytest.mark.parametrize("outcome", ["a gate fails", "training fails"])
def test_fork__bad_news(world: Forks, outcome: str) -> None:
    """A failure is said, ends the fork's own job, and ends no job of ours: nothing that is demanded rests on it."""
    change = {"wrong.txt": "90"} if outcome == "a gate fails" else {"extra.py": "print('no luck'); raise SystemExit(3)"}
    pull = world.open_from_fork("worse", change)
    measured = world.measure(pull)
    reported = world.report(measured, world.run_of(pull))

    assert measured.code == (10 if outcome == "a gate fails" else 5)
    assert reported.code == 0, reported.stderr
    (body,) = world.repository.comments(pull.number)
    screen = body.partition("<details>")[0]
    assert ("gate on `accuracy`" if outcome == "a gate fails" else "no luck") in screen
    assert HEARSAY in screen
    assert world.repository.statuses == []
    assert "no gate ends this job" in reported.stderr


def test_own_branch__bad_news(world: Forks) -> None:
    """For a branch of the repository itself the same two jobs are as binding as one."""
    world.commit("worse", {"wrong.txt": "90"}, new=True)
    pull = world.open_pull("worse")
    reported = world.report(world.measure(pull), world.run_of(pull))

    assert reported.code == 10, reported.stderr
    (body,) = world.repository.comments(pull.number)
    assert "Worse" in body
    assert HEARSAY not in body


def test_main__stores(tmp_path: Path, github: FakeGitHub) -> None:
    """A push to main is measured without the right to write; what reports it stores its evaluation."""
    world = Forks(tmp_path, github)
    measured = world.measure_main()

    assert measured.code == 0, measured.stderr
    assert branches(world) == {"main"}
    assert world.report(measured, world.run_of_main()).code == 0
    assert stored(world) == {git("rev-parse", "main", cwd=world.author)}


# ---------------------------------------------------------------------------------------------------- who decides what


def test_fork__rules_are_mains(world: Forks) -> None:
    """A fork that turns metrics around, drops gates and hides what is reported is judged by main's rules."""
    theirs = (
        'gates_from = "change"\nbaseline = "rerun"\n[metrics]\nlower_is_better = ["accuracy", "f1"]\nreport = ["f1"]\n'
        '[compare]\nlevel = 0.6\n[run]\ncommand = "touch /tmp/never"\n'
    )
    pull = world.open_from_fork("worse", {"wrong.txt": "90", "steelyard.toml": theirs})
    world.report(world.measure(pull), world.run_of(pull))

    (body,) = world.repository.comments(pull.number)
    assert "🔴 Worse · accuracy 0.833 → 0.250" in body
    assert "gate on `accuracy`: fail if worse" in body
    assert "95% CI" in body
    assert "60% CI" not in body


def test_fork__test_set_is_named(world: Forks) -> None:
    """A fork that tests on easier rows, and says that they are main's, is not believed."""
    pull = world.open_from_fork("easy", {"labels.json": '["a", "a"]', "wrong.txt": "0"})
    measured = world.measure(pull)
    (main,) = (json.loads(git("show", f"steelyard-data:{name}", cwd=world.remote)) for name in _evaluations(world))

    def claim(evaluation: dict[str, Any]) -> None:
        for name in ("fingerprint", "labels", "counts"):
            evaluation["predictions"]["test"][name] = main["predictions"]["test"][name]

    world.report(tamper(measured, claim), world.run_of(pull))

    (body,) = world.repository.comments(pull.number)
    screen = body.partition("<details>")[0]
    assert "on the same" not in screen
    assert "on the 60 test rows that both sides have" in screen
    assert "⚠️ The test set" in screen


def _evaluations(world: Forks) -> list[str]:
    names = git("ls-tree", "-r", "--name-only", "steelyard-data", cwd=world.remote).split()
    return [name for name in names if name.startswith("evaluations/")]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"cluster": "patient"}, 'its cluster is "patient", in the configuration it is none'),
        ({"weight": "w"}, 'its weight is "w", in the configuration it is none'),
        ({"slices": ["x"]}, 'its slices is "x", in the configuration it is none'),
    ],
)
def test_fork__columns_mean_what_main_says(world: Forks, changes: dict[str, object], said: str) -> None:
    """A set whose columns are read otherwise than main's configuration says is left out, and that is said."""
    pull = world.open_from_fork("change", {"wrong.txt": "2"})
    measured = tamper(world.measure(pull), lambda evaluation: evaluation["predictions"]["test"].update(changes))
    world.report(measured, world.run_of(pull))

    (body,) = world.repository.comments(pull.number)
    assert "Nothing was measured" in body or "Better" not in body
    assert said in body.replace("\\", "")


@pytest.mark.parametrize("sha", ["main", "other", "forged merge", "missing"])
def test_fork__commit_is_the_runs(world: Forks, sha: str) -> None:
    """A bundle of another commit than its run's is refused, also one of a merge that did not come from main."""
    pull = world.open_from_fork("change", {"wrong.txt": "2"})
    measured = world.measure(pull)
    claimed = {
        "main": git("rev-parse", "main", cwd=world.author),
        "other": world.commit("other", {"wrong.txt": "1"}, new=True),
        "missing": "f" * 40,
    }
    tree = git("rev-parse", "main^{tree}", cwd=world.author)
    parents = ("-p", claimed["other"], "-p", pull.head_sha)
    claimed["forged merge"] = git("commit-tree", "-m", "merge", *parents, tree, cwd=world.author)
    git("push", "-q", "origin", f"{claimed['forged merge']}:refs/pull/99/head", cwd=world.author)
    reported = world.report(
        tamper(measured, lambda evaluation: evaluation["commit"].update(sha=claimed[sha])), world.run_of(pull)
    )

    assert reported.code == 3, reported.stderr
    (body,) = world.repository.comments(pull.number)
    assert "Nothing was measured" in body
    assert f"the bundle is of {claimed[sha][:12]}, which is neither" in reported.stderr
    assert "0.98" not in body


def test_fork__head_itself(world: Forks) -> None:
    """Where the first job measured the head instead of its merge, main's progress since is not held against it."""
    pull = world.open_from_fork("better", {"wrong.txt": "2"})
    measured = world.measure(pull)
    world.commit("main", {"wrong.txt": "0"})
    world.store_main()
    claim = {"sha": pull.head_sha, "subject": "forged", "branch": "forged"}
    world.report(tamper(measured, lambda evaluation: evaluation["commit"].update(claim)), world.run_of(pull))

    (body,) = world.repository.comments(pull.number)
    assert "Better · accuracy 0.833 → 0.983" in body
    assert "where this change left main" in body
    assert "forged" not in body


def test_fork__another_report(world: Forks) -> None:
    """A bundle of a report that this job does not make is refused: no fork makes comments of a name of its own."""
    pull = world.open_from_fork("change", {"wrong.txt": "2"})
    measured = world.measure(pull, arguments=("--id", "mine", *TRAIN))
    reported = world.report(measured, world.run_of(pull))

    assert reported.code == 3, reported.stderr
    (body,) = world.repository.comments(pull.number)
    assert "the bundle is of the report mine, this job's is default" in body
    assert "id=default" in body


# ----------------------------------------------------------------------------------------------------- where it is said


def test_fork__several(world: Forks) -> None:
    """Where the branch has two open pull requests nothing is posted, and the summary has the report."""
    pull = world.open_from_fork("change", {"wrong.txt": "2"})
    measured = world.measure(pull)
    other = world.repository.create_pull(head_sha=pull.head_sha, head_ref="change", base_ref="release", head=world.fork)
    reported = world.report(measured, world.run_of(pull))

    assert reported.code == 0, reported.stderr
    assert world.repository.comments(pull.number) == world.repository.comments(other.number) == []
    assert "accuracy" in reported.summary
    assert HEARSAY in reported.summary


@pytest.mark.parametrize(
    "changes",
    [
        {"head_sha": "1" * 40},
        {"head_branch": "another"},
        {"head_repository": {"full_name": "mallory/digits"}},
        {"head_repository": None},
        {"head_repository": {"full_name": "octo/digits"}},
    ],
    ids=["moved on", "another branch", "another owner", "deleted fork", "pretends to be ours"],
)
def test_fork__none(world: Forks, changes: dict[str, object]) -> None:
    """What is not exactly one open pull request's head gets no comment anywhere."""
    pull = world.open_from_fork("change", {"wrong.txt": "2"})
    others = world.open_pull("main")
    reported = world.report(world.measure(pull), world.run_of(pull, **changes))

    assert "Traceback" not in reported.stderr
    assert world.repository.comments(pull.number) == world.repository.comments(others.number) == []
    assert reported.summary


def test_fork__no_bundle(world: Forks) -> None:
    """A first job that ended before it wrote anything is said to have: a reviewer hears of it."""
    pull = world.open_from_fork("change", {"wrong.txt": "2"})
    measured = world.measure(pull)
    for file in (measured.workspace / "bundle").iterdir():
        file.unlink()
    (measured.workspace / "bundle").rmdir()
    reported = world.report(measured, world.run_of(pull))

    assert reported.code == 3, reported.stderr
    (body,) = world.repository.comments(pull.number)
    assert "Nothing was measured" in body
    assert "is not there" in body


def test_fork__checked_out(world: Forks) -> None:
    """A workflow that checks the fork's head out would let it write the rules: nothing is reported."""
    pull = world.open_from_fork("change", {"wrong.txt": "2"})
    reported = world.report(world.measure(pull), world.run_of(pull), checkout=pull.head_sha)

    assert reported.code == 2, reported.stderr
    assert "its configuration would judge itself" in reported.stderr
    assert world.repository.comments(pull.number) == []


def test_fork__reader(world: Forks) -> None:
    """A token that may not write is told which line is missing; the summary has the report."""
    pull = world.open_from_fork("change", {"wrong.txt": "2"})
    reported = world.report(world.measure(pull), world.run_of(pull), token=world.reader)

    assert reported.code == 4, reported.stderr
    assert "pull-requests: write" in reported.stderr
    assert "0.98" in reported.summary


# ----------------------------------------------------------------------------------------------------- what is not done


def test_fork__nothing_runs(world: Forks, tmp_path: Path) -> None:
    """The job that reports starts no training, main's neither, although main's configuration asks for one."""
    trace = tmp_path / "trace"
    rules = f'baseline = "rerun"\n[run]\ncommand = "echo ran >> {trace}; python train.py"\n'
    world.commit("main", {"steelyard.toml": rules})
    pull = world.open_from_fork("change", {"wrong.txt": "2"})
    measured = world.measure(pull)
    trace.unlink(missing_ok=True)
    reported = world.report(measured, world.run_of(pull))

    assert reported.code == 0, reported.stderr
    assert not trace.exists()
    assert "the base commit is not trained" in reported.stderr


def test_workflow_run__measures_main(world: Forks) -> None:
    """A job that follows another run and measures for itself would call main's numbers the change's: it is refused."""
    pull = world.open_from_fork("change", {"wrong.txt": "2"})
    reported = world.report(world.measure(pull), world.run_of(pull), arguments=TRAIN, bundle=False)

    assert reported.code == 2, reported.stderr
    assert "what is checked out is main itself" in reported.stderr
    assert "--from-bundle" in reported.stderr
    (body,) = world.repository.comments(pull.number)
    assert "Nothing was measured" in body


@pytest.mark.parametrize("flag", ["--run", "--prepare", "--bundle"])
def test_from_bundle__measures_nothing(world: Forks, flag: str) -> None:
    """What measures and what reports are two jobs: flags of both are refused."""
    pull = world.open_from_fork("change", {"wrong.txt": "2"})
    reported = world.report(world.measure(pull), world.run_of(pull), arguments=(flag, "x"))

    assert reported.code == 2
    assert "--from-bundle reports what another job measured" in reported.stderr
    assert world.repository.comments(pull.number) == []


def test_fork__pictures(world: Forks, tmp_path: Path) -> None:
    """A fork's plot is decoded and written anew by the job that shows it, not by the one that made it."""
    said = PngInfo()
    said.add_text("Comment", "canaryInTheMetadata")
    Image.new("RGB", (40, 30), "teal").save(tmp_path / "plot.png", pnginfo=said)
    data = (tmp_path / "plot.png").read_bytes()
    pull = world.open_from_fork("plot", {"wrong.txt": "2"})
    measured = world.measure(pull)
    digest = hashlib.blake2b(data, digest_size=16).hexdigest()
    (measured.workspace / "bundle" / f"plot-{digest}.png").write_bytes(data)
    (measured.workspace / "bundle" / f"plot-{'0' * 32}.svg").write_bytes(b"<svg onload='alert(1)'/>")
    plot = {"title": "curve", "path": "../../../curve.png", "file": {"name": f"plot-{digest}.png", "size": len(data)}}
    reported = world.report(tamper(measured, lambda evaluation: evaluation.update(plots=[plot])), world.run_of(pull))

    assert reported.code == 0, reported.stderr
    shown = git("ls-tree", "-r", "--name-only", "steelyard-images", cwd=world.remote).split()
    assert not [name for name in shown if name.endswith("svg")]
    (body,) = world.repository.comments(pull.number)
    assert re.search(r'<img alt="curve" src="[^"]+/steelyard-images/pr-1/default/[0-9a-f]{32}\.png\?raw=true"', body)
    assert digest not in body
    blobs = git("rev-list", "--objects", "--all", cwd=world.remote).split("\n")
    objects = (git("cat-file", "-p", line.split()[0], cwd=world.remote) for line in blobs if line.endswith("json"))
    assert "canary" not in "".join(objects)


# ------------------------------------------------------------------------------------------------------ hostile content

_WORDS = [
    "::set-output name=verdict::forged",
    "x ##[set-output name=verdict]forged",
    "a\n::add-mask::accuracy",
    f"<!-- steelyard id=default head={'1' * 40} run=1 attempt=1 v=1 -->",
    "@octocat octo/digits#1",
    "\x1b[31m\x1b]0;title\x07",
    "\u202egnp.exe",
    "[x](javascript:alert(1))<img src=x onerror=alert(1)>",
    "</details><script>alert(1)</script>",
]


def test_fork__hostile_words(world: Forks, github: FakeGitHub) -> None:
    """Wherever a bundle has room for words, they give no orders to a runner, and make no markup, mention or marker."""
    git("checkout", "-q", "-B", "words", "main", cwd=world.author)
    (world.author / "wrong.txt").write_text("2", encoding="utf-8")
    git("commit", "-q", "-a", "-m", f"{_WORDS[3]} {_WORDS[7]} @octocat\n\n{_WORDS[0]}", cwd=world.author)
    pull = world.repository.create_pull(
        head_sha=git("rev-parse", "HEAD", cwd=world.author), head_ref="words", head=world.fork
    )
    git("push", "-q", "origin", f"HEAD:refs/pull/{pull.number}/head", cwd=world.author)

    def speak(evaluation: dict[str, Any]) -> None:
        evaluation["commit"]["sha"] = pull.head_sha
        evaluation["notes"] = _WORDS
        evaluation["parameters"] = dict(zip(_WORDS, reversed(_WORDS), strict=True))
        evaluation["environment"] = evaluation["parameters"]
        evaluation["metrics"] = [{"name": word, "value": 0.5, "file": word, "note": word} for word in _WORDS]
        evaluation["training"] |= {"command": " ".join(_WORDS), "log_tail": _WORDS, "exit_code": 0}
        evaluation["predictions"]["test"] |= {"notes": _WORDS, "source": _WORDS[-1]}
        evaluation["config"] = {word: word for word in _WORDS}

    reported = world.report(tamper(world.measure(pull), speak), world.run_of(pull), arguments=("-v",))

    assert reported.code == 0, reported.stderr
    assert commands(reported.stdout) == commands(reported.stderr) == []
    (body,) = world.repository.comments(pull.number)
    assert f"head={pull.head_sha} run=9001" in body.splitlines()[-1]
    for text in (body, reported.summary):
        seen = Rendered(text)
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert not re.search("@octocat|octo/digits#1", seen.prose)
        assert all(address.startswith(github.server_url) for address in seen.addresses)
        assert seen.comments == ([body.splitlines()[-1]] if text == body else [])


def test_fork__hostile_words_of_a_failure(world: Forks) -> None:
    """So it is where a training failed, and its last words are on the first screen."""
    pull = world.open_from_fork("words", {"wrong.txt": "2"})

    def speak(evaluation: dict[str, Any]) -> None:
        evaluation["training"] |= {"command": _WORDS[-1], "log_tail": [*_WORDS, "```", "/close"], "exit_code": 1}
        evaluation["predictions"] = {}

    reported = world.report(tamper(world.measure(pull), speak), world.run_of(pull))

    assert reported.code == 0, reported.stderr
    assert commands(reported.stdout) == commands(reported.stderr) == []
    (body,) = world.repository.comments(pull.number)
    assert "Training failed" in body
    assert Rendered(body).comments == [body.splitlines()[-1]]
    assert "/close" not in body.splitlines()


def test_fork__canary(tmp_path: Path, world: Forks, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Of the job that reports, which has the token that may write, nothing holds that token.

    Looked at: as in `test_security.test_job__canary`, which says what is not covered; and the first job, which never
    has it, with its bundle.
    """
    log = record_arguments(tmp_path, monkeypatch)
    monkeypatch.setattr(git_server, "TOKEN", world.writer)
    pull = world.open_from_fork("change", {"wrong.txt": "2"})
    measured = world.measure(pull)
    log.write_text("", encoding="utf-8")
    with GitServer(tmp_path).running() as server:
        world.use(server)
        reported = world.report(
            measured, world.run_of(pull), arguments=("-v",), variables={"INPUT_TOKEN": world.writer}
        )

    assert reported.code == 0, reported.stderr
    assert [basic("x-access-token", world.writer)] in server.authorizations
    assert {"git", "fetch", "push"} <= set(log.read_text(encoding="utf-8").split())
    assert not {"bash", "train.py"} & set(log.read_text(encoding="utf-8").split())
    texts = files_below(tmp_path, but=world.remote)
    texts |= {name: getattr(reported, name).encode() for name in ("stdout", "stderr", "summary", "outputs")}
    texts["comments"] = "\n".join(world.repository.comments(pull.number)).encode()
    texts["remote"] = objects_of(world.remote)
    assert places_of((world.writer,), texts) == []

"""`steelyard run --repeat`: several trainings with their seeds, kept as one Evaluation."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from steelyard.model.codec import load_evaluation
from steelyard.model.evaluation import Evaluation
from tests.integration.world import git

TRAIN = """
import json, os
seed, runs = int(os.environ["STEELYARD_SEED"]), os.environ["STEELYARD_REPEAT"]
print("seed", seed, "of", runs)
rows = [(i, i % 2, (i % 2) ^ (i % 20 == seed)) for i in range(40)]
with open("predictions.csv", "w") as file:
    print("id,label,prediction", *(f"{i},{y},{p}" for i, y, p in rows), sep="\\n", file=file)
with open("metrics.json", "w") as file:
    json.dump({"latency_ms": 10 + seed}, file)
"""
BAD_SPLIT = TRAIN.replace("range(40)", "range(40 + seed)")
NO_SEED = TRAIN.replace("== seed", "== 3").replace("10 + seed", "10")
NOT_WRITTEN = "import os\nif os.environ['STEELYARD_SEED'] == '0':" + TRAIN.replace("\n", "\n    ")
CONFIG = '[run]\ncommand = "{python} train.py"\nrepeat = {repeat}\n[store]\nkind = "directory"\n'
PYTHON = shlex.quote(sys.executable)
FAILING = TRAIN + "if seed == 1: raise SystemExit(7)\n"


def steelyard(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the program."""
    command = [sys.executable, "-m", "steelyard", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=120)


def project(directory: Path, script: str, *, repeat: int = 1) -> Path:
    """A repository whose training is this script."""
    files = {
        "train.py": script,
        "steelyard.toml": CONFIG.format(python=PYTHON, repeat=repeat),
        ".gitignore": ".steelyard\npredictions.csv\nmetrics.json\n",
    }
    directory.mkdir(exist_ok=True)
    git("init", "-q", "-b", "main", ".", cwd=directory)
    for name, text in files.items():
        (directory / name).write_text(text, encoding="utf-8")
    git("add", "-A", cwd=directory)
    git("commit", "-q", "-m", "first", cwd=directory)
    return directory


def evaluation(directory: Path, name: str = "evaluation") -> Evaluation:
    """What was kept."""
    return load_evaluation(directory / ".steelyard" / name)


def test_run__every_run_is_kept(tmp_path: Path) -> None:
    """Three seeds: the first run's predictions with two repeats, the mean of what files say, and one training."""
    there = project(tmp_path, TRAIN)
    done = steelyard("run", "--repeat", "3", cwd=there)

    assert done.returncode == 0, done.stderr
    assert [line for line in done.stdout.splitlines() if line.startswith("seed")] == [
        f"seed {i} of 3" for i in range(3)
    ]
    assert "run 2 of 3 (STEELYARD_SEED=1)" in done.stderr
    kept = evaluation(there)
    one = kept.predictions["test"]
    assert one.predictions is not None
    names = [one.predictions.name, *(file.name for file in one.repeats)]
    assert len(set(names)) == 3
    assert all((there / ".steelyard" / "evaluation" / name).is_file() for name in names)
    assert kept.metrics[0].value == 11.0
    assert kept.metrics[0].note == "mean of 3 runs, 10 … 12"
    assert kept.training is not None
    assert (kept.training.runs, kept.training.repeat) == (3, 3)


def test_run__first_run_is_that_of_one_run(tmp_path: Path) -> None:
    """What one training gives is the first of several, to the byte."""
    there = project(tmp_path, TRAIN)
    steelyard("run", cwd=there)
    alone = evaluation(there).predictions["test"]
    steelyard("run", "--repeat", "2", cwd=there)
    several = evaluation(there).predictions["test"]

    assert several.predictions == alone.predictions
    assert several.counts == alone.counts
    assert several.testset == alone.testset
    assert alone.repeats == ()


def test_report__finds_the_runs_again(tmp_path: Path) -> None:
    """Collecting again what the last run left keeps the earlier runs, until a file is written or rules change."""
    there = project(tmp_path, TRAIN, repeat=2)
    with (there / "steelyard.toml").open("a", encoding="utf-8") as file:
        file.write('[[predictions]]\npath = "predictions.csv"\nslices = []\n')
    steelyard("run", cwd=there)
    before = evaluation(there)
    assert len(before.predictions["test"].repeats) == 1

    assert steelyard("collect", cwd=there).returncode == 0
    assert evaluation(there).predictions == before.predictions
    assert evaluation(there).metrics == before.metrics
    with (there / "steelyard.toml").open("a", encoding="utf-8") as file:
        file.write('id = "id"\n')
    assert steelyard("collect", cwd=there).returncode == 0
    changed = evaluation(there)
    assert changed.predictions["test"].repeats == ()
    assert "1 earlier run left out: [[predictions]] has changed since; train again" in changed.notes


def test_collect__earlier_runs_are_gone(tmp_path: Path) -> None:
    """What is left of a repeated training whose earlier runs were removed is its last run, and that is said."""
    there = project(tmp_path, TRAIN, repeat=3)
    steelyard("run", cwd=there)
    shutil.rmtree(there / ".steelyard" / "runs")
    done = steelyard("collect", cwd=there)

    assert done.returncode == 0, done.stderr
    kept = evaluation(there)
    assert kept.predictions["test"].repeats == ()
    assert "2 earlier runs left out: no longer in the workspace; train again" in kept.notes


@pytest.mark.parametrize(("script", "code", "runs"), [(TRAIN, 0, 2), (FAILING, 5, 2), (BAD_SPLIT, 3, 2)])
def test_ci__repeats_as_configured(script: str, code: int, runs: int, tmp_path: Path) -> None:
    """A job trains as often as the configuration says; a failing run and runs that do not fit end it as always."""
    there = project(tmp_path, script, repeat=2)
    done = steelyard("ci", "--target=none", "--run", f"{PYTHON} train.py", cwd=there)

    assert done.returncode == code, done.stderr
    kept = evaluation(there)
    assert (kept.training.runs if kept.training is not None else 0) == runs
    assert len(kept.predictions["test"].repeats if kept.predictions else ()) == (1 if code == 0 else 0)
    assert (there / ".steelyard" / "report.md").is_file()


@pytest.mark.parametrize(
    ("script", "message"),
    [
        (BAD_SPLIT, "run 2 has another test set than run 1"),
        (NOT_WRITTEN, "run 2 did not write it, so it is still what run 1 left"),
    ],
)
def test_run__runs_that_do_not_fit(script: str, message: str, tmp_path: Path) -> None:
    """A split drawn from the seed, or a run that writes nothing, is an input error that says so."""
    done = steelyard("run", "--repeat", "2", cwd=project(tmp_path, script))

    assert done.returncode == 3
    assert message in done.stderr
    assert "STEELYARD_SEED" in done.stderr.splitlines()[-1]


def test_run__seed_is_not_used(tmp_path: Path) -> None:
    """Runs that agree to the last row are kept, and the set says that they say nothing of training's luck."""
    there = project(tmp_path, NO_SEED)
    done = steelyard("run", "--repeat", "2", cwd=there)

    assert done.returncode == 0, done.stderr
    notes = evaluation(there).predictions["test"].notes
    assert any("all 2 runs gave the same predictions: does the training use STEELYARD_SEED?" in note for note in notes)


def test_run__a_failing_run(tmp_path: Path) -> None:
    """The first failure ends all, with the exit code of a failed training and the number of the run."""
    there = project(tmp_path, FAILING)
    done = steelyard("run", "--repeat", "3", cwd=there)

    assert done.returncode == 5
    assert "training failed in run 2 of 3 (exit code 7)" in done.stderr
    assert "seed 2" not in done.stdout
    kept = evaluation(there)
    assert kept.predictions == {}
    assert kept.training is not None
    assert (kept.training.exit_code, kept.training.runs, kept.training.repeat) == (7, 2, 3)


@pytest.mark.parametrize("times", ["0", "-1", "101"])
def test_run__how_often(times: str, tmp_path: Path) -> None:
    """Less than once, or more than a hundred times, is a usage error."""
    assert steelyard("run", "--repeat", times, cwd=project(tmp_path, TRAIN)).returncode == 2


def test_rerun__as_often_as_this_change(tmp_path: Path) -> None:
    """`--baseline rerun` trains the base commit with the same seeds, also where the configuration says otherwise."""
    there = project(tmp_path, TRAIN)
    git("switch", "-q", "-c", "change", cwd=there)
    (there / "train.py").write_text(TRAIN.replace("i % 20 == seed", "i % 10 == seed"), encoding="utf-8")
    git("commit", "-q", "-a", "-m", "worse", cwd=there)
    assert steelyard("run", "--repeat", "3", cwd=there).returncode == 0
    done = steelyard("report", "--baseline", "rerun", "--json", "report.json", cwd=there)

    assert done.returncode == 0, done.stderr
    assert json.loads((there / "report.json").read_text(encoding="utf-8"))["rows"]
    base = evaluation(there, "baseline")
    assert base.training is not None
    assert base.training.repeat == 3
    assert len(base.predictions["test"].repeats) == 2
    assert len(evaluation(there).predictions["test"].repeats) == 2


def test_ci__the_two_sides_take_turns(tmp_path: Path) -> None:
    """With `rerun` and several runs, the base commit is trained between the change's runs, seed by seed."""
    diary = tmp_path / "diary"
    script = f"SIDE = 'base'\n{TRAIN}print(SIDE, seed, file=open({str(diary)!r}, 'a'))\n"
    there = project(tmp_path / "work", script, repeat=3)
    git("switch", "-q", "-c", "change", cwd=there)
    (there / "train.py").write_text(script.replace("'base'", "'change'"), encoding="utf-8")
    git("commit", "-q", "-a", "-m", "change", cwd=there)

    done = steelyard("ci", "--target=none", "--run", f"{PYTHON} train.py", "--baseline", "rerun", cwd=there)

    assert done.returncode == 0, done.stderr
    sides = [f"{side} {seed}" for seed in range(3) for side in ("change", "base")]
    assert diary.read_text(encoding="utf-8").split("\n")[:-1] == sides
    base = evaluation(there, "baseline")
    assert len(base.predictions["test"].repeats) == 2
    assert len(evaluation(there).predictions["test"].repeats) == 2


def test_ci__a_run_of_the_base_commit_fails(tmp_path: Path) -> None:
    """When the base commit fails in its second run, the change's runs go on, and the report says what was missing."""
    there = project(tmp_path / "work", FAILING, repeat=3)
    git("switch", "-q", "-c", "change", cwd=there)
    (there / "train.py").write_text(TRAIN, encoding="utf-8")
    git("commit", "-q", "-a", "-m", "change", cwd=there)

    done = steelyard("ci", "--target=none", "--run", f"{PYTHON} train.py", "--baseline", "rerun", cwd=there)

    assert done.returncode == 0, done.stderr
    assert len(evaluation(there).predictions["test"].repeats) == 2
    report = (there / ".steelyard" / "report.md").read_text(encoding="utf-8")
    assert "could not be trained: exit code 7 in run 2 of 3" in report
    assert "its output was shown while it ran" in report


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("command", [("report",), ("ci", "--target=none")])
def test_rerun__asked_to_end(tmp_path: Path, command: tuple[str, ...], number: signal.Signals, code: int) -> None:
    """Who ends the base commit's training ends the command: there is no report, and nothing temporary stays."""
    started, scratch = tmp_path / "started", tmp_path / "scratch"
    scratch.mkdir()
    there = project(tmp_path / "work", f"{TRAIN}import time\nopen({str(started)!r}, 'w').close()\ntime.sleep(60)\n")
    git("switch", "-q", "-c", "change", cwd=there)
    (there / "train.py").write_text(TRAIN, encoding="utf-8")
    git("commit", "-q", "-a", "-m", "quicker", cwd=there)
    assert steelyard("run", cwd=there).returncode == 0
    # What a shell runs in the background ignores SIGINT, and so would the program.
    program = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "from steelyard import cli; sys.exit(cli.main(sys.argv[1:]))"
    )
    words = (sys.executable, "-c", program, *command, "--baseline", "rerun")
    env = {**os.environ, "TMPDIR": str(scratch)}
    with subprocess.Popen(words, cwd=there, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
        while not started.exists() and child.poll() is None:
            time.sleep(0.02)
        child.send_signal(number)
        assert child.wait(timeout=30) == code

    assert not list(scratch.iterdir())
    assert not (there / ".steelyard" / "report.md").exists()
    assert not (there / ".steelyard" / "baseline").exists()


def test_run__rows_are_not_kept(tmp_path: Path) -> None:
    """Without rows only the first run counts, and the set says so."""
    there = project(tmp_path, TRAIN)
    with (there / "steelyard.toml").open("a", encoding="utf-8") as file:
        file.write("predictions = false\n")
    done = steelyard("run", "--repeat", "2", cwd=there)

    assert done.returncode == 0, done.stderr
    one = evaluation(there).predictions["test"]
    assert one.repeats == ()
    assert any("only the first run counts" in note for note in one.notes)

"""Whole commands with bad input: two lines, the right exit code, nothing lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

PREDICTIONS = "id,label,prediction\n" + "".join(f"{i},{'ab'[i % 2]},{'ab'[i % 3 == 0]}\n" for i in range(60))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A directory with predictions, in no git repository, its name with a blank and an umlaut."""
    directory = tmp_path / "prüf stand"
    directory.mkdir()
    (directory / "predictions.csv").write_text(PREDICTIONS, encoding="utf-8")
    return directory


def steelyard(
    project: Path, *arguments: str, env: dict[str, str] | None = None, stdout: int = subprocess.PIPE
) -> subprocess.CompletedProcess[str]:
    """Run a command there, outside of any job."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "GITLAB_", "CI"))}
    return subprocess.run(
        [sys.executable, "-m", "steelyard", *arguments],
        cwd=project,
        env={**kept, "GIT_CEILING_DIRECTORIES": str(project.parent), **(env or {})},
        stdout=stdout,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",  # a terminal of another encoding
        check=False,
        timeout=60,
    )


def assert_two_lines(done: subprocess.CompletedProcess[str], code: int, *, says: str) -> None:
    """An error and a hint end the output, and no traceback is in it."""
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    error, hint = done.stderr.splitlines()[-2:]
    assert error.startswith("error: ")
    assert says in error
    assert hint.startswith("hint:  ")


@pytest.mark.parametrize(
    ("files", "arguments", "code", "says"),
    [
        ({"metrics.json": '{"accuracy": '}, ("collect",), 3, "metrics.json: not valid JSON"),
        ({"predictions.csv": "id,label,prediction\n1,a,a\n1,b,b\n"}, ("collect",), 3, "1 id occurs more than once"),
        ({"predictions.csv": "id,label,prediction\n,a,a\n"}, ("collect",), 3, "1 of 1 rows have no id"),
        ({"steelyard.toml": "x = 1"}, ("collect",), 2, "unknown key `x`"),
        (
            {"steelyard.toml": '[[predictions]]\ntable = "a.b_{sha}"\nengine = "spark"\n'},
            ("collect",),
            3,
            "a.b_{sha}: `{sha}` stands for the commit, and there is none here",
        ),
        ({"steelyard.toml": "a=" + "[" * 5000}, ("collect",), 2, "not valid TOML"),
        ({"pyproject.toml": "[project]\nname = 'x'"}, ("collect", "--config", "pyproject.toml"), 2, "found none"),
        ({"steelyard.toml": "[run]\ncommand = ' '"}, ("run",), 2, "no training command"),
        ({}, ("run", "--", ""), 2, "no training command"),
        ({}, ("run", "--lr", "0.1"), 2, "unrecognized arguments: --lr"),
        ({}, ("run", "--", "no-such-program"), 5, "training failed (exit code 127)"),
        ({}, ("run", "--", "sh", "-c", "kill -9 $$"), 5, "training failed (killed by SIGKILL)"),
        ({".steelyard": "mine"}, ("collect",), 2, "expected a directory"),
        ({}, ("collect", "-o", "predictions.csv"), 2, "not a directory of an evaluation"),
        ({}, ("collect", "-o", "predictions.csv/x"), 2, "cannot write there"),
        ({}, ("report", "-o", "-", "--json", "-"), 2, "both name -"),
        ({}, ("report", "-o", "x", "--html", "x"), 2, "both name x"),
        ({}, ("report", "--html", ""), 2, "cannot write"),
        ({}, ("report", "--baseline", "rerun"), 2, "--baseline rerun: there is no training command"),
        ({"steelyard.toml": "baseline = 'rerun'"}, ("report",), 2, '`baseline`: "rerun" needs a training command'),
        ({}, ("report", "--baseline", "."), 3, "cannot read an Evaluation"),
        ({}, ("compare", "a", "b"), 3, "cannot read an Evaluation"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_bad_input__two_lines(
    project: Path, files: dict[str, str], arguments: tuple[str, ...], code: int, says: str
) -> None:
    """What is wrong and what to do, the exit code of its kind, and no file of the user's is gone."""
    for name, text in files.items():
        (project / name).write_text(text, encoding="utf-8")
    before = {file: file.read_bytes() for file in project.iterdir()}

    assert_two_lines(steelyard(project, *arguments), code, says=says)
    assert {file: file.read_bytes() for file in before} == before


def test_collect__nothing_but_a_link_outwards(project: Path) -> None:
    """What was left out is named where nothing else is there."""
    (project / "predictions.csv").rename(project.parent / "predictions.csv")
    (project / "predictions.csv").symlink_to(project.parent / "predictions.csv")

    says = "predictions.csv leads outside the workspace and was left out"
    assert_two_lines(steelyard(project, "collect"), 3, says=says)


def test_compare__baseline_that_is_not_there(project: Path) -> None:
    """A comparison that was asked for and cannot be made is an error."""
    assert steelyard(project, "collect", "-o", "a").returncode == 0

    assert_two_lines(steelyard(project, "compare", "a", "b"), 3, says="b: cannot read an Evaluation")


def test_report__no_repository(project: Path) -> None:
    """A directory that git knows nothing of gets its report, and the reason why nothing is compared."""
    done = steelyard(project, "report", "-o", "-")

    assert done.returncode == 0
    assert "the project is in no git repository (run steelyard in a clone of the project)" in done.stderr
    assert "fatal" not in done.stderr + done.stdout


def test_report__no_browser(project: Path) -> None:
    """`--open` says where the page is, whether a browser comes or not."""
    done = steelyard(project, "report", "--open", env={"BROWSER": "false", "DISPLAY": "", "PATH": "/usr/bin:/bin"})

    page = project / ".steelyard" / "report.html"
    assert done.returncode == 0
    assert page.is_file()
    assert f"the page is {page}" in done.stderr


@pytest.mark.parametrize("kind", ["pipe", "device", "large"])
def test_config__no_file_of_reasonable_size(project: Path, kind: str) -> None:
    """What stands in the place of the configuration is read to a bound, and not waited for."""
    file = project / "steelyard.toml"
    match kind:
        case "pipe":
            os.mkfifo(file)
        case "device":
            file.symlink_to("/dev/zero")
        case _:
            file.write_text("# " + "x" * 2_000_000, encoding="utf-8")

    assert_two_lines(steelyard(project, "collect"), 2, says="steelyard.toml: ")


def test_report__name_too_long_for_a_file(project: Path) -> None:
    """A value of --baseline that no file can have as its name is looked up like any revision."""
    done = steelyard(project, "report", "--baseline", "a" * 5000)

    assert "Traceback" not in done.stderr
    assert done.returncode in {0, 2}


@pytest.mark.parametrize("encoding", ["ascii", "latin1"])
def test_report__terminal_without_the_characters(project: Path, encoding: str) -> None:
    """A terminal gets question marks, data is UTF-8."""
    (project / "predictions.csv").write_text("id,label,prediction\n1,é😀,é😀\n", encoding="utf-8")
    env = {"PYTHONIOENCODING": encoding}

    assert steelyard(project, "report", env=env).returncode == 0
    assert "é😀" in steelyard(project, "report", "-o", "-", env=env).stdout


def test_report__reader_leaves(project: Path) -> None:
    """`steelyard report | true` ends as other programs do, without a word."""
    reading, writing = os.pipe()
    os.close(reading)
    done = steelyard(project, "report", "-q", stdout=writing)
    os.close(writing)

    assert done.returncode == 141
    assert "Error" not in done.stderr
    assert "Exception" not in done.stderr


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_collect__asked_to_end(project: Path, number: signal.Signals, code: int) -> None:
    """In the middle of reading: nothing temporary stays, the Evaluation of before does."""
    assert steelyard(project, "collect").returncode == 0
    before = sorted(file.name for file in (project / ".steelyard").rglob("*"))
    rows = "".join(f"{i},{'ab'[i % 2]},a\n" for i in range(1_500_000))
    (project / "predictions.csv").write_text(f"id,label,prediction\n{rows}", encoding="utf-8")
    # What a shell runs in the background ignores SIGINT, and so would the program.
    program = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "from steelyard import cli; sys.exit(cli.main(['collect']))"
    )
    with subprocess.Popen([sys.executable, "-c", program], cwd=project, stderr=subprocess.PIPE) as child:
        assert child.stderr is not None
        assert b"reading" in child.stderr.readline()
        time.sleep(0.2)
        child.send_signal(number)
        stderr = child.stderr.read()

    assert (child.returncode, stderr) == (code, b"")
    assert sorted(file.name for file in (project / ".steelyard").rglob("*")) == before

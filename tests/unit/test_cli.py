"""`steelyard.cli`: the tree, its help, and how errors end."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from steelyard import DISTRIBUTION, __version__, cli
from steelyard.errors import SteelyardError

HEAVY = ("duckdb", "numpy", "matplotlib", "jinja2", "rich", "github", "msgspec", "yaml", "requests")


def steelyard(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the program as a user would."""
    command = [sys.executable, "-m", "steelyard", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=60)


def test_help__imports_nothing_heavy() -> None:
    """Help costs little more than starting Python: none of the libraries is imported for it."""
    program = f"""
import contextlib, io, sys
from steelyard import cli
with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):
    cli.main(["report", "--help"])
print([name for name in {HEAVY!r} if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_help__exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    """The program's help and the README name the same codes, those of signals among them."""
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    told = capsys.readouterr().out.partition("exit codes:")[2]
    text = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    readme = text.partition("Exit codes:")[2].partition("\n\n")[0]

    numbers = re.findall(r"\b\d+(?= )", readme)
    assert numbers == ["0", "1", "2", "3", "4", "5", "10", "130", "143"]
    assert re.findall(r"\b\d+(?= )", told) == numbers


EVERY = ["", *(command.name for command in cli.COMMANDS), *(f"baseline {one}" for one in ("list", "show", "save"))]


@pytest.mark.parametrize("command", EVERY)
def test_help__every_command_teaches(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each command has a help with a sentence, an explanation of each flag, and at most 80 columns."""
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit) as ended:
        cli.main([*command.split(), "--help"])

    lines = capsys.readouterr().out.splitlines()
    described = lines[lines.index("") + 1]
    flags = [line for line in lines if line.startswith("  -")]
    assert ended.value.code == 0
    assert f"usage: steelyard {command}".strip() in lines[0]
    assert described[0].isupper()
    assert all("  " in flag.strip() or lines[lines.index(flag) + 1].startswith(" " * 8) for flag in flags)
    assert max(map(len, lines)) <= 80


def test_usage__names_the_help_that_has_the_answer(capsys: pytest.CaptureFixture[str]) -> None:
    """A flag that a command does not know is that command's error, not the program's."""
    with pytest.raises(SystemExit):
        cli.main(["report", "--jsn", "x"])

    assert capsys.readouterr().err.splitlines()[1] == "hint:  steelyard report --help"


@pytest.mark.parametrize(
    "given",
    [
        ("--", "sh", "-c", 'echo "$@" > got', "x", "--config", "a", "-o", "b", "--", "-v"),
        ("sh", "-c", 'echo "$@" > got', "x", "--config", "a", "-o", "b", "--", "-v"),
    ],
)
def test_run__all_that_follows_is_the_training_commands(given: tuple[str, ...], tmp_path: Path) -> None:
    """No flag of the training command is taken for one of ours, with `--` before it or without."""
    (tmp_path / "metrics.json").write_text('{"accuracy": 0.9}', encoding="utf-8")
    done = steelyard("run", "-o", "evaluation", *given, cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "got").read_text(encoding="utf-8") == "--config a -o b -- -v\n"
    assert (tmp_path / "evaluation" / "evaluation.json").is_file()


@pytest.mark.parametrize("command", cli.COMMANDS, ids=lambda command: command.name)
def test_tree__options_match_arguments(command: cli.Command) -> None:
    """A command's module takes exactly the arguments that the tree gives it."""
    import argparse
    import importlib

    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    expected = {action.dest for action in parser._actions if action.dest != "help"}
    if command.name == "baseline":
        expected |= {"revision", "directory", "keep", "last"}
    module = importlib.import_module(f"steelyard.commands.{command.module}")

    assert set(module.Options.__struct_fields__) == expected | {"workspace", "config"}


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    """`--version` names the distribution."""
    with pytest.raises(SystemExit):
        cli.main(["--version"])

    assert capsys.readouterr().out == f"{DISTRIBUTION} {__version__}\n"


@pytest.mark.parametrize("arguments", [[], ["weigh"], ["report", "--colour"], ["compare", "a"]])
def test_main__usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """A usage error is two lines and exit code 2."""
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)

    lines = capsys.readouterr().err.splitlines()
    assert ended.value.code == 2
    assert [line[:6] for line in lines] == ["error:", "hint: "]


def test_main__error_is_two_lines(tmp_path: Path) -> None:
    """What is wrong, what to do; no traceback."""
    (tmp_path / "steelyard.toml").write_text("colour = 1\n", encoding="utf-8")
    done = steelyard("collect", cwd=tmp_path)

    assert done.returncode == 2
    assert done.stderr.splitlines()[0] == "error: steelyard.toml: unknown key `colour`"
    assert done.stderr.splitlines()[1].startswith("hint:  known keys: ")
    assert len(done.stderr.splitlines()) == 2


def test_main__error_verbose(tmp_path: Path) -> None:
    """With -v the traceback is shown before the two lines."""
    (tmp_path / "steelyard.toml").write_text("colour = 1\n", encoding="utf-8")
    done = steelyard("collect", "-v", cwd=tmp_path)

    assert done.returncode == 2
    assert "Traceback" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("hint:  known keys: ")


def test_main__hostile_text_in_error(tmp_path: Path) -> None:
    """A message that quotes a file cannot write escape sequences or further lines to a terminal."""
    (tmp_path / "steelyard.toml").write_text('"a\\u001b[2J\\nerror: forged" = 1\n', encoding="utf-8")
    done = steelyard("collect", cwd=tmp_path)

    assert "\x1b" not in done.stderr
    assert len(done.stderr.splitlines()) == 2


def test_main__bug_is_a_traceback(tmp_path: Path) -> None:
    """What is not in the exception tree is a bug: exit code 1 and a traceback."""
    program = """
import sys
from steelyard import cli
cli.COMMANDS = (cli.Command("bug", "", "", lambda parser: None, "no_such_module"),)
sys.exit(cli.main(["bug"]))
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert "Traceback" in done.stderr


def test_main__disk_full_is_no_bug(tmp_path: Path) -> None:
    """A disk that is full wherever a command, or a library, writes to it: two lines, no traceback."""
    program = """
import pathlib, sys, types
from steelyard import cli
sys.modules["steelyard.commands.full"] = types.SimpleNamespace(
    Options=dict, execute=lambda options: pathlib.Path("/dev/full").write_bytes(b"x")
)
cli.COMMANDS = (cli.Command("full", "", "", lambda parser: None, "full"),)
sys.exit(cli.main(["full"]))
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "error: cannot write a file: No space left on device",
        "hint:  free disk space, also where TMPDIR is",
    ]


def test_main__bug_quotes_no_secret(tmp_path: Path) -> None:
    """The traceback of a bug is masked, and gives no orders to a job's runner."""
    program = """
import sys
from steelyard import cli, log
log.register_secret("canary-canary")
cli.COMMANDS = (cli.Command("bug", "", "", lambda parser: None, "canary-canary\\n::error::x"),)
sys.exit(cli.main(["bug"]))
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert "***" in done.stderr
    assert "canary-canary" not in done.stderr.replace('"canary-canary"', "")
    assert not [line for line in done.stderr.splitlines() if line.startswith("::")]


def test_exit_codes__documented() -> None:
    """The help's list of exit codes has each code that an error of the tree can end with."""
    codes = {SteelyardError.exit_code}
    classes = [SteelyardError]
    while classes:
        classes = [sub for cls in classes for sub in cls.__subclasses__() if sub.__module__ == "steelyard.errors"]
        codes |= {cls.exit_code for cls in classes}

    assert all(f"{code} " in cli._EXIT_CODES for code in codes)

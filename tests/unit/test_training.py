"""Real trainings: what is kept of them, what they may see, and that no secret is left in what is kept."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from steelyard import log, training
from steelyard.errors import InputError
from steelyard.model.codec import decode, encode
from steelyard.model.evaluation import Training
from steelyard.training import TAIL_LINES, environment, environment_for_training, train

PATH = {"PATH": os.environ["PATH"]}


@pytest.fixture(autouse=True)
def _forget_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """No secret of one test is hidden in another one."""
    monkeypatch.setattr(log, "_secrets", set())


def test_train__what_is_kept(tmp_path: Path) -> None:
    """Command, end, time and last lines; the value loads back equal."""
    result = train("echo one; echo two >&2; sleep 0.2; exit 7", cwd=tmp_path, environ=PATH)

    assert result.command == "echo one; echo two >&2; sleep 0.2; exit 7"
    assert result.exit_code == 7
    assert 0.2 <= result.duration < 5
    assert abs(datetime.now(UTC) - datetime.fromisoformat(result.started)) < timedelta(seconds=10)
    assert sorted(result.log_tail) == ["one", "two"]
    assert decode(encode(result), Training, source="training") == result


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("true", 0),
        ("false; true", 1),
        ("false | true", 1),
        ("no-such-command", 127),
        ("kill -TERM $$", -15),
        (["sh", "-c", "exit 3"], 3),
        (["no-such-program", "a b"], 127),
        (["/"], 127),
        ("echo 'a\0b'", 127),
    ],
)
def test_train__exit_code(tmp_path: Path, command: str | list[str], code: int) -> None:
    """Shell commands stop at the first failure, as in GitHub's own steps; what cannot be started has 127."""
    assert train(command, cwd=tmp_path, environ=PATH).exit_code == code


def test_train__cannot_be_started(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The reason is where the reader of the report looks for it, and in the log."""
    result = train(["no-such-program", "a b"], cwd=tmp_path, environ=PATH)

    assert result.command == "no-such-program 'a b'"
    assert result.log_tail == ("cannot start no-such-program: No such file or directory",)
    assert "cannot start no-such-program: No such file or directory" in caplog.messages
    assert train(["a\0b"], cwd=tmp_path, environ=PATH).log_tail == ("cannot start a\0b: embedded null byte",)


@pytest.mark.parametrize("command", ["", " \n", []])
def test_train__empty_command(tmp_path: Path, command: str | list[str]) -> None:
    """Nothing to run is an error of the caller, not a training that succeeded."""
    with pytest.raises(InputError, match="the training command is empty"):
        train(command, cwd=tmp_path, environ=PATH)


def test_train__without_bash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small images have no bash: sh runs the command, and stops at the first failure as well."""
    only_sh = tmp_path / "bin"
    only_sh.mkdir()
    (only_sh / "sh").symlink_to(shutil.which("sh") or "/bin/sh")
    monkeypatch.setenv("PATH", str(only_sh))
    result = train("echo $0; false; echo not reached", cwd=tmp_path, environ={"PATH": str(only_sh)})

    assert (result.exit_code, result.log_tail) == (1, ("sh",))


def test_train__log_tail(tmp_path: Path) -> None:
    """The last 40 lines of at most 400 characters, progress bars in their last state, whatever the bytes are."""
    script = (
        r"seq 1 100; printf '10%%\r100%%\r\n'; printf 'caf\xe9 \xff\n';"
        " head -c 5000 /dev/zero | tr '\\0' x; echo; printf end"
    )
    result = train(script, cwd=tmp_path, environ=PATH)

    assert len(result.log_tail) == TAIL_LINES
    assert result.log_tail[:2] == ("65", "66")
    assert result.log_tail[-4:] == ("100%", "caf\ufffd \ufffd", "x" * 399 + "…", "end")
    assert decode(encode(result), Training, source="training") == result


HIDDEN = (
    *("INPUT_TOKEN", "INPUT_RUN", "ACTIONS_RUNTIME_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_URL", "RUNNER_TRACKING_ID"),
    *("GITHUB_TOKEN", "GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STATE", "GITHUB_STEP_SUMMARY"),
    *("STEELYARD_TOKEN", "STEELYARD_ID_KEY", "REPO_TOKEN", "GITLAB_TOKEN", "CI_JOB_TOKEN"),
    *("CI_REPOSITORY_URL", "CI_REGISTRY_PASSWORD", "CI_DEPENDENCY_PROXY_PASSWORD"),
)
SEEN = ("GITHUB_SHA", "GITHUB_PATHS", "CI_JOB_ID", "HF_TOKEN", "MY_INPUT_DIR", "CUDA_VISIBLE_DEVICES")


def test_train__environment(tmp_path: Path) -> None:
    """Training sees the project's variables, and none with which it could act as us or steer the job."""
    variables = {**PATH, **dict.fromkeys((*HIDDEN, *SEEN), "value-of-a-variable")}
    script = "import os; open('seen', 'w').write('\\n'.join(os.environ))"
    train([sys.executable, "-c", script], cwd=tmp_path, environ=variables)
    seen = set((tmp_path / "seen").read_text(encoding="utf-8").splitlines())

    assert not seen & set(HIDDEN)
    assert seen >= {*SEEN, "PATH", "PYTHONUNBUFFERED"}


def test_train__own_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By default training's environment is derived from ours."""
    monkeypatch.setenv("INPUT_TOKEN", "ghs_0123456789")
    monkeypatch.setenv("OURS", "seen")
    result = train('echo "$OURS-$INPUT_TOKEN-"', cwd=tmp_path)

    assert result.log_tail == ("seen--",)


def test_environment_for_training__unbuffered() -> None:
    """Python shows progress when it happens, unless somebody chose otherwise."""
    assert environment_for_training({}) == {"PYTHONUNBUFFERED": "1"}
    assert environment_for_training({"PYTHONUNBUFFERED": ""}) == {"PYTHONUNBUFFERED": ""}


@pytest.mark.parametrize(
    "name", ["HF_TOKEN", "MY_SECRET", "AWS_SECRET_ACCESS_KEY", "api_key", "DB_PASSWORD", "INPUT_TOKEN"]
)
def test_train__secrets(tmp_path: Path, name: str) -> None:
    """What is named like a secret is neither in the command nor in the last lines that are kept."""
    secret = "s3cr3t-0123456789"
    command = f"echo 'it is {secret}'; echo {secret} >&2"
    result = train(command, cwd=tmp_path, environ={**PATH, name: secret})

    assert result.command == "echo 'it is ***'; echo *** >&2"
    assert sorted(result.log_tail) == ["***", "it is ***"]


def test_train__secret_where_a_line_is_cut(tmp_path: Path) -> None:
    """No part of a secret is left where a long line ends, and none of a secret of several lines."""
    secret, key = "abcdefghijklmnop", "-----BEGIN KEY-----\nMIIEvQIBADANBg\nkqhkiG9w0BAQ\n-----END KEY-----\n"
    command = f"printf %395s{secret} '' | tr ' ' x; echo; echo MIIEvQIBADANBg; printf 'kqhkiG9w0BAQ'"
    result = train(command, cwd=tmp_path, environ={**PATH, "A_TOKEN": secret, "A_PRIVATE_KEY": key})

    assert result.log_tail == ("x" * 395 + "***", "***", "***")


def test_train__not_a_secret(tmp_path: Path) -> None:
    """A short value, and the names that tokenizers use, are no secrets: hiding them would garble the log."""
    variables = {**PATH, "TOKENIZERS_PARALLELISM": "no-parallelism", "TOKENIZER_NAME": "bert-base", "A_TOKEN": "true"}
    result = train("echo no-parallelism bert-base true", cwd=tmp_path, environ=variables)

    assert result.log_tail == ("no-parallelism bert-base true",)


def test_train__peak_memory(tmp_path: Path) -> None:
    """Bytes, of the largest process."""
    size = int(1.5 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
    result = train([sys.executable, "-c", f"x = b'x' * {size}"], cwd=tmp_path, environ=PATH)

    assert result.peak_memory is not None
    assert size < result.peak_memory < size + 60_000_000


def test_environment__of_this_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The versions that training's own Python has."""
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    facts = environment(tmp_path)

    assert facts["python"] == sys.version.split()[0]
    assert facts["numpy"] == __import__("numpy").__version__
    assert facts["cpus"] == str(os.cpu_count())
    assert "platform" in facts


def fake_python(directory: Path, script: str) -> Path:
    """A `python` that comes first on the PATH."""
    directory.mkdir()
    file = directory / "python"
    file.write_text(script, encoding="utf-8")
    file.chmod(0o755)
    return directory


@pytest.mark.parametrize(
    "script",
    [
        "#!/bin/sh\nexit 1\n",
        "#!/bin/sh\necho not json\n",
        "#!/bin/sh\necho '[1]'\n",
        "#!/bin/sh\necho '\"text\"'\n",
        "#!/bin/sh\nhead -c 100000 /dev/zero | tr '\\0' '['\n",
        "\x7fELF",
    ],
)
def test_environment__python_that_does_not_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """A Python that does something else costs its versions, never the report."""
    directory = fake_python(tmp_path / "bin", script)
    monkeypatch.setenv("PATH", f"{directory}:{os.environ['PATH']}")

    assert sorted(environment(tmp_path)) == ["cpus", "platform"]


def test_environment__answer_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what was asked for is taken, and not much of it."""
    long = "9" * 500
    directory = fake_python(tmp_path / "bin", f'#!/bin/sh\necho \'{{"numpy": "{long}", "other": "1", "scipy": 5}}\'\n')
    monkeypatch.setenv("PATH", f"{directory}:{os.environ['PATH']}")
    facts = environment(tmp_path)

    assert (facts["numpy"], facts["scipy"]) == ("9" * 64, "5")
    assert "other" not in facts


def test_environment__tokens_stay_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The project's Python is asked without our token: its start may run the project's code."""
    script = f"#!/bin/sh\nenv > '{tmp_path}/seen'\necho '{{}}'\n"
    monkeypatch.setenv("PATH", f"{fake_python(tmp_path / 'bin', script)}:{os.environ['PATH']}")
    monkeypatch.setenv("INPUT_TOKEN", "ghs_0123456789")
    environment(tmp_path)

    assert "ghs_0123456789" not in (tmp_path / "seen").read_text(encoding="utf-8")


def test_environment__without_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no Python is on the PATH, it is our own that is asked."""
    monkeypatch.setenv("PATH", str(tmp_path))

    assert environment(tmp_path)["python"] == sys.version.split()[0]


def test_train__leaves_nothing_open(tmp_path: Path) -> None:
    """After forty trainings no descriptor is left open."""
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(20):
        train(["true"], cwd=tmp_path, environ=PATH)
        train(["no-such-program"], cwd=tmp_path, environ=PATH)

    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_module__imports_nothing_heavy() -> None:
    """`steelyard run` must not take memory before training does."""
    script = "import sys, steelyard.training; print({'duckdb', 'numpy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout == "set()\n"
    assert training.TAIL_LINES == 40

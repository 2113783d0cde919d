"""The entrypoint: errors are two lines with the right exit code, and the workspace is given back however it ends."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from steelyard.action import __main__ as entrypoint

OWNER = 4321


def start(environ: dict[str, str], *, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the entrypoint as the image does, with nothing but these variables."""
    return subprocess.run(
        [sys.executable, "-I", "-m", "steelyard.action"],
        env={"PATH": os.environ["PATH"], **environ},
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )


def test_main__outside_a_job(tmp_path: Path) -> None:
    """Without a workspace: a usage error that names the command to use instead."""
    done = start({}, cwd=tmp_path)

    assert done.returncode == 2
    assert [line.split(":")[0] for line in done.stderr.splitlines()] == ["error", "hint"]
    assert "steelyard ci" in done.stderr


def test_main__missing_requirements(tmp_path: Path) -> None:
    """A requirements file that is not there is an input error, also on the run's page; nothing is run."""
    done = start({"GITHUB_WORKSPACE": str(tmp_path), "INPUT_REQUIREMENTS": "nowhere.txt"}, cwd=tmp_path)
    annotation, *lines = done.stderr.splitlines()

    assert done.returncode == 3
    assert annotation.startswith("::error ")
    assert [line.split(":")[0] for line in lines] == ["error", "hint"]
    assert "nowhere.txt" in lines[0]


def test_main__exit_code_is_the_program_s(tmp_path: Path) -> None:
    """What `steelyard ci` ends with is what the step ends with: here, a configuration that is not there."""
    done = start({"GITHUB_WORKSPACE": str(tmp_path), "INPUT_CONFIG": "nowhere.toml"}, cwd=tmp_path)

    assert done.returncode == 2
    assert "nowhere.toml" in done.stderr


def test_main__token_never_printed(tmp_path: Path) -> None:
    """An error that quotes an input in which the token stands shows it masked."""
    token = "ghs_0123456789abcdef"
    done = start(
        {"GITHUB_WORKSPACE": str(tmp_path), "INPUT_TOKEN": token, "INPUT_REQUIREMENTS": f"{token}.txt"}, cwd=tmp_path
    )

    assert done.returncode == 3
    assert token not in done.stdout + done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make files that belong to somebody else")
def test_main__gives_back_after_an_error(tmp_path: Path) -> None:
    """Files that appear during the run belong to the workspace's owner afterwards, also when the run failed."""
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    os.chown(workspace, OWNER, OWNER)
    (workspace / "made").write_text("x")

    code = entrypoint.main({"GITHUB_WORKSPACE": str(workspace), "INPUT_REQUIREMENTS": "nowhere.txt"})

    assert code == 3
    assert (workspace / "made").stat().st_uid == OWNER

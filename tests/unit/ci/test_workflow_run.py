"""A job of main that another run started: what it is about is that run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from steelyard import ci
from steelyard.ci import Context
from steelyard.model.base import JSON

HEAD, MAIN = "1" * 40, "2" * 40

GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_EVENT_NAME": "workflow_run",
    "GITHUB_REPOSITORY": "octo/digits",
    "GITHUB_REF": "refs/heads/main",
    "GITHUB_SHA": MAIN,
    "GITHUB_RUN_ID": "777",
    "GITHUB_RUN_ATTEMPT": "3",
}


def detect(directory: Path, run: JSON) -> Context:
    """The job that this run started."""
    file = directory / "event.json"
    payload = {"repository": {"default_branch": "main", "full_name": "octo/digits"}, "workflow_run": run}
    file.write_text(json.dumps(payload), encoding="utf-8")
    return ci.detect({**GITHUB, "GITHUB_EVENT_PATH": str(file)})


def run(**changes: JSON) -> dict[str, JSON]:
    """A run that a fork's pull request started."""
    return {
        "id": 12_345_678_901,
        "run_attempt": 2,
        "event": "pull_request",
        "head_branch": "better",
        "head_sha": HEAD,
        "head_repository": {"full_name": "stranger/digits-2"},
        "pull_requests": [],
        **changes,
    }


def test_detect__fork(tmp_path: Path) -> None:
    """The change is the fork's branch at the run's head; number, attempt and page are the run's."""
    context = detect(tmp_path, run())

    assert (context.event, context.pull_request, context.head_owner) == ("workflow_run", None, "stranger")
    assert (context.branch, context.head_sha, context.tested_sha) == ("better", HEAD, MAIN)
    assert (context.from_fork, context.is_default_branch, context.relayed) == (True, False, False)
    assert (context.run_id, context.run_attempt) == (12_345_678_901, 2)
    assert context.run_url == "https://github.com/octo/digits/actions/runs/12345678901"
    assert context.is_governed_by_fork
    assert not context.is_hearsay


def test_detect__pull_requests_are_not_believed(tmp_path: Path) -> None:
    """Which pull request it is, is asked of the API, never taken from the event."""
    assert detect(tmp_path, run(pull_requests=[{"number": 1}])).pull_request is None


@pytest.mark.parametrize("name", ["octo/digits", "Octo/Digits"])
def test_detect__own_branch(tmp_path: Path, name: str) -> None:
    """A branch of the repository itself is no fork, however its name is written."""
    context = detect(tmp_path, run(head_repository={"full_name": name}))

    assert not context.from_fork
    assert context.head_owner.lower() == "octo"
    assert not context.is_default_branch


@pytest.mark.parametrize("event", ["push", "schedule", "workflow_dispatch"])
def test_detect__main(tmp_path: Path, event: str) -> None:
    """A run of main itself is one whose Evaluation is a baseline."""
    assert detect(
        tmp_path, run(event=event, head_branch="main", head_repository={"full_name": "octo/digits"})
    ).is_default_branch


@pytest.mark.parametrize(
    "changes",
    [
        {"head_branch": "main"},
        {"head_branch": "main", "event": "push"},
        {"head_branch": "main", "event": "push", "head_repository": None},
        {"head_branch": "main", "head_repository": {"full_name": "octo/digits"}},
        {"head_branch": "develop", "event": "push", "head_repository": {"full_name": "octo/digits"}},
    ],
)
def test_detect__not_main(tmp_path: Path, changes: dict[str, JSON]) -> None:
    """A fork may call its branch main, and a pull request may come from main: neither makes a baseline."""
    assert not detect(tmp_path, run(**changes)).is_default_branch


def test_detect__deleted_fork(tmp_path: Path) -> None:
    """A head whose repository is gone is a fork's, and nobody's."""
    context = detect(tmp_path, run(head_repository=None))

    assert context.from_fork
    assert context.head_owner == ""


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from(list(run())), _JSON))
@example({"head_branch": "\x80"})
def test_detect__odd(tmp_path: Path, changes: dict[str, JSON]) -> None:
    """What the event does not say properly is missing; whoever is unknown is a stranger."""
    context = detect(tmp_path, run(**changes))

    assert context.head_sha in {HEAD, ""}
    assert context.from_fork
    assert not context.is_default_branch
    assert context.run_attempt >= 1
    assert context.head_owner in {"stranger", ""}
    assert context.branch.isprintable()

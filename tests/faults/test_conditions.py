"""What a project's own state does to its jobs: crowded, locked and archived, comments that vanish, wrong clocks."""

from __future__ import annotations

import json
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Self
from unittest import mock

import pytest

from steelyard.baseline.git_store import GitStore
from tests.fakes.front import Raw, Step
from tests.faults.github import GitHubScene
from tests.faults.gitlab import GitLabScene
from tests.faults.jobs import HURRY
from tests.faults.scene import Scene, never, rows
from tests.faults.scenes import scene
from tests.integration.world import git

FORGES = ("github", "gitlab")


def say(one: Scene, text: str) -> None:
    """Let somebody say something on the change."""
    if isinstance(one, GitHubScene):
        one.world.repository.add_comment(one.pull.number, text)
    elif isinstance(one, GitLabScene):
        one.change.say(text)


def ours(one: Scene) -> list[str]:
    """The comments that hold a report."""
    return [body for body in one.bodies() if "<!-- steelyard id=default" in body]


@pytest.mark.parametrize("forge", FORGES)
def test_thousand_comments(forge: str, tmp_path: Path, stack: ExitStack) -> None:
    """Among 1,000 comments there is one of ours, after the first run and after the second; that costs few requests."""
    stack.enter_context(mock.patch("steelyard.forge.patience.TIMEOUT", 15))  # a page of 100 takes the fake its time
    one = scene(forge, "first", tmp_path, stack)
    for number in range(500):
        say(one, f"before {number}")
    first = one.play()
    for number in range(500):
        say(one, f"after {number}")
    one.front.clear()
    second = one.play()

    assert (first.code, second.code) == (0, 0), first.stderr + second.stderr
    assert len(ours(one)) == 1
    assert len(one.bodies()) == 1001
    assert len(one.front.steps) < 60


@pytest.mark.parametrize("forge", FORGES)
def test_deleted_comment(forge: str, tmp_path: Path, stack: ExitStack) -> None:
    """A comment that somebody deletes after it was read and before it is edited is written anew."""
    one = scene(forge, "again", tmp_path, stack)
    written = 0

    def delete(step: Step) -> None:
        nonlocal written
        written += step.name.startswith("POST") and ("comments" in step.name or "notes" in step.name)
        if "comments" in step.name or "notes" in step.name:
            forget(one) if not written else None

    one.front.after = delete
    played = one.play()

    assert played.code == 0, played.stderr
    assert len(ours(one)) == 1
    assert written == 1


def forget(one: Scene) -> None:
    """Delete all that was said."""
    if isinstance(one, GitHubScene):
        one.world.repository.comment_list.clear()
    elif isinstance(one, GitLabScene):
        one.change.notes.clear()


def test_locked_conversation(tmp_path: Path, stack: ExitStack) -> None:
    """In a locked conversation nothing is said, the summary has the report, and the error says what to do."""
    one = GitHubScene("again", tmp_path, stack)
    one.pull.locked = True
    before = one.bodies()

    played = one.play()

    assert played.code == 4
    assert never(played) == one.damage(played) == ""
    assert "unlock it" in played.stderr
    assert one.bodies() == before


ARCHIVED = "echo 'ERROR: This repository was archived so it is read-only.' >&2; exit 1"


@pytest.mark.parametrize("job", ["main", "first"])
@pytest.mark.parametrize("forge", FORGES)
def test_archived(forge: str, job: str, tmp_path: Path, stack: ExitStack) -> None:
    """An archived repository takes nothing: the error says so, and the report is in the job."""
    one = scene(forge, job, tmp_path, stack)
    if isinstance(one, GitHubScene):
        one.world.repository.archived = True
        hook = one.world.remote / "hooks" / "pre-receive"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\n{ARCHIVED}\n")
        hook.chmod(0o755)
    elif isinstance(one, GitLabScene):
        one.world.project.archived = True

    played = one.play()

    assert played.code == 4, played.stderr
    assert never(played) == one.damage(played) == ""
    assert "archived" in played.stderr
    assert ours(one) == []


@pytest.mark.parametrize("forge", FORGES)
def test_limit_for_half_an_hour(forge: str, tmp_path: Path, stack: ExitStack) -> None:
    """A limit that ends in half an hour is not waited for: the job ends at once, and says when to come back."""
    one = scene(forge, "first", tmp_path, stack)
    api = next(prefix for prefix in one.servers if "api" in prefix)
    limits = {
        "github": {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": f"{time.time() + 1800:.0f}"},
        "gitlab": {"Retry-After": "1800"},
    }
    status = {"github": 403, "gitlab": 429}[forge]
    headers = {"Content-Type": "application/json", **limits[forge]}
    answer = Raw(status=status, headers=headers, content=b'{"message": "API rate limit exceeded"}')
    one.front.clear()
    one.front.meddle = lambda step: answer if step.prefix == api else None

    played = one.play()

    assert played.code == 4
    assert never(played) == one.damage(played) == ""
    assert "run the job again in 30 min" in played.stderr
    assert played.seconds < 60 / HURRY + 5


@pytest.mark.parametrize("forge", FORGES)
def test_large_report(forge: str, tmp_path: Path, stack: ExitStack) -> None:
    """What would make a report of 5 MB makes a comment that the forge takes, which says that it is cut."""
    one = scene(forge, "first", tmp_path, stack)
    names = {f"{number}-{'very long name ' * 12}": number / 7 for number in range(25_000)}
    metrics = one.workspace / "metrics.json"
    metrics.write_text(json.dumps(names), encoding="utf-8")
    assert metrics.stat().st_size > 5_000_000

    played = one.play()

    assert played.code == 0, played.stderr
    (body,) = ours(one)
    assert 10_000 < len(body) <= 65_536 if forge == "github" else len(body) <= 1_000_000
    assert "the first 2,000 are kept" in body


class _Clock(datetime):
    """A clock that is wrong by so many days."""

    days = 0

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        """What it shows."""
        return super().now(tz) + timedelta(days=cls.days)


def test_clock_jumps(tmp_path: Path, stack: ExitStack) -> None:
    """
    The clocks of jobs are ten years fast, ten years slow, and right.

    What is compared with is chosen by ancestry, "newest" is what was stored last, no picture of an open change goes,
    and the age in the report is of the commit, or is left out.
    """
    one = GitHubScene("first", tmp_path, stack)
    world = one.world
    with (
        mock.patch("steelyard.pipeline.collect.datetime", _Clock),
        mock.patch("steelyard.baseline.images.datetime", _Clock),
    ):
        for days, wrong in ((3650, 60), (-3650, 30), (0, 50)):
            _Clock.days = days
            world.run = one._run
            world.commit("main", {"predictions.csv": rows(wrong)})
            done = world.push_job("main", token=one.token)
            assert done.code == 0, done.stderr
            first = one.play()
            assert first.code == 0, first.stderr
        _Clock.days = 0

    (body,) = ours(one)
    stored = [entry.sha for entry in GitStore(world.author).entries("default")]
    assert stored == git("rev-list", "--first-parent", "main", cwd=world.author).split()
    assert "vs main" in body
    assert "-" not in body.partition("vs main")[2].partition("old")[0]
    shown, there = one.pictures(body)
    assert shown <= there
    assert datetime.now(UTC).year < 2036

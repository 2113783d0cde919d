"""A report as a discussion on a merge request: unresolved while something is wrong, resolved when it is not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from steelyard.errors import ForgeError
from steelyard.forge.gitlab import GitLab
from steelyard.forge.interface import Change, Posted, Stamp
from tests.contract.forges import HEAD, OnGitLab
from tests.fakes.gitlab import FakeGitLab

CHANGE = Change(number=1, head_sha=HEAD)


@pytest.fixture
def place() -> Iterator[OnGitLab]:
    """A project with a merge request."""
    with FakeGitLab() as gitlab:
        yield OnGitLab(gitlab)


def post(place: OnGitLab, *, resolved: bool, run: int = 1, create: bool = True) -> Posted:
    """A job whose gates passed or failed."""
    stamp = Stamp(id="a", head_sha=HEAD, run=run)
    forge = GitLab(place.context, timeout=1)
    return forge.upsert_thread(CHANGE, markdown=f"run {run}", stamp=stamp, resolved=resolved, create=create)


def test_upsert_thread__follows_the_gates(place: OnGitLab) -> None:
    """One discussion is begun, edited by later runs, and resolved as soon as nothing is wrong any more."""
    place.say("Looks good to me")

    states = []
    for run, resolved in enumerate((False, True, False), start=1):
        post(place, resolved=resolved, run=run)
        states.append((place.request.notes[-1].resolvable, place.request.notes[-1].resolved))

    assert states == [(True, False), (True, True), (True, False)]
    assert [body.partition("\n")[0] for body in place.bodies()] == ["Looks good to me", "run 3"]


def test_upsert_thread__late_job(place: OnGitLab) -> None:
    """A late job, whose report is not written, does not resolve what a newer one left open."""
    post(place, resolved=False, run=5)

    assert post(place, resolved=True, run=4).action == "superseded"
    assert not place.request.notes[0].resolved


def test_upsert_thread__note_that_was_there(place: OnGitLab, caplog: pytest.LogCaptureFixture) -> None:
    """A report that an earlier run left as a mere note is edited, and the log says why it cannot be resolved."""
    GitLab(place.context, timeout=1).upsert_comment(CHANGE, markdown="note", stamp=Stamp(id="a", head_sha=HEAD, run=1))

    assert post(place, resolved=False, run=2).action == "updated"
    assert "is no discussion" in caplog.text
    assert len(place.bodies()) == 1


def test_upsert_thread__not_to_be_created(place: OnGitLab) -> None:
    """Where nothing is to be begun, nothing is resolved either."""
    assert post(place, resolved=True, create=False).action == "none"
    assert place.bodies() == []


def test_upsert_thread__refused(place: OnGitLab) -> None:
    """A role that may comment, but not resolve, is told what it needs."""
    place.project.members = dict.fromkeys(place.project.members, "reporter")

    with pytest.raises(ForgeError, match="cannot resolve the discussion on merge request 1") as caught:
        post(place, resolved=True)

    assert "Developer" in caught.value.hint

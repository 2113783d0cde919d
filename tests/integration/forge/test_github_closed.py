"""Which pull requests were closed long ago, by one question to GitHub."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from steelyard.errors import ForgeError
from tests.fakes.github import FakeGitHub
from tests.integration.forge.conftest import Place, impatient

MONTH = timedelta(days=30)


def closed(place: Place, *numbers: int) -> frozenset[int]:
    """What a job with the usual permissions is told."""
    return place.job().closed_before(numbers, age=MONTH)


def test_closed_before(place: Place, github: FakeGitHub) -> None:
    """Closed long ago, closed yesterday, open and unknown are told apart in one request."""
    ago = {2: 31, 3: 1, 4: None}
    for days in ago.values():
        pull = place.repo.create_pull(head_sha=f"{days or 0:040x}", head_ref=f"branch-{days}")
        if days is not None:
            pull.close(at=datetime.now(UTC) - timedelta(days=days))

    assert closed(place, 2, 3, 4, 99) == {2}
    assert len(github.requests("POST", "graphql")) == 1


def test_closed_before__another_repository(place: Place) -> None:
    """A token that does not see the repository learns nothing, and that is no error."""
    elsewhere = impatient(msgspec.structs.replace(place.context(), repository="octo/elsewhere"))

    assert elsewhere.closed_before([1], age=MONTH) == frozenset()


@pytest.mark.parametrize("outcome", [403, 500, "reset"])
def test_closed_before__refused(place: Place, github: FakeGitHub, outcome: int | str) -> None:
    """A refusal is an error, and the question is not repeated: nothing depends on its answer."""
    github.fail_next("POST", "graphql", outcome)  # type: ignore[arg-type]  # parameters

    with pytest.raises(ForgeError, match="ask which pull requests are closed"):
        closed(place, 1)
    assert len(github.requests("POST", "graphql")) == 1

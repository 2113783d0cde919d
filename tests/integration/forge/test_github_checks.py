"""What a branch rule can require: statuses and check runs."""

from __future__ import annotations

import pytest

from steelyard.errors import ForgeError
from steelyard.forge.interface import Annotation, Check, Status
from tests.integration.forge.conftest import ENOUGH, HEAD, Place

WRITES = {**ENOUGH, "checks": "write", "statuses": "write"}
STATUS = Status(sha=HEAD, name="steelyard/default", state="fail", description="Worse", url="https://ci.example/1")
CHECK = Check(
    sha=HEAD,
    name="steelyard/default",
    conclusion="failure",
    title="Worse",
    summary="the report",
    url="https://ci.example/1",
    annotations=(Annotation(path="steelyard.toml", line=7, level="failure", title="gate", message="worse"),),
)


def test_set_status__newest_counts(place: Place) -> None:
    """A commit's status says how the gates ended, with a link to the run."""
    forge = place.job(WRITES)

    forge.set_status(STATUS)
    forge.set_status(Status(sha=HEAD, name="steelyard/default", state="pass", description="x" * 500))

    first, second = place.repo.statuses
    assert (first.state, first.context, first.description, first.target_url) == (
        "failure", "steelyard/default", "Worse", "https://ci.example/1",
    )  # fmt: skip
    assert (second.state, second.target_url) == ("success", None)
    assert second.description == "x" * 139 + "…"


def test_set_check__is_added(place: Place) -> None:
    """A check run carries the whole report."""
    address = place.job(WRITES).set_check(CHECK)

    (run,) = place.repo.check_runs
    assert address.startswith(place.github.server_url)
    assert (run.status, run.conclusion, run.title, run.summary) == ("completed", "failure", "Worse", "the report")


@pytest.mark.parametrize(("what", "line"), [("status", "statuses: write"), ("check", "checks: write")])
def test_refused__names_the_permission(place: Place, what: str, line: str) -> None:
    """A token without the permission is refused with the very line, and only with what it takes."""
    forge = place.job(ENOUGH)

    with pytest.raises(ForgeError, match="HTTP 403") as caught:
        forge.set_status(STATUS) if what == "status" else forge.set_check(CHECK)

    assert f"permissions: {{ {line} }}" in caught.value.hint


def test_set_check__too_long(place: Place) -> None:
    """What GitHub does not take is its refusal, not a crash."""
    check = Check(sha=HEAD, name="steelyard/a", conclusion="neutral", title="t", summary="é" * 40_000)

    with pytest.raises(ForgeError, match="HTTP 422"):
        place.job(WRITES).set_check(check)

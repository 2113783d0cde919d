"""The contract of `Forge` where a report is not on a change: on an issue, or on a commit."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from steelyard.errors import ForgeError
from steelyard.forge.interface import Commit, Issue, Posted, Stamp
from steelyard.forge.interface import Place as Where
from tests.contract.forges import HEAD, KINDS, NEXT, Place, Seen, forge, place


@pytest.fixture(params=KINDS)
def somewhere(request: pytest.FixtureRequest) -> Iterator[Place]:
    """A change on each forge."""
    with place(str(request.param)) as found:
        yield found


@pytest.fixture(params=["issue", "commit"])
def where(request: pytest.FixtureRequest, somewhere: Place) -> Where:
    """An issue, and the head's commit."""
    return Issue(number=somewhere.issue()) if request.param == "issue" else Commit(sha=HEAD)


def post(somewhere: Place, where: Where, head: str = HEAD, *, run: int = 1, markdown: str = "the report") -> Posted:
    """A whole job's part."""
    stamp = Stamp(id="a", head_sha=head, run=run)
    return forge(somewhere.context).upsert_comment(where, markdown=markdown, stamp=stamp)


def first_lines(somewhere: Place, where: Where) -> list[str]:
    """The first line of every comment in the place."""
    return [body.partition("\n")[0] for body in somewhere.said_on(where)]


def test_upsert_comment__creates_and_edits(somewhere: Place, where: Where) -> None:
    """There too, one comment is made and later edited among others' comments, on whatever page it is."""
    for i in range(105):
        somewhere.say_on(where, f"comment {i}")

    first = post(somewhere, where)
    second = post(somewhere, where, run=2, markdown="second")

    assert first.action == "created"
    assert first.url.startswith(somewhere.context.server_url)
    assert second.action in {"updated", "created"}  # GitHub lets a job replace a commit's comment, not edit it
    assert first_lines(somewhere, where)[105:] == ["second"]


def test_upsert_comment__same_again(somewhere: Place, where: Where) -> None:
    """The same report again writes nothing."""
    post(somewhere, where)
    writes: list[Seen] = []
    somewhere.on_request(lambda request: writes.append(request) if request.writes else None)

    assert post(somewhere, where).action == "unchanged"
    assert writes == []


def test_upsert_comment__older_run(somewhere: Place, where: Where) -> None:
    """The newest run's report stays; on an issue whatever commit it is of."""
    post(somewhere, where, run=5)

    assert post(somewhere, where, run=4, markdown="late").action == "superseded"
    assert first_lines(somewhere, where) == ["the report"]


def test_upsert_comment__issue_over_commits(somewhere: Place) -> None:
    """On an issue the next commit's report takes the place of the one before."""
    where = Issue(number=somewhere.issue())
    post(somewhere, where)

    assert post(somewhere, where, NEXT, run=2, markdown="next").action == "updated"
    assert first_lines(somewhere, where) == ["next"]


def test_upsert_comment__deleted(somewhere: Place, where: Where) -> None:
    """Somebody deleted the comment: the next run writes a new one."""
    post(somewhere, where)
    somewhere.forget_on(where)

    assert post(somewhere, where, run=2, markdown="second").action == "created"
    assert first_lines(somewhere, where) == ["second"]


def test_stamp_of__there(somewhere: Place, where: Where) -> None:
    """What the comment remembers is read there, too."""
    there = forge(somewhere.context)
    assert there.stamp_of(where, report_id="a") is None
    post(somewhere, where, run=3)

    found = there.stamp_of(where, report_id="a")

    assert found is not None
    assert found.run == 3


def test_upsert_comment__nothing_there(somewhere: Place) -> None:
    """An issue that does not exist is an error that names it."""
    with pytest.raises(ForgeError, match="issue 99") as caught:
        post(somewhere, Issue(number=99))

    assert caught.value.status == 404


def test_upsert_comment__not_to_be_created(somewhere: Place, where: Where) -> None:
    """Where only an earlier comment is to be edited, none is made; one that is there is kept up to date."""
    there, stamp = forge(somewhere.context), Stamp(id="a", head_sha=HEAD, run=2)

    assert there.upsert_comment(where, markdown="quiet", stamp=stamp, create=False).action == "none"
    assert somewhere.said_on(where) == []
    post(somewhere, where)
    there.upsert_comment(where, markdown="quiet", stamp=stamp, create=False)

    assert first_lines(somewhere, where) == ["quiet"]


def cml(label: str = "") -> str:
    """What CML writes, with a label."""
    title = f"CML watermark {label}".strip()
    return f'# Metrics\n\n![](https://cml.dev/watermark.png#{HEAD} "{title}")'


@pytest.mark.parametrize(("label", "adopted"), [("", True), ("gpu", False)])
def test_upsert_comment__adopts(somewhere: Place, where: Where, label: str, *, adopted: bool) -> None:
    """What CML left with the same token and label is taken over once; what others wrote or quoted is not."""
    somewhere.say_on(where, cml())
    somewhere.say_on(where, cml(label), ours=True)
    somewhere.say_on(where, f"> {cml(label)}\n\nWhat is this?", ours=True)
    there, stamp = forge(somewhere.context), Stamp(id="a", head_sha=HEAD, run=1)

    there.upsert_comment(where, markdown="the report", stamp=stamp, adopt="")

    said = first_lines(somewhere, where)
    assert said.count("# Metrics") == (1 if adopted else 2)
    assert said.count("the report") == 1
    assert there.upsert_comment(where, markdown="the report", stamp=stamp, adopt="").action == "unchanged"

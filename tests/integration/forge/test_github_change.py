"""Finding the pull request: by its number, or by a commit."""

from __future__ import annotations

import msgspec
import pytest

from steelyard.errors import ForgeError
from steelyard.forge.interface import Change
from tests.fakes.github import FakeGitHub, Request
from tests.integration.forge.conftest import HEAD, NEXT, OLD, Place, impatient


def number(change: Change | None) -> int | None:
    """The pull request that was found."""
    return change.number if change else None


def test_find_change__by_number(place: Place) -> None:
    """The event names the pull request; its head is the one that GitHub has now."""
    place.pull.push(NEXT)

    assert place.job().find_change(number=1, head_sha=HEAD) == Change(
        number=1,
        head_sha=NEXT,
        url=f"{place.github.server_url}/octo/digits/pull/1",
        branch="better",
        target="main",
        open=True,
    )


def test_find_change__by_number_although_merged(place: Place) -> None:
    """A pull request that was merged while the job ran is found, and known to be closed."""
    place.pull.merge(NEXT)

    found = place.job().find_change(number=1, head_sha=HEAD)

    assert found is not None
    assert not found.open


def test_find_change__number_that_is_none(place: Place) -> None:
    """A number that GitHub does not know, or does not show to this token, is an error."""
    with pytest.raises(ForgeError, match=r"cannot read pull request 99 \(octo/digits\)") as caught:
        place.job().find_change(number=99, head_sha=HEAD)

    assert caught.value.status == 404


def test_find_change__by_commit(place: Place) -> None:
    """A push finds the open pull request of its commit."""
    assert number(place.job().find_change(number=None, head_sha=HEAD)) == 1


def test_find_change__by_commit_needs_no_contents(github: FakeGitHub) -> None:
    """The look-up does not read the commit, for which a private repository would want another permission."""
    private = Place(github, private=True)

    assert number(private.job({"pull-requests": "write"}).find_change(number=None, head_sha=HEAD)) == 1
    assert github.requests("GET", r"/commits/[0-9a-f]+$") == []


def test_find_change__nothing_to_look_for(place: Place, github: FakeGitHub) -> None:
    """Without number and commit nothing is asked."""
    assert place.job().find_change(number=None, head_sha="") is None
    assert github.log == []


def test_find_change__commit_that_was_never_pushed(place: Place) -> None:
    """A commit that GitHub does not know belongs to no pull request."""
    assert place.job().find_change(number=None, head_sha="f" * 40) is None


def test_find_change__by_commit_refused(github: FakeGitHub) -> None:
    """A job that may not read pull requests is told so, not that there is none."""
    private = Place(github, private=True)

    with pytest.raises(ForgeError, match="cannot look up the pull request of 111111111111") as caught:
        private.job({"contents": "write"}).find_change(number=None, head_sha=HEAD)

    assert "pull-requests: write" in caught.value.hint


def test_find_change__closed(place: Place) -> None:
    """A closed pull request is not found by its commit."""
    place.pull.state = "closed"

    assert place.job().find_change(number=None, head_sha=HEAD) is None


def test_find_change__commit_of_main(place: Place) -> None:
    """The commit that merged a pull request belongs to it, but there is nothing to comment any more."""
    place.pull.merge(NEXT)

    assert place.job().find_change(number=None, head_sha=NEXT) is None


def test_find_change__head_moved_on(place: Place) -> None:
    """The late job of a push to the pull request's own branch finds it, with the head that it has now."""
    place.pull.push(NEXT)

    found = place.job().find_change(number=None, head_sha=HEAD)

    assert found is not None
    assert (found.number, found.head_sha) == (1, NEXT)


def test_find_change__branch_that_another_one_contains(place: Place) -> None:
    """A push to a branch whose commits are part of another branch's pull request is not that one's."""
    place.pull.push(NEXT)
    context = msgspec.structs.replace(place.context(), branch="develop")

    assert impatient(context).find_change(number=None, head_sha=HEAD) is None


def test_find_change__exact_head_before_others(place: Place) -> None:
    """Of several pull requests that contain a commit, the one that ends in it is meant."""
    place.pull.push(NEXT)
    place.repo.create_pull(head_sha=HEAD, head_ref="other", base_ref="release")

    assert number(place.job().find_change(number=None, head_sha=HEAD)) == 2


def test_find_change__default_branch_before_others(place: Place) -> None:
    """Of several pull requests of one commit, the one into the default branch is meant, else the first."""
    place.pull.base_ref = "release"
    place.repo.create_pull(head_sha=HEAD, head_ref="better", base_ref="staging")
    assert number(place.job().find_change(number=None, head_sha=HEAD)) == 1

    place.repo.create_pull(head_sha=HEAD, head_ref="better", base_ref="main")
    assert number(place.job().find_change(number=None, head_sha=HEAD)) == 3


def test_find_change__push_in_a_fork(place: Place, github: FakeGitHub) -> None:
    """A push in a fork lists the pull request in the repository above it, which is not this job's to comment."""
    fork = github.create_repository("eve/digits", fork_of=place.repo)
    upstream = place.repo.create_pull(head_sha=OLD, head_ref="better", head=fork)
    upstream.push(OLD)
    token = github.issue_token(fork, permissions={"pull-requests": "write"})
    context = msgspec.structs.replace(
        place.context(), repository="eve/digits", token=type(place.context().token)(token)
    )

    assert impatient(context).find_change(number=None, head_sha=OLD) is None
    assert github.requests("GET", r"/commits/0+/pulls$")[0].response_body != b"[]"


# ----------------------------------------------------------------------------------------------------------- by branch


def of_branch(place: Place, *, owner: str = "stranger", branch: str = "better", head: str = HEAD) -> Change | None:
    """The pull request of a branch whose owner the event names, at this head."""
    context = msgspec.structs.replace(place.context(), head_owner=owner, branch=branch, event="workflow_run")
    return impatient(context).find_change(number=None, head_sha=head)


def from_fork(place: Place, *, branch: str = "better", head: str = HEAD, base: str = "main") -> int:
    """The number of a pull request from a fork."""
    known = [pull.head for pull in place.repo.pulls.values() if pull.head is not place.repo]
    fork = known[0] if known else place.github.create_repository("stranger/copy", fork_of=place.repo)
    return place.repo.create_pull(head_sha=head, head_ref=branch, base_ref=base, head=fork).number


def test_find_change__by_branch(place: Place) -> None:
    """A fork's run finds the pull request of its branch, which its commit alone does not; not one of the same name."""
    expected = from_fork(place)

    assert number(of_branch(place)) == expected != place.pull.number
    assert number(of_branch(place, owner="octo")) == place.pull.number


@pytest.mark.parametrize(
    ("owner", "branch", "head"),
    [
        *(("stranger", "better", NEXT), ("stranger", "other", HEAD), ("mallory", "better", HEAD)),
        *(("stranger", "", HEAD), ("stranger", "better", "")),
    ],
    ids=["moved on", "another branch", "somebody else", "no branch", "no commit"],
)
def test_find_change__by_branch_only_if_exact(place: Place, owner: str, branch: str, head: str) -> None:
    """Owner, branch and head must all be those of the pull request."""
    from_fork(place)

    assert of_branch(place, owner=owner, branch=branch, head=head) is None


def test_find_change__by_branch_closed(place: Place) -> None:
    """A pull request that is closed gets no report of a run that ended late."""
    place.repo.pulls[from_fork(place)].state = "closed"

    assert of_branch(place) is None


def test_find_change__by_branch_several(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    """Two open pull requests of one branch are one too many to know which is meant."""
    caplog.set_level("INFO", logger="steelyard")
    from_fork(place)
    from_fork(place, base="release")

    assert of_branch(place) is None
    assert "2 open pull requests of stranger:better have 111111111111 as their head" in caplog.text


def test_find_change__by_branch_looks_again(place: Place) -> None:
    """GitHub ignores a filter that it does not understand and lists everything: none of that is believed."""

    def forget(request: Request) -> None:
        request.query.pop("head", None)

    expected = from_fork(place)
    place.github.on_request(forget)

    assert number(of_branch(place)) == expected
    assert of_branch(place, owner="mallory") is None

"""The contract of `Forge`: GitHub and GitLab behave alike, through their own clients, over HTTP."""

from __future__ import annotations

import contextlib
import re
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from steelyard.ci import Context
from steelyard.errors import ForgeError
from steelyard.forge.interface import Change, Forge, Posted, Stamp
from steelyard.forge.marker import MOST_LOOKS
from tests.contract.forges import HEAD, KINDS, NEXT, OLD, Place, Seen, forge, place
from tests.fakes.github.faults import Outcome


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """Each forge."""
    return str(request.param)


@pytest.fixture
def somewhere(kind: str) -> Iterator[Place]:
    """A change on each forge."""
    with place(kind) as found:
        yield found


def leave(forge: Forge, head: str = HEAD, *, run: int = 1, markdown: str = "the report", report: str = "a") -> Posted:
    """What a whole job does: find the change and leave a report."""
    change = forge.find_change(number=1, head_sha=head)
    assert change is not None
    return forge.upsert_comment(change, markdown=markdown, stamp=Stamp(id=report, head_sha=head, run=run))


def post(somewhere: Place, head: str = HEAD, *, run: int = 1, markdown: str = "the report", report: str = "a") -> str:
    """A job; returns what it did."""
    return leave(forge(somewhere.context), head, run=run, markdown=markdown, report=report).action


def first_lines(somewhere: Place) -> list[str]:
    """The first line of every comment."""
    return [body.partition("\n")[0] for body in somewhere.bodies()]


def number(change: Change | None) -> int | None:
    """The change that was found."""
    return change.number if change else None


# -------------------------------------------------------------------------------------------------- finding the change


def test_find_change__by_number(somewhere: Place) -> None:
    """The job names the change; its head is the one that the forge has now."""
    somewhere.push(NEXT)

    found = forge(somewhere.context).find_change(number=1, head_sha=HEAD)

    assert found is not None
    assert (found.number, found.head_sha, found.target, found.open) == (1, NEXT, "main", True)
    assert found.url.startswith(somewhere.context.server_url)


def test_find_change__by_number_although_closed(somewhere: Place) -> None:
    """A change that was closed while the job ran is found, and known to be closed."""
    somewhere.close()

    found = forge(somewhere.context).find_change(number=1, head_sha=HEAD)

    assert found is not None
    assert not found.open


def test_find_change__number_that_is_none(somewhere: Place) -> None:
    """A number that the forge does not know, or does not show to this token, is an error."""
    with pytest.raises(ForgeError, match=r"cannot read .* 99") as caught:
        forge(somewhere.context).find_change(number=99, head_sha=HEAD)

    assert caught.value.status == 404


@pytest.mark.parametrize(("sha", "found"), [(HEAD, 1), ("f" * 40, None), ("", None)])
def test_find_change__by_commit(somewhere: Place, sha: str, found: int | None) -> None:
    """A push finds the open change of its commit; a commit that was never pushed, and none at all, find nothing."""
    assert number(forge(somewhere.context).find_change(number=None, head_sha=sha)) == found


def test_find_change__by_commit_of_a_closed_one(somewhere: Place) -> None:
    """A closed change is nothing to comment on."""
    somewhere.close()

    assert forge(somewhere.context).find_change(number=None, head_sha=HEAD) is None


def test_find_change__head_has_moved_on(somewhere: Place) -> None:
    """A commit that was pushed to the change's branch still finds it when another has followed."""
    somewhere.push(NEXT)

    assert number(forge(somewhere.context).find_change(number=None, head_sha=HEAD)) == 1


MERGED = "3" * 40


def test_find_merged__the_change_that_became_the_commit(somewhere: Place) -> None:
    """A commit of the default branch leads to the change that was merged as it, and so to our comment there."""
    there = forge(somewhere.context)
    leave(there)
    assert there.find_merged(HEAD) is None
    somewhere.merge(MERGED)

    found = there.find_merged(MERGED)

    assert found is not None
    assert (found.number, found.open, found.target) == (1, False, "main")
    stamp = there.stamp_of(found, report_id="a")
    assert stamp is not None
    assert stamp.head_sha == HEAD


def test_find_merged__none(somewhere: Place) -> None:
    """A commit that was pushed without a change, one that the forge does not know, a change that was only closed."""
    there = forge(somewhere.context)
    somewhere.close()

    assert there.find_merged(HEAD) is None
    assert there.find_merged("f" * 40) is None


# ---------------------------------------------------------------------------------------------------------- one comment


def test_upsert_comment__creates_one(somewhere: Place) -> None:
    """The first run leaves one comment with a marker at its end, and says where it is."""
    posted = leave(forge(somewhere.context))

    (body,) = somewhere.bodies()
    assert posted.action == "created"
    assert posted.url.startswith(somewhere.context.server_url)
    assert body.startswith("the report\n\n<!-- steelyard id=a head=1111")


def test_upsert_comment__second_push_edits(somewhere: Place) -> None:
    """The next commit's run edits the same comment."""
    post(somewhere)
    somewhere.push(NEXT)

    assert post(somewhere, NEXT, run=2, markdown="better now") == "updated"
    assert first_lines(somewhere) == ["better now"]


def test_upsert_comment__same_report_again(somewhere: Place) -> None:
    """A repeated post of the same run changes nothing."""
    post(somewhere)
    writes: list[Seen] = []
    somewhere.on_request(lambda request: writes.append(request) if request.writes else None)

    assert post(somewhere) == "unchanged"
    assert writes == []


def test_upsert_comment__many_comments(somewhere: Place) -> None:
    """In a long conversation the comment is found on a later page, and markers in others' comments stay theirs."""
    for i in range(210):
        somewhere.say(f"comment {i}")
    post(somewhere)
    ours = somewhere.bodies()[-1]
    for _ in range(40):
        somewhere.say(ours)
    somewhere.push(NEXT)

    assert post(somewhere, NEXT, run=2, markdown="second") == "updated"
    assert [line for line in first_lines(somewhere) if not line.startswith("comment ")] == [
        "second",
        *["the report"] * 40,
    ]


def test_upsert_comment__two_reports(somewhere: Place) -> None:
    """Two reports on one change do not meet."""
    post(somewhere, report="one", markdown="one")
    post(somewhere, report="two", markdown="two")
    post(somewhere, report="one", run=2, markdown="one again")

    assert first_lines(somewhere) == ["one again", "two"]


def test_upsert_comment__late_job(somewhere: Place) -> None:
    """The job of an older commit that ends late leaves the current report alone."""
    somewhere.push(NEXT)
    post(somewhere, NEXT, run=2, markdown="current")

    assert post(somewhere, HEAD, run=3, markdown="late") == "superseded"
    assert first_lines(somewhere) == ["current"]


def test_upsert_comment__force_push(somewhere: Place) -> None:
    """After a force-push back to an older commit that one's report is written."""
    somewhere.push(NEXT)
    post(somewhere, NEXT, run=2)
    somewhere.push(OLD)

    assert post(somewhere, OLD, run=3, markdown="old commit, new head") == "updated"
    assert first_lines(somewhere) == ["old commit, new head"]


def test_upsert_comment__deleted_before(somewhere: Place) -> None:
    """Somebody deleted the comment: the next run writes a new one."""
    post(somewhere)
    somewhere.forget()

    assert post(somewhere, run=2) == "created"
    assert len(somewhere.bodies()) == 1


def test_upsert_comment__deleted_in_between(somewhere: Place) -> None:
    """Somebody deletes the comment after it was read: a new one takes its place."""
    post(somewhere)
    once = iter([None])

    def delete(request: Seen) -> None:
        if request.method in {"PATCH", "PUT"} and next(once, "done") is None:
            somewhere.forget()

    somewhere.on_request(delete)

    assert post(somewhere, run=2, markdown="second") == "created"
    assert first_lines(somewhere) == ["second"]


def test_upsert_comment__two_of_ours(somewhere: Place) -> None:
    """Of two comments of ours the first one stays."""
    post(somewhere)
    somewhere.repeat()

    assert post(somewhere, run=2, markdown="second") == "updated"
    assert first_lines(somewhere) == ["second"]


def test_upsert_comment__limit(somewhere: Place) -> None:
    """A report of exactly the limit, all of it four bytes a character, is taken with the longest marker."""
    there = forge(somewhere.context)
    stamp = Stamp(id="d" * 64, head_sha=HEAD, run=10**18, attempt=10**8, looks=("a" * 12,) * MOST_LOOKS)
    change = Change(number=1, head_sha=HEAD)

    assert there.upsert_comment(change, markdown="📈" * there.comment_limit, stamp=stamp).action == "created"


def test_upsert_comment__beyond_the_limit(somewhere: Place) -> None:
    """Far more is refused with a remedy before anything is sent."""
    asked: list[Seen] = []
    somewhere.on_request(asked.append)

    with pytest.raises(ForgeError, match="characters") as caught:
        post(somewhere, markdown="x" * 5_000_000)

    assert caught.value.hint
    assert [request for request in asked if request.writes] == []


def test_stamp_of__what_the_comment_remembers(somewhere: Place) -> None:
    """The next job reads from our own comment what this change has shown before; before there is one, nothing."""
    there, change = forge(somewhere.context), Change(number=1, head_sha=HEAD)
    looks = ("0" * 12, "1" * 12)
    somewhere.say("x\n\n<!-- steelyard id=a head=" + HEAD + " run=1 attempt=1 v=1 -->")

    assert there.stamp_of(change, report_id="a") is None
    there.upsert_comment(change, markdown="text", stamp=Stamp(id="a", head_sha=HEAD, looks=looks))
    found = forge(somewhere.context).stamp_of(change, report_id="a")

    assert found is not None
    assert found.looks == looks


# --------------------------------------------------------------------------------------------------------- jobs at once


@pytest.mark.parametrize("existing", [False, True])
def test_upsert_comment__two_jobs_at_once(somewhere: Place, *, existing: bool) -> None:
    """Two jobs that write at the same instant, one of them late, leave one comment, for the head."""
    if existing:
        post(somewhere, OLD)
    somewhere.push(NEXT)
    both_write = threading.Barrier(2)
    writes = iter(range(2))

    def together(request: Seen) -> None:
        if request.writes and next(writes, None) is not None:
            both_write.wait(timeout=10)

    def job(head: str, run: int) -> None:
        leave(forge(somewhere.context, sleep=time.sleep), head, run=run, markdown=f"run {run}")

    somewhere.on_request(together)
    jobs = [threading.Thread(target=job, args=one) for one in [(HEAD, 5), (NEXT, 6)]]
    for one in jobs:
        one.start()
    for one in jobs:
        one.join()

    assert first_lines(somewhere) == ["run 6"]


def test_upsert_comment__late_write_after_the_newer_one(somewhere: Place) -> None:
    """A late job that has looked before the newer report came, and writes when that is there, does not win."""
    post(somewhere, OLD, markdown="old")
    somewhere.push(NEXT)
    late_writes, newer_has_written = threading.Event(), threading.Event()
    writes = iter(range(2))

    def late_one_waits(request: Seen) -> None:
        if request.writes and next(writes, None) == 0:
            late_writes.set()
            assert newer_has_written.wait(timeout=10)

    def newer_job_pauses(_: float) -> None:
        newer_has_written.set()
        late.join(timeout=10)

    somewhere.on_request(late_one_waits)
    late = threading.Thread(target=post, args=(somewhere, HEAD), kwargs={"run": 5, "markdown": "late"})
    late.start()
    assert late_writes.wait(timeout=10)
    leave(forge(somewhere.context, sleep=newer_job_pauses), NEXT, run=6, markdown="the newer report")
    newer_has_written.set()  # where the newer job does not pause, the late one finds its report in the history
    late.join(timeout=10)

    assert first_lines(somewhere) == ["the newer report"]


def test_upsert_comment__newer_report_before_our_write(somewhere: Place, kind: str) -> None:
    """A late job during whose last questions a newer job comes and goes leaves the newer report."""
    post(somewhere, OLD, markdown="old")
    somewhere.push(NEXT)
    # The last request before the write: on GitHub the head is asked for, on GitLab the note is read again.
    last, once = {"github": r"/pulls/1", "gitlab": r"/notes/"}[kind], iter([None])
    armed = threading.Event()

    def newer_job_is_faster(request: Seen) -> None:
        if armed.is_set() and request.method == "GET" and last in request.path and next(once, "done") is None:
            assert post(somewhere, NEXT, run=6, markdown="the newer report") == "updated"

    somewhere.on_request(newer_job_is_faster)
    there = forge(somewhere.context)
    change = there.find_change(number=1, head_sha=HEAD)
    assert change is not None
    armed.set()
    posted = there.upsert_comment(change, markdown="late", stamp=Stamp(id="a", head_sha=HEAD, run=5))

    assert posted.action == "superseded"
    assert first_lines(somewhere) == ["the newer report"]


# --------------------------------------------------------------------------------------------------------------- faults


OUTCOMES: tuple[Outcome, ...] = (401, 403, 404, 409, 422, 429, 500, 502, "reset", "lost")


@pytest.mark.parametrize("outcome", OUTCOMES)
@pytest.mark.parametrize("existing", [False, True])
def test_upsert_comment__any_request_fails(kind: str, outcome: Outcome, *, existing: bool) -> None:
    """Whichever request fails, there is at most one comment, and a second run mends it."""
    step = 0
    while True:
        step += 1
        with place(kind) as somewhere:
            if existing:
                post(somewhere, OLD, markdown="old")
            reached = _fail_at(somewhere, step, outcome)
            with contextlib.suppress(ForgeError):
                post(somewhere, run=2, markdown="new")
            assert len(somewhere.bodies()) <= 1
            if not reached():
                break
            post(somewhere, run=2, markdown="new")
            assert first_lines(somewhere) == ["new"]
    assert step > 4


def _fail_at(somewhere: Place, step: int, outcome: Outcome) -> Callable[[], bool]:
    """Let the request of that number fail; returns whether it came to that."""
    asked = 0

    def fail(request: Seen) -> None:
        nonlocal asked
        asked += 1
        if asked == step:
            somewhere.fail_next(request.method, f"^{re.escape(request.path)}$", outcome, retry_after="3600")

    somewhere.on_request(fail)
    return lambda: asked >= step


@pytest.mark.parametrize("pattern", ["pull|merge_requests/1$", "comments$|notes$"])
def test_upsert_comment__hangs(somewhere: Place, pattern: str) -> None:
    """A forge that does not answer once is asked again."""
    somewhere.fail_next("GET", pattern, "hang")

    assert post(somewhere) == "created"


def test_upsert_comment__lost_answer(somewhere: Place) -> None:
    """The comment was made, the answer was lost: there is one comment."""
    somewhere.fail_next("POST", "comments$|notes$", "lost")

    post(somewhere)

    assert first_lines(somewhere) == ["the report"]


def test_upsert_comment__rate_limit_that_passes(somewhere: Place) -> None:
    """A limit that ends within the budget is waited for, as long as the forge says."""
    somewhere.fail_next("POST", "comments$|notes$", 429, retry_after="7")
    sleeps: list[float] = []

    assert leave(forge(somewhere.context, sleep=sleeps.append)).action == "created"
    (slept,) = sleeps
    assert 7 <= slept <= 8


def test_upsert_comment__rate_limit_that_lasts(somewhere: Place) -> None:
    """A limit beyond the budget is an error that says when to come back; nobody sleeps for it."""
    somewhere.fail_next("POST", "comments$|notes$", 429, retry_after="1800")
    sleeps: list[float] = []

    with pytest.raises(ForgeError, match="1,800 s") as caught:
        leave(forge(somewhere.context, sleep=sleeps.append))

    assert "30 min" in caught.value.hint
    assert sleeps == []


@pytest.mark.parametrize(("token", "said"), [("weak", "403"), ("unknown", "401")])
def test_upsert_comment__token_may_not(somewhere: Place, token: str, said: str) -> None:
    """A token without the right to write, or that is not one, is refused with what to do."""
    context: Context = somewhere.weak() if token == "weak" else somewhere.unknown()

    with pytest.raises(ForgeError, match=f"HTTP {said}") as caught:
        leave(forge(context))

    assert "token" in caught.value.hint or "permission" in caught.value.hint
    assert context.token.reveal() not in str(caught.value) + caught.value.hint

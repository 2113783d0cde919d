"""The sticky comment, alone and in every order of requests that jobs at the same time can have."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.errors import ForgeError
from steelyard.forge import marker, sticky
from steelyard.forge.interface import Posted, Stamp
from tests.unit.forge.conversation import (
    LATE,
    ME,
    NEW,
    OLD,
    SOMEBODY,
    Answer,
    Job,
    Port,
    Request,
    State,
    World,
    outcomes,
    run,
    stamp,
)


def post(world: World, report: Stamp, *, markdown: str = "text") -> Posted:
    """One job, alone."""
    return sticky.upsert(Port(world.ask), markdown=markdown, stamp=report)


def the_one(world: World) -> Stamp:
    """The stamp of our only comment."""
    (comment,) = world.by(ME)
    found = marker.parse(comment.body)
    assert found is not None
    return found


# ---------------------------------------------------------------------------------------------------------- one job


def test_upsert__creates_one() -> None:
    """The first report becomes a comment that ends in its marker."""
    world = World()

    posted = post(world, stamp(NEW, run=3), markdown="hello\n")

    assert posted.action == "created"
    assert [comment.body for comment in world.by(ME)] == [
        f"hello\n\n<!-- steelyard id=default head={NEW} run=3 attempt=1 v=1 -->"
    ]


def test_upsert__second_push_edits() -> None:
    """The report of the next commit replaces the body of the same comment."""
    world = World(head=LATE)
    first = post(world, stamp(LATE, run=1))
    (before,) = world.by(ME)
    world.push(NEW)

    second = post(world, stamp(NEW, run=2), markdown="new")

    (after,) = world.by(ME)
    assert (first.action, second.action) == ("created", "updated")
    assert (after.id, after.body) == (before.id, marker.seal("new", stamp=stamp(NEW, run=2)))


def test_upsert__same_body_is_not_written() -> None:
    """Posting the same report twice writes once."""
    world = World()
    post(world, stamp(NEW))
    world.requests.clear()

    assert post(world, stamp(NEW)).action == "unchanged"
    assert world.requests == ["list"]


def test_upsert__line_ends_of_the_forge_are_no_change() -> None:
    """A forge that stores other line ends and blanks at the end does not make every run an edit."""
    world = World()
    world.add(marker.seal("a\nb", stamp=stamp(NEW)).replace("\n", "\r\n") + "\n")

    assert post(world, stamp(NEW), markdown="a\nb").action == "unchanged"


def test_upsert__a_re_run_edits() -> None:
    """The second attempt of the same run replaces the first one's text, also with the same numbers."""
    world = World()
    post(world, stamp(NEW, run=5, attempt=1))

    assert post(world, stamp(NEW, run=5, attempt=2)).action == "updated"
    assert the_one(world).attempt == 2


def test_upsert__late_job_does_not_overwrite() -> None:
    """A report of an older commit leaves the current one's alone, whatever the run numbers say."""
    world = World()
    world.add(marker.seal("current", stamp=stamp(NEW, run=1)))

    posted = post(world, stamp(LATE, run=9))

    assert posted.action == "superseded"
    assert posted.url != ""
    assert the_one(world).head_sha == NEW


def test_upsert__force_push_back_makes_the_older_commit_current() -> None:
    """What counts is the head that the change has, neither time nor ancestry."""
    world = World(head=OLD)
    world.add(marker.seal("of the commit that was taken back", stamp=stamp(NEW, run=9)))

    assert post(world, stamp(OLD, run=2)).action == "updated"
    assert the_one(world).head_sha == OLD


def test_upsert__late_job_replaces_an_older_report() -> None:
    """While the current commit has no report, the newest that there is is shown."""
    world = World()
    world.add(marker.seal("old", stamp=stamp(OLD, run=1)))

    assert post(world, stamp(LATE, run=2)).action == "updated"
    assert post(world, stamp(OLD, run=1)).action == "superseded"
    assert the_one(world).head_sha == LATE


def test_upsert__lower_run_of_the_same_commit_does_not_overwrite() -> None:
    """Of several runs for one commit the later one stays."""
    world = World()
    world.add(marker.seal("later", stamp=stamp(NEW, run=8, attempt=2)))

    assert post(world, stamp(NEW, run=8, attempt=1)).action == "superseded"
    assert post(world, stamp(NEW, run=7, attempt=5)).action == "superseded"
    assert the_one(world) == stamp(NEW, run=8, attempt=2)


def test_upsert__two_reports_do_not_meet() -> None:
    """Each report id has a comment of its own."""
    world = World()
    post(world, stamp(NEW, id="cpu"))
    post(world, stamp(NEW, id="gpu"))
    post(world, stamp(NEW, id="cpu", run=2))

    stamps = [marker.parse(comment.body) for comment in world.by(ME)]
    assert stamps == [stamp(NEW, id="cpu", run=2), stamp(NEW, id="gpu")]


def test_upsert__150_comments_and_copied_markers() -> None:
    """Among many comments ours is found; those of others are not touched, even with a marker copied from ours."""
    world = World()
    sealed = marker.seal("copied", stamp=stamp(OLD))
    for i in range(75):
        world.add(f"comment {i}", author=SOMEBODY)
    world.add(sealed, author=SOMEBODY)
    ours = world.add(marker.seal("ours", stamp=stamp(OLD)))
    for _ in range(75):
        world.add(sealed, author=SOMEBODY)
    before = world.by(SOMEBODY)

    post(world, stamp(NEW, run=2))

    after = world.by(SOMEBODY)
    assert before == after
    assert [comment.id for comment in world.by(ME)] == [ours.id]
    assert the_one(world).head_sha == NEW


def test_upsert__own_comment_that_only_quotes_a_marker() -> None:
    """A comment of the same bot with a marker inside its text belongs to somebody else's tool."""
    world = World()
    quoting = world.add(marker.seal("quoted", stamp=stamp(OLD)) + "\nand an answer")

    post(world, stamp(NEW))

    assert quoting in world.by(ME)
    assert len(world.by(ME)) == 2


def test_upsert__duplicates_of_earlier_accidents_are_removed() -> None:
    """Several comments of ours become one: the oldest, with the new report."""
    world = World()
    kept, *_ = [world.add(marker.seal(f"{i}", stamp=stamp(OLD, run=i))) for i in range(1, 5)]

    post(world, stamp(NEW, run=9))

    assert [comment.id for comment in world.by(ME)] == [kept.id]
    assert the_one(world).run == 9


def test_upsert__the_better_one_of_duplicates_survives_a_late_job() -> None:
    """A late job that finds two comments keeps the report that is current, in the place of the older comment."""
    world = World()
    kept = world.add(marker.seal("old", stamp=stamp(OLD, run=1)))
    world.add(marker.seal("current", stamp=stamp(NEW, run=2)))

    posted = post(world, stamp(LATE, run=3))

    assert posted.action == "superseded"
    assert [comment.id for comment in world.by(ME)] == [kept.id]
    assert the_one(world).head_sha == NEW


# --------------------------------------------------------------------------------------------------- what goes wrong


class Meddler:
    """Something happens at the first request of a name, before it is carried out or after."""

    def __init__(self, world: World, name: str, accident: Callable[[], None], *, after: bool = False) -> None:
        self._world, self._name, self._accident, self._after = world, name, accident, after
        self._armed = True

    def ask(self, request: Request) -> Answer:
        """Pass a request on."""
        happens = self._armed and request.name == self._name
        self._armed = self._armed and not happens
        if happens and not self._after:
            self._accident()
        answer = self._world.ask(request)
        if happens and self._after:
            self._accident()
        return answer


def lose(status: int | None = None) -> Callable[[], None]:
    """An accident: no answer, or this status."""

    def accident() -> None:
        raise ForgeError("cannot write", status=status)

    return accident


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("status", [None, 502])
@pytest.mark.parametrize("existing", [False, True])
def test_upsert__lost_answer(*, existing: bool, status: int | None, after: bool) -> None:
    """A write whose answer is lost is looked up, and repeated only if it did not happen: one comment either way."""
    world = World()
    if existing:
        world.add(marker.seal("old", stamp=stamp(OLD)))
    port = Port(Meddler(world, "update" if existing else "create", lose(status), after=after).ask)

    posted = sticky.upsert(port, markdown="new", stamp=stamp(NEW, run=2))

    assert posted.action == ("updated" if existing else "created")
    assert the_one(world) == stamp(NEW, run=2)


def test_upsert__refused_write_is_an_error() -> None:
    """A refusal is not tried again."""
    world = World()
    port = Port(Meddler(world, "create", lose(403)).ask)

    with pytest.raises(ForgeError):
        sticky.upsert(port, markdown="new", stamp=stamp(NEW))

    assert world.by(ME) == []


def test_upsert__answers_lost_twice_are_an_error() -> None:
    """A forge that never answers ends the attempt."""
    world = World()

    def deaf(request: Request) -> Answer:
        if request.name == "create":
            raise ForgeError("no answer")
        return world.ask(request)

    with pytest.raises(ForgeError, match="no answer"):
        sticky.upsert(Port(deaf), markdown="new", stamp=stamp(NEW))


def vanish(world: World) -> None:
    """Somebody deletes everything."""
    world.state = State(head=world.state.head, edits=world.state.edits)


def test_upsert__deleted_in_between() -> None:
    """A comment that somebody deletes before the edit arrives is created anew."""
    world = World()
    ours = world.add(marker.seal("old", stamp=stamp(OLD)))
    port = Port(Meddler(world, "update", lambda: vanish(world)).ask)

    posted = sticky.upsert(port, markdown="new", stamp=stamp(NEW, run=2))

    assert posted.action == "created"
    assert the_one(world) == stamp(NEW, run=2)
    assert world.by(ME)[0].id != ours.id


def test_upsert__list_that_lags_behind() -> None:
    """A list that does not show the new comment yet does not lead to a second one."""
    world = World()

    def lagging(request: Request) -> Answer:
        return () if request.name == "list" else world.ask(request)

    assert sticky.upsert(Port(lagging), markdown="new", stamp=stamp(NEW)).action == "created"
    assert len(world.by(ME)) == 1


def test_upsert__list_that_still_shows_a_deleted_comment() -> None:
    """A comment that twice could not be edited because it is gone is not tried again, whatever the list says."""
    world = World()
    world.add(marker.seal("old", stamp=stamp(OLD)))
    stale = world.state.comments
    vanish(world)

    def lagging(request: Request) -> Answer:
        return stale if request.name == "list" else world.ask(request)

    assert sticky.upsert(Port(lagging), markdown="new", stamp=stamp(NEW)).action == "created"
    assert world.requests.count("update") == 2
    assert the_one(world).head_sha == NEW


def test_upsert__comment_that_is_there_but_not_to_be_edited() -> None:
    """Where a forge says that a comment is gone although it is not, the new one takes its place."""
    world = World()
    ours = world.add(marker.seal("old", stamp=stamp(OLD)))

    def denying(request: Request) -> Answer:
        if request.name == "update" and request.id == ours.id:
            return None
        return world.ask(request)

    posted = sticky.upsert(Port(denying), markdown="new", stamp=stamp(NEW, run=2))

    assert posted.action == "created"
    assert [comment.id for comment in world.by(ME)] != [ours.id]
    assert the_one(world) == stamp(NEW, run=2)


def test_upsert__duplicate_that_cannot_be_deleted_is_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    """The report is there; what could not be tidied up is said."""
    world = World()
    world.add(marker.seal("old", stamp=stamp(OLD)))
    world.add(marker.seal("old", stamp=stamp(OLD)))
    port = Port(Meddler(world, "delete", lose(403)).ask)

    posted = sticky.upsert(port, markdown="new", stamp=stamp(NEW, run=2))

    assert posted.action == "updated"
    assert "second comment" in caplog.text


def test_upsert__conversation_that_never_rests_ends(caplog: pytest.LogCaptureFixture) -> None:
    """Somebody who takes the report back after every edit does not keep the job for ever."""
    world = World()
    old = marker.seal("old", stamp=stamp(OLD))
    world.add(old)

    def contested(request: Request) -> Answer:
        taken_back = Request("update", request.id, old) if request.name == "update" else request
        return world.ask(taken_back)

    assert sticky.upsert(Port(contested), markdown="new", stamp=stamp(NEW, run=2)).action == "updated"
    assert world.requests.count("update") <= sticky.ROUNDS
    assert "giving up" in caplog.text


# ---------------------------------------------------------------------------------------------- several jobs at once


def conversation(existing: Sequence[Stamp], *, head: str, remembers: bool = True) -> State:
    """A conversation with comments of ours and of somebody."""
    state = State(head=head, remembers=remembers).add("theirs", author=SOMEBODY)
    for report in existing:
        state = state.add(marker.seal("before", stamp=report), author=ME)
    return state.add("and theirs", author=SOMEBODY)


def check(state: State) -> None:
    """One comment of ours, for the head, and everybody else's untouched."""
    world = World(state)
    assert the_one(world).head_sha == state.head
    assert [comment.body for comment in world.by(SOMEBODY)] == ["theirs", "and theirs"]


NONE, ONE, TWO = (), (stamp(OLD),), (stamp(OLD), stamp(OLD, run=2))


@pytest.mark.parametrize("existing", [NONE, ONE, TWO], ids=["none", "one", "two"])
@pytest.mark.parametrize(
    ("jobs", "head"),
    [
        ((Job(stamp(NEW, run=3)), Job(stamp(NEW, run=4))), NEW),
        ((Job(stamp(LATE, run=3)), Job(stamp(NEW, run=4))), NEW),
        ((Job(stamp(LATE, run=4)), Job(stamp(NEW, run=3))), NEW),
        ((Job(stamp(LATE, run=3)), Job(stamp(NEW, run=4), True)), LATE),
    ],
    ids=["same commit", "late", "late with a higher run", "pushed meanwhile"],
)
def test_upsert__jobs_in_every_order(existing: Sequence[Stamp], jobs: tuple[Job, ...], head: str) -> None:
    """Whatever the order of their requests, jobs leave one comment, for the head that the change has then."""
    ends = list(outcomes(conversation(existing, head=head), jobs))

    for end in ends:
        check(end)
    assert len(ends) > 1


def test_upsert__two_jobs_of_one_attempt_do_not_fight(caplog: pytest.LogCaptureFixture) -> None:
    """Two jobs of one run that share a report id by mistake: one of their reports stays, and neither insists."""
    jobs = (Job(stamp(NEW), text="one"), Job(stamp(NEW), text="two"))

    for end in outcomes(conversation(ONE, head=NEW), jobs):
        check(end)
        assert len([id_ for id_, _ in end.edits if id_ == World(end).by(ME)[0].id]) <= 3

    assert "giving up" not in caplog.text


def test_upsert__without_history_a_late_job_can_win() -> None:
    """On a forge that does not remember edits some order does lose the newer report: that is what `history` is for."""
    state = conversation(ONE, head=NEW, remembers=False)
    jobs = (Job(stamp(LATE, run=3)), Job(stamp(NEW, run=4)))

    heads = {the_one(World(end)).head_sha for end in outcomes(state, jobs)}

    assert heads == {LATE, NEW}


@settings(max_examples=150, deadline=None)
@given(
    existing=st.lists(st.sampled_from([stamp(OLD), stamp(LATE, run=2)]), max_size=3),
    heads=st.lists(st.sampled_from([OLD, LATE, NEW]), min_size=2, max_size=4),
    order=st.lists(st.integers(min_value=0, max_value=4), max_size=80),
)
def test_upsert__many_jobs_at_once(existing: list[Stamp], heads: list[str], order: list[int]) -> None:
    """More jobs, among them one for the head, in orders drawn at random."""
    jobs = tuple(Job(stamp(head, run=10 + i)) for i, head in enumerate([*heads, NEW]))

    check(run(conversation(existing, head=NEW), jobs, order))


@settings(max_examples=150, deadline=None)
@given(
    pushes=st.lists(st.sampled_from([OLD, LATE, NEW]), min_size=1, max_size=3),
    order=st.lists(st.integers(min_value=0, max_value=4), max_size=80),
)
def test_upsert__force_pushes_meanwhile(pushes: list[str], order: list[int]) -> None:
    """Heads that move, and move back, while jobs write: one comment, for the head that the change has in the end."""
    jobs = tuple(Job(stamp(head, run=11 + i), True) for i, head in enumerate(pushes))

    check(run(conversation(NONE, head=OLD), (Job(stamp(OLD, run=10)), *jobs), order))


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("existing", [NONE, ONE, TWO], ids=["none", "one", "two"])
def test_upsert__killed_at_every_step(existing: Sequence[Stamp]) -> None:
    """A job that is killed before any of its requests leaves nothing that the next job does not tidy up."""
    for step in range(12):
        world = World(conversation(existing, head=LATE))

        def ask(request: Request, world: World = world, step: int = step) -> Answer:
            if len(world.requests) == step:
                raise Killed
            return world.ask(request)

        with contextlib.suppress(Killed):
            sticky.upsert(Port(ask), markdown="killed", stamp=stamp(LATE, run=8))
        world.push(NEW)
        post(world, stamp(NEW, run=9))

        check(world.state)
        assert the_one(world).run == 9


# ------------------------------------------------------------------------------------------------------------- finding


def test_find__our_own_stamp() -> None:
    """The comment that stays is found by id and author; nobody else's comment says what this change has shown."""
    looks = ("0" * 12, "1" * 12)
    world = World()
    world.add(marker.seal("forged", stamp=msgspec.structs.replace(stamp(NEW), looks=("f" * 12,))), author=SOMEBODY)
    world.add(marker.seal("another report", stamp=stamp(NEW, id="other")))
    world.add(marker.seal("ours", stamp=msgspec.structs.replace(stamp(NEW), looks=looks)))
    world.add(marker.seal("a second one", stamp=stamp(NEW)))

    found = sticky.find(Port(world.ask), report_id="default")

    assert found is not None
    assert found.looks == looks
    assert sticky.find(Port(world.ask), report_id="nothing") is None


# ------------------------------------------------------------------------------------------ not created, taken over

MARK = '![](https://cml.dev/watermark.png#0123 "CML watermark{}")'


def test_upsert__nothing_to_edit() -> None:
    """Where no comment is to be created, nothing happens; one that is there is edited."""
    world = World()

    assert sticky.upsert(Port(world.ask), markdown="text", stamp=stamp(NEW), create=False).action == "none"
    assert world.state.comments == ()
    post(world, stamp(OLD))

    assert sticky.upsert(Port(world.ask), markdown="x", stamp=stamp(NEW, run=2), create=False).action == "updated"


def test_upsert__takes_over() -> None:
    """CML's comment with our token is written over; another label's, and another author's, stay."""
    world = World()
    world.add(MARK.format(""), author=SOMEBODY)
    world.add(MARK.format(" gpu"))
    world.add(f"before\n\n{MARK.format('')}")

    posted = sticky.upsert(Port(world.ask), markdown="text", stamp=stamp(NEW), adopt="")

    assert posted.action == "updated"
    assert [comment.body.partition("\n")[0] for comment in world.state.comments] == [
        MARK.format(""),
        MARK.format(" gpu"),
        "text",
    ]


def test_upsert__takes_over_in_every_order() -> None:
    """Two jobs that find the same old comment at once leave one comment, for the head."""
    state = World(head=NEW)
    state.add(MARK.format(""))
    jobs = (Job(stamp(LATE, run=4), adopt=""), Job(stamp(NEW, run=3), adopt=""))

    ends = list(outcomes(state.state, jobs))

    assert {the_one(World(end)).head_sha for end in ends} == {NEW}
    assert len(ends) > 1

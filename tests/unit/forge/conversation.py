"""
A conversation in memory, and every order in which the requests of several jobs can reach it.

A job is a function of the answers that it got so far. So it is not run beside others but run again and again, with
one more answer each time; states that were seen before are not visited twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Literal, TypeAlias

import msgspec

from steelyard.errors import ForgeError
from steelyard.forge import sticky
from steelyard.forge.interface import Posted, Stamp
from steelyard.forge.sticky import Comment

ME = 41_898_282
SOMEBODY = 7
OLD, LATE, NEW = "0" * 40, "1" * 40, "2" * 40

Name: TypeAlias = Literal["list", "create", "update", "delete", "history", "head", "push"]
Answer: TypeAlias = tuple[Comment, ...] | tuple[str, ...] | Comment | str | None


def stamp(head: str, *, run: int = 1, attempt: int = 1, id: str = "default") -> Stamp:  # noqa: A002  the report's id
    """A stamp of the report that most tests write."""
    return Stamp(id=id, head_sha=head, run=run, attempt=attempt)


class Request(msgspec.Struct, frozen=True):
    """What a job asks of the forge."""

    name: Name
    id: int = 0
    body: str = ""


class State(msgspec.Struct, frozen=True):
    """A change on a forge: its head, its comments, and every body that a comment has had."""

    head: str = NEW
    comments: tuple[Comment, ...] = ()
    edits: tuple[tuple[int, str], ...] = ()
    remembers: bool = True

    def add(self, body: str, *, author: int) -> State:
        """The state with one comment more; ids are never used twice."""
        number = 1 + max([100, *(id_ for id_, _ in self.edits)])
        comment = Comment(id=number, author=author, body=body, url=f"https://forge.example/{number}")
        return self._with(comments=(*self.comments, comment), edits=(*self.edits, (number, body)))

    def perform(self, request: Request) -> tuple[State, Answer]:
        """The state after a request and its answer; None is the answer of an update that found nothing."""
        match request.name:
            case "create":
                after = self.add(request.body, author=ME)
                return after, after.comments[-1]
            case "update":
                return self._update(request)
            case "delete":
                return self._with(comments=tuple(c for c in self.comments if c.id != request.id)), ""
            case "push":
                return self._with(head=request.body), ""
            case _:
                return self, self._read(request)

    def _read(self, request: Request) -> Answer:
        if request.name == "list":
            return tuple(sorted(self.comments, key=lambda comment: comment.id % 3))  # no useful order
        if request.name == "head":
            return self.head
        return tuple(body for id_, body in self.edits if id_ == request.id and self.remembers)

    def _update(self, request: Request) -> tuple[State, Answer]:
        if all(comment.id != request.id for comment in self.comments):
            return self, None
        edited = tuple(
            msgspec.structs.replace(comment, body=request.body) if comment.id == request.id else comment
            for comment in self.comments
        )
        return self._with(comments=edited, edits=(*self.edits, (request.id, request.body))), ""

    def _with(
        self,
        *,
        head: str | None = None,
        comments: tuple[Comment, ...] | None = None,
        edits: tuple[tuple[int, str], ...] | None = None,
    ) -> State:
        return State(
            head=self.head if head is None else head,
            comments=self.comments if comments is None else comments,
            edits=self.edits if edits is None else edits,
            remembers=self.remembers,
        )


class Port:
    """`sticky.Comments` whose requests go to `ask`."""

    def __init__(self, ask: Callable[[Request], Answer]) -> None:
        self._ask = ask

    def viewer(self) -> int:
        """Who we are; nothing can come in between."""
        return ME

    def list(self) -> Sequence[Comment]:
        """All comments, in no useful order."""
        answer = self._ask(Request("list"))
        assert isinstance(answer, tuple)
        return [comment for comment in answer if isinstance(comment, Comment)]

    def create(self, body: str) -> Comment:
        """Add a comment."""
        answer = self._ask(Request("create", body=body))
        assert isinstance(answer, Comment)
        return answer

    def update(self, comment: Comment, body: str) -> None:
        """Replace a body."""
        if self._ask(Request("update", comment.id, body)) is None:
            raise ForgeError("gone", status=404)

    def delete(self, comment: Comment) -> None:
        """Remove a comment that may be gone."""
        self._ask(Request("delete", comment.id))

    def history(self, comment: Comment) -> Sequence[str]:
        """Every body that the comment has had, where the forge remembers."""
        answer = self._ask(Request("history", comment.id))
        assert isinstance(answer, tuple)
        return [body for body in answer if isinstance(body, str)]

    def current_head(self) -> str:
        """The change's head."""
        answer = self._ask(Request("head"))
        assert isinstance(answer, str)
        return answer


class World:
    """A state that changes, for tests of one job after the other."""

    def __init__(self, state: State | None = None, *, head: str = NEW) -> None:
        self.state = state or State(head=head)
        self.requests: list[str] = []

    def ask(self, request: Request) -> Answer:
        """Answer a request and remember its name."""
        self.requests.append(request.name)
        self.state, answer = self.state.perform(request)
        return answer

    def add(self, body: str, *, author: int = ME) -> Comment:
        """A comment that is already there, or that somebody writes now."""
        self.state = self.state.add(body, author=author)
        return self.state.comments[-1]

    def push(self, head: str) -> None:
        """Move the head."""
        self.ask(Request("push", body=head))

    def by(self, author: int) -> list[Comment]:
        """Somebody's comments, oldest first."""
        return [comment for comment in self.state.comments if comment.author == author]


class Job(msgspec.Struct, frozen=True):
    """A job and the answers that it has got."""

    report: Stamp
    pushes: bool = False
    """Its commit becomes the head first."""
    text: str = "text"
    adopt: str | None = None
    answers: tuple[Answer, ...] = ()

    def next(self) -> Request | Posted:
        """What it asks now, or how it ended."""
        seen = _NEXT.get(self)
        if seen is None:
            seen = _NEXT[self] = self._run()
        return seen

    def _run(self) -> Request | Posted:
        left = iter(self.answers)

        def ask(request: Request) -> Answer:
            for answer in left:
                return answer
            raise _Pending(request)

        try:
            if self.pushes:
                ask(Request("push", body=self.report.head_sha))
            return sticky.upsert(Port(ask), markdown=self.text, stamp=self.report, adopt=self.adopt)
        except _Pending as pending:
            return pending.request


class _Pending(Exception):
    def __init__(self, request: Request) -> None:
        super().__init__(request.name)
        self.request = request


_NEXT: dict[Job, Request | Posted] = {}


def advance(state: State, jobs: tuple[Job, ...], pick: int) -> tuple[State, tuple[Job, ...]]:
    """One request of the job `pick` (of those that are not done, counted round) is carried out."""
    open_jobs = [i for i, job in enumerate(jobs) if isinstance(job.next(), Request)]
    index = open_jobs[pick % len(open_jobs)]
    job, request = jobs[index], jobs[index].next()
    assert isinstance(request, Request)
    after, answer = state.perform(request)
    moved = msgspec.structs.replace(job, answers=(*job.answers, answer))
    return after, (*jobs[:index], moved, *jobs[index + 1 :])


def waiting(jobs: Sequence[Job]) -> int:
    """How many jobs are not done."""
    return sum(isinstance(job.next(), Request) for job in jobs)


def run(state: State, jobs: tuple[Job, ...], order: Sequence[int]) -> State:
    """The state after the jobs have ended; `order` picks whose turn it is, as far as it goes."""
    picks = iter(order)
    while waiting(jobs):
        state, jobs = advance(state, jobs, next(picks, 0))
    return state


def outcomes(state: State, jobs: tuple[Job, ...]) -> Iterator[State]:
    """Every state in which the jobs can leave the conversation, over all orders of their requests."""
    seen: set[tuple[State, tuple[Job, ...]]] = set()
    stack = [(state, jobs)]
    while stack:
        state, jobs = stack.pop()
        if (state, jobs) in seen:
            continue
        seen.add((state, jobs))
        if not waiting(jobs):
            yield state
        stack.extend(advance(state, jobs, pick) for pick in range(waiting(jobs)))
    _NEXT.clear()

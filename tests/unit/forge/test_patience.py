"""Which requests are repeated, and how long that may take."""

from __future__ import annotations

import pytest

from steelyard.forge.patience import BUDGET, Patience, Refused


class Clock:
    """Time that passes only when somebody sleeps or a request takes its time."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.slept: list[float] = []

    def read(self) -> float:
        """Seconds."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.slept.append(seconds)
        self.now += seconds


class Requests:
    """A request that fails a number of times, after some seconds each, and then succeeds."""

    def __init__(self, clock: Clock, failures: list[Refused], *, takes: float = 0.1) -> None:
        self._clock, self._failures, self._takes = clock, failures, takes
        self.made = 0

    def __call__(self) -> str:
        """Fail or succeed."""
        self.made += 1
        self._clock.now += self._takes
        if self._failures:
            raise self._failures.pop(0)
        return "answer"


def patience(clock: Clock) -> Patience:
    """A report's patience in that time."""
    return Patience(clock=clock.read, sleep=clock.sleep)


def passing() -> Refused:
    """A refusal that may be another one the next time."""
    return Refused("no answer", passing=True)


def test_send__answer() -> None:
    """What succeeds is asked once."""
    clock = Clock()
    requests = Requests(clock, [])

    assert patience(clock).send(requests, repeatable=True) == "answer"
    assert (requests.made, clock.slept) == (1, [])


def test_send__repeats_what_fails_in_passing() -> None:
    """A safe request is tried again, with growing pauses."""
    clock = Clock()
    requests = Requests(clock, [passing(), passing(), passing()])

    assert patience(clock).send(requests, repeatable=True) == "answer"
    assert requests.made == 4
    assert [0.5 <= clock.slept[0] <= 1.0, 1.0 <= clock.slept[1] <= 2.0, 2.0 <= clock.slept[2] <= 4.0] == [True] * 3


def test_send__gives_up() -> None:
    """Four failures are enough."""
    clock = Clock()
    requests = Requests(clock, [passing() for _ in range(9)])

    with pytest.raises(Refused, match="no answer"):
        patience(clock).send(requests, repeatable=True)

    assert requests.made == 4


@pytest.mark.parametrize(("refused", "repeatable"), [(passing(), False), (Refused("no", status=403), True)])
def test_send__does_not_repeat(refused: Refused, *, repeatable: bool) -> None:
    """Neither a write that may have happened nor a refusal that stays one is repeated."""
    clock = Clock()
    requests = Requests(clock, [refused])

    with pytest.raises(Refused):
        patience(clock).send(requests, repeatable=repeatable)

    assert (requests.made, clock.slept) == (1, [])


def test_send__waits_for_a_rate_limit_even_with_a_write() -> None:
    """Nothing was done yet when a limit refuses, so a write waits as long as it is asked to and comes again."""
    clock = Clock()
    requests = Requests(clock, [Refused("limit", status=403, wait=7)])

    assert patience(clock).send(requests, repeatable=False) == "answer"
    assert 7 <= clock.slept[0] <= 8


def test_send__does_not_wait_beyond_the_budget() -> None:
    """A limit of half an hour is an error at once."""
    clock = Clock()
    requests = Requests(clock, [Refused("limit", status=403, wait=1_800)])

    with pytest.raises(Refused, match="limit"):
        patience(clock).send(requests, repeatable=False)

    assert clock.slept == []


def test_send__budget_is_for_all_requests() -> None:
    """However many requests fail, waiting and failed attempts take a minute together and no more."""
    clock = Clock()
    shared = patience(clock)
    started = clock.now

    def hundred() -> None:
        for _ in range(100):
            shared.send(Requests(clock, [passing()], takes=5), repeatable=True)

    with pytest.raises(Refused):
        hundred()

    succeeded = 5 * len(clock.slept)
    assert clock.now - started - succeeded <= BUDGET + 5


def test_send__successful_requests_cost_nothing() -> None:
    """A long conversation with many pages does not use up the patience."""
    clock = Clock()
    shared = patience(clock)
    for _ in range(100):
        shared.send(Requests(clock, [], takes=5), repeatable=True)

    assert shared.send(Requests(clock, [passing()]), repeatable=True) == "answer"

"""`steelyard.totals.beside`: work in another thread, in order, and its errors."""

from __future__ import annotations

import threading
import time

import pytest

from steelyard.totals.beside import Beside, for_each


def test_give__keeps_the_order() -> None:
    """All is done, one after the other, in one thread that is not the caller's, and nobody runs far ahead."""
    done: list[tuple[int, str]] = []

    def note(number: int) -> None:
        done.append((number, threading.current_thread().name))

    beside = Beside(ahead=2)
    for number in range(50):
        beside.give(note, number)
        assert number - len(done) <= 4
    beside.finish()

    assert [number for number, _ in done] == list(range(50))
    assert len({name for _, name in done} - {threading.current_thread().name}) == 1


def fail() -> None:
    """What cannot be done."""
    raise ValueError("broken")


def test_give__errors_reach_the_caller() -> None:
    """What the work raises is raised by what is given next, or at the end."""
    for more in (0, 5):
        beside = Beside(ahead=1)
        with pytest.raises(ValueError, match="broken"):  # noqa: PT012 - either may raise
            beside.give(fail)
            for _ in range(more):
                beside.give(time.sleep, 0.01)
            beside.finish()
        beside.close()


def test_close__what_has_not_begun_is_not_done() -> None:
    """Closing ends the thread, and may be done twice."""
    started, go = threading.Event(), threading.Event()
    done: list[int] = []

    def wait() -> None:
        started.set()
        go.wait(10)

    beside = Beside(ahead=5)
    beside.give(wait)
    beside.give(done.append, 1)
    started.wait(10)
    threading.Timer(0.05, go.set).start()
    beside.close()
    beside.close()

    assert done == []


def test_for_each() -> None:
    """Every use gets every item in order."""
    seen: tuple[list[int], list[int]] = ([], [])
    for_each(iter(range(20)), seen[0].append, seen[1].append)

    assert seen[0] == seen[1] == list(range(20))


def test_for_each__errors() -> None:
    """An error of a use, or of the items, ends it."""

    def broken(_item: int) -> None:
        fail()

    seen: list[int] = []
    with pytest.raises(ValueError, match="broken"):
        for_each(iter(range(20)), broken)
    with pytest.raises(ZeroDivisionError):
        for_each((1 // (3 - index) for index in range(5)), seen.append)

"""Work in a thread of its own; numpy does not hold the interpreter while it calculates."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
Item = TypeVar("Item")


class Beside:
    """
    One thread that does what it is given, in that order, while the caller goes on.

    Args:
        ahead: How much may be waiting; whoever gives more waits himself.
    """

    def __init__(self, *, ahead: int) -> None:
        self._ahead = ahead
        self._thread: ThreadPoolExecutor | None = None
        self._given: deque[Future[None]] = deque()

    def give(self, work: Callable[P, None], *args: P.args, **named: P.kwargs) -> None:
        """Something to do; raises what earlier work has raised."""
        self._thread = self._thread or ThreadPoolExecutor(max_workers=1)
        while len(self._given) > self._ahead:
            self._given.popleft().result()
        self._given.append(self._thread.submit(work, *args, **named))

    def finish(self) -> None:
        """Wait until all is done; raises what the work has raised."""
        try:
            while self._given:
                self._given.popleft().result()
        finally:
            self.close()

    def close(self) -> None:
        """End the thread; what has not begun is not done."""
        self._given.clear()
        if self._thread is not None:
            self._thread.shutdown(cancel_futures=True)
            self._thread = None


def for_each(items: Iterable[Item], *uses: Callable[[Item], None]) -> None:
    """Hand every item to all uses, each in a thread of its own, while the next item is made."""
    threads = [Beside(ahead=1) for _ in uses]
    try:
        for item in items:
            for thread, use in zip(threads, uses, strict=True):
                thread.give(use, item)
        for thread in threads:
            thread.finish()
    finally:
        for thread in threads:
            thread.close()

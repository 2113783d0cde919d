"""How long a report may wait for its forge, and which requests are sent twice."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from steelyard.errors import ForgeError
from steelyard.log import logger

T = TypeVar("T")

BUDGET = 60.0
"""Seconds that one report may lose to waiting and to failed attempts, over all its requests."""

TIMEOUT = 15
"""Seconds for a connection, and between two pieces of an answer."""

_ATTEMPTS = 4
_LONGEST_PAUSE = 8.0


class Refused(ForgeError):
    """
    A `ForgeError` that knows whether the same request may succeed later.

    Attributes:
        passing: The request may have been carried out or not, and may succeed the next time: no answer, or a 5xx.
        wait: Seconds after which the forge wants to be asked again; it has done nothing. None: it did not say so.
    """

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        status: int | None = None,
        passing: bool = False,
        wait: float | None = None,
    ) -> None:
        super().__init__(message, hint=hint, status=status)
        self.passing = passing
        self.wait = wait


class Patience:
    """
    Sends requests again while that is safe and the budget lasts.

    A rate limit is a refusal before anything was done, so every request may follow it. What fails in passing is sent
    again only when doing it twice does no harm.
    """

    def __init__(
        self,
        *,
        budget: float = BUDGET,
        clock: Callable[[], float] | None = None,
        sleep: Callable[[float], None] | None = None,
    ) -> None:
        self._left = budget
        self._clock = clock or time.monotonic
        self._sleep = sleep or time.sleep

    def send(self, request: Callable[[], T], *, repeatable: bool) -> T:
        """
        The answer to `request`.

        Raises:
            Refused: The last refusal, when another attempt would be unsafe, useless or too late.
        """
        attempt = 1
        while True:
            started = self._clock()
            try:
                return request()
            except Refused as refused:
                self._left -= self._clock() - started
                pause = _pause(refused, attempt, repeatable=repeatable)
                if pause is None or attempt >= _ATTEMPTS or pause > self._left:
                    raise
                logger.info("%s; trying again in %.0f s", refused, pause)
                self._left -= pause
                self._sleep(pause)
                attempt += 1

    def pause(self, seconds: float) -> None:
        """Let that time pass; nothing was refused, so the budget stays as it is."""
        self._sleep(seconds)


def _pause(refused: Refused, attempt: int, *, repeatable: bool) -> float | None:
    """Seconds before the next attempt, spread so that jobs which failed together do not come back together."""
    spread = random.random()  # noqa: S311  no secret depends on it
    if refused.wait is not None:
        return refused.wait + spread
    if refused.passing and repeatable:
        return min(_LONGEST_PAUSE, 0.5 * 2.0**attempt) * (0.5 + spread / 2)
    return None

"""Keep a comment up to date with files that change while something else runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeAlias

from steelyard.errors import RemoteError
from steelyard.log import logger

POLL = 1.0
"""Seconds between two looks at the files."""

PAUSE = 10.0
"""Seconds between two postings: forges count what is written."""

LONGEST_PAUSE = 600.0
"""Seconds between two attempts at a forge that goes on refusing; each time it is twice as long."""

_State: TypeAlias = tuple[tuple[Path, int, int], ...]


class Watch:
    """
    Posts at once, after each change of the files once they have come to rest, and once more at the end.

    A forge that refuses is tried again, ever less often: what is shown in the end is what the files held last.

    Args:
        post: Posts what the files hold now.
        files: Those that are looked at; they may differ from look to look.
        clock: Seconds.
        sleep: Waits.
    """

    def __init__(
        self,
        post: Callable[[], None],
        files: Callable[[], Iterable[Path]],
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._post, self._files = post, files
        self._clock, self._sleep = clock, sleep
        self._posted: _State | None = None
        self._last, self._pause = -PAUSE, PAUSE

    def run(self) -> None:
        """Watch until an exception ends it, such as that of a signal; what has changed by then is posted first."""
        try:
            before = self._state()
            self._attempt(before)
            while True:
                self._sleep(POLL)
                now = self._state()
                if now == before != self._posted and self._clock() - self._last >= self._pause:
                    self._attempt(now)
                before = now
        finally:
            now = self._state()
            if now != self._posted:
                self._post_now(now)

    def _attempt(self, state: _State) -> None:
        try:
            self._post_now(state)
        except RemoteError as exc:
            self._pause = min(2 * self._pause, LONGEST_PAUSE)
            logger.warning("%s%s; trying again", exc, f" ({exc.hint})" if exc.hint else "")

    def _post_now(self, state: _State) -> None:
        if not state:
            return  # there is nothing yet
        self._last = self._clock()
        self._post()
        self._posted, self._pause = state, PAUSE

    def _state(self) -> _State:
        found = []
        for file in self._files():
            try:
                about = file.stat()
            except OSError:
                continue
            found.append((file, about.st_mtime_ns, about.st_size))
        return tuple(sorted(found))

"""What goes wrong in a job that goes on all the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, TypeVar

from steelyard.errors import ConfigError, GateFailed, InputError, SteelyardError, TrainingFailed
from steelyard.log import logger

Result = TypeVar("Result")


class Failures:
    """What went wrong so far; the work goes on, and the worst of it is the command's end."""

    _RANKS: ClassVar[dict[type[SteelyardError], int]] = {
        ConfigError: 0,
        TrainingFailed: 0,
        InputError: 1,
        GateFailed: 2,
    }
    """What is said of the model comes before what is said of the forge and the store."""

    def __init__(self) -> None:
        self._met: list[SteelyardError] = []

    @property
    def first(self) -> SteelyardError | None:
        """What failed first; None: nothing has."""
        return self._met[0] if self._met else None

    def note(self, failure: SteelyardError | None) -> None:
        """Remember it; None is none."""
        if failure is not None:
            self._met.append(failure)

    def met(self, kind: type[SteelyardError]) -> bool:
        """Whether something of that kind has failed."""
        return any(isinstance(failure, kind) for failure in self._met)

    def attempt(self, step: Callable[[], Result]) -> Result | None:
        """What the step gives; None when it failed."""
        try:
            return step()
        except SteelyardError as exc:
            self.note(exc)
            return None

    def end(self) -> None:
        """
        Raise the worst, once the others are in the log; nothing happens where nothing has failed.

        Raises:
            SteelyardError: It.
        """
        if not self._met:
            return
        ranked = sorted(self._met, key=lambda failure: self._RANKS.get(type(failure), len(self._RANKS)))
        for other in ranked[1:]:
            logger.error("%s%s", other, f" ({other.hint})" if other.hint else "")
        raise ranked[0]

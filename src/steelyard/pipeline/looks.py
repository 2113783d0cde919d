"""Looks: which candidates this change has shown before, remembered in its own comment."""

from __future__ import annotations

from pathlib import Path

from steelyard.errors import ForgeError
from steelyard.forge.marker import MOST_LOOKS
from steelyard.log import logger
from steelyard.model.codec import load_evaluation
from steelyard.model.history import look_of
from steelyard.pipeline.publish import Audience


def seen(audience: Audience | None, *, report_id: str) -> tuple[str, ...]:
    """
    The looks that this change's comment remembers, oldest first; none without a comment, or one that cannot be read.

    A count that is too low costs less than a report that does not come.
    """
    if audience is None:
        return ()
    try:
        stamp = audience.forge.stamp_of(audience.change, report_id=report_id)
    except ForgeError as exc:
        logger.debug("earlier looks are unknown: %s", exc)
        return ()
    return stamp.looks if stamp is not None else ()


def with_own(earlier: tuple[str, ...], evaluation: Path) -> tuple[str, ...]:
    """
    The looks that the comment remembers from now on: those of this Evaluation are the newest, the oldest may be lost.

    Raises:
        InputError: The Evaluation is broken.
    """
    own = [look_of(one) for one in load_evaluation(evaluation).predictions.values()]
    return tuple(dict.fromkeys((*earlier, *own)))[-MOST_LOOKS:]

"""What a change's own comment remembers: which candidates it has shown before, and what was said of them."""

from __future__ import annotations

import hashlib
from pathlib import Path

from steelyard.forge.interface import Result, Stamp
from steelyard.forge.marker import MOST_LOOKS, MOST_RESULTS, rounded
from steelyard.log import logger
from steelyard.model.codec import load_evaluation
from steelyard.model.comparison import Comparison, Verdict
from steelyard.model.history import look_of
from steelyard.model.report import Earlier
from steelyard.pipeline.audience import Audience

_SHA = 12


def recall(audience: Audience | None, *, report_id: str) -> Stamp | None:
    """
    The stamp of the comment that is there; None without one, or where it cannot be read.

    A count that is too low costs less than a report that does not come; and what is wrong with asking is met again when
    the comment is written.
    """
    if audience is None or audience.place is None:
        return None
    try:
        return audience.forge.stamp_of(audience.place, report_id=report_id)
    except Exception as exc:  # noqa: BLE001  a bug, too
        logger.debug("what the comment remembers is unknown: %s", exc)
        return None


def looks(remembered: Stamp | None, evaluation: Path) -> tuple[str, ...]:
    """
    The looks that the comment remembers from now on: those of this Evaluation are the newest, the oldest may be lost.

    Raises:
        InputError: The Evaluation is broken.
    """
    earlier = remembered.looks if remembered is not None else ()
    own = [look_of(one) for one in load_evaluation(evaluation).predictions.values()]
    return tuple(dict.fromkeys((*earlier, *own)))[-MOST_LOOKS:]


def earlier(remembered: Stamp | None, comparison: Comparison, *, head_sha: str) -> tuple[Result, ...]:
    """What was said of the change's earlier commits, oldest first, as far as the headline was of the same metric."""
    if remembered is None or not comparison.rows:
        return ()
    metric = _metric(comparison)
    return tuple(one for one in remembered.results if one.metric == metric and one.sha != head_sha[:_SHA])


def results(before: tuple[Result, ...], comparison: Comparison, *, head_sha: str) -> tuple[Result, ...]:
    """What the comment remembers from now on, `before` being what `earlier` gave."""
    if not comparison.rows or not head_sha:
        return before
    row = comparison.rows[0]
    own = Result(
        sha=head_sha[:_SHA],
        metric=_metric(comparison),
        verdict=str(row.verdict or ""),
        value=rounded(row.candidate.value),
        difference=rounded(row.difference),
    )
    return (*before, own)[-MOST_RESULTS:]


def as_lines(before: tuple[Result, ...], *, most: int) -> tuple[Earlier, ...]:
    """The same for the report, newest first, at most `most` of them."""
    known = {str(verdict): verdict for verdict in Verdict}
    newest = reversed(before[-most:] if most else ())
    return tuple(
        Earlier(commit=one.sha, verdict=known.get(one.verdict), value=one.value, difference=one.difference)
        for one in newest
    )


def _metric(comparison: Comparison) -> str:
    row = comparison.rows[0]
    return hashlib.blake2b(f"{row.set}\0{row.metric}".encode("utf-8", "replace"), digest_size=4).hexdigest()

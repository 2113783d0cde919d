"""History: what is remembered of main's past Evaluations."""

from __future__ import annotations

from steelyard.baseline.interface import Store
from steelyard.errors import RemoteError
from steelyard.log import logger
from steelyard.model.history import HistoryRecord

LAST = 50
"""Evaluations that are looked at."""


def recall(store: Store, report_id: str) -> tuple[HistoryRecord, ...]:
    """Main's newest records, oldest first; none where the store cannot be read: a report can do without them."""
    try:
        return store.history(report_id, last=LAST)
    except RemoteError as exc:
        logger.debug("main's history is unknown: %s", exc)
        return ()

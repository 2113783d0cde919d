"""Find the baseline: which commit, where its Evaluation is, and what to say when there is none."""

from __future__ import annotations

from pathlib import Path

from steelyard.errors import SteelyardError
from steelyard.model.base import Value
from steelyard.model.comparison import BaselineChoice


class Baseline(Value, frozen=True, kw_only=True):
    """What a candidate is compared with."""

    directory: Path | None = None
    """Of the Evaluation; None: there is none."""
    choice: BaselineChoice | None = None
    missing: str = ""
    """Why there is none and what to do, for the reader of the report."""
    failure: SteelyardError | None = None
    """What went wrong on the way, for the exit code: an empty store is no failure, an unreachable one is."""

"""Calibration of a prediction set as the report tells it: each side's error beside what chance alone makes of it."""

from __future__ import annotations

from steelyard.model.comparison import Calibration, Reliability, ReliabilityBin, SetComparison
from steelyard.model.report import BinLine, CalibrationLine, CalibrationSection
from steelyard.report import figures, numbers
from steelyard.report.escape import clean
from steelyard.report.naming import short
from steelyard.text import count, percent

BINS = 50
"""Bins of one side that are shown and drawn."""

_MOST_PLACES = 6
_NOTE_LIMIT = 300


def section(one: SetComparison, index: int, target: str) -> CalibrationSection | None:
    """The section of the prediction set at this position; None where its scores are no probabilities."""
    found = one.calibration
    if found is None:
        return None
    sides = [("this change", found.candidate)]
    if found.baseline is not None:
        sides.insert(0, (target, found.baseline))
    return CalibrationSection(
        of=short(found.of),
        level=percent(found.level),
        summary=f"ECE {' → '.join(_share(side.ece) for _, side in sides)}",
        figure=figures.reliability(index),
        figure_width=figures.reliability_size(compared=found.baseline is not None).pixels,
        lines=tuple(_line(name, side) for name, side in sides),
        bins=tuple(_bin(bin_) for bin_ in found.candidate.bins[:BINS]),
        note=_note(found),
    )


def outside(bin_: ReliabilityBin) -> bool:
    """Whether what was predicted came true more or less often than scores that are true would let it."""
    return not bin_.low <= bin_.frequency <= bin_.high


def _line(name: str, side: Reliability) -> CalibrationLine:
    return CalibrationLine(
        side=name,
        ece=_share(side.ece),
        expected=_range(*side.band),
        debiased=_share(side.ece_debiased),
        outside=f"{count(sum(map(outside, side.bins)))} of {count(len(side.bins))}",
    )


def _bin(bin_: ReliabilityBin) -> BinLine:
    return BinLine(
        score=_share(bin_.score),
        frequency=_share(bin_.frequency),
        expected=_range(bin_.low, bin_.high),
        outside="" if not outside(bin_) else "above" if bin_.frequency > bin_.high else "below",
        rows=count(bin_.n),
    )


def _range(low: float, high: float) -> str:
    places = max(_places(low), _places(high))
    return f"{_share(low, places)}{numbers.NBSP}…{numbers.NBSP}{_share(high, places)}"


def _share(value: float, places: int = 0) -> str:
    """`0.145`, `0.0025`, `0.99996`; the ends are `0` and `1`."""
    return numbers.plain(value, 0 if value in {0.0, 1.0} else places or _places(value))


def _places(value: float) -> int:
    """Decimals that show two digits of the distance to the nearer end, three at least."""
    return min(max(numbers.decimals(min(abs(value), abs(1.0 - value)), digits=2), 3), _MOST_PLACES)


def _note(found: Calibration) -> str:
    return clean(found.note, limit=_NOTE_LIMIT) if found.note else ""

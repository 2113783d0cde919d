"""What was said of the change's earlier commits: how it came to where it is."""

from __future__ import annotations

from collections import Counter

from steelyard.model.comparison import Comparison
from steelyard.model.report import Earlier, EarlierLine, EarlierSection, Provenance
from steelyard.report import numbers
from steelyard.report.naming import metric_name
from steelyard.text import count

_DIGITS = 2
_MOST_PLACES = 6


def section(comparison: Comparison, earlier: tuple[Earlier, ...], provenance: Provenance) -> EarlierSection | None:
    """The section; None where nothing is remembered."""
    if not earlier or not comparison.rows:
        return None
    return EarlierSection(
        metric=metric_name(comparison.rows[0], comparison),
        summary=f"{count(len(earlier), 'earlier commit')}: {_summary(earlier)}",
        lines=tuple(_line(one, provenance, places=_places(earlier)) for one in earlier),
    )


def _places(earlier: tuple[Earlier, ...]) -> int | None:
    """Decimals for all lines: as many as the smallest difference needs; None without any."""
    sizes = [abs(size) for size in numbers.finite(one.difference for one in earlier) if size]
    return min(_MOST_PLACES, numbers.decimals(min(sizes), digits=_DIGITS)) if sizes else None


def _summary(earlier: tuple[Earlier, ...]) -> str:
    said = Counter(_words(one) for one in earlier)
    return ", ".join(f"{n} {words}" if len(earlier) > 1 else words for words, n in said.items())


def _words(one: Earlier) -> str:
    return one.verdict.replace("_", " ") if one.verdict is not None else "no verdict"


def _line(one: Earlier, provenance: Provenance, *, places: int | None) -> EarlierLine:
    return EarlierLine(
        commit=one.commit[:7],
        url=f"{provenance.repository_url}/commit/{one.commit}" if provenance.repository_url else "",
        verdict=one.verdict,
        candidate=numbers.plain(one.value, places),
        difference=numbers.signed(one.difference, places) if one.difference is not None else "",
    )

"""The findings as Markdown tables: one kind of study, one set of columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tabulate import tabulate

from steelyard.model.base import Value
from validation.study import Finding, Result

_OF_INTERVALS = {
    "coverage": "coverage",
    "error": "±",
    "below": "truth below",
    "above": "truth above",
    "width": "mean width",
    "stated": "stated",
    "caveated": "with caveat",
    "coverage_caveated": "its coverage",
    "refused": "refused",
}

COLUMNS: Mapping[str, Mapping[str, str]] = {
    "coverage": _OF_INTERVALS,
    "beyond": _OF_INTERVALS,
    "same": {
        "false": "false reports",
        "limit": "at most",
        "rate": "rate",
        "error": "±",
        "disagree": "rows that differ",
        "judged": "judged",
    },
    "power": {"tool": "steelyard", "mid_p": "mid-p McNemar", "score": "score McNemar", "apart": "apart"},
    "edge": {"equivalent": "`equivalent`", "no_worse": "`no_worse`", "worse": "`worse`", "error": "±"},
    "slices": {"fdr": "false among flagged", "missed": "intervals that miss", "flagged": "flagged", "found": "found"},
    "looks": {
        "once": "`better` at least once",
        "error": "±",
        "each": "`better` in one push",
        "last": "best of all `better` at the last look",
    },
    "history": {"unusual": "`unusual`", "found": "found", "error": "±"},
    "lessons": {"naive": "measured", "spread": "±"},
}
"""By kind: the key of a number and its heading, in order."""

_WHOLE = {"false", "limit"}
_PLAIN = {"width", "flagged", "naive", "spread"}


class Table(Value, frozen=True, kw_only=True):
    """One kind of study."""

    kind: str
    rows: tuple[tuple[str, ...], ...]
    headings: tuple[str, ...]

    def markdown(self) -> str:
        """As Markdown."""
        numeric = ["left", "left", *["right"] * (len(self.headings) - 3), "left"]
        return tabulate(self.rows, headers=self.headings, tablefmt="github", colalign=numeric, disable_numparse=True)


def table(kind: str, results: Sequence[Result]) -> Table:
    """All findings of a kind; columns that are empty throughout are left out."""
    found = [(result, finding) for result in results if result.kind == kind for finding in result.findings]
    used = [key for key in COLUMNS[kind] if any(_shown(key, finding) for _, finding in found)]
    rows = [
        (result.about, finding.subject, *(_shown(key, finding) for key in used), verdict(finding))
        for result, finding in found
    ]
    last = "steelyard instead" if kind == "lessons" else "rule"
    headings = ("simulated", "of", *(COLUMNS[kind][key] for key in used), last)
    return Table(kind=kind, rows=tuple(rows), headings=headings)


def lowest(results: Sequence[Result]) -> str:
    """Of each study of coverage: the least covered difference and value, as Markdown."""
    rows = []
    for result in results:
        kinds = [[one for one in result.findings if one.subject.startswith(kind)] for kind in ("difference", "value")]
        broken = [one for one in result.findings if one.passed is False]
        rows.append((result.about, f"{result.repetitions:,}", *map(_least, kinds), "**broken**" if broken else "kept"))
    headings = ("simulated", "reports", "least covered difference", "least covered value", "rule")
    return tabulate(
        rows,
        headers=headings,
        tablefmt="github",
        colalign=("left", "right", "left", "left", "left"),
        disable_numparse=True,
    )


def _least(findings: Sequence[Finding]) -> str:
    """In words; intervals that most reports refuse are a selection and are only named where there is nothing else."""
    stated = [one for one in findings if (one.numbers.get("stated") or 0.0) >= 0.5]
    if not stated:
        return "refused or with a caveat" if findings else ""
    worst = min(stated, key=lambda one: one.numbers["coverage"] or 0.0)
    name = worst.subject.partition(" of ")[2]
    return f"{100.0 * (worst.numbers['coverage'] or 0.0):.1f}% {name}"


def verdict(finding: Finding) -> str:
    """The last column."""
    if finding.passed is None:
        return finding.note or "–"
    if not finding.passed:
        return "**broken**"
    return finding.note or "kept"


def text(results: Sequence[Result]) -> str:
    """All tables for a terminal, and what is broken."""
    kinds = dict.fromkeys(result.kind for result in results)
    parts = [table(kind, results).markdown() for kind in kinds]
    broken = [
        f"{result.name}: {finding.subject}"
        for result in results
        for finding in result.findings
        if finding.passed is False
    ]
    last = "broken: " + "; ".join(broken) if broken else "every rule is kept"
    return "\n\n".join([*parts, last])


def _shown(key: str, finding: Finding) -> str:
    number = finding.numbers.get(key)
    if number is None:
        return ""
    if key in _WHOLE:
        return f"{number:,.0f}"
    return f"{number:.3g}" if key in _PLAIN else f"{100.0 * number:.1f}%"

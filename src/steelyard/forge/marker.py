"""
The last line of every comment of ours: invisible, and the only thing by which it is found again.

    <!-- steelyard id=default head=<full commit> run=123 attempt=1 v=1 -->

Before `v=1` there may be `looks=`, where predictions were shown: one after the other, the newest `MOST_LOOKS` of them;
and `results=`, what was said of the change's newest `MOST_RESULTS` commits. It counts at the very end of a body only,
where no label and no quotation can be; and only in a comment of our own.
"""

from __future__ import annotations

import math
import re

from steelyard.forge.interface import Result, Stamp

MOST_LOOKS = 100
"""Looks that a marker holds."""

MOST_RESULTS = 11
"""Results that a marker holds."""

_LOOK = 12
_NUMBER = r"(?:-?[0-9]{1,9}(?:\.[0-9]{1,12})?(?:e[+-][0-9]{1,3})?)?"
_RESULT = rf"[0-9a-f]{{12}}:[0-9a-f]{{8}}:[a-z_]{{0,16}}:{_NUMBER}:{_NUMBER}"
_LONGEST_RESULT = 12 + 1 + 8 + 1 + 16 + 2 * (1 + 1 + 9 + 13 + 5) + 1

ROOM = 256 + len(" looks=") + MOST_LOOKS * _LOOK + len(" results=") + MOST_RESULTS * _LONGEST_RESULT
"""Characters that a marker and the line ends before it never exceed."""

_MARKER = re.compile(
    r"(?:\A|\n)<!-- steelyard id=(?P<id>[A-Za-z0-9][A-Za-z0-9_-]{0,63}) head=(?P<head>[0-9a-f]{40}(?:[0-9a-f]{24})?)"
    r" run=(?P<run>0|[1-9][0-9]{0,18}) attempt=(?P<attempt>[1-9][0-9]{0,8})"
    rf"(?: looks=(?P<looks>(?:[0-9a-f]{{{_LOOK}}}){{1,{MOST_LOOKS}}}))?"
    rf"(?: results=(?P<results>{_RESULT}(?:,{_RESULT}){{0,{MOST_RESULTS - 1}}}))? v=1 -->\Z"
)


def seal(markdown: str, *, stamp: Stamp) -> str:
    """
    The comment's body: the Markdown, a blank line, the marker.

    Raises:
        ValueError: The stamp has no full commit, or something that a marker cannot hold.
    """
    looks = f" looks={''.join(stamp.looks)}" if stamp.looks else ""
    results = f" results={','.join(map(_written, stamp.results))}" if stamp.results else ""
    report = f"id={stamp.id} head={stamp.head_sha} run={stamp.run} attempt={stamp.attempt}{looks}{results}"
    line = f"<!-- steelyard {report} v=1 -->"
    if parse(line) != stamp:
        raise ValueError(f"not a stamp: {stamp}")
    return f"{plain(markdown)}\n\n{line}"


def parse(body: str) -> Stamp | None:
    """The stamp in a body's marker; None when it does not end in one."""
    match = _MARKER.search(plain(body)[-ROOM:])
    if match is None:
        return None
    looks, results = match["looks"] or "", match["results"]
    return Stamp(
        id=match["id"],
        head_sha=match["head"],
        run=int(match["run"]),
        attempt=int(match["attempt"]),
        looks=tuple(looks[at : at + _LOOK] for at in range(0, len(looks), _LOOK)),
        results=tuple(_read(one) for one in results.split(",")) if results else (),
    )


def rounded(value: float | None) -> float | None:
    """`value` with as many digits as a marker keeps; None where there is none, or none that is finite."""
    return None if value is None or not math.isfinite(value) else float(f"{value:.6g}")


def _written(result: Result) -> str:
    numbers = ("" if one is None else f"{one:.6g}" for one in (result.value, result.difference))
    return ":".join((result.sha, result.metric, result.verdict, *numbers))


def _read(text: str) -> Result:
    sha, metric, verdict, value, difference = text.split(":")
    return Result(
        sha=sha,
        metric=metric,
        verdict=verdict,
        value=float(value) if value else None,
        difference=float(difference) if difference else None,
    )


def plain(body: str) -> str:
    """A body without what forges change in it: the kind of line ends, and blanks at its end."""
    return body.replace("\r\n", "\n").rstrip()

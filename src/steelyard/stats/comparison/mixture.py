"""What a total hides: slices and classes that lost although the whole did not, and another balance of the classes."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from steelyard.model.comparison import Row, SetComparison, Verdict
from steelyard.model.counts import Counts, FloatArray
from steelyard.stats.wording import classes
from steelyard.text import listing, percent, quote

_FINE = {Verdict.BETTER, Verdict.EQUIVALENT, Verdict.NO_WORSE}
_SMALLEST_SHIFT = 0.05
"""Share of rows that would have to change their class, below which a shift is not worth a sentence."""
_CERTAIN = 3.29
"""Standard errors: a shift that chance makes once in a thousand test sets."""


def hidden_losses(rows: Sequence[Row], sets: Sequence[SetComparison]) -> tuple[str, ...]:
    """
    A sentence for each prediction set whose headline is fine while slices or classes are certainly worse.

    Only verdicts that survived the correction for their number count. On paired rows accuracy is the average of that of
    its parts on both sides, with the same weights, so this is a loss in one place that gains elsewhere outweigh, never
    a change of the mix (Simpson's paradox).
    """
    said = []
    for one in sets:
        whole = next((row for row in rows if row.set == one.name), None)
        lost = [row for row in (*one.slices, *one.classes) if row.verdict is Verdict.WORSE]
        if whole is None or whole.verdict not in _FINE or not lost:
            continue
        where = f" of set {quote(one.name)}" if len(sets) > 1 else ""
        metrics = " and ".join(dict.fromkeys(f"`{row.metric}`" for row in lost))
        said.append(
            f"The change is {whole.verdict.replace('_', ' ')} in `{whole.metric}`{where}, but worse in {metrics} of "
            f"{listing([_name(row) for row in lost], limit=5)}."
        )
    return tuple(said)


def shifted_balance(candidate: Counts, baseline: Counts, *, sets: bool = False) -> str:
    """A sentence when two different test sets hold their classes in other shares than chance explains; else empty."""
    ours, theirs = _shares(candidate), _shares(baseline)
    n, m = int(candidate.n.sum()), int(baseline.n.sum())
    if not n or not m or 0.5 * float(np.abs(ours - theirs).sum()) < _SMALLEST_SHIFT:
        return ""
    pooled = (n * ours + m * theirs) / (n + m)
    error = np.sqrt(pooled * (1.0 - pooled) * (1.0 / n + 1.0 / m))
    z = np.divide(ours - theirs, error, out=np.zeros_like(error), where=error > 0.0)
    most = int(np.abs(z).argmax())
    if not math.isfinite(float(z[most])) or abs(float(z[most])) < _CERTAIN:
        return ""
    return (
        f"The class balance differs: {classes([candidate.classes[most]], sets=sets)} is "
        f"{percent(float(ours[most]))} of this change's rows and {percent(float(theirs[most]))} of the baseline's."
    )


def _shares(counts: Counts) -> FloatArray:
    rows = np.bincount(counts.label, counts.n, len(counts.classes)).astype(np.float64)
    shares: FloatArray = rows / max(float(rows.sum()), 1.0)
    return shares


def _name(row: Row) -> str:
    return f"{row.slice} = {row.group}" if row.slice else row.group

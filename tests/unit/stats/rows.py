"""Builders of single rows: regressions, measures, and what makes rows unequal."""

from __future__ import annotations

import numpy as np
from msgspec import structs

from steelyard.config import Config
from steelyard.model.counts import Counts, FloatArray, IntArray, Joined, Pairing, Rows, RowsOfSide, SliceOfRows
from steelyard.stats.contrast import SetData

_NOTHING: IntArray = np.zeros(0, np.int64)
NO_COUNTS = Counts(classes=(), n_labels=0, label=_NOTHING, prediction=_NOTHING, n=_NOTHING)


def regression(
    target: FloatArray,
    candidate: FloatArray,
    baseline: FloatArray | None = None,
    *,
    weight: FloatArray | None = None,
    cluster: IntArray | None = None,
    stratum: IntArray | None = None,
) -> Rows:
    """Predictions of numbers, of one model or of two on the same rows."""
    return Rows(
        label=target,
        candidate=RowsOfSide(prediction=candidate),
        baseline=None if baseline is None else RowsOfSide(prediction=baseline),
        weight=weight,
        cluster=cluster,
        stratum=stratum,
    )


def in_regions(n: int = 400) -> Rows:
    """A regression that is hardly better in one of two regions, and clearly in the other."""
    rng = np.random.default_rng(2)
    target, error = 3.0 * rng.normal(size=n), rng.normal(size=n)
    code = np.arange(n, dtype=np.int64) % 2
    ours = target + np.where(code == 0, 0.99, 0.5) * error
    region = SliceOfRows(name="region", values=("EU", "US"), code=code)
    return structs.replace(regression(target, ours, target + error), slices=(region,))


def measured(
    candidate: dict[str, FloatArray],
    baseline: dict[str, FloatArray] | None = None,
    *,
    weight: FloatArray | None = None,
    cluster: IntArray | None = None,
    stratum: IntArray | None = None,
) -> Rows:
    """Measures by name, of one model or of two on the same rows."""
    return Rows(
        label=None,
        measures=tuple(candidate),
        candidate=RowsOfSide(measures=np.stack(list(candidate.values()), axis=1)),
        baseline=None if baseline is None else RowsOfSide(measures=np.stack(list(baseline.values()), axis=1)),
        weight=weight,
        cluster=cluster,
        stratum=stratum,
    )


def of_rows(
    rows: Rows, baseline_rows: Rows | None = None, *, settings: Config | None = None, withheld: str = ""
) -> SetData:
    """A prediction set of these rows: paired, with rows of its own for the baseline, or alone."""
    side = rows.candidate
    values = side.prediction if side.prediction is not None else side.measures
    n = 0 if values is None else len(values)
    paired = rows.baseline is not None
    pairing = Pairing(
        method="id" if paired else "unpaired",
        candidate_rows=n,
        baseline_rows=n if paired else (1 if baseline_rows is not None else 0),
        common_rows=n if paired else 0,
    )
    joined = Joined(
        pairing=pairing, joint=None, candidate=NO_COUNTS, baseline=NO_COUNTS, rows=rows, baseline_rows=baseline_rows
    )
    return SetData(
        name="test", joined=joined, predictions=None, sample=None, config=settings or Config(), withheld=withheld
    )

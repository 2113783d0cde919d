"""Parts of rows without classes: a regression's or a measure's first metric in each value of each slice column."""

from __future__ import annotations

import numpy as np
from msgspec import structs
from numpy.typing import NDArray

from steelyard.config import Config
from steelyard.model.base import Value
from steelyard.model.counts import IntArray, Rows, RowsOfSide
from steelyard.stats.contrast import Contrast, SetData
from steelyard.stats.families.means import Means
from steelyard.stats.filed.directions import higher_is_better


class Parts(Value, frozen=True, kw_only=True):
    """One contrast a slice value."""

    metric: str
    higher_is_better: bool | None
    names: tuple[tuple[str, str], ...]
    """(slice column, value) of each."""
    contrasts: tuple[Contrast, ...]
    rows: IntArray
    identical: tuple[str, ...]
    """See the module `identical`."""


def parts_of(data: SetData) -> Parts | None:
    """The parts of a paired set, or of a candidate alone; None where there are none, or other rows on each side."""
    rows, family = data.joined.rows, Means(data)
    metric = _first(family, data.config, data.name)
    if rows is None or not rows.slices or not metric or (data.has_baseline and rows.baseline is None):
        return None
    names, contrasts, sizes, identical = [], [], [], []
    for column in rows.slices:
        for code, value in enumerate(column.values):
            inside = column.code == code
            own = structs.replace(data.joined, rows=_taken(rows, inside))
            inner = Means(structs.replace(data, joined=own))
            contrasts.append(inner.contrasts([metric])[metric])
            identical.append(inner.identical(metric))
            names.append((column.name, value))
            sizes.append(int(inside.sum()))
    configured = higher_is_better(metric, config=data.config.metrics, set_name=data.name)
    return Parts(
        metric=metric,
        higher_is_better=family.directions[metric] if configured is None else configured,
        names=tuple(names),
        contrasts=tuple(contrasts),
        rows=np.array(sizes, dtype=np.int64),
        identical=tuple(identical),
    )


def _first(family: Means, config: Config, name: str) -> str:
    """What the first gate on a slice is about, else what the configuration names first of this set, or the report."""
    of_slices = (gate.metric for gate in config.gates if gate.slice is not None)
    asked = (metric.removeprefix(f"{name}/") for metric in (*of_slices, *config.metrics.report))
    return next((metric for metric in (*asked, *family.defaults) if metric in family.directions), "")


def _taken(rows: Rows, inside: NDArray[np.bool_]) -> Rows:
    return structs.replace(
        rows,
        label=None if rows.label is None else rows.label[inside],
        candidate=_side(rows.candidate, inside),
        baseline=None if rows.baseline is None else _side(rows.baseline, inside),
        cluster=None if rows.cluster is None else rows.cluster[inside],
        stratum=None,  # within a slice strata take no part: see `sliced`
        weight=None if rows.weight is None else rows.weight[inside],
        slices=(),
    )


def _side(side: RowsOfSide, inside: NDArray[np.bool_]) -> RowsOfSide:
    return RowsOfSide(
        prediction=None if side.prediction is None else side.prediction[inside],
        scores=None if side.scores is None else side.scores[inside],
        measures=None if side.measures is None else side.measures[inside],
        further=tuple(_side(one, inside) for one in side.further),
    )

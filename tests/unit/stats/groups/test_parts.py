"""`steelyard.stats.groups.parts`: regressions and measures in each value of each slice column."""

from __future__ import annotations

import numpy as np
import pytest
from msgspec import structs
from scipy import stats

from steelyard.model.counts import Rows, SliceOfRows
from steelyard.stats.groups.parts import parts_of
from tests.unit.stats import build
from tests.unit.stats.rows import measured, of_rows, regression


def sliced(rows: Rows, *codes: tuple[str, int]) -> Rows:
    """With slice columns of so many values, one row after the other."""
    n = len(rows.label) if rows.label is not None else len(np.asarray(rows.candidate.measures))
    columns = [
        SliceOfRows(name=name, values=tuple("abcdef"[:k]), code=np.arange(n, dtype=np.int64) % k) for name, k in codes
    ]
    return structs.replace(rows, slices=tuple(columns))


def two_models(n: int = 300) -> Rows:
    """A reward of two models."""
    rng = np.random.default_rng(3)
    base = rng.normal(size=n)
    return measured({"reward": base + rng.normal(0.1, 0.3, size=n)}, {"reward": base})


def test_parts_of__is_the_paired_t_test_of_each_part() -> None:
    """Each value's difference, p and interval are those of its own rows alone."""
    rows = sliced(two_models(), ("region", 2), ("device", 3))
    found = parts_of(of_rows(rows))
    assert found is not None
    assert rows.baseline is not None
    ours, theirs = np.asarray(rows.candidate.measures)[:, 0], np.asarray(rows.baseline.measures)[:, 0]

    assert found.metric == "reward"
    assert found.higher_is_better is True
    assert found.names == (("region", "a"), ("region", "b"), ("device", "a"), ("device", "b"), ("device", "c"))
    assert found.rows.tolist() == [150, 150, 100, 100, 100]
    for index, contrast in enumerate(found.contrasts):
        k, code = (2, index) if index < 2 else (3, index - 2)
        inside = np.arange(300) % k == code
        assert contrast.p_value() == pytest.approx(stats.ttest_rel(ours[inside], theirs[inside]).pvalue)


def test_parts_of__the_metric_of_the_first_gate_on_a_slice() -> None:
    """Whatever the report shows first."""
    rng = np.random.default_rng(1)
    target = rng.normal(size=100)
    rows = sliced(regression(target, target + rng.normal(size=100), target + rng.normal(size=100)), ("region", 2))
    gates = [{"metric": "rmse", "max": 2.0}, {"metric": "mae", "slice": "region", "fail_if": "worse"}]
    found = parts_of(of_rows(rows, settings=build.config(metrics={"report": ["r2", "mse"]}, gates=gates)))

    assert found is not None
    assert found.metric == "mae"


def test_parts_of__the_metric_that_is_named_first() -> None:
    """The configuration's first metric of the set, else the report's; directions may be configured."""
    rng = np.random.default_rng(1)
    target = rng.normal(size=100)
    rows = sliced(regression(target, target + rng.normal(size=100), target + rng.normal(size=100)), ("region", 2))
    named = parts_of(of_rows(rows, settings=build.config(metrics={"report": ["test/mae"]})))
    plain = parts_of(of_rows(rows))

    assert named is not None
    assert plain is not None
    assert (named.metric, named.higher_is_better) == ("mae", False)
    assert plain.metric == "rmse"


def test_parts_of__nothing_to_slice() -> None:
    """Without slices, or with other rows on the other side, there are no parts."""
    rows = two_models()

    assert parts_of(of_rows(rows)) is None
    assert parts_of(of_rows(sliced(structs.replace(rows, baseline=None), ("region", 2)), rows)) is None

"""`steelyard.stats.contrast`: what the contrasts of every family have in common."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable

import numpy as np
import pytest
from msgspec import structs

from steelyard.model import codec
from steelyard.model.comparison import Comparison
from steelyard.model.counts import FloatArray, Joined
from steelyard.stats.analysis import analyse
from steelyard.stats.contrast import SetData
from steelyard.stats.counts.sample import sample_of
from steelyard.stats.families.registry import families
from tests.unit.stats import build
from tests.unit.stats.grouped import with_groups
from tests.unit.stats.rows import measured, of_rows, regression
from tests.unit.stats.score_tables import calibrated, data, rows_of, totals_of
from tests.unit.stats.trainings import repeated, trained

ROWS = build.simulated(3, rows=300, classes=3, right=(0.7, 0.8))
RNG = np.random.default_rng(5)
GROUPS = np.arange(300) % 30
NUMBERS: list[FloatArray] = [RNG.normal(size=300) * error for error in (2.0, 1.0, 1.3)]
POWERS = (0.3, 2, 5, 9, 50, 100, 150, 154, 155, 162, 200, 300, 307, 308, 320)


def binary() -> SetData:
    """Two classes, of which one is the positive one."""
    rows = build.simulated(4, rows=300, classes=2, right=(0.7, 0.8))
    return build.data(build.paired(*rows), positive="c001")


def samples() -> Joined:
    """Two models on rows of their own."""
    label, baseline, candidate = ROWS
    return build.unpaired((label, candidate), (label, baseline), same_test_set=True)


def named() -> SetData:
    """A metric that only scikit-learn computes."""
    settings = build.config(metrics={"report": ["fowlkes_mallows_score"]})
    return build.data(build.paired(*ROWS), settings=settings)


def several_labels() -> SetData:
    """Sets of labels."""
    of = [[json.dumps(sorted({a, b})) for a, b in zip(side, side[7:] + side[:7], strict=True)] for side in ROWS]
    joined = build.paired(*of)
    return structs.replace(build.data(joined), sample=sample_of(joined, positive=None, kind="multilabel"))


def many_classes() -> SetData:
    """So many that the delta method takes the place of draws."""
    return build.data(build.paired(*build.simulated(6, rows=9_000, classes=120, right=(0.6, 0.7))))


def scored() -> SetData:
    """Scores of three classes."""
    label = RNG.integers(3, size=300)
    ours, theirs = (RNG.dirichlet(np.ones(3), 300) + lift * np.eye(3)[label] for lift in (0.5, 0.2))
    return data(rows_of(label, ours / 1.5, theirs / 1.2))


def totalled() -> SetData:
    """Scores of two models that were added up."""
    (label, ours), (others, theirs) = (calibrated(3_000, RNG) for _ in range(2))
    found = data(rows_of(label, ours), others=rows_of(others, theirs))
    joined = structs.replace(
        found.joined,
        rows=None,
        baseline_rows=None,
        score_totals=totals_of(label, ours),
        baseline_score_totals=totals_of(others, theirs),
    )
    return structs.replace(found, joined=joined)


SETS: dict[str, Callable[[], SetData]] = {
    "binary": binary,
    "classes": lambda: build.data(build.paired(*ROWS)),
    "unpaired": lambda: build.data(samples()),
    "sklearn": named,
    "labels": several_labels,
    "many": many_classes,
    "clusters": lambda: build.data(with_groups(build.paired(*ROWS), ROWS, cluster=GROUPS)),
    "weights": lambda: build.data(with_groups(build.paired(*ROWS), ROWS, weight=(1 + GROUPS).astype(np.float64))),
    "trainings": lambda: build.data(repeated(*trained(RNG, rows=300, trainings=(4, 5), luck=0.1))),
    "scores": scored,
    "totals": totalled,
    "numbers": lambda: of_rows(regression(NUMBERS[0], *(NUMBERS[0] + one for one in NUMBERS[1:]))),
    "clustered numbers": lambda: of_rows(
        regression(NUMBERS[0], *(NUMBERS[0] + one for one in NUMBERS[1:]), cluster=GROUPS)
    ),
    "shares": lambda: of_rows(measured(*({"passed": (one > 0.2).astype(np.float64)} for one in NUMBERS[:2]))),
    "measures": lambda: of_rows(measured(*({"reward": one} for one in NUMBERS[:2]))),
}


@pytest.mark.parametrize("kind", SETS)
def test_rows_needed__no_difference_is_too_small_to_ask_for(kind: str) -> None:
    """The smaller, the more rows, down to the smallest number above 0; none are said where no number holds them."""
    found = SETS[kind]()
    known = families(found)
    names = tuple(dict.fromkeys(name for family in known for name in family.directions))
    contrasts = analyse(found, known, wanted=names).contrasts.values()
    differences = (*(10.0**-power for power in POWERS), 5e-324)
    said = 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for one in contrasts:
            if one.undefined or one.unfit:
                continue
            needed = [one.rows_needed(difference, alpha=0.05) for difference in differences]
            finite = [rows for rows in needed if rows is not None]
            assert finite == sorted(finite), one.name
            assert set(needed[len(finite) :]) <= {None}, one.name
            assert needed[-1] is None, one.name
            said += bool(finite)
    assert said


def test_rows_needed__go_through_json() -> None:
    """As many rows as a number holds are read as they were written."""
    settings = build.config(compare={"smallest_effect": {"accuracy": 1e-150, "f1_macro": 1e-320}})
    made = build.compared(build.paired(*ROWS), settings)

    assert (build.row(made, "accuracy").rows_needed or 0) > 10**300
    assert (build.row(made, "f1_macro").rows_needed, build.row(made, "f1_macro").sought) == (None, None)
    assert codec.decode(codec.encode(made), Comparison, source="comparison.json") == made


def test_rows_needed__tiny_values_and_a_large_difference() -> None:
    """One row shows a difference that is far beyond all values."""
    tiny = [values * 1e-310 for values in NUMBERS[:2]]
    found = of_rows(measured(*({"reward": one} for one in tiny)))
    one = analyse(found, families(found), wanted=("reward",)).contrasts["reward"]

    assert one.unfit == ""
    assert one.rows_needed(0.01, alpha=0.05) == 1

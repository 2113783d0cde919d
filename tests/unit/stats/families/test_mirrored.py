"""`steelyard.stats.families.mirrored`: losses that are 1 - accuracy say what accuracy says."""

from __future__ import annotations

import numpy as np
import pytest
from msgspec import structs
from sklearn import metrics as sk

from steelyard.model.comparison import Interval, Verdict
from steelyard.model.counts import Groups, Joined
from steelyard.stats.contrast import SetData
from steelyard.stats.families.mirrored import Mirrored
from steelyard.stats.families.registry import families
from tests.unit.stats import build

LABEL, BASELINE, CANDIDATE = build.simulated(5, rows=400, classes=3, right=(0.7, 0.78))
PAIRED = build.paired(LABEL, BASELINE, CANDIDATE)
BOTH = build.config(metrics={"report": ["accuracy", "zero_one_loss", "hamming_loss"]})


def clustered() -> Joined:
    """The same rows in 80 clusters."""
    joint = PAIRED.joint
    assert joint is not None
    cell = np.repeat(np.arange(len(joint.n)), joint.n)
    owner = np.random.default_rng(1).integers(80, size=len(cell))
    (cluster, cells), n = np.unique(np.stack([owner, cell]), axis=1, return_counts=True)
    groups = Groups(cell=cells, cluster=cluster, n=n.astype(np.int64))
    return structs.replace(PAIRED, groups=groups)


def mirrored(data: SetData) -> Mirrored:
    """The loss of a set's accuracy."""
    family = families(data)[0]
    return Mirrored("zero_one_loss", family.contrasts(["accuracy"])["accuracy"])


@pytest.mark.parametrize(
    "joined",
    [PAIRED, build.unpaired((LABEL, CANDIDATE), (LABEL, BASELINE)), clustered(), build.alone(LABEL, CANDIDATE)],
    ids=["paired", "unpaired", "clustered", "alone"],
)
def test_intervals_are_accuracys_turned_round(joined: Joined) -> None:
    """Value, bounds and draws change their sign or their end; p-value, power and reasons are the same."""
    data = build.data(joined, settings=BOTH)
    share = families(data)[0].contrasts(["accuracy"])["accuracy"]
    loss = mirrored(data)

    for mine, theirs, around in (
        (loss.candidate(level=0.9).interval, share.candidate(level=0.9).interval, 1.0),
        (loss.interval(alpha=0.1, level=0.9), share.interval(alpha=0.1, level=0.9), 0.0),
    ):
        assert (mine is None) == (theirs is None)
        if mine is not None and theirs is not None:
            assert mine == Interval(low=around - theirs.high, high=around - theirs.low, level=0.9, method=theirs.method)
    assert (loss.p_value(), loss.unfit, loss.undefined, loss.caveats, loss.used) == (
        share.p_value(), share.unfit, share.undefined, share.caveats, share.used,
    )  # fmt: skip
    assert loss.presumes == share.presumes
    assert loss.detectable(alpha=0.05) == share.detectable(alpha=0.05)
    assert loss.rows_needed(0.02, alpha=0.05) == share.rows_needed(0.02, alpha=0.05)
    drawn, theirs_drawn = loss.draws(), share.draws()
    assert (drawn is None) == (theirs_drawn is None)
    assert drawn is None or theirs_drawn is None or np.array_equal(drawn, -theirs_drawn)


def test_values_are_scikit_learns() -> None:
    """Each side's value is that of scikit-learn's function; without rows there is none."""
    made = mirrored(build.data(PAIRED, settings=BOTH))
    theirs = made.baseline(level=0.95)

    assert theirs is not None
    for found, predicted in ((made.candidate(level=0.95), CANDIDATE), (theirs, BASELINE)):
        assert found.value == pytest.approx(sk.zero_one_loss(LABEL, predicted), abs=1e-12)
        assert found.value == pytest.approx(sk.hamming_loss(LABEL, predicted), abs=1e-12)
    alone = mirrored(build.data(build.alone([], []), settings=BOTH))
    assert (alone.candidate(level=0.95).value, alone.baseline(level=0.95)) == (None, None)


def test_rows_and_verdicts_are_accuracys() -> None:
    """In a report the three are one: differences of opposite sign, one p-value, one verdict."""
    made = build.compared(PAIRED, BOTH)
    accuracy, *losses = (build.row(made, name) for name in BOTH.metrics.report)

    assert accuracy.verdict is Verdict.BETTER
    assert accuracy.difference is not None
    for row in losses:
        assert (row.higher_is_better, row.verdict, row.p_value) == (False, accuracy.verdict, accuracy.p_value)
        assert row.difference == pytest.approx(-accuracy.difference)


def test_sets_of_classes_have_their_own_hamming_loss() -> None:
    """Of sets, the zero-one loss is what is missing from their accuracy; the Hamming loss counts memberships."""
    label = ['["a"]', '["a","b"]', "[]", '["b"]']
    predicted = ['["a"]', '["b"]', '["a"]', '["b"]']
    made = build.compared(build.alone(label, predicted), BOTH, kind="multilabel")
    members = np.array([[1, 0], [1, 1], [0, 0], [0, 1]]), np.array([[1, 0], [0, 1], [1, 0], [0, 1]])

    assert build.row(made, "zero_one_loss").candidate.value == pytest.approx(sk.zero_one_loss(*members)) == 0.5
    assert build.row(made, "hamming_loss").candidate.value == pytest.approx(sk.hamming_loss(*members)) == 0.25

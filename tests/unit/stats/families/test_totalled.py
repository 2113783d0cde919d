"""`steelyard.stats.families.totalled`: metrics of sums of scores agree with those of the rows that were added up."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from msgspec import structs
from numpy.typing import ArrayLike
from scipy import stats as scipy_stats

from steelyard.config import Config, Metrics
from steelyard.model.comparison import Interval
from steelyard.model.totals import ScoreTotals
from steelyard.stats.contrast import Contrast, SetData
from steelyard.stats.families.losses import NO_RARER, Losses
from steelyard.stats.families.ranked import Ranked
from steelyard.stats.families.totalled import Totalled
from steelyard.stats.scores.swaps import NO_INTERVAL
from tests.unit.stats.score_tables import calibrated, data, rows_of, totals_of


def sums(
    ours: ScoreTotals, theirs: ScoreTotals | None = None, *, report: Sequence[str] = (), withheld: str = ""
) -> SetData:
    """A set of which nothing else is known."""
    label, empty = [0, 1], np.full(2, 0.5)
    others = None if theirs is None else rows_of(label, empty)
    found = data(
        rows_of(label, empty), others=others, settings=Config(metrics=Metrics(report=tuple(report))), withheld=withheld
    )
    joined = structs.replace(
        found.joined, rows=None, baseline_rows=None, score_totals=ours, baseline_score_totals=theirs
    )
    return structs.replace(found, joined=joined)


def contrast(name: str, ours: ScoreTotals, theirs: ScoreTotals | None = None, *, withheld: str = "") -> Contrast:
    """One metric."""
    return Totalled(sums(ours, theirs, report=[name], withheld=withheld)).contrasts([name])[name]


def samples(rows: int = 3_000) -> list[tuple[ArrayLike, ArrayLike]]:
    """Two independent test sets and models."""
    found: list[tuple[ArrayLike, ArrayLike]] = []
    for seed, power in ((0, 1.0), (1, 0.8)):
        label, scores = calibrated(rows, np.random.default_rng(seed))
        found.append((label, np.clip(scores, 0.01, 0.99) ** power))
    return found


def ends(found: Interval | None) -> tuple[float, float]:
    """Of an interval that there is."""
    assert found is not None
    return found.low, found.high


@pytest.mark.parametrize("name", ["roc_auc", "average_precision", "log_loss", "brier_score", "ece"])
def test_two_classes__agree_with_rows(name: str) -> None:
    """Values, intervals and p-values of two samples are those that their rows give."""
    ours, theirs = samples()
    found = contrast(name, totals_of(*ours), totals_of(*theirs))
    by_rows = data(rows_of(*ours), others=rows_of(*theirs))
    expected = (Ranked(by_rows).contrasts([name]) or Losses(by_rows).contrasts([name]))[name]
    other, expected_other = found.baseline(level=0.95), expected.baseline(level=0.95)

    assert other is not None
    assert expected_other is not None
    assert found.candidate(level=0.95).value == pytest.approx(expected.candidate(level=0.95).value, abs=1e-6)
    assert other.value == pytest.approx(expected_other.value, abs=1e-6)
    if name == "ece":
        assert found.interval(alpha=0.05, level=0.95) is None
        assert found.unfit == NO_INTERVAL
        return
    # Those of average precision by rows come from a bootstrap.
    close = 0.1 if name == "average_precision" else 0.002
    assert ends(found.interval(alpha=0.05, level=0.95)) == pytest.approx(
        ends(expected.interval(alpha=0.05, level=0.95)), rel=close, abs=close / 50
    )
    assert ends(found.candidate(level=0.95).interval) == pytest.approx(
        ends(expected.candidate(level=0.95).interval), abs=0.002
    )


@pytest.mark.parametrize("name", ["roc_auc", "average_precision", "log_loss", "brier_score", "ece"])
def test_presumes__losses_of_few_rows(name: str) -> None:
    """As where rows are kept: three in n times the largest loss is more than the interval reaches, or is not."""
    few, many = (contrast(name, *(totals_of(*one) for one in samples(rows=rows))) for rows in (50, 6_000))

    assert few.presumes == (NO_RARER if name == "log_loss" else ())
    assert many.presumes == ()


def test_log_loss__is_welchs_test() -> None:
    """The interval is scipy's of the rows' losses."""
    ours, theirs = samples()
    found = contrast("log_loss", totals_of(*ours), totals_of(*theirs))
    losses = [
        -np.log(np.where(np.asarray(label) == 1, score, 1 - np.asarray(score))) for label, score in (ours, theirs)
    ]
    expected = scipy_stats.ttest_ind(*losses, equal_var=False)

    assert ends(found.interval(alpha=0.05, level=0.95)) == pytest.approx(
        tuple(expected.confidence_interval(0.95)), rel=1e-4
    )
    assert found.p_value() == pytest.approx(expected.pvalue, rel=1e-3)


@pytest.mark.parametrize("name", ["roc_auc_ovr", "log_loss", "brier_score", "top_2_accuracy", "ece"])
def test_several_classes__agree_with_rows(name: str) -> None:
    """Values are those of the rows; the interval of the mean area is never narrower."""
    rng = np.random.default_rng(0)
    sides: list[tuple[ArrayLike, ArrayLike]] = []
    for lift in (0.4, 0.3):
        label = rng.integers(4, size=2_000)
        sides.append((label, rng.dirichlet(np.ones(4), 2_000) * (1 - lift) + lift * np.eye(4)[label]))
    ours, theirs = sides
    found = contrast(name, totals_of(*ours), totals_of(*theirs))
    by_rows = data(rows_of(*ours), others=rows_of(*theirs))
    expected = (Ranked(by_rows).contrasts([name]) or Losses(by_rows).contrasts([name]))[name]

    assert found.candidate(level=0.95).value == pytest.approx(expected.candidate(level=0.95).value, abs=1e-6)
    if name == "ece":
        return
    mine, other = (ends(one.interval(alpha=0.05, level=0.95)) for one in (found, expected))
    if name == "roc_auc_ovr":
        assert mine[0] <= other[0] <= other[1] <= mine[1]
    else:
        assert mine == pytest.approx(other, rel=1e-3)


def test_directions() -> None:
    """Offered is what was added up: no areas where classes were not ranked, nothing without sums."""
    rng = np.random.default_rng(0)
    three = totals_of(rng.integers(3, size=50), rng.dirichlet(np.ones(3), 50))
    two = totals_of(*samples()[0])

    assert set(Totalled(sums(two)).directions) == {"roc_auc", "average_precision", "log_loss", "brier_score", "ece"}
    assert Totalled(sums(two)).defaults == ("roc_auc", "log_loss")
    offered = Totalled(sums(three)).directions
    assert set(offered) == {"roc_auc_ovr", "top_2_accuracy", "log_loss", "brier_score", "ece"}
    assert Totalled(sums(three)).defaults == ("log_loss",)
    assert "roc_auc_ovr" not in Totalled(sums(structs.replace(three, rankings={}))).directions
    assert Totalled(data(rows_of([0, 1], [0.2, 0.7]))).directions == {}


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        (
            {"missing": 2, "rankings": {}, "log_loss": None, "brier": None, "calibration": ()},
            "2 rows with a score that",
        ),
        ({"support": (5, 0), "rankings": {}}, "all rows have one label"),
        ({"support": (0, 0), "rankings": {}}, "no row in common"),
    ],
)
def test_undefined(changed: dict[str, object], says: str) -> None:
    """What is wrong with the scores is said in place of every value, and shown nothing by default."""
    broken = structs.replace(totals_of(*samples()[0]), **changed)
    family = Totalled(sums(broken))

    for made in family.contrasts(tuple(family.directions)).values():
        assert says in made.undefined
        assert made.candidate(level=0.95).value is None
    assert family.defaults == ()


def test_no_probabilities() -> None:
    """Logits are ranked and have no losses."""
    label, score = samples()[0]
    found = totals_of(label, np.asarray(score) * 10 - 5)

    assert contrast("roc_auc", found).candidate(level=0.95).interval is not None
    assert "no probabilities" in contrast("log_loss", found).undefined
    assert Totalled(sums(found)).defaults == ("roc_auc",)


def test_baseline_without_scores() -> None:
    """A baseline whose scores were never added up leaves nothing to compare with."""
    found = sums(totals_of(*samples()[0]), totals_of(*samples()[1]))
    lost = structs.replace(found, joined=structs.replace(found.joined, baseline_score_totals=None))

    for made in Totalled(lost).contrasts(("roc_auc", "log_loss")).values():
        assert "the baseline has no scores" in made.undefined
        assert made.interval(alpha=0.05, level=0.95) is None


def test_alone() -> None:
    """Without a baseline there are values with intervals, and no difference."""
    found = totals_of(*samples()[0])
    for name in ("roc_auc", "log_loss", "brier_score"):
        made = contrast(name, found)
        assert made.candidate(level=0.95).interval is not None
        assert made.baseline(level=0.95) is None
        assert made.interval(alpha=0.05, level=0.95) is None


def test_withheld() -> None:
    """Where nothing may have an interval, none has one."""
    ours, theirs = (totals_of(*one) for one in samples())
    for name in ("roc_auc", "log_loss", "ece"):
        made = contrast(name, ours, theirs, withheld="clusters were lost")
        assert made.unfit == "clusters were lost"
        assert made.candidate(level=0.95).interval is None


def test_binned__intervals_are_wider_by_the_bounds() -> None:
    """What bins may be off is added to either end, and taken off before the p-value is made."""
    ours, theirs = samples()
    exact, rough = (
        contrast("roc_auc", totals_of(*ours, binned=binned), totals_of(*theirs, binned=binned))
        for binned in (False, True)
    )
    bounds = [totals_of(*one, binned=True).rankings["b"].roc_auc_bound for one in (ours, theirs)]
    narrow, wide = (ends(one.interval(alpha=0.05, level=0.95)) for one in (exact, rough))

    assert min(bounds) > 0.0
    assert (wide[1] - wide[0]) - (narrow[1] - narrow[0]) == pytest.approx(2 * sum(bounds), rel=0.01)


def test_log_loss__a_few_rows_decide() -> None:
    """A difference that rests on a handful of rows has no interval; a skewed one says so; clipped rows are told."""
    label = np.zeros(3_000, np.int64)
    label[0] = 1
    ours, theirs = np.full(3_000, 1e-6), np.full(3_000, 1e-6)
    ours[1:4], theirs[4:6] = 0.9999, 0.9999
    found = contrast("log_loss", totals_of(label, ours), totals_of(label, theirs))

    assert "too few disagreements: they count as" in found.unfit
    assert any(text.startswith("skewed") for text in found.caveats)
    clipped = contrast("log_loss", totals_of(label, np.zeros(3_000)))
    assert any("1 row of this change" in text for text in clipped.caveats)


def test_alone__what_has_no_interval_says_why() -> None:
    """Few rows for a loss, as where the rows are kept; scores that rank no row before another for an area."""
    label, scores = calibrated(150, np.random.default_rng(5))
    few = contrast("log_loss", totals_of(label, scores))
    assert few.candidate(level=0.95).interval is None
    assert few.unfit == "no interval: 150 rows, 200 needed"
    assert few.caveats == ()

    same = contrast("roc_auc", totals_of(np.arange(600) % 2, np.full(600, 0.5)))
    assert same.candidate(level=0.95).interval is None
    assert same.unfit == "no spread: every row says the same"

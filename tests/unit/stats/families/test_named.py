"""`steelyard.stats.families.named` and `foreign`: any metric of scikit-learn, by its name."""

from __future__ import annotations

import sys
import warnings

import numpy as np
import pytest
from msgspec import structs
from sklearn import metrics as sk

from steelyard.model.comparison import Interval
from steelyard.model.counts import FloatArray, Groups, Joined, Rows, RowsOfSide
from steelyard.stats.contrast import Contrast, SetData
from steelyard.stats.counts.sample import sample_of
from steelyard.stats.families.named import NO_VALUE, REPEATED, SLOW, Named
from steelyard.stats.foreign.lookup import INSTALL, foreign
from steelyard.stats.numbers.regression import NO_RARER
from tests.unit.stats import build
from tests.unit.stats.trainings import repeated, trained


def data_of(joined: Joined, *names: str, positive: str | None = None, kind: str = "classification") -> SetData:
    """A set whose configuration reports these metrics."""
    sample = None
    if kind == "classification":
        sample = sample_of(joined, positive=positive)
    elif kind == "multilabel":
        sample = sample_of(joined, positive=None, kind="multilabel")
    settings = build.config(metrics={"report": list(names)})
    return SetData(name="test", joined=joined, predictions=None, sample=sample, config=settings)


def contrast(data: SetData, name: str) -> Contrast:
    """The metric of that name."""
    family = Named(data)
    assert name in family.directions
    return family.contrasts([name])[name]


def interval(one: Contrast) -> Interval:
    """Its interval, which it must have."""
    assert one.unfit == ""
    made = one.interval(alpha=0.05, level=0.95)
    assert made is not None
    return made


def classes(rows: int = 400) -> tuple[list[str], list[str], list[str]]:
    """Three classes, two models."""
    return build.simulated(5, rows=rows, classes=3, right=(0.7, 0.8))


def targets(rows: int, *, paired: bool = True) -> Joined:
    """A regression with two models."""
    rng = np.random.default_rng(3)
    label: FloatArray = rng.normal(size=rows)
    sides = [RowsOfSide(prediction=label + rng.normal(size=rows) * error) for error in (0.5, 0.8)]
    empty = build.alone([], []).candidate
    both = Rows(label=label, candidate=sides[0], baseline=sides[1] if paired else None)
    other = None if paired else Rows(label=label, candidate=sides[1])
    return Joined(
        pairing=build.pairing(rows), joint=None, candidate=empty, baseline=empty, rows=both, baseline_rows=other
    )


@pytest.mark.parametrize("name", ["zero_one_loss", "fowlkes_mallows_score", "adjusted_rand_score", "hamming_loss"])
@pytest.mark.parametrize("paired", [True, False])
def test_classes__values_are_sklearns(name: str, *, paired: bool) -> None:
    """On the rows themselves scikit-learn gives the same, with weights of rows and without."""
    label, baseline, candidate = classes()
    joined = (
        build.paired(label, baseline, candidate) if paired else build.unpaired((label, candidate), (label, baseline))
    )
    one = contrast(data_of(joined, name), name)
    theirs = one.baseline(level=0.95)

    assert one.candidate(level=0.95).value == pytest.approx(getattr(sk, name)(label, candidate))
    assert theirs is not None
    assert theirs.value == pytest.approx(getattr(sk, name)(label, baseline))
    assert one.caveats == (SLOW,)
    assert one.p_value() is None
    assert one.draws() is None


def test_classes__interval_is_the_row_bootstrap() -> None:
    """Bounds and spread agree with resampling rows, to the error of 999 draws on either side; the same every time."""
    label, baseline, candidate = classes()
    data = data_of(build.paired(label, baseline, candidate), "fowlkes_mallows_score")
    one = contrast(data, "fowlkes_mallows_score")
    made = interval(one)
    rng = np.random.default_rng(1)
    y, b, a = (np.array(side) for side in (label, baseline, candidate))
    found = []
    for _ in range(999):
        index = rng.integers(len(y), size=len(y))
        found.append(sk.fowlkes_mallows_score(y[index], a[index]) - sk.fowlkes_mallows_score(y[index], b[index]))
    error = 4 * np.std(found) * np.sqrt(2 * 7.1 / 999)  # p (1 - p) / φ(1.96)² = 7.1

    assert (made.low, made.high) == pytest.approx(tuple(np.quantile(found, [0.025, 0.975])), abs=error)
    assert made.method == "row bootstrap percentile, 999 draws"
    assert interval(contrast(data, "fowlkes_mallows_score")) == made
    detected = one.detectable(alpha=0.05)
    assert detected == pytest.approx(2.80 * np.std(found), rel=0.12)
    assert one.rows_needed(detected / 2 if detected else 1.0, alpha=0.05) == 1_600


def test_positive_label__is_one() -> None:
    """A binary metric of scikit-learn is about the configured label."""
    label, candidate = list("aabbb"), list("abbba")
    one = contrast(
        data_of(build.alone(label, candidate), "fbeta_score", "precision_score", positive="a"), "precision_score"
    )

    assert one.candidate(level=0.95).value == 0.5
    assert one.baseline(level=0.95) is None
    assert one.candidate(level=0.95).interval is None
    assert one.unfit == "too few rows: 2 of a class that it depends on, 10 needed"


def test_multilabel__indicator_matrices() -> None:
    """Sets become rows of zeros and ones."""
    joined = build.alone(['["a"]', '["a","b"]', "[]"], ['["a"]', '["b"]', '["a"]'])
    one = contrast(data_of(joined, "zero_one_loss", kind="multilabel"), "zero_one_loss")
    of_one = contrast(data_of(joined, "cohen_kappa_score", kind="multilabel"), "cohen_kappa_score")

    assert one.candidate(level=0.95).value == pytest.approx(2 / 3)
    assert of_one.candidate(level=0.95).value is None
    assert "multilabel" in of_one.undefined


def test_raises__becomes_a_reason() -> None:
    """What scikit-learn refuses has no value and no interval, and says why, on one line and bounded."""
    joined = build.paired(*classes())
    one = contrast(data_of(joined, "mean_gamma_deviance"), "mean_gamma_deviance")

    assert one.candidate(level=0.95).value is None
    assert "positive" in one.undefined
    assert "\n" not in one.undefined
    assert len(one.undefined) < 260
    assert one.unfit == one.undefined
    assert (one.interval(alpha=0.05, level=0.95), one.caveats) == (None, ())


def test_directions__what_cannot_be_called_is_not_offered() -> None:
    """A function that raises for every data of this kind is left to a notice that says which metric to take."""
    joined = build.paired(*classes())

    assert Named(data_of(joined, "f1_score", "fbeta_score", "rand_score")).directions == {"rand_score": True}


def test_directions__only_what_is_mentioned_and_not_ours() -> None:
    """Scores rise, the others fall; what is computed from counts, or not in scikit-learn, is not offered."""
    names = ["accuracy", "f1_macro", "zero_one_loss", "test/rand_score", "rouge_score", "val_loss", "log_loss",
             "silhouette_score", "confusion_matrix", "../x_score", "x" * 100 + "_score"]  # fmt: skip
    family = Named(data_of(build.alone(list("ab"), list("ab")), *names))

    assert family.directions == {"zero_one_loss": False, "rand_score": True}
    assert family.defaults == ()
    measures = Joined(
        pairing=build.pairing(1),
        joint=None,
        candidate=build.alone([], []).candidate,
        baseline=build.alone([], []).candidate,
    )
    assert Named(data_of(measures, *names, kind="measures")).directions == {}


def test_without_sklearn__the_row_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """A well-known name is still offered, without a value."""
    monkeypatch.setitem(sys.modules, "sklearn", None)
    monkeypatch.setitem(sys.modules, "sklearn.metrics", None)
    one = contrast(data_of(build.paired(*classes()), "zero_one_loss"), "zero_one_loss")

    assert one.candidate(level=0.95).value is None
    assert one.undefined == INSTALL
    assert foreign("rouge_score") is None


def test_guards__few_disagreements_clusters_weights() -> None:
    """No interval rests on few disagreements or on dependent rows; weighted rows have no value."""
    label, baseline, _ = classes()
    candidate = [label[i] if i < 12 else one for i, one in enumerate(baseline)]
    few = contrast(data_of(build.paired(label, baseline, candidate), "zero_one_loss"), "zero_one_loss")
    joined = build.paired(*classes())
    assert joined.joint is not None
    cells = len(joined.joint.n)
    groups = Groups(cell=np.arange(cells), n=joined.joint.n, cluster=np.arange(cells))
    clustered = contrast(data_of(structs.replace(joined, groups=groups), "zero_one_loss"), "zero_one_loss")
    weights = structs.replace(groups, cluster=None, weight=joined.joint.n * 0.5)
    weighted = contrast(data_of(structs.replace(joined, groups=weights), "zero_one_loss"), "zero_one_loss")

    assert "too few disagreements" in few.unfit
    assert "clusters" in clustered.unfit
    assert clustered.candidate(level=0.95).value is not None
    assert "weights" in weighted.undefined
    assert weighted.candidate(level=0.95).value is None


@pytest.mark.parametrize("paired", [True, False])
def test_targets__values_and_interval(*, paired: bool) -> None:
    """A regression is called on its rows, and drawn by rows."""
    joined = targets(300, paired=paired)
    one = contrast(data_of(joined, "d2_absolute_error_score", kind="regression"), "d2_absolute_error_score")
    assert joined.rows is not None
    value = sk.d2_absolute_error_score(joined.rows.label, joined.rows.candidate.prediction)
    made = interval(one)
    theirs = one.baseline(level=0.95)

    assert one.candidate(level=0.95).value == pytest.approx(value)
    assert theirs is not None
    assert theirs.value is not None
    assert 0 < made.low < value - theirs.value < made.high


@pytest.mark.parametrize("name", ["d2_absolute_error_score", "mean_squared_log_error", "mean_gamma_deviance"])
def test_targets__a_few_rare_errors_may_be_most_of_them(name: str) -> None:
    """Nothing bounds an error."""
    assert contrast(data_of(targets(300), name, kind="regression"), name).presumes == NO_RARER


@pytest.mark.parametrize("name", ["d2_absolute_error_score", "mean_squared_log_error"])
def test_targets__a_value_has_no_interval(name: str) -> None:
    """Draws of rows lack the errors that the test set lacks: of either side beside a difference, and of one alone."""
    joined = targets(300)
    assert joined.rows is not None
    assert joined.rows.label is not None
    assert joined.rows.candidate.prediction is not None
    above = structs.replace(
        joined.rows,
        label=np.exp(joined.rows.label),
        candidate=RowsOfSide(prediction=np.exp(joined.rows.candidate.prediction)),
        baseline=None,
    )
    both = contrast(data_of(joined, "d2_absolute_error_score", kind="regression"), "d2_absolute_error_score")
    alone = contrast(data_of(structs.replace(joined, rows=above), name, kind="regression"), name)
    theirs = both.baseline(level=0.95)
    assert theirs is not None

    assert both.unfit == ""
    assert alone.unfit == NO_VALUE
    for estimate in (both.candidate(level=0.95), theirs, alone.candidate(level=0.95)):
        assert estimate.value is not None
        assert estimate.interval is None


def test_targets__guards() -> None:
    """Few rows, equal predictions and a maximum have no interval, too many rows neither."""
    few, many = targets(150), targets(30_000)
    assert few.rows is not None
    same = targets(300)
    assert same.rows is not None
    same = structs.replace(same, rows=structs.replace(same.rows, baseline=same.rows.candidate))

    def reason(joined: Joined, name: str) -> str:
        return contrast(data_of(joined, name, kind="regression"), name).unfit

    assert reason(few, "r2_score") == "too few rows: 150, 200 needed"
    assert reason(same, "r2_score") == "too few disagreements: 0, 10 needed"
    assert reason(targets(300), "max_error") == "resampling rows says nothing of their maximum"
    assert reason(many, "r2_score") == "too many rows to call scikit-learn 1,998 times: 30,000"


def test_values__have_the_row_bootstrap_too() -> None:
    """A single value's interval is that of its own draws, of both sides and of a candidate alone."""
    label, baseline, candidate = classes()
    paired = contrast(data_of(build.paired(label, baseline, candidate), "zero_one_loss"), "zero_one_loss")
    alone = contrast(data_of(build.alone(label, candidate), "zero_one_loss"), "zero_one_loss")
    theirs = paired.baseline(level=0.95)
    assert theirs is not None
    for estimate in (paired.candidate(level=0.95), theirs, alone.candidate(level=0.95)):
        assert estimate.value is not None
        assert estimate.interval is not None
        error = np.sqrt(estimate.value * (1.0 - estimate.value) / 400)
        monte_carlo = 4 * error * np.sqrt(7.1 / 999)  # p (1 - p) / φ(1.96)² = 7.1
        bounds = (estimate.interval.low, estimate.interval.high)
        assert bounds == pytest.approx((estimate.value - 1.96 * error, estimate.value + 1.96 * error), abs=monte_carlo)
        assert estimate.interval.method == "row bootstrap percentile, 999 draws"
    assert alone.baseline(level=0.95) is None


def test_values__their_guards() -> None:
    """A rare class, few wrong rows: the value stands alone; so it does under clusters."""
    label, _, candidate = classes()
    rare = contrast(data_of(build.alone([*label, *["z"] * 5], [*candidate, *["z"] * 5]), "rand_score"), "rand_score")
    right = [*label[:395], *candidate[395:]]
    perfect = contrast(data_of(build.alone(label, right), "rand_score"), "rand_score")
    joined = build.paired(*classes())
    assert joined.joint is not None
    cells = np.arange(len(joined.joint.n))
    groups = Groups(cell=cells, n=joined.joint.n, cluster=cells)
    clustered = contrast(data_of(structs.replace(joined, groups=groups), "zero_one_loss"), "zero_one_loss")
    for one in (rare, perfect, clustered):
        assert one.candidate(level=0.95).value is not None
        assert one.candidate(level=0.95).interval is None


def test_several_trainings__means_without_an_interval() -> None:
    """Of classes and of targets: scikit-learn's values averaged over the trainings; the luck of them is not drawn."""
    label, ours, theirs = trained(np.random.default_rng(1), rows=300, trainings=(3, 2), luck=0.3, own=0.5)
    of_classes = contrast(data_of(repeated(label, ours, theirs), "zero_one_loss"), "zero_one_loss")
    assert of_classes.caveats == ()
    joined = targets(300)
    assert joined.rows is not None
    assert joined.rows.baseline is not None
    assert joined.rows.candidate.prediction is not None
    target, first = joined.rows.label, joined.rows.candidate.prediction
    again = RowsOfSide(prediction=first + 0.1)
    rows = structs.replace(
        joined.rows,
        candidate=structs.replace(joined.rows.candidate, further=(again,)),
        baseline=structs.replace(joined.rows.baseline, further=(again,)),
    )
    name = "d2_absolute_error_score"
    of_targets = contrast(data_of(structs.replace(joined, rows=rows), name, kind="regression"), name)

    assert of_classes.candidate(level=0.95).value == pytest.approx((ours != label[:, None]).mean())
    baseline = of_classes.baseline(level=0.95)
    assert baseline is not None
    assert baseline.value == pytest.approx((theirs != label[:, None]).mean())
    expected = np.mean([sk.d2_absolute_error_score(target, one) for one in (first, first + 0.1)])
    assert of_targets.candidate(level=0.95).value == pytest.approx(expected)
    for one in (of_classes, of_targets):
        assert one.unfit == REPEATED
        assert one.candidate(level=0.95).interval is None
        assert one.interval(alpha=0.05, level=0.95) is None


def test_biased_draws_have_no_interval() -> None:
    """Resampled rows show more association than there is: of models that know nothing, mutual information grows."""
    rng = np.random.default_rng(2)
    label, theirs, ours = ([f"c{code}" for code in rng.integers(4, size=400)] for _ in range(3))
    data = data_of(build.paired(label, theirs, ours), "mutual_info_score", "zero_one_loss")
    association, plain = contrast(data, "mutual_info_score"), contrast(data, "zero_one_loss")
    assert association.candidate(level=0.95).interval is None
    assert plain.candidate(level=0.95).interval is not None
    assert plain.unfit == ""


def test_no_draws_are_named_where_none_are_shown() -> None:
    """Where too few rows differ for an interval, nothing is said of how it would have been made."""
    label, baseline, _ = classes()
    one = contrast(data_of(build.paired(label, baseline, baseline), "fowlkes_mallows_score"), "fowlkes_mallows_score")

    assert one.unfit
    assert one.caveats == ()


def test_draws_of_any_size_raise_no_warning() -> None:
    """Beside targets of 1e-300 ordinary predictions score about -1e300, whose square is no number."""
    joined = targets(200)
    assert joined.rows is not None
    assert joined.rows.label is not None
    rows = structs.replace(joined.rows, label=joined.rows.label * 1e-300)
    name = "d2_absolute_error_score"
    found = contrast(data_of(structs.replace(joined, rows=rows), name, kind="regression"), name)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        detected = found.detectable(alpha=0.05)

    assert detected is not None
    assert 1e298 < detected < 1e301

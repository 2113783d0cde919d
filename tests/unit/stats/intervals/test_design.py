"""Standard errors under weights, clusters and strata, held against explicit matrices, statsmodels and scipy."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.linalg
import scipy.stats
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs
from statsmodels.stats.weightstats import DescrStatsW

from steelyard.model.counts import FloatArray, IntArray
from steelyard.stats.intervals.design import Design, Sampling, effective_clusters
from tests.unit.stats.spreads import mean_spread


def by_matrices(y: FloatArray, cluster: IntArray, weight: FloatArray, stratum: IntArray) -> tuple[float, float]:
    """
    CR2 and its Satterthwaite degrees of freedom by the definitions of Pustejovsky & Tipton (2018), equations 2 to 11.

    Least squares with weights on a column of ones for each stratum, the identity as working model; the estimate is the
    combination of the strata's means with their shares of the weight.
    """
    x = (stratum[:, None] == np.unique(stratum)).astype(np.float64)
    bread = np.linalg.inv(x.T @ (weight[:, None] * x))
    hat = x @ bread @ x.T * weight
    rest = np.eye(len(y)) - hat
    residual = rest @ y
    combination = x.T @ weight / weight.sum()
    rows, variance = [], 0.0
    for one in np.unique(cluster):
        mine = cluster == one
        root = scipy.linalg.inv(scipy.linalg.sqrtm(rest[mine] @ rest[mine].T))
        adjusted = combination @ bread @ (x[mine] * weight[mine][:, None]).T @ root
        variance += float(adjusted @ residual[mine]) ** 2
        rows.append(rest[mine].T @ adjusted.T)
    p = np.array(rows) @ np.array(rows).T
    return variance, float(np.trace(p) ** 2 / (p * p).sum())


@st.composite
def clustered(draw: st.DrawFn) -> tuple[FloatArray, IntArray, FloatArray, IntArray]:
    """Values that hang together within clusters, with or without weights, in one to three strata."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    strata = draw(st.integers(1, 3))
    sizes = rng.integers(1, 6, size=7 * strata)
    cluster = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    weight = rng.uniform(0.2, 4.0, len(cluster)) if draw(st.booleans()) else np.ones(len(cluster))
    y = rng.normal(size=len(sizes))[cluster] + rng.normal(size=len(cluster))
    return y, cluster, weight, cluster % strata


@given(clustered())
def test_closed_forms_of_cr2_and_its_degrees_of_freedom_equal_explicit_matrices(
    data: tuple[FloatArray, IntArray, FloatArray, IntArray],
) -> None:
    """The closed forms equal the definition, matrix roots and all."""
    y, cluster, weight, stratum = data
    variance, df = by_matrices(y, cluster, weight, stratum)
    spread = mean_spread(y, Design(cluster=cluster, weight=weight, stratum=stratum))
    if (effective_clusters(Design(cluster=cluster, weight=weight)) or 0.0) < 5.0:
        assert spread.unfit.startswith("too few clusters")
        return
    assert spread.standard_error**2 == pytest.approx(variance, rel=1e-8)
    assert spread.degrees_of_freedom == pytest.approx(df, rel=1e-8)


def test_equal_clusters_give_the_t_test_of_their_means() -> None:
    """Clusters of one size: the plain t test of the clusters' means."""
    rng = np.random.default_rng(1)
    y = rng.normal(size=(12, 5)) + rng.normal(size=(12, 1))
    spread = mean_spread(y.ravel(), Design(cluster=np.repeat(np.arange(12), 5)))
    means = y.mean(axis=1)
    assert spread.standard_error == pytest.approx(means.std(ddof=1) / math.sqrt(12))
    assert spread.degrees_of_freedom == pytest.approx(11.0)
    assert spread.effective_clusters == pytest.approx(12.0)
    assert spread.unfit == ""
    assert "few clusters: they count as 12" in spread.caveats[0]


def test_cr2_differs_from_statsmodels_cluster_variance_by_the_leverage_alone() -> None:
    """With one row a cluster CR2 is HC2, which statsmodels has."""
    y = np.random.default_rng(2).normal(size=60)
    spread = mean_spread(y, Design(cluster=np.arange(60)))
    assert spread.standard_error == pytest.approx(sm.OLS(y, np.ones(60)).fit(cov_type="HC2").bse[0])
    assert spread.caveats == ()


def test_many_clusters_agree_with_statsmodels_sandwich() -> None:
    """With many small clusters the correction for leverage vanishes."""
    rng = np.random.default_rng(3)
    cluster = rng.integers(3000, size=20_000)
    weight = rng.uniform(0.5, 2.0, 20_000)
    y = rng.normal(size=3000)[cluster] + rng.normal(size=20_000)
    fitted = sm.WLS(y, np.ones(20_000), weights=weight).fit(cov_type="cluster", cov_kwds={"groups": cluster})
    spread = mean_spread(y, Design(cluster=cluster, weight=weight))
    assert spread.standard_error == pytest.approx(fitted.bse[0], rel=1e-3)


@given(st.integers(0, 2**32), st.integers(2, 50))
def test_without_a_design_it_is_the_standard_error_of_the_mean(seed: int, rows: int) -> None:
    """Independent rows: the standard error of the mean, n - 1 degrees of freedom."""
    y = np.random.default_rng(seed).normal(size=rows)
    spread = mean_spread(y, Design())
    assert spread.standard_error == pytest.approx(float(scipy.stats.sem(y)))
    assert spread.degrees_of_freedom == pytest.approx(rows - 1.0)
    assert spread.effective_clusters is None


def test_equal_weights_are_no_weights() -> None:
    """Weights that are all equal change nothing."""
    y = np.random.default_rng(4).normal(size=30)
    plain, weighted = mean_spread(y, Design()), mean_spread(y, Design(weight=np.full(30, 2.5)))
    assert weighted.standard_error == pytest.approx(plain.standard_error)
    assert weighted.degrees_of_freedom == pytest.approx(29.0)


def test_weights_enter_squared() -> None:
    """Not as frequencies, for which statsmodels' `std_mean` would be right."""
    rng = np.random.default_rng(5)
    y, weight = rng.normal(size=400), rng.uniform(0.1, 5.0, 400)
    psi = y - DescrStatsW(y, weight).mean
    expected = math.sqrt(float((weight**2 * psi**2).sum())) / weight.sum() * math.sqrt(400 / 399)
    assert mean_spread(psi, Design(weight=weight)).standard_error == pytest.approx(expected)


@given(clustered(), st.booleans())
def test_entries_of_several_rows_are_those_rows(
    data: tuple[FloatArray, IntArray, FloatArray, IntArray], with_clusters: bool
) -> None:
    """Rows of one cluster, stratum and value may be added up first, with Σw and Σw²."""
    y, cluster, weight, stratum = data
    y = np.round(y)
    rows = mean_spread(y, Design(cluster=cluster if with_clusters else None, weight=weight, stratum=stratum))
    entries, code = np.unique(np.stack([stratum, cluster, y]), axis=1, return_inverse=True)
    added = mean_spread(
        entries[2],
        Design(
            cluster=entries[1].astype(np.int64) if with_clusters else None,
            stratum=entries[0].astype(np.int64),
            weight=np.bincount(code, weight).astype(np.float64),
            weight_squared=np.bincount(code, weight**2).astype(np.float64),
        ),
        count=np.bincount(code),
    )
    assert added.unfit == rows.unfit
    assert added.standard_error == pytest.approx(rows.standard_error, rel=1e-9, abs=1e-12, nan_ok=True)
    assert added.degrees_of_freedom == pytest.approx(rows.degrees_of_freedom, rel=1e-9, nan_ok=True)


def test_strata_have_the_variance_within_them_alone() -> None:
    """Cochran (1977), 5.3: Σ (n_h / n)² s_h² / n_h for the sizes as they are."""
    rng = np.random.default_rng(6)
    stratum = np.repeat([0, 1, 2], [10, 20, 70])
    y = 100.0 * stratum + rng.normal(size=100) * (1.0 + stratum)
    expected = sum(
        (np.sum(stratum == h) / 100) ** 2 * y[stratum == h].var(ddof=1) / np.sum(stratum == h) for h in range(3)
    )
    spread = mean_spread(y, Design(stratum=stratum))
    assert spread.standard_error == pytest.approx(math.sqrt(expected))
    assert 10 < spread.degrees_of_freedom < 97


def test_two_strata_have_welchs_degrees_of_freedom() -> None:
    """The mean over two strata of one size is half the sum of two means: scipy's Welch test of a and -b."""
    rng = np.random.default_rng(7)
    a, b = rng.normal(size=12), 3.0 * rng.normal(size=12)
    spread = mean_spread(np.concatenate([a, b]), Design(stratum=np.repeat([0, 1], 12)))
    welch = scipy.stats.ttest_ind(a, -b, equal_var=False)
    assert spread.degrees_of_freedom == pytest.approx(welch.df)
    assert (a.mean() + b.mean()) / 2 / spread.standard_error == pytest.approx(welch.statistic)


@pytest.mark.parametrize(
    ("lonely", "said"),
    [
        (1, "a stratum with a single row is taken together with the smallest other one"),
        (2, "2 strata with a single row are taken together"),
        (5, "5 strata with a single row are taken together"),
    ],
)
def test_strata_of_a_single_row_are_taken_together_and_said(lonely: int, said: str) -> None:
    """A stratum of one row shows no spread; such strata are collapsed."""
    stratum = np.concatenate([np.repeat([100, 200], 20), np.arange(lonely)])
    y = np.random.default_rng(8).normal(size=len(stratum))
    spread = mean_spread(y, Design(stratum=stratum))
    assert spread.standard_error > 0.0
    assert spread.caveats == (f"{said}, which makes the interval wider",)


@given(st.integers(0, 2**32), st.booleans())
def test_clusters_in_every_stratum_have_the_spread_of_clusters_alone(seed: int, weighted: bool) -> None:
    """Strata that split clusters say nothing of how far these differ: they are taken together, and that is said."""
    rng = np.random.default_rng(seed)
    cluster, stratum = np.repeat(np.arange(60), 8), np.tile(np.arange(4), 120)
    y = rng.normal(size=60)[cluster] + rng.normal(size=4)[stratum] + rng.normal(size=480)
    weight = rng.uniform(0.2, 4.0, 480) if weighted else None
    found = mean_spread(y, Design(cluster=cluster, stratum=stratum, weight=weight))
    alone = mean_spread(y, Design(cluster=cluster, weight=weight))

    assert found.caveats[-1] == (
        "clusters lie in several strata: 4 strata that share some are taken together, which can make the interval wider"
    )
    assert structs.replace(found, caveats=found.caveats[:-1]) == alone


def test_strata_that_share_one_cluster_are_one() -> None:
    """Two of three strata have one cluster in common: the spread is that of two strata."""
    rng = np.random.default_rng(13)
    cluster = np.arange(900) // 10
    stratum = cluster // 30
    y = rng.normal(size=90)[cluster] + 3.0 * stratum + rng.normal(size=900)
    split = np.where(np.arange(900) == 0, 1, stratum)
    found, expected = (mean_spread(y, Design(cluster=cluster, stratum=one)) for one in (split, np.maximum(stratum, 1)))

    (said,) = found.caveats
    assert said.startswith("clusters lie in several strata: 2 strata that share some are taken together")
    assert structs.replace(found, caveats=()) == expected
    assert mean_spread(y, Design(cluster=cluster, stratum=stratum)).standard_error < found.standard_error


def test_few_clusters_are_few_however_many_strata_split_them() -> None:
    """Four clusters in four strata are four."""
    design = Design(cluster=np.repeat(np.arange(4), 60), stratum=np.tile(np.arange(4), 60))
    found = mean_spread(np.random.default_rng(14).normal(size=240), design)

    assert found.effective_clusters == pytest.approx(4.0)
    assert found.unfit == "too few clusters: they count as 4 equal ones, 5 needed"


@pytest.mark.parametrize(
    ("psi", "design", "why"),
    [
        (np.zeros(0), Design(), "too few rows"),
        (np.ones(1), Design(), "too few rows"),
        (np.ones(9), Design(), "no spread: every row"),
        (np.full(9, 0.1) + 0.2, Design(weight=np.arange(1.0, 10.0)), "no spread: every row"),
        (np.full(60, 0.1), Design(cluster=np.repeat(np.arange(12), 5)), "no spread: every cluster"),
        (np.array([1.0, np.nan, 2.0]), Design(), "missing or infinite"),
        (np.array([1.0, np.inf, 2.0]), Design(), "missing or infinite"),
        (np.arange(40.0), Design(cluster=np.repeat(np.arange(4), 10)), "too few clusters: they count as 4"),
        (np.arange(40.0), Design(cluster=np.zeros(40, np.int64)), "too few clusters: they count as 1"),
        (np.arange(1000.0), Design(cluster=np.repeat(np.arange(51), [950, *[1] * 50])), "too few clusters"),
        (np.arange(40.0), Design(weight=np.array([1e6, *[1.0] * 39])), "weights too unequal: the rows count as 1 "),
        (np.arange(4.0), Design(weight=np.array([1.0, 0.0, 1.0, 1.0])), "weights must be above 0"),
        (np.arange(4.0), Design(weight=np.array([1.0, np.nan, 1.0, 1.0])), "weights must be above 0"),
        (np.repeat([1.0, 2.0], 20), Design(stratum=np.repeat([0, 1], 20)), "no spread"),
    ],
)
def test_what_gives_no_interval_says_why(psi: FloatArray, design: Design, why: str) -> None:
    """Odd data give a reason, never an exception or an interval."""
    spread = mean_spread(psi, design)
    assert why in spread.unfit
    assert not spread.standard_error > 0.0 or "weights too unequal" in why


def test_few_effective_rows_are_said() -> None:
    """Sixty rows whose weights make them count as fewer than fifty."""
    y, weight = np.random.default_rng(10).normal(size=60), np.r_[np.ones(50), np.full(10, 5.0)]
    assert mean_spread(y, Design(weight=weight)).caveats == (
        "unequal weights: the rows count as 33.3 equal ones, which are few",
    )
    assert mean_spread(y, Design(weight=np.full(60, 5.0))).caveats == ()


def test_huge_and_tiny_values_stay_finite() -> None:
    """Squares do not overflow or vanish where values are huge or tiny."""
    y = np.random.default_rng(9).normal(size=100)
    for scale in (1e-150, 1e150):
        spread = mean_spread(y * scale, Design(cluster=np.arange(100) // 5))
        assert spread.standard_error == pytest.approx(
            scale * mean_spread(y, Design(cluster=np.arange(100) // 5)).standard_error
        )


def test_the_skewness_of_a_mean_is_that_of_its_rows_over_the_root_of_their_number() -> None:
    """As scipy's, whatever the unit; and 0 where clusters hang together, or nothing is known."""
    rows = np.random.default_rng(11).exponential(size=80)
    plain = Sampling.of(Design(), entries=80)
    assert plain.skewness(rows) == pytest.approx(scipy.stats.skew(rows) / math.sqrt(80.0))
    assert plain.skewness(-1e300 * rows) == pytest.approx(-plain.skewness(rows))
    assert plain.skewness(np.ones(80)) == plain.skewness(np.full(80, np.nan)) == 0.0
    assert Sampling.of(Design(cluster=np.arange(80) // 4), entries=80).skewness(rows) == 0.0


def test_weights_and_strata_count_in_the_skewness() -> None:
    """The third cumulant of a sum of independent parts is the sum of theirs."""
    rng = np.random.default_rng(12)
    rows, weight, stratum = rng.exponential(size=60), rng.uniform(0.5, 2.0, 60), np.arange(60) % 2
    apart = (
        rows - np.array([np.average(rows[stratum == one], weights=weight[stratum == one]) for one in (0, 1)])[stratum]
    )
    pull = weight * apart
    found = Sampling.of(Design(weight=weight, stratum=stratum), entries=60).skewness(rows)
    assert found == pytest.approx((pull**3).sum() / (pull**2).sum() ** 1.5)


def test_cells_are_as_skewed_as_their_rows() -> None:
    """Of a count, as of that many rows."""
    n = np.array([7, 2, 4])
    values = np.array([0.0, 5.0, 1.0])
    cells = Sampling.of(Design(), entries=3, count=n).skewness(values)
    assert cells == pytest.approx(Sampling.of(Design(), entries=13).skewness(np.repeat(values, n)))


def test_pulls_of_rows_are_their_weighted_influence_values() -> None:
    """As they are; none where something is not finite, or weights are not above 0."""
    psi, weight = np.array([1.0, -2.0, 4.0]), np.array([1.0, 2.0, 0.5])
    assert Sampling.of(Design(), entries=3).pulls(psi).tolist() == psi.tolist()
    assert Sampling.of(Design(weight=weight), entries=3).pulls(psi).tolist() == [1.0, -4.0, 2.0]
    assert len(Sampling.of(Design(), entries=3).pulls(np.array([1.0, math.inf, 0.0]))) == 0
    assert len(Sampling.of(Design(weight=0.0 * weight), entries=3).pulls(psi)) == 0


def test_pulls_of_clusters_are_sums_about_the_strata_on_the_scale_of_their_size() -> None:
    """Σwr / √Σw of each cluster, in any unit; constants leave nothing."""
    rng = np.random.default_rng(3)
    cluster, weight = np.repeat(np.arange(120), 5), rng.uniform(0.5, 2.0, 600)
    stratum, psi = cluster % 2, rng.normal(size=600)
    pulled = Sampling.of(Design(cluster=cluster, stratum=stratum, weight=weight), entries=600).pulls(psi)
    means = np.array([np.average(psi[stratum == one], weights=weight[stratum == one]) for one in (0, 1)])
    expected = [
        float((weight * (psi - means[stratum]))[cluster == one].sum() / math.sqrt(weight[cluster == one].sum()))
        for one in range(120)
    ]
    scale = float(np.abs(psi).max())
    assert sorted(pulled * scale) == pytest.approx(sorted(expected))
    assert not Sampling.of(Design(cluster=cluster), entries=600).pulls(np.full(600, 0.1)).any()


@pytest.mark.parametrize(("clusters", "looked"), [(49, 0), (50, 50)])
def test_pulls_of_few_clusters_are_not_looked_at(clusters: int, looked: int) -> None:
    """They carry a caveat as it is."""
    cluster = np.repeat(np.arange(clusters), 4)
    psi = np.random.default_rng(4).normal(size=len(cluster))
    assert len(Sampling.of(Design(cluster=cluster), entries=len(cluster)).pulls(psi)) == looked

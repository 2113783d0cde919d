"""A quick subset of `make validate`, and that its rules can be broken."""

from __future__ import annotations

import numpy as np
import pytest
from msgspec import structs

from steelyard.model.comparison import Estimate, Interval, Row
from steelyard.model.counts import FloatArray
from steelyard.stats.families.named import SLOW
from validation import catalogue, pages, store, tool
from validation.coverage import Coverage, _count, _none
from validation.decisions import mid_p
from validation.designed import EASY, ODD, Clusters
from validation.past import Series, normal
from validation.population import Models
from validation.same import SwappedClusters, swapped
from validation.study import Finding, Study, generator

QUICK = {
    "n50": 100,
    "n300-uneven": 40,
    "n500-10": 20,
    "n500-unpaired": 100,
    "same-10%": 40,
    "same-clusters-strata": 40,
    "power-200": 200,
    "edge-1000": 30,
    "slices-100": 30,
    "clusters-3": 10,
    "weights": 30,
    "scores-100": 40,
    "scores-clusters": 15,
    "marks-300-skew": 200,
    "seeds-5-better": 40,
    "pass-500x5": 20,
    "history-20x10": 60,
    "looks-20-adjusted": 8,
}
"""Repetitions of some studies, which take seconds together."""


def found(study: Study, repetitions: int) -> dict[str, Finding]:
    """Findings by subject."""
    return {one.subject: one for one in study.findings(study.run(generator(study.name, 0), repetitions))}


@pytest.mark.parametrize("name", QUICK)
def test_quick__rules_are_kept(name: str) -> None:
    """The report keeps its promises as far as a few repetitions can tell."""
    findings = found(catalogue.study(name), QUICK[name])

    assert [subject for subject, one in findings.items() if one.passed is False] == []


def test_coverage__a_caveat_about_speed_is_none() -> None:
    """An interval from scikit-learn's own draws is held to the rule as any other, unless more is said of it."""
    estimate = Estimate(value=0.5)
    interval = Interval(low=0.4, high=0.6, level=0.95, method="")
    numbers = _none()
    for caveats in ((), (SLOW,), (SLOW, "few rows"), ("few rows",)):
        row = Row(metric="rand_score", set="test", higher_is_better=True, candidate=estimate, caveats=caveats)
        _count(numbers, row, interval, truth=0.5, judged=False)

    assert (numbers["stated"], numbers["caveated"]) == (2.0, 2.0)


def test_coverage__a_wrong_truth_breaks_the_rule() -> None:
    """Intervals that are beside the truth by their own width are found out in 100 reports."""
    study = catalogue.study("n1000-unlike")
    assert isinstance(study, Coverage)
    shifted = {"accuracy": (study.truth["accuracy"][0] + 0.06, study.truth["accuracy"][1])}

    findings = found(structs.replace(study, truth=shifted, config=tool.settings(["accuracy"])), 100)

    assert not findings["difference of accuracy"].passed
    assert not findings["value of accuracy"].passed


def test_coverage__a_metric_that_no_report_has_breaks_the_rule() -> None:
    """A scenario cannot pass because the tool leaves its metric out."""
    study = catalogue.study("n300-uneven")
    assert isinstance(study, Coverage)

    findings = found(structs.replace(study, truth={"nonesuch": (0.5, 0.5)}), 2)

    assert not findings["difference of nonesuch"].passed


def test_coverage__alone_is_about_the_value() -> None:
    """Without a baseline squared errors have their interval, always with a caveat; a missing metric breaks the rule."""
    study = catalogue.study("regression-100-alone")
    assert isinstance(study, Coverage)

    findings = found(structs.replace(study, truth={**study.truth, "nonesuch": (0.5, 0.5)}), 40)

    assert findings["value of mse"].numbers["caveated"] == 1.0
    assert (findings["value of mse"].numbers["coverage_caveated"] or 0.0) > 0.8
    assert findings["value of mae"].numbers["stated"] == 1.0
    assert not findings["value of nonesuch"].passed
    assert not [subject for subject in findings if subject.startswith("difference")]


def test_history__noise_that_grows_breaks_the_rule() -> None:
    """Where the next number varies more than main's did, too many are unusual, and the rule says so."""
    study = catalogue.study("history-20")
    assert isinstance(study, Series)

    def growing(rng: np.random.Generator, shape: tuple[int, int]) -> FloatArray:
        made = normal(rng, shape)
        made[-1] *= 3.0
        return made

    findings = found(structs.replace(study, noise=growing), 100)

    assert not findings["any number"].passed


def test_coverage__rare_classes_are_refused() -> None:
    """With two positive rows among 200 no interval of F1 is stated; accuracy and recall have theirs."""
    findings = found(catalogue.study("n200-rare"), 15)

    assert findings["difference of f1"].numbers["refused"] == 1.0
    assert findings["difference of accuracy"].numbers["stated"] == 1.0


def test_swapped__keeps_the_rows_and_is_symmetric_on_average() -> None:
    """Swapping moves rows only between mirrored cells, half of them on average."""
    population = Models(classes=3, baseline=(0.9,), candidate=(0.6,)).population()
    n = population.sample(np.random.default_rng(1), 200_000)

    made = swapped(population, n, np.random.default_rng(2))

    assert made.sum() == n.sum()
    for label in range(3):
        assert made[population.label == label].sum() == n[population.label == label].sum()
    right = [made[side == population.label].sum() for side in (population.candidate, population.baseline)]
    assert right[0] / right[1] == pytest.approx(1.0, abs=0.01)


def test_swapped_clusters__lie_in_all_strata_and_are_symmetric_on_average() -> None:
    """Every cluster has rows in each stratum; over many clusters both models are right equally often."""
    kinds = Clusters(kinds=(EASY, ODD), shares=(0.5, 0.5), sizes=((8, 8), (8, 8)), clusters=4_000)
    joined = SwappedClusters(clusters=kinds, strata=4).sample(np.random.default_rng(3))
    groups, joint = joined.groups, joined.joint

    assert joint is not None
    assert groups is not None
    assert groups.cluster is not None
    assert groups.stratum is not None
    assert len(np.unique(groups.cluster * 4 + groups.stratum)) == 16_000
    right = [joint.n[side == joint.label].sum() for side in (joint.candidate, joint.baseline)]
    assert right[0] / right[1] == pytest.approx(1.0, abs=0.02)


def test_mid_p__of_a_published_table() -> None:
    """Fagerland et al. (2013), airway hyper-responsiveness before and after transplantation: 1 and 7, mid-p 0.039."""
    assert mid_p(1, 7) == pytest.approx(0.0391, abs=5e-5)


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [
        ("lesson-rare-f1", 0.5, 0.8),
        ("lesson-equivalent", 0.17, 0.27),
        ("lesson-clusters-100", 0.4, 0.65),
        ("lesson-weights", 0.7, 0.83),
        ("lesson-calibration", 0.08, 0.093),
        ("lesson-seeds", 0.78, 0.91),
    ],
)
def test_lessons__usual_methods_fail_as_documented(name: str, least: float, most: float) -> None:
    """What the page says of them is seen in 400 repetitions."""
    for finding in found(catalogue.study(name), 400).values():
        assert finding.numbers["naive"] is not None
        assert least <= finding.numbers["naive"] <= most


def test_lessons__one_stray_prediction() -> None:
    """Macro F1 falls from 0.80 to 0.727 over ten classes."""
    findings = found(catalogue.study("lesson-stray"), 2)

    assert [round(one.numbers["naive"] or 0.0, 3) for one in findings.values()] == [0.8, 0.727]


def test_page__is_made_from_the_stored_results() -> None:
    """docs/validation.md says what validation/results.json says, of the studies that there are."""
    stored = store.read()

    assert stored is not None
    assert pages.text(stored) == pages.PAGE.read_text(encoding="utf-8")
    assert {one.name for one in stored.results} <= {one.name for one in catalogue.studies()}

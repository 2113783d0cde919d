"""A/A: two models that are the same but for luck must rarely get a verdict on any of several gated metrics."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from steelyard.model.base import Value
from steelyard.model.comparison import Verdict
from steelyard.model.counts import IntArray, Joined
from steelyard.model.evaluation import PredictionSet
from validation import joins, tool
from validation.confusion import BINARY, MANY
from validation.designed import EASY, ODD, Clusters
from validation.population import Models, Population
from validation.study import Finding, Sums, binomial_limit, error, share

_DIFFERENT = {Verdict.BETTER, Verdict.WORSE}


class Same(Value, frozen=True, kw_only=True):
    """
    Reports on pairs that are made by swapping the two models' predictions with probability one half.

    That makes them exchangeable, so that every verdict `better` or `worse` is false. All metrics are gated: their
    intervals hold together, and a report counts as false where any of them has such a verdict.
    """

    name: str
    about: str
    sample: Callable[[np.random.Generator], Joined]
    metrics: tuple[str, ...]
    predictions: PredictionSet
    repetitions: int = 2_000
    draws: int = 1_999
    kind: str = "same"

    def run(self, rng: np.random.Generator, repetitions: int) -> Sums:
        """Count false verdicts."""
        gates = [{"metric": metric, "fail_if": "worse"} for metric in self.metrics]
        config = tool.settings(self.metrics, draws=self.draws, gates=gates)
        sums: Sums = {"any": {"reports": 0.0, "false": 0.0, "disagree": 0.0}}
        sums |= {metric: {"judged": 0.0, "false": 0.0} for metric in self.metrics}
        for _ in range(repetitions):
            joined = self.sample(rng)
            made = tool.report(joined, config, self.predictions)
            false = {row.metric: row.verdict in _DIFFERENT for row in made.rows}
            for row in made.rows:
                sums[row.metric]["judged"] += row.interval is not None
                sums[row.metric]["false"] += false[row.metric]
            sums["any"]["reports"] += 1
            sums["any"]["false"] += any(false.values())
            sums["any"]["disagree"] += _disagreement(joined)
        return sums

    def findings(self, sums: Sums) -> Sequence[Finding]:
        """All gated metrics together are judged; each alone is shown."""
        together = sums["any"]
        limit = binomial_limit(0.05, int(together["reports"]))
        rate = share(together["false"], together["reports"])
        first = Finding(
            subject="any gated metric",
            numbers={
                "false": together["false"],
                "limit": float(limit),
                "rate": rate,
                "error": error(rate, together["reports"]),
                "disagree": share(together["disagree"], together["reports"]),
            },
            passed=together["false"] <= limit,
        )
        each = [
            Finding(
                subject=metric,
                numbers={
                    "false": numbers["false"],
                    "rate": share(numbers["false"], together["reports"]),
                    "judged": share(numbers["judged"], together["reports"]),
                },
                passed=None,
            )
            for metric, numbers in sums.items()
            if metric != "any"
        ]
        return [first, *each]


class SwappedRows(Value, frozen=True, kw_only=True):
    """Rows that are alike: the two predictions are swapped in each of them, or not."""

    models: Models
    rows: int

    def sample(self, rng: np.random.Generator) -> Joined:
        """New rows."""
        population = self.models.population()
        return joins.paired(population, swapped(population, population.sample(rng, self.rows), rng))


class SwappedClusters(Value, frozen=True, kw_only=True):
    """Patients: the two predictions are swapped in all rows of a patient, or in none."""

    clusters: Clusters
    strata: int
    """Devices; each patient's rows were taken with all of them in turn."""

    def sample(self, rng: np.random.Generator) -> Joined:
        """The rows of new patients."""
        population = self.clusters.populations()[0]
        cell, cluster = self.clusters.rows(rng)
        turned = rng.random(self.clusters.clusters) < 0.5
        cell = np.where(turned[cluster], _mirror(population)[cell], cell)
        return joins.designed(population, cell, cluster=cluster, stratum=np.arange(len(cell)) % self.strata)


def _disagreement(joined: Joined) -> float:
    """The share of the rows whose predictions differ."""
    joint = joined.joint
    return 0.0 if joint is None else float(joint.n[joint.baseline != joint.candidate].sum() / joint.n.sum())


def swapped(population: Population, n: IntArray, rng: np.random.Generator) -> IntArray:
    """The same rows with the two predictions swapped in each with probability one half."""
    turned = rng.binomial(n, 0.5)
    made = n - turned
    np.add.at(made, _mirror(population), turned)
    return made


def _mirror(population: Population) -> IntArray:
    """The cell in which each cell's predictions are swapped."""
    c = population.n_classes
    codes = (population.label * c + population.baseline) * c + population.candidate
    turned = (population.label * c + population.candidate) * c + population.baseline
    order = np.argsort(codes)
    found = order[np.searchsorted(codes, turned, sorter=order)]
    if not np.array_equal(codes[found], turned):
        raise ValueError("a cell has no mirror image in the population")
    return found


def studies() -> list[Same]:
    """Rates of disagreement from 1% to 40%, small and large, balanced and rare; clusters that cross strata."""
    return [
        _rows("same-1%", "2,000 rows, balanced", Models(together=0.97), rows=2_000),
        _rows("same-3%", "1,000 rows, balanced", Models(together=0.9), rows=1_000),
        _rows("same-10%", "500 rows, 1:3", Models(shares=(0.75, 0.25), together=0.7), rows=500),
        _rows("same-30%", "200 rows, balanced", Models(together=0.05), rows=200),
        _rows(
            "same-rare",
            "5,000 rows, 1:99",
            Models(shares=(0.99, 0.01), baseline=(0.98, 0.7), candidate=(0.98, 0.7), together=0.3),
            rows=5_000,
        ),
        _rows("same-10-classes", "1,000 rows, 10 classes", Models(classes=10, together=0.6), rows=1_000),
        _clusters(
            "same-clusters-strata",
            "120 clusters of 12 rows, each in four strata",
            SwappedClusters(
                clusters=Clusters(kinds=(EASY, ODD), shares=(0.5, 0.5), sizes=((12, 12),) * 2, clusters=120), strata=4
            ),
        ),
    ]


def _rows(name: str, about: str, models: Models, *, rows: int) -> Same:
    binary = models.classes == 2
    return Same(
        name=name,
        about=about,
        sample=SwappedRows(models=models, rows=rows).sample,
        metrics=BINARY if binary else MANY,
        predictions=tool.prediction_set(positive=models.population().classes[1] if binary else None),
    )


def _clusters(name: str, about: str, made: SwappedClusters) -> Same:
    predictions = tool.prediction_set(positive="c001", cluster="patient", stratum="device")
    return Same(name=name, about=about, sample=made.sample, metrics=("accuracy",), predictions=predictions)

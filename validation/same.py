"""A/A: two models that are the same but for luck must rarely get a verdict on any of several gated metrics."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from steelyard.model.base import Value
from steelyard.model.comparison import Verdict
from steelyard.model.counts import IntArray
from validation import joins, tool
from validation.confusion import BINARY, MANY
from validation.population import Models, Population
from validation.study import Finding, Sums, binomial_limit, error, share

_DIFFERENT = {Verdict.BETTER, Verdict.WORSE}


class Same(Value, frozen=True, kw_only=True):
    """
    Reports on pairs that are made by swapping the two models' predictions in each row with probability one half.

    That makes them exchangeable, so that every verdict `better` or `worse` is false. All metrics are gated: their
    intervals hold together, and a report counts as false where any of them has such a verdict.
    """

    name: str
    about: str
    models: Models
    rows: int
    repetitions: int = 2_000
    draws: int = 1_999
    kind: str = "same"

    def run(self, rng: np.random.Generator, repetitions: int) -> Sums:
        """Count false verdicts."""
        population = self.models.population()
        metrics = BINARY if self.models.classes == 2 else MANY
        config = tool.settings(
            metrics, draws=self.draws, gates=[{"metric": metric, "fail_if": "worse"} for metric in metrics]
        )
        predictions = tool.prediction_set(positive=population.classes[1] if self.models.classes == 2 else None)
        sums: Sums = {"any": {"reports": 0.0, "false": 0.0, "disagree": 0.0}}
        sums |= {metric: {"judged": 0.0, "false": 0.0} for metric in metrics}
        for _ in range(repetitions):
            n = swapped(population, population.sample(rng, self.rows), rng)
            made = tool.report(joins.paired(population, n), config, predictions)
            false = {row.metric: row.verdict in _DIFFERENT for row in made.rows}
            for row in made.rows:
                sums[row.metric]["judged"] += row.interval is not None
                sums[row.metric]["false"] += false[row.metric]
            sums["any"]["reports"] += 1
            sums["any"]["false"] += any(false.values())
            sums["any"]["disagree"] += float(n[population.baseline != population.candidate].sum()) / self.rows
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
    """Rates of disagreement from 1% to 40%, small and large, balanced and rare."""
    return [
        Same(name="same-1%", about="2,000 rows, balanced", models=Models(together=0.97), rows=2_000),
        Same(name="same-3%", about="1,000 rows, balanced", models=Models(together=0.9), rows=1_000),
        Same(name="same-10%", about="500 rows, 1:3", models=Models(shares=(0.75, 0.25), together=0.7), rows=500),
        Same(name="same-30%", about="200 rows, balanced", models=Models(together=0.05), rows=200),
        Same(
            name="same-rare",
            about="5,000 rows, 1:99",
            models=Models(shares=(0.99, 0.01), baseline=(0.98, 0.7), candidate=(0.98, 0.7), together=0.3),
            rows=5_000,
        ),
        Same(
            name="same-10-classes", about="1,000 rows, 10 classes", models=Models(classes=10, together=0.6), rows=1_000
        ),
    ]

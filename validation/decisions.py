"""What verdicts do: power, margins, many slices, and many looks at one test set."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from steelyard.model.base import Value
from steelyard.model.comparison import Row, Verdict
from steelyard.model.counts import BoolArray, IntArray
from validation import joins, tool
from validation.population import Models, Population
from validation.study import Finding, Sums, binomial_limit, error, share


class Power(Value, frozen=True, kw_only=True):
    """How often a true difference of accuracy is found, beside the mid-p McNemar test on the same tables."""

    name: str
    about: str
    models: Models
    rows: int
    repetitions: int = 2_000
    kind: str = "power"

    def run(self, rng: np.random.Generator, repetitions: int) -> Sums:
        """Count verdicts, and tests below 5%."""
        population = self.models.population()
        config, predictions = tool.settings(["accuracy"]), tool.prediction_set()
        found = dict.fromkeys(("reports", "tool", "mid_p", "score"), 0.0)
        for _ in range(repetitions):
            n = population.sample(rng, self.rows)
            (row,) = tool.report(joins.paired(population, n), config, predictions).rows
            fixed, broken = discordant(population, n)
            found["reports"] += 1
            found["tool"] += row.verdict in {Verdict.BETTER, Verdict.WORSE}
            found["mid_p"] += mid_p(fixed, broken) < 0.05
            found["score"] += (fixed - broken) ** 2 > 3.841458820694124 * (fixed + broken)
        return {"accuracy": found}

    def findings(self, sums: Sums) -> Sequence[Finding]:
        """Within two points of the better known test."""
        numbers = sums["accuracy"]
        rates = {name: share(numbers[name], numbers["reports"]) for name in ("tool", "mid_p", "score")}
        near = max(abs((rates["tool"] or 0.0) - (rates[name] or 0.0)) for name in ("mid_p", "score"))
        return [Finding(subject="accuracy", numbers={**rates, "apart": near}, passed=near <= 0.02)]


def discordant(population: Population, n: IntArray) -> tuple[int, int]:
    """Rows that the candidate alone, and the baseline alone, has right."""
    ours, theirs = population.candidate == population.label, population.baseline == population.label
    return int(n[ours & ~theirs].sum()), int(n[theirs & ~ours].sum())


def mid_p(fixed: int, broken: int) -> float:
    """The two-sided mid-p value of McNemar's exact test (Fagerland, Lydersen & Laake 2013)."""
    from scipy.stats import binom

    trials, smaller = fixed + broken, min(fixed, broken)
    if fixed == broken:
        return 1.0
    return float(2.0 * binom.cdf(smaller, trials, 0.5) - binom.pmf(smaller, trials, 0.5))


class Edge(Value, frozen=True, kw_only=True):
    """A true difference of exactly the margin: `equivalent`, `no_worse` and `worse` are then all false."""

    name: str
    about: str
    models: Models
    rows: int
    metrics: tuple[str, ...] = ("accuracy", "f1", "balanced_accuracy")
    repetitions: int = 2_000
    kind: str = "edge"

    def run(self, rng: np.random.Generator, repetitions: int) -> Sums:
        """Count verdicts at the true loss of each metric."""
        population = self.models.population()
        losses = {metric: np.subtract(*population.truth(metric)[::-1]) for metric in self.metrics}
        sums: Sums = {}
        predictions = tool.prediction_set(positive=population.classes[-1])
        for metric in self.metrics:
            config = tool.settings(
                [metric], gates=[{"metric": metric, "fail_unless": "no_worse", "margin": float(losses[metric])}]
            )
            found = dict.fromkeys(("reports", "equivalent", "no_worse", "worse"), 0.0)
            for _ in range(repetitions):
                made = tool.report(joins.paired(population, population.sample(rng, self.rows)), config, predictions)
                found["reports"] += 1
                verdict = made.rows[0].verdict
                if verdict is not None and verdict.value in found:
                    found[verdict.value] += 1
            sums[metric] = found
        return sums

    def findings(self, sums: Sums) -> Sequence[Finding]:
        """Together at most 5%; a margin that does not matter is passed wrongly in half of that."""
        made = []
        for metric, numbers in sums.items():
            reports = numbers["reports"]
            names = ("equivalent", "no_worse", "worse")
            false = sum(numbers[name] for name in names)
            made.append(
                Finding(
                    subject=metric,
                    numbers={name: share(numbers[name], reports) for name in names}
                    | {"error": error(share(false, reports), reports)},
                    passed=false <= binomial_limit(0.05, int(reports)),
                )
            )
        return made


class Slices(Value, frozen=True, kw_only=True):
    """Many slices, most of them without a difference: among those flagged, at most 5% may be false."""

    name: str
    about: str
    slices: int
    different: int
    rows: tuple[int, int]
    same: Models = Models(together=0.6)
    changed: Models = Models(candidate=(0.68,), together=0.6)
    repetitions: int = 1_000
    kind: str = "slices"

    def run(self, rng: np.random.Generator, repetitions: int) -> Sums:
        """Add up the share of false flags, found differences, and flagged intervals that miss."""
        populations = tuple(
            (self.changed if index < self.different else self.same).population() for index in range(self.slices)
        )
        config, predictions = tool.settings(["accuracy"]), tool.prediction_set(slices=("region",))
        truth = [np.subtract(*population.truth("accuracy")) for population in populations]
        found = dict.fromkeys(_FLAGS, 0.0)
        for _ in range(repetitions):
            tables = tuple(one.sample(rng, int(rng.integers(*self.rows))) for one in populations)
            joined = joins.paired(populations[0], np.sum(tables, axis=0))
            joined = joins.with_slices(joined, joins.sliced("region", populations, tables))
            (made,) = tool.report(joined, config, predictions).sets
            _add_flags(found, made.slices, truth, different=self.different)
        return {"accuracy by slice": found}

    def findings(self, sums: Sums) -> Sequence[Finding]:
        """False discoveries, and intervals of the flagged that miss, at most 5% on average."""
        return _false_flags(sums, different=self.different)


class Chosen(Value, frozen=True, kw_only=True):
    """
    Two exchangeable trainings that differ in few rows, in quarters of a confidence that each of them writes.

    Slices have the rows that lie in one quarter on both sides, as where so few have moved that the column is judged.
    """

    name: str
    about: str
    rows: int
    luck: float = 3.0
    """Standard deviation of what a training adds to the log odds of a row in which it differs."""
    differ: float = 0.012
    """The share of these rows."""
    repetitions: int = 1_000
    kind: str = "slices"

    def run(self, rng: np.random.Generator, repetitions: int) -> Sums:
        """Add up the flags, all of which are false."""
        population = Models().population()
        config, predictions = tool.settings(["accuracy"]), tool.prediction_set(slices=("confidence",))
        found, size = dict.fromkeys(_FLAGS, 0.0), len(population.chances)
        for _ in range(repetitions):
            odds = 2.0 * rng.normal(size=self.rows)
            label = rng.random(self.rows) < 1.0 / (1.0 + np.exp(-odds))
            differ = rng.random(self.rows) < self.differ
            said = odds + rng.normal(0.0, 1.0, self.rows) + differ * rng.normal(0.0, self.luck, (2, self.rows))
            cell = _cells(label, *(said > 0.0))
            bins = np.array([np.searchsorted(np.quantile(one, _QUARTILES), one) for one in np.abs(said)])
            tables = tuple(np.bincount(cell[(bins == place).all(axis=0)], minlength=size) for place in range(4))
            joined = joins.paired(population, np.bincount(cell, minlength=size))
            joined = joins.with_slices(joined, joins.sliced("confidence", (population,) * len(tables), tables))
            (made,) = tool.report(joined, config, predictions).sets
            _add_flags(found, made.slices, [0.0] * len(tables), different=0)
        return {"accuracy by slice": found}

    def findings(self, sums: Sums) -> Sequence[Finding]:
        """Some slice is flagged in at most 5%."""
        return _false_flags(sums, different=0)


_QUARTILES = [0.25, 0.5, 0.75]

_FLAGS = ("reports", "flagged", "false_share", "true", "missed_share")


def _cells(label: BoolArray, candidate: BoolArray, baseline: BoolArray) -> IntArray:
    """The cell of each row in a population of two classes, `(rows,)`."""
    cells: IntArray = label * 4 + candidate * 2 + baseline
    return cells


def _add_flags(found: dict[str, float], slices: Sequence[Row], truth: Sequence[float], *, different: int) -> None:
    """Add one report's; the first `different` slices differ."""
    flagged = [row for row in slices if row.verdict in {Verdict.BETTER, Verdict.WORSE}]
    numbers = [int(row.group[1:]) for row in flagged]
    false = sum(number >= different for number in numbers)
    missed = sum(
        row.interval is None or not row.interval.low <= truth[number] <= row.interval.high
        for row, number in zip(flagged, numbers, strict=True)
    )
    found["reports"] += 1
    found["flagged"] += len(flagged)
    found["false_share"] += false / max(len(flagged), 1)
    found["missed_share"] += missed / max(len(flagged), 1)
    found["true"] += len(flagged) - false


def _false_flags(sums: Sums, *, different: int) -> list[Finding]:
    (numbers,) = sums.values()
    reports = numbers["reports"]
    limit = 0.05 + 2.326 * float(np.sqrt(0.05 * 0.95 / reports))
    rates = {
        "fdr": share(numbers["false_share"], reports),
        "missed": share(numbers["missed_share"], reports),
        "flagged": share(numbers["flagged"], reports),
        "found": share(numbers["true"], reports * different) if different else None,
    }
    passed = max(rates["fdr"] or 0.0, rates["missed"] or 0.0) <= limit
    return [Finding(subject="accuracy by slice", numbers=rates, passed=passed)]


class Looks(Value, frozen=True, kw_only=True):
    """
    Pushes of a change that does nothing: each is another training of the same code, on one test set.

    With `adjusted` the error is divided by the looks, and at the last one the candidate that looks best is shown again.
    """

    name: str
    about: str
    adjusted: bool = False
    pushes: int = 20
    rows: int = 1_000
    repetitions: int = 400
    kind: str = "looks"

    def run(self, rng: np.random.Generator, repetitions: int) -> Sums:
        """Count changes that were `better` at least once."""
        mode = "always" if self.adjusted else "never"
        gate = {"metric": "accuracy", "fail_unless": "better"}
        config, predictions = tool.settings(["accuracy"], gates=[gate], adjust_looks=mode), tool.prediction_set()
        population = Models().population()
        found = dict.fromkeys(("changes", "once", "pushes", "better", "last"), 0.0)
        for _ in range(repetitions):
            # Hard rows are a coin toss for every training, easy ones are nearly always right.
            chance = np.where(rng.random(self.rows) < 0.3, 0.5, 0.95)
            label = rng.integers(2, size=self.rows)
            theirs = np.where(rng.random(self.rows) < chance, label, 1 - label)
            better, best, most = 0, False, -1
            for look in range(1, self.pushes + 1):
                ours = np.where(rng.random(self.rows) < chance, label, 1 - label)
                made = joins.paired(population, np.bincount((label * 2 + theirs) * 2 + ours, minlength=8))
                looks = (look, self.pushes) if int((ours == label).sum()) > most else (look,)
                verdicts = []
                for taken in looks:
                    past = tool.after(predictions, taken - 1)
                    (row,) = tool.report(made, config, predictions, past=past).rows
                    verdicts.append(row.verdict is Verdict.BETTER)
                better += verdicts[0]
                if len(looks) > 1:
                    best, most = verdicts[1], int((ours == label).sum())
            found["changes"] += 1
            found["once"] += better > 0
            found["pushes"] += self.pushes
            found["better"] += better
            found["last"] += best
        return {"accuracy": found}

    def findings(self, sums: Sums) -> Sequence[Finding]:
        """What looking often does to an unadjusted verdict is documented, what an adjusted one promises is judged."""
        numbers = sums["accuracy"]
        once = share(numbers["once"], numbers["changes"])
        rates = {
            "once": once,
            "error": error(once, numbers["changes"]),
            "each": share(numbers["better"], numbers["pushes"]),
            "last": share(numbers["last"], numbers["changes"]) if self.adjusted else None,
        }
        passed = numbers["last"] <= binomial_limit(0.025, int(numbers["changes"])) if self.adjusted else None
        return [Finding(subject="accuracy", numbers=rates, passed=passed)]


def studies() -> list[Power | Edge | Slices | Chosen | Looks]:
    """All of them."""
    return [
        Power(
            name="power-200",
            about="200 rows, 0.75 → 0.83",
            models=Models(baseline=(0.75,), candidate=(0.83,)),
            rows=200,
        ),
        Power(
            name="power-1000",
            about="1,000 rows, 0.80 → 0.825",
            models=Models(candidate=(0.825,), together=0.6),
            rows=1_000,
        ),
        Power(
            name="power-5000-sparse",
            about="5,000 rows, 0.950 → 0.954, models differ in 1%",
            models=Models(baseline=(0.95,), candidate=(0.954,), together=0.93),
            rows=5_000,
        ),
        Edge(name="edge-50", about="50 rows, a loss of 0.05", models=Models(candidate=(0.75,), together=0.8), rows=50),
        Edge(
            name="edge-1000",
            about="1,000 rows, a loss of 0.02",
            models=Models(candidate=(0.78,), together=0.7),
            rows=1_000,
        ),
        Slices(
            name="slices-100", about="100 slices of 50 to 400 rows, 10 worse", slices=100, different=10, rows=(50, 400)
        ),
        Slices(
            name="slices-null",
            about="250 slices of 20 to 200 rows, none different",
            slices=250,
            different=0,
            rows=(20, 200),
        ),
        *(
            Chosen(
                name=f"slices-confidence-{rows}",
                about=f"{rows:,} rows, 1.2% of which change, slices by the model's own confidence, none different",
                rows=rows,
            )
            for rows in (30_000, 300_000)
        ),
        Looks(name="looks-20", about="20 pushes of a change that does nothing, 1,000 rows"),
        Looks(name="looks-20-adjusted", about="the same, with the error divided by the looks", adjusted=True),
    ]

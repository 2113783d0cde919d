"""Coverage of what needs single rows: ranks and losses of scores, regression errors, per-example marks."""

from __future__ import annotations

import math

import numpy as np
from msgspec import structs

from steelyard.model.base import Value
from steelyard.model.counts import FloatArray, IntArray, Joined, Rows, RowsOfSide
from validation import joins, tool
from validation.coverage import Coverage, Truth, of_truth
from validation.population import Models

_CLASSES = ("c000", "c001")
_NODES = 400_001


class Scores(Value, frozen=True, kw_only=True):
    """
    Two models whose logits are normal in each class, correlated with each other.

    The baseline's logit is N(±separation/2, 1) times `sharpness`; the probability that it states is its sigmoid. What a
    metric is in the population is its integral over the normal densities, on a fine grid.
    """

    rows: int
    positive: float = 0.5
    """Share of the positive class."""
    baseline: float = 1.5
    """Distance of the classes' means, in standard deviations."""
    candidate: float = 1.5
    sharpness: float = 1.5
    """Factor from score to logit; the separation itself would be calibrated at 1:1."""
    sharpness_of_baseline: float | None = None
    """Its factor; None: the same."""
    together: float = 0.7
    """Correlation of the two models' scores within a class."""
    per_cluster: int = 1
    """Rows of a cluster, which then has 0.4 of the variance of what the models share and of what each has alone."""
    weights: tuple[float, float] | None = None
    """Those that the rows of each class have in turn, whatever their scores."""

    def sample(self, rng: np.random.Generator) -> Joined:
        """New rows."""
        label = self._labels(rng)
        shared, own = self._noise(rng), self._noise(rng)
        theirs = shared + self.baseline * (label - 0.5)
        ours = self.together * shared + math.sqrt(1.0 - self.together**2) * own + self.candidate * (label - 0.5)
        return with_scores(
            label,
            self.probability(theirs, self._sharpness_there),
            self.probability(ours, self.sharpness),
            cluster=np.arange(self.rows) // self.per_cluster if self.per_cluster > 1 else None,
            weight=self._weights(label),
        )

    def truth(self) -> Truth:
        """Of every metric of scores."""
        ours = self._of_side(self.candidate, self.sharpness)
        theirs = self._of_side(self.baseline, self._sharpness_there)
        return {metric: (ours[metric], theirs[metric]) for metric in ours}

    @property
    def _sharpness_there(self) -> float:
        return self.sharpness if self.sharpness_of_baseline is None else self.sharpness_of_baseline

    def _labels(self, rng: np.random.Generator) -> IntArray:
        """With the very share of positives where rows are not alike: an interval is about the test set's own share."""
        if self.per_cluster == 1 and self.weights is None:
            return (rng.random(self.rows) < self.positive).astype(np.int64)
        return rng.permutation(np.arange(self.rows) < round(self.positive * self.rows)).astype(np.int64)

    def _weights(self, label: IntArray) -> FloatArray | None:
        if self.weights is None:
            return None
        weight = np.zeros(self.rows)
        for code in (0, 1):
            weight[label == code] = np.resize(self.weights, int((label == code).sum()))
        return weight

    def _noise(self, rng: np.random.Generator) -> FloatArray:
        """Standard normal."""
        rows: FloatArray = rng.normal(size=self.rows)
        if self.per_cluster == 1:
            return rows
        cluster = rng.normal(size=self.rows // self.per_cluster).repeat(self.per_cluster)
        mixed: FloatArray = math.sqrt(0.4) * cluster + math.sqrt(0.6) * rows
        return mixed

    def probability(self, score: FloatArray, sharpness: float | None = None) -> FloatArray:
        """What a model says whose sharpness is that, by default the candidate's."""
        sharpness = self.sharpness if sharpness is None else sharpness
        return 1.0 / (1.0 + np.exp(-sharpness * (score + math.log(self.positive / (1.0 - self.positive)))))

    def _of_side(self, separation: float, sharpness: float) -> dict[str, float]:
        grid = np.linspace(-12.0, 12.0, _NODES)
        step = grid[1] - grid[0]
        density = {y: np.exp(-0.5 * (grid - separation * (y - 0.5)) ** 2) / math.sqrt(2.0 * math.pi) for y in (0, 1)}
        chance = self.probability(grid, sharpness)
        # 1 - chance without cancellation in the far tail.
        against = 1.0 / (1.0 + np.exp(sharpness * (grid + math.log(self.positive / (1.0 - self.positive)))))
        share = {1: self.positive, 0: 1.0 - self.positive}
        above = {y: share[y] * (1.0 - np.cumsum(density[y]) * step + density[y] * step / 2.0) for y in (0, 1)}
        precision = above[1] / np.maximum(above[0] + above[1], 1e-300)
        loss = {1: -np.log(chance), 0: -np.log(against)}
        square = {1: against**2, 0: chance**2}
        return {
            "roc_auc": 0.5 * (1.0 + math.erf(separation / 2.0)),
            "average_precision": float((density[1] * precision).sum() * step),
            "log_loss": float(sum(share[y] * (density[y] * loss[y]).sum() for y in (0, 1)) * step),
            "brier_score": float(sum(share[y] * (density[y] * square[y]).sum() for y in (0, 1)) * step),
        }


def with_scores(
    label: IntArray,
    theirs: FloatArray,
    ours: FloatArray,
    *,
    cluster: IntArray | None = None,
    weight: FloatArray | None = None,
) -> Joined:
    """Rows with the probability of the positive class on both sides; predictions are what is more probable."""
    population = Models().population()
    cell = (label * 2 + (theirs > 0.5)) * 2 + (ours > 0.5)
    made = joins.paired(population, np.bincount(cell, minlength=8).astype(np.int64))
    rows = Rows(
        label=label,
        classes=_CLASSES,
        scored=(0, 1),
        candidate=RowsOfSide(scores=np.stack([1.0 - ours, ours], axis=1).astype(np.float32)),
        baseline=RowsOfSide(scores=np.stack([1.0 - theirs, theirs], axis=1).astype(np.float32)),
        cluster=cluster,
        weight=weight,
    )
    return structs.replace(made, rows=rows)


class Targets(Value, frozen=True, kw_only=True):
    """
    A regression: the target is normal, each model's error is its own part of noise times a scale.

    With `tails` the errors are those of Student's t with that many degrees of freedom.
    """

    rows: int
    spread: float = 3.0
    """Standard deviation of the target."""
    baseline: float = 1.0
    """Scale of the errors."""
    candidate: float = 1.0
    together: float = 0.6
    tails: int | None = None

    def sample(self, rng: np.random.Generator) -> Joined:
        """New rows."""
        target = rng.normal(10.0, self.spread, size=self.rows)
        noise = rng.normal(size=(2, self.rows))
        noise[1] = self.together * noise[0] + math.sqrt(1.0 - self.together**2) * noise[1]
        if self.tails is not None:
            noise /= np.sqrt(rng.chisquare(self.tails, size=self.rows) / self.tails)
        return with_targets(target, target + self.baseline * noise[0], target + self.candidate * noise[1])

    def truth(self) -> Truth:
        """Of the metrics that have a closed form here."""
        ours, theirs = self._of_side(self.candidate), self._of_side(self.baseline)
        return {metric: (ours[metric], theirs[metric]) for metric in ours}

    def _of_side(self, scale: float) -> dict[str, float]:
        mean, square, middle = math.sqrt(2.0 / math.pi), 1.0, 0.6744897501960817
        if (df := self.tails) is not None:
            from scipy.stats import t

            gammas = math.gamma((df + 1) / 2) / math.gamma(df / 2)
            mean = 2.0 * math.sqrt(df) * gammas / (math.sqrt(math.pi) * (df - 1))
            square = df / (df - 2)
            middle = float(t.ppf(0.75, df))
        mse = scale**2 * square
        return {
            "mae": scale * mean,
            "mse": mse,
            "rmse": math.sqrt(mse),
            "r2": 1.0 - mse / self.spread**2,
            "explained_variance": 1.0 - mse / self.spread**2,
            "pinball_0.9": scale * mean / 2.0,
            "median_absolute_error": scale * middle,
        }


def with_targets(target: FloatArray, theirs: FloatArray, ours: FloatArray) -> Joined:
    """Rows of a regression."""
    return Joined(
        pairing=joins.pairing(len(target)),
        joint=None,
        candidate=joins.no_counts(),
        baseline=joins.no_counts(),
        rows=Rows(label=target, candidate=RowsOfSide(prediction=ours), baseline=RowsOfSide(prediction=theirs)),
    )


class Marks(Value, frozen=True, kw_only=True):
    """
    One mark a row on both sides, in clusters where `per_cluster` is above 1 (samples of one problem).

    `skew`: the mark is exponential instead of a coin's 0 or 1 (`pass`).
    """

    rows: int
    per_cluster: int = 1
    skew: bool = False
    gain: float = 0.0

    def sample(self, rng: np.random.Generator) -> Joined:
        """New rows."""
        groups = self.rows // self.per_cluster
        cluster = np.repeat(np.arange(groups), self.per_cluster)
        if self.skew:
            ability = rng.gamma(1.0, 1.0, size=(groups, 1))[cluster]
            marks = ability * rng.exponential(1.0, size=(self.rows, 2)) * (1.0, 1.0 + self.gain)
        else:
            ability = rng.choice([0.15, 0.6, 0.95], size=groups)[cluster, None]
            marks = (rng.random((self.rows, 2)) < ability + np.array([0.0, self.gain])).astype(np.float64)
        return with_marks(marks[:, 0], marks[:, 1], cluster=cluster if self.per_cluster > 1 else None)

    def truth(self) -> Truth:
        """Of the mean mark."""
        plain = 1.0 if self.skew else (0.15 + 0.6 + 0.95) / 3.0
        better = (
            1.0 + self.gain if self.skew else float(np.minimum(np.array([0.15, 0.6, 0.95]) + self.gain, 1.0).mean())
        )
        return {"reward": (better, plain)}


class Problems(Value, frozen=True, kw_only=True):
    """Problems that are sampled several times by either model: samples pass or fail, by the problem's ability."""

    problems: int
    samples: int
    k: int
    gain: float = 0.0

    def sample(self, rng: np.random.Generator) -> Joined:
        """New problems and new samples."""
        cluster = np.repeat(np.arange(self.problems), self.samples)
        ability = rng.choice(_ABILITIES, size=self.problems)[cluster]
        theirs, ours = ((rng.random(len(cluster)) < ability + gain).astype(np.float64) for gain in (0.0, self.gain))
        return with_marks(theirs, ours, cluster=cluster, name="passed")

    def truth(self) -> Truth:
        """Of pass@1 and pass@k: that at least one of so many samples passes."""
        ours, theirs = (
            {k: float((1.0 - (1.0 - _ABILITIES - gain) ** k).mean()) for k in (1, self.k)} for gain in (self.gain, 0.0)
        )
        return {f"pass@{k}": (ours[k], theirs[k]) for k in ours}


_ABILITIES = np.array([0.02, 0.1, 0.3, 0.6, 0.9])
"""Chances that a sample of a problem passes; each is as frequent."""


def with_marks(theirs: FloatArray, ours: FloatArray, *, cluster: IntArray | None, name: str = "reward") -> Joined:
    """Rows that have nothing but a mark on each side."""
    return Joined(
        pairing=joins.pairing(len(ours)),
        joint=None,
        candidate=joins.no_counts(),
        baseline=joins.no_counts(),
        rows=Rows(
            label=None,
            measures=(name,),
            candidate=RowsOfSide(measures=ours[:, None]),
            baseline=RowsOfSide(measures=theirs[:, None]),
            cluster=cluster,
        ),
    )


def studies() -> list[Coverage]:
    """All of them."""
    return [
        of_scores("scores-100", "100 rows, balanced", Scores(rows=100)),
        of_scores("scores-330", "330 rows, balanced", Scores(rows=330)),
        of_scores(
            "scores-1000-better", "1,000 rows, 1:3, truly better", Scores(rows=1_000, positive=0.25, candidate=1.7)
        ),
        of_scores(
            "scores-2000-rare", "2,000 rows, 1:99", Scores(rows=2_000, positive=0.01, baseline=2.5, candidate=2.5)
        ),
        of_scores(
            "scores-5000-rare",
            "5,000 rows, 1:49, alike",
            Scores(rows=5_000, positive=0.02, together=0.97, baseline=2.0, candidate=2.0),
        ),
        of_scores(
            "scores-500-sharp", "500 rows, far too sure of themselves", Scores(rows=500, sharpness=6.0, candidate=1.6)
        ),
        of_scores("scores-clusters", "200 clusters of 10 rows", Scores(rows=2_000, per_cluster=10)),
        of_scores(
            "scores-clusters-rare",
            "60 clusters of 50 rows, 1:19, truly better",
            Scores(rows=3_000, positive=0.05, per_cluster=50, candidate=1.7),
        ),
        of_scores("scores-weights", "2,000 rows, weights 0.5 and 4", Scores(rows=2_000, weights=(0.5, 4.0))),
        _targets("regression-50", "50 rows, normal errors", Targets(rows=50)),
        _targets("regression-100", "100 rows, normal errors", Targets(rows=100)),
        _targets("regression-300-better", "300 rows, normal errors, truly better", Targets(rows=300, candidate=0.9)),
        _targets("regression-500-tails", "500 rows, errors with heavy tails (t, 3 df)", Targets(rows=500, tails=3)),
        _targets("regression-2000-tails", "2,000 rows, errors with tails (t, 6 df)", Targets(rows=2_000, tails=6)),
        _targets("regression-100-alone", "100 rows, normal errors, no baseline", Targets(rows=100), alone=True),
        _targets(
            "regression-500-alone",
            "500 rows, heavy tails (t, 3 df), no baseline",
            Targets(rows=500, tails=3),
            alone=True,
        ),
        _targets(
            "regression-2000-alone",
            "2,000 rows, tails (t, 6 df), no baseline",
            Targets(rows=2_000, tails=6),
            alone=True,
        ),
        _marks("marks-50", "50 problems, passed or not", Marks(rows=50)),
        _marks("marks-300-skew", "300 rewards, exponential", Marks(rows=300, skew=True, gain=0.1)),
        _marks("marks-40x5", "40 problems, 5 samples each, passed or not", Marks(rows=200, per_cluster=5)),
        _marks("marks-200x8-skew", "200 problems, 8 rewards each", Marks(rows=1_600, per_cluster=8, skew=True)),
        _problems("pass-500x5", "500 problems, 5 samples each: pass@k", Problems(problems=500, samples=5, k=5)),
        _problems("pass-164x5", "164 problems, 5 samples each: pass@k", Problems(problems=164, samples=5, k=2)),
        _problems(
            "pass-60x20",
            "60 problems, 20 samples each, truly better: pass@k",
            Problems(problems=60, samples=20, k=5, gain=0.05),
        ),
    ]


def of_scores(name: str, about: str, made: Scores) -> Coverage:
    """Coverage of reports on probabilities."""
    predictions = tool.prediction_set(
        positive="c001",
        scores=_CLASSES,
        labels=_CLASSES,
        cluster="patient" if made.per_cluster > 1 else None,
        weight=None if made.weights is None else "w",
    )
    return of_truth(name, f"{about}: scores", made.sample, made.truth(), predictions)


def _targets(name: str, about: str, made: Targets, *, alone: bool = False) -> Coverage:
    predictions = tool.prediction_set(kind="regression", label_type="float")
    both = of_truth(name, f"{about}: regression", made.sample, made.truth(), predictions, repetitions=5_000)
    return structs.replace(both, alone=alone)


def _marks(name: str, about: str, made: Marks) -> Coverage:
    predictions = tool.prediction_set(
        kind="measures", measures=("reward",), cluster="problem" if made.per_cluster > 1 else None
    )
    return of_truth(name, about, made.sample, made.truth(), predictions, repetitions=10_000)


def _problems(name: str, about: str, made: Problems) -> Coverage:
    predictions = tool.prediction_set(kind="measures", measures=("passed",), cluster="problem")
    return of_truth(name, about, made.sample, made.truth(), predictions, repetitions=5_000)

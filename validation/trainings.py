"""Coverage of repeated trainings for what needs single rows: scores, regression errors, per-example marks."""

from __future__ import annotations

import math

import numpy as np
from msgspec import structs

from steelyard.model.base import Value
from steelyard.model.counts import FloatArray, Joined, RowsOfSide
from validation import tool
from validation.coverage import Coverage, Truth, of_truth
from validation.scored import Scores, with_marks, with_scores, with_targets

LUCKS = np.array([-1.5, -0.5, 0.5, 1.5]) / np.sqrt(1.25)
"""How lucky a training is, in standard deviations: four values, each as likely; mean 0, variance 1."""


def _own(rng: np.random.Generator, shared: FloatArray, together: float) -> FloatArray:
    """A training's view of rows: correlated with `shared`, standard normal where that is."""
    found: FloatArray = together * shared + math.sqrt(1.0 - together**2) * rng.normal(size=len(shared))
    return found


class ScoreTrainings(Value, frozen=True, kw_only=True):
    """Trainings whose separation of the classes differs by luck; each sees the rows a little differently."""

    rows: int
    times: int
    positive: float = 0.5
    baseline: float = 1.5
    candidate: float = 1.5
    luck: float = 0.15
    """Standard deviation of the separation between trainings."""
    together: float = 0.8

    def sample(self, rng: np.random.Generator) -> Joined:
        """New rows and new trainings."""
        label = (rng.random(self.rows) < self.positive).astype(np.int64)
        shared = rng.normal(size=self.rows)
        theirs, ours = (
            [
                self._scores(luck).probability(_own(rng, shared, self.together) + (mean + luck) * (label - 0.5))
                for luck in self.luck * rng.choice(LUCKS, size=self.times)
            ]
            for mean in (self.baseline, self.candidate)
        )
        first = with_scores(label, theirs[0], ours[0])
        return _repeated(first, [_of_scores(one) for one in ours[1:]], [_of_scores(one) for one in theirs[1:]])

    def truth(self) -> Truth:
        """Of each metric, its mean over the luck of training."""
        found = [self._scores(luck).truth() for luck in self.luck * LUCKS]
        return {
            metric: (
                float(np.mean([one[metric][0] for one in found])),
                float(np.mean([one[metric][1] for one in found])),
            )
            for metric in found[0]
        }

    def _scores(self, luck: float) -> Scores:
        return Scores(
            rows=self.rows,
            positive=self.positive,
            baseline=self.baseline + luck,
            candidate=self.candidate + luck,
        )


def _of_scores(positive: FloatArray) -> RowsOfSide:
    return RowsOfSide(scores=np.stack([1.0 - positive, positive], axis=1).astype(np.float32))


class TargetTrainings(Value, frozen=True, kw_only=True):
    """A regression whose errors are larger or smaller by the luck of training; pairs are candidate and baseline."""

    rows: int
    times: tuple[int, int]
    baseline: float = 1.0
    candidate: float = 1.0
    luck: tuple[float, float] = (0.05, 0.05)
    """Standard deviation of the scale of the errors between trainings, relative."""
    normal: bool = False
    """Luck is normal; else one of four values."""
    together: float = 0.7
    spread: float = 3.0

    def sample(self, rng: np.random.Generator) -> Joined:
        """New rows and new trainings."""
        target, shared = rng.normal(10.0, self.spread, size=self.rows), rng.normal(size=self.rows)
        theirs, ours = (
            [
                target + scale * (1.0 + luck) * _own(rng, shared, self.together)
                for luck in deviation * (rng.normal(size=times) if self.normal else rng.choice(LUCKS, size=times))
            ]
            for scale, deviation, times in (
                (self.baseline, self.luck[1], self.times[1]),
                (self.candidate, self.luck[0], self.times[0]),
            )
        )
        first = with_targets(target, theirs[0], ours[0])
        return _repeated(
            first, [RowsOfSide(prediction=one) for one in ours[1:]], [RowsOfSide(prediction=one) for one in theirs[1:]]
        )

    def truth(self) -> Truth:
        """The mean over the luck of training, of which only mean and variance matter."""
        ours, theirs = self._of_side(self.candidate, self.luck[0]), self._of_side(self.baseline, self.luck[1])
        return {metric: (ours[metric], theirs[metric]) for metric in ours}

    def _of_side(self, scale: float, luck: float) -> dict[str, float]:
        return {
            "mae": scale * math.sqrt(2.0 / math.pi),
            "rmse": scale,
            "r2": 1.0 - scale**2 * (1.0 + luck**2) / self.spread**2,
        }


class MarkTrainings(Value, frozen=True, kw_only=True):
    """Marks of 0 or 1, in clusters of samples of one problem; a training is lucky or not on all problems."""

    problems: int
    samples: int
    times: int
    luck: float = 0.03
    gain: float = 0.0

    def sample(self, rng: np.random.Generator) -> Joined:
        """New problems and new trainings."""
        cluster = np.repeat(np.arange(self.problems), self.samples)
        ability = rng.choice(_ABILITIES, size=self.problems)[cluster]
        theirs, ours = (
            [
                (rng.random(len(cluster)) < ability + gain + luck).astype(np.float64)
                for luck in self.luck * rng.choice(LUCKS, size=self.times)
            ]
            for gain in (0.0, self.gain)
        )
        first = with_marks(theirs[0], ours[0], cluster=cluster if self.samples > 1 else None)
        return _repeated(
            first,
            [RowsOfSide(measures=one[:, None]) for one in ours[1:]],
            [RowsOfSide(measures=one[:, None]) for one in theirs[1:]],
        )

    def truth(self) -> Truth:
        """Of the mean mark; abilities and luck leave room to both sides."""
        plain = float(_ABILITIES.mean())
        return {"reward": (plain + self.gain, plain)}


_ABILITIES = np.array([0.15, 0.5, 0.8])


def _repeated(first: Joined, ours: list[RowsOfSide], theirs: list[RowsOfSide]) -> Joined:
    """The same rows with further trainings."""
    rows = first.rows
    if rows is None or rows.baseline is None:
        return first
    both = [
        structs.replace(one, further=tuple(further))
        for one, further in ((rows.candidate, ours), (rows.baseline, theirs))
    ]
    return structs.replace(first, rows=structs.replace(rows, candidate=both[0], baseline=both[1]))


def studies() -> list[Coverage]:
    """Few trainings, and more."""
    return [
        _scores("seeds-scores-3", "3 trainings a side, 500 rows: scores", ScoreTrainings(rows=500, times=3)),
        _scores(
            "seeds-scores-2-rare",
            "2 trainings a side, 2,000 rows, 1:19: scores",
            ScoreTrainings(rows=2_000, times=2, positive=0.05, luck=0.3),
        ),
        _scores(
            "seeds-scores-20",
            "20 trainings a side, 500 rows, truly better: scores",
            ScoreTrainings(rows=500, times=20, candidate=1.7),
        ),
        _targets(
            "seeds-regression-3", "3 trainings a side, 300 rows: regression", TargetTrainings(rows=300, times=(3, 3))
        ),
        _targets(
            "seeds-regression-10",
            "10 trainings a side, 300 rows, truly better: regression",
            TargetTrainings(rows=300, times=(10, 10), candidate=0.95),
        ),
        _targets(
            "seeds-regression-2-20",
            "2 and 20 trainings, 300 rows: regression",
            TargetTrainings(rows=300, times=(2, 20), luck=(0.08, 0.08), normal=True),
        ),
        _targets(
            "seeds-regression-3-5",
            "3 trainings of luck 0.1 and 5 of luck 0.02, 300 rows: regression",
            TargetTrainings(rows=300, times=(3, 5), luck=(0.1, 0.02), normal=True),
        ),
        _targets(
            "seeds-regression-2-5",
            "2 trainings of luck 0.1 and 5 of luck 0.01, 300 rows: regression",
            TargetTrainings(rows=300, times=(2, 5), luck=(0.1, 0.01), normal=True),
        ),
        _marks("seeds-marks-5", "5 trainings a side, 400 examples", MarkTrainings(problems=400, samples=1, times=5)),
        _marks(
            "seeds-marks-60x5",
            "3 trainings a side, 60 problems, 5 samples each",
            MarkTrainings(problems=60, samples=5, times=3, gain=0.05),
        ),
    ]


def _scores(name: str, about: str, made: ScoreTrainings) -> Coverage:
    predictions = tool.prediction_set(positive="c001", scores=("c000", "c001"), labels=("c000", "c001"))
    return of_truth(name, about, made.sample, made.truth(), predictions)


def _targets(name: str, about: str, made: TargetTrainings) -> Coverage:
    predictions = tool.prediction_set(kind="regression", label_type="float")
    return of_truth(name, about, made.sample, made.truth(), predictions)


def _marks(name: str, about: str, made: MarkTrainings) -> Coverage:
    cluster = "problem" if made.samples > 1 else None
    predictions = tool.prediction_set(kind="measures", measures=("reward",), cluster=cluster)
    return of_truth(name, about, made.sample, made.truth(), predictions)

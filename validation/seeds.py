"""Coverage of repeated trainings: the claim is about training again, not about the one model at hand."""

from __future__ import annotations

import numpy as np
from msgspec import structs

from steelyard.model.base import Value
from steelyard.model.counts import Joined, RepeatedCounts
from validation import joins, tool
from validation.coverage import Coverage, Truth, of_truth
from validation.population import Models
from validation.trainings import LUCKS


class Trainings(Value, frozen=True, kw_only=True):
    """
    Several trainings on either side, each with a luck of its own, on the same rows.

    A row is easy or hard for all trainings; the chance to be right moves with the training's luck.
    """

    rows: int
    times: int
    baseline: float = 0.80
    candidate: float = 0.80
    luck: float = 0.02
    """Standard deviation of the accuracy between trainings."""
    hard: float = 0.15
    """Half the distance in accuracy between easy and hard rows."""

    def sample(self, rng: np.random.Generator) -> Joined:
        """New rows and new trainings."""
        label = rng.integers(2, size=self.rows)
        ease = self.hard * rng.choice([-1.0, 1.0], size=self.rows)
        sides = [self._predictions(rng, label, mean + ease) for mean in (self.baseline, self.candidate)]
        table = np.column_stack([label, *sides])
        cells, n = np.unique(table, axis=0, return_counts=True)
        first = (label * 2 + sides[0][:, 0]) * 2 + sides[1][:, 0]
        made = joins.paired(Models().population(), np.bincount(first, minlength=8).astype(np.int64))
        repeats = RepeatedCounts(
            classes=made.candidate.classes,
            n_labels=2,
            label=cells[:, 0],
            baseline=cells[:, 1 : 1 + self.times],
            candidate=cells[:, 1 + self.times :],
            n=n,
        )
        return structs.replace(made, repeats=repeats)

    def truth(self) -> Truth:
        """The expected accuracy of a training; with labels at 1:1 and errors alike, of balanced accuracy as well."""
        both = self.candidate, self.baseline
        return {"accuracy": both, "balanced_accuracy": both}

    def _predictions(self, rng: np.random.Generator, label: np.ndarray, chance: np.ndarray) -> np.ndarray:
        luck = self.luck * rng.choice(LUCKS, size=self.times)
        right = rng.random((len(label), self.times)) < chance[:, None] + luck
        return np.where(right, label[:, None], 1 - label[:, None])


def studies() -> list[Coverage]:
    """Few trainings, and more."""
    return [
        _study("seeds-2", "2 trainings a side, 500 rows", Trainings(rows=500, times=2)),
        _study("seeds-3", "3 trainings a side, 1,000 rows", Trainings(rows=1_000, times=3)),
        _study("seeds-5-lucky", "5 trainings a side, 2,000 rows, luck 0.03", Trainings(rows=2_000, times=5, luck=0.03)),
        _study(
            "seeds-5-better", "5 trainings a side, 500 rows, truly better", Trainings(rows=500, times=5, candidate=0.83)
        ),
        _study("seeds-20", "20 trainings a side, 500 rows", Trainings(rows=500, times=20)),
    ]


def _study(name: str, about: str, made: Trainings) -> Coverage:
    return of_truth(name, about, made.sample, made.truth(), tool.prediction_set(positive="c001"))

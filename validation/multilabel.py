"""Coverage where a row has several labels: cells of sets of classes, for which scikit-learn has indicator matrices."""

from __future__ import annotations

import itertools
import json

import numpy as np

from steelyard.model.base import Value
from steelyard.model.counts import FloatArray, IntArray, Joined
from validation import joins, tool
from validation.coverage import Coverage, Truth
from validation.population import Population

METRICS = ("accuracy", "f1_macro", "f1_micro", "recall_macro", "recall[t2]", "f1_samples", "hamming_loss")


class Tags(Value, frozen=True, kw_only=True):
    """Rows that have each tag with a chance of its own; each model finds a tag, or adds it, by itself."""

    rows: int
    shares: tuple[float, ...] = (0.5, 0.3, 0.15)
    found: tuple[float, float] = (0.8, 0.8)
    """Chance that a tag that is there is predicted, by the baseline and by the candidate."""
    added: float = 0.05
    """Chance that a tag that is not there is predicted, by either."""
    together: float = 0.6
    """Share of tags on which both models have the same luck."""

    def population(self) -> Population:
        """Cells of sets; the code of a set is its place among all sets, in alphabetical order of their text."""
        tables = [self._of_tag(share) for share in self.shares]
        order = _texts(len(self.shares))
        code = {text: index for index, text in enumerate(sorted(order))}
        cells: dict[tuple[int, int, int], float] = {}
        for combination in itertools.product(*(table.items() for table in tables)):
            chance = float(np.prod([one for _, one in combination]))
            sides = np.array([cell for cell, _ in combination]).T
            key = tuple(code[order[int(side @ (2 ** np.arange(len(side))))]] for side in sides)
            cells[key[0], key[1], key[2]] = chance
        columns = np.array(sorted(cells))
        return Population(
            label=columns[:, 0],
            baseline=columns[:, 1],
            candidate=columns[:, 2],
            chances=np.array([cells[label, theirs, ours] for label, theirs, ours in columns.tolist()]),
            n_labels=len(order),
            n_classes=len(order),
            names=tuple(sorted(order)),
        )

    def _of_tag(self, share: float) -> dict[tuple[int, int, int], float]:
        """The chance of each (is there, baseline says so, candidate says so)."""
        chances = {}
        for there, theirs, ours in itertools.product((0, 1), repeat=3):
            yes = [chance if there else self.added for chance in self.found]
            apart = _chance(yes[0], theirs) * _chance(yes[1], ours)
            low, high = min(yes), max(yes)
            # The same luck: whoever finds less finds it only where the other one does.
            alike = {
                (1, 1): low,
                (0, 0): 1.0 - high,
                (1, 0): max(yes[0] - yes[1], 0.0),
                (0, 1): max(yes[1] - yes[0], 0.0),
            }
            says = self.together * alike[theirs, ours] + (1.0 - self.together) * apart
            chances[there, theirs, ours] = (share if there else 1.0 - share) * says
        return chances

    def truth(self) -> Truth:
        """Scikit-learn's metrics of the indicator matrices of all cells."""
        population = self.population()
        label = _indicators(population.label, population.names)
        return {
            metric: (
                _value(metric, label, _indicators(population.candidate, population.names), population.chances),
                _value(metric, label, _indicators(population.baseline, population.names), population.chances),
            )
            for metric in METRICS
        }


def _chance(yes: float, said: int) -> float:
    return yes if said else 1.0 - yes


def _texts(tags: int) -> list[str]:
    """The text of each set; bit i of the place says whether tag i is in it."""
    return [
        json.dumps([f"t{tag}" for tag in range(tags) if place >> tag & 1], separators=(",", ":"))
        for place in range(2**tags)
    ]


def _indicators(codes: IntArray, names: tuple[str, ...]) -> IntArray:
    sets = [json.loads(name) for name in names]
    tags = sorted({tag for one in sets for tag in one})
    return np.array([[tag in sets[code] for tag in tags] for code in codes], dtype=np.int64)


def _value(metric: str, label: IntArray, said: IntArray, weights: FloatArray) -> float:
    from sklearn import metrics

    if metric == "accuracy":
        return float(metrics.accuracy_score(label, said, sample_weight=weights))
    if metric == "hamming_loss":
        return float(metrics.hamming_loss(label, said, sample_weight=weights))
    if metric == "recall[t2]":
        return float(metrics.recall_score(label[:, 2], said[:, 2], sample_weight=weights))
    name, _, average = metric.partition("_")
    function = getattr(metrics, f"{name}_score")
    return float(function(label, said, average=average, sample_weight=weights, zero_division=0))


def studies() -> list[Coverage]:
    """Small and large."""
    return [
        _study("tags-300", "300 rows with up to 3 tags", Tags(rows=300)),
        _study(
            "tags-1000-rare",
            "1,000 rows with up to 3 tags, one of them rare",
            Tags(rows=1_000, shares=(0.5, 0.3, 0.03)),
        ),
        _study("tags-2000-better", "2,000 rows with up to 3 tags, truly better", Tags(rows=2_000, found=(0.8, 0.83))),
    ]


def _study(name: str, about: str, made: Tags) -> Coverage:
    population = made.population()

    def sample(rng: np.random.Generator) -> Joined:
        return joins.paired(population, population.sample(rng, made.rows))

    return Coverage(
        name=name,
        about=about,
        sample=sample,
        truth=made.truth(),
        predictions=tool.prediction_set(kind="multilabel", labels=population.names),
        config=tool.settings(METRICS),
        repetitions=2_000,
    )

"""Coverage of confusion metrics on independent rows: sizes, rare classes, many classes, alike and unlike models."""

from __future__ import annotations

import numpy as np
from msgspec import structs

from steelyard.model.counts import Joined
from validation import joins, tool
from validation.coverage import Coverage
from validation.population import Models, Population

BINARY = ("accuracy", "recall", "precision", "f1", "balanced_accuracy", "matthews_corrcoef")
SCORES = ("accuracy", "recall")
"""Those with score intervals, which take no draws: cheap enough for many repetitions."""

MANY = ("accuracy", "balanced_accuracy", "f1_macro", "precision_macro", "f1_weighted", "matthews_corrcoef")


def studies() -> list[Coverage]:
    """All of them."""
    plain = _studies()
    return [*(_scores(one) for one in plain if one.repetitions == REPETITIONS), *plain]


REPETITIONS = 1_500


def _scores(study: Coverage) -> Coverage:
    """The same with many repetitions of what costs little."""
    kept = {metric: truth for metric, truth in study.truth.items() if metric.startswith(SCORES)}
    return structs.replace(
        study, name=f"{study.name}-score", truth=kept, config=tool.settings(SCORES), repetitions=10_000
    )


def _studies() -> list[Coverage]:
    rare = (0.99, 0.01)
    return [
        _study("n50", 50, "balanced, unlike models", Models(together=0.2)),
        _study("n50-better", 50, "balanced, truly better", Models(baseline=(0.7,), candidate=(0.85,), together=0.5)),
        _study("n100-good", 100, "balanced, both right in 98%", Models(baseline=(0.98,), candidate=(0.98,))),
        _study(
            "n200-rare", 200, "1:99", Models(shares=rare, baseline=(0.98, 0.6), candidate=(0.98, 0.7), together=0.5)
        ),
        _study("n300-uneven", 300, "1:3", Models(shares=(0.75, 0.25), baseline=(0.85, 0.7), candidate=(0.88, 0.75))),
        _study("n1000-alike", 1_000, "balanced, very alike models", Models(together=0.9)),
        _study("n1000-sparse", 1_000, "balanced, models differ in 1.5%", Models(candidate=(0.805,), together=0.97)),
        _study("n1000-unlike", 1_000, "balanced, independent errors", Models(candidate=(0.83,), together=0.0)),
        _study(
            "n2000-rare",
            2_000,
            "1:99",
            Models(shares=rare, baseline=(0.985, 0.6), candidate=(0.985, 0.6), together=0.3),
        ),
        _study(
            "n10000-rare",
            10_000,
            "1:99, truly better",
            Models(shares=rare, baseline=(0.99, 0.7), candidate=(0.99, 0.8), together=0.7),
        ),
        _study(
            "n100000-rare",
            100_000,
            "1:99, alike models",
            Models(shares=rare, baseline=(0.99, 0.7), candidate=(0.99, 0.7), together=0.8),
        ),
        _study("n500-10", 500, "10 classes", Models(classes=10, candidate=(0.82,), together=0.4), repetitions=1_000),
        _study(
            "n3000-10-rare",
            3_000,
            "10 classes, the last 1% of the rows",
            Models(classes=10, shares=(*(0.11,) * 9, 0.01), baseline=(0.85,), candidate=(0.85,)),
            repetitions=1_000,
        ),
        _study(
            "n1000-10-stray",
            1_000,
            "10 classes, stray predictions",
            Models(classes=10, stray=0.2, candidate=(0.83,)),
            repetitions=1_000,
        ),
        _study(
            "n100000-10",
            100_000,
            "10 classes of falling sizes",
            Models(classes=10, shares=tuple(0.7**y for y in range(10)), baseline=(0.9,), candidate=(0.902,)),
            repetitions=1_000,
        ),
        _study(
            "n10000-100",
            10_000,
            "100 classes",
            Models(classes=100, baseline=(0.7,), candidate=(0.71,)),
            repetitions=500,
        ),
        _study("n500-unpaired", 500, "two samples, unpaired", Models(candidate=(0.83,)), unpaired=True),
    ]


def _study(
    name: str, rows: int, about: str, models: Models, *, repetitions: int = REPETITIONS, unpaired: bool = False
) -> Coverage:
    population = models.population()
    metrics = BINARY if models.classes == 2 else MANY
    positive = population.classes[1] if models.classes == 2 else None

    def sample(rng: np.random.Generator) -> Joined:
        if unpaired:
            return joins.unpaired(population, population.sample(rng, rows), population.sample(rng, rows))
        return joins.paired(population, population.sample(rng, rows))

    return Coverage(
        name=name,
        about=f"{rows:,} rows, {about}",
        sample=sample,
        truth={metric: population.truth(metric) for metric in metrics} | recalls(population),
        predictions=tool.prediction_set(positive=positive),
        config=tool.settings(metrics),
        repetitions=repetitions,
    )


def recalls(population: Population) -> dict[str, tuple[float, float]]:
    """The true recall of each class, for both sides."""
    made = {}
    for code, name in enumerate(population.classes[: population.n_labels]):
        chances = np.where(population.label == code, population.chances, 0.0)
        ours, theirs = (
            float(chances[said == population.label].sum() / chances.sum())
            for said in (population.candidate, population.baseline)
        )
        made[f"recall[{name}]"] = (ours, theirs)
    return made

"""
Why the usual ways are not used: what they do on data where the truth is known.

Nothing here calls the tool. Each lesson is the textbook method as it is commonly written, kept as short as it can be.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np

from steelyard.model.base import Value
from steelyard.model.counts import FloatArray
from validation.study import Finding, Sums

_DRAWS = 999
_Z = 1.959963984540054

Numbers = Mapping[str, float]
"""By what was done: what came of it, in one repetition."""


class Lesson(Value, frozen=True, kw_only=True):
    """A naive method on simulated data; the mean of a number over repetitions."""

    name: str
    about: str
    once: Callable[[np.random.Generator], Numbers]
    instead: str
    """What steelyard does."""
    repetitions: int = 2_000
    kind: str = "lessons"

    def run(self, rng: np.random.Generator, repetitions: int) -> Sums:
        """Add up the numbers and their squares."""
        sums: Sums = {}
        for _ in range(repetitions):
            for subject, number in self.once(rng).items():
                added = sums.setdefault(subject, dict.fromkeys(("count", "sum", "squares"), 0.0))
                added["count"] += 1.0
                added["sum"] += number
                added["squares"] += number * number
        return sums

    def findings(self, sums: Sums) -> Sequence[Finding]:
        """Documented, not judged."""
        made = []
        for subject, added in sums.items():
            mean = added["sum"] / added["count"]
            spread = max(added["squares"] / added["count"] - mean * mean, 0.0)
            numbers: dict[str, float | None] = {"naive": mean, "spread": math.sqrt(spread / added["count"])}
            made.append(Finding(subject=subject, numbers=numbers, passed=None, note=self.instead))
        return made


def rare_f1(rng: np.random.Generator) -> Numbers:
    """Bootstrap intervals of F1 with about two positive rows in 200."""
    chances = np.array([0.006, 0.004, 0.006, 0.984])  # right, missed, false alarms, the rest
    n = rng.multinomial(200, chances)
    truth, value = float(_f1(chances[None])[0]), float(_f1(n[None])[0])
    draws = np.sort(_f1(rng.multinomial(200, n / 200.0, size=_DRAWS)))
    percentile = draws[24] <= truth <= draws[-25]
    low, high = _bca_shares(draws, value, n)
    bca = draws[round(low * (_DRAWS - 1))] <= truth <= draws[round(high * (_DRAWS - 1))]
    return {"percentile bootstrap: coverage of 95%": float(percentile), "BCa bootstrap: coverage of 95%": float(bca)}


def _f1(cells: FloatArray | np.ndarray) -> FloatArray:
    right, missed, false = cells[:, 0], cells[:, 1], cells[:, 2]
    whole = 2.0 * right + missed + false
    return np.divide(2.0 * right, whole, out=np.zeros(len(cells)), where=whole > 0)


def _bca_shares(draws: FloatArray, value: float, n: np.ndarray) -> tuple[float, float]:
    """The shares of the draws between which BCa's interval lies (Efron 1987); ties of the value count half."""
    from scipy.special import ndtr, ndtri

    below = (np.mean(draws < value) + np.mean(draws <= value)) / 2.0
    if not 0.0 < below < 1.0:
        return 0.025, 0.975
    left_out = _f1(n - np.eye(4))[n > 0]
    gaps = np.average(left_out, weights=n[n > 0]) - left_out
    scale = float((n[n > 0] * gaps**2).sum())
    bend = float((n[n > 0] * gaps**3).sum()) / (6.0 * scale**1.5) if scale > 0.0 else 0.0
    bias = float(ndtri(below))
    shares = [float(ndtr(bias + (bias + z) / (1.0 - bend * (bias + z)))) for z in (-_Z, _Z)]
    return shares[0], shares[1]


def clusters(rng: np.random.Generator, *, size: int) -> Numbers:
    """McNemar's test over rows, where on average nothing differs but each patient suits one model better."""
    patients = 2_000 // size
    lean = rng.choice([-1.0, 1.0], size=patients)
    differ = rng.random((patients, size)) < 0.3
    fixed = differ & (rng.random((patients, size)) < 0.5 + 0.26 * lean[:, None])
    gain, loss = int(fixed.sum()), int((differ & ~fixed).sum())
    return {f"{size} rows a patient: null rejected at 5%": float((gain - loss) ** 2 > _Z**2 * (gain + loss))}


def calibrated(rng: np.random.Generator) -> Numbers:
    """The binned calibration error, in 15 bins, of a model that is calibrated perfectly."""
    chance = rng.random(200)
    label = rng.random(200) < chance
    bins = (chance * 15).astype(int)
    gaps = np.abs(np.bincount(bins, label - chance, 15))
    return {"expected calibration error at n = 200 (truth: 0)": float(gaps.sum()) / 200.0}


def stray_label(rng: np.random.Generator) -> Numbers:
    """Macro F1 over ten classes, before and after one row is predicted as something that is no class."""
    from sklearn.metrics import f1_score

    label = np.repeat(np.arange(10), 100)
    wrong = rng.permuted(np.tile(np.arange(100) < 20, (10, 1)), axis=1).ravel()
    said = np.where(wrong, (label + 1) % 10, label)
    stray = said.copy()
    stray[rng.integers(len(label))] = 10
    return {
        "macro F1": float(f1_score(label, said, average="macro")),
        "macro F1 by default after one stray prediction": float(
            f1_score(label, stray, average="macro", zero_division=0)
        ),
    }


def equivalent(rng: np.random.Generator) -> Numbers:
    """A percentile bootstrap of the difference of accuracy, the true loss being the margin."""
    margin = 0.03
    n = rng.multinomial(50, [0.0, margin, 1.0 - margin])
    draws = np.sort(rng.multinomial(50, n / 50.0, size=_DRAWS) @ [1.0, -1.0, 0.0]) / 50.0
    return {
        "a loss of exactly the margin called `equivalent`, n = 50": float(-margin < draws[24] <= draws[-25] < margin)
    }


def weighted_cells(rng: np.random.Generator) -> Numbers:
    """Draws from cells whose counts are sums of weights, as if these were rows."""
    weight = rng.lognormal(0.0, 1.0, size=500)
    right = rng.random(500) < 0.8
    value = float((weight * right).sum() / weight.sum())
    draws = np.sort(rng.binomial(500, value, size=_DRAWS)) / 500.0
    return {"coverage of 95%": float(draws[24] <= 0.8 <= draws[-25])}


def two_levels(rng: np.random.Generator) -> Numbers:
    """Draw trainings, then rows, with three trainings a side and no true difference."""
    rows, times = 1_000, 3
    sides = []
    for _ in range(2):
        chance = 0.8 + rng.normal(0.0, 0.03, size=times)
        sides.append(rng.binomial(rows, chance) / rows)
    drawn = []
    for side in sides:
        chosen = side[rng.integers(times, size=(_DRAWS, times))]
        drawn.append((rng.binomial(rows, chosen) / rows).mean(axis=1))
    draws = np.sort(drawn[1] - drawn[0])
    return {"coverage of 95%, 3 trainings a side": float(draws[24] <= 0.0 <= draws[-25])}


def many_trainings(rng: np.random.Generator, *, luck: float) -> Numbers:
    """Draw rows, then trainings, with 20 trainings a side on the same rows; beside it, the components of variance."""
    from scipy.stats import t

    rows, times = 500, 20
    ease = 0.8 + 0.1 * rng.choice([-1.0, 1.0], size=(rows, 1))
    sides = [(rng.random((rows, times)) < ease + rng.normal(0.0, luck, size=times)).astype(float) for _ in range(2)]
    drawn = rng.multinomial(rows, np.full(rows, 1.0 / rows), size=_DRAWS) @ np.hstack(sides) / rows
    chosen = [rng.multinomial(times, np.full(times, 1.0 / times), size=_DRAWS) / times for _ in range(2)]
    means = [(half * share).sum(axis=1) for half, share in zip(np.hsplit(drawn, 2), chosen, strict=True)]
    draws = np.sort(means[1] - means[0])
    of_rows = float((sides[1].mean(axis=1) - sides[0].mean(axis=1)).var(ddof=1)) / rows
    lucks = [float(side.mean(axis=0).var(ddof=1)) / times for side in sides]
    both = [_interaction(side) / (rows * times) for side in sides]
    variance = max(of_rows + sum(lucks) - sum(both), of_rows, sum(lucks))
    below = of_rows**2 / (rows - 1) + sum(one**2 for one in lucks) / (times - 1)
    reach = float(t.isf(0.025, variance**2 / below)) * math.sqrt(variance)
    apart = abs(sides[1].mean() - sides[0].mean())
    return {
        f"coverage of 95%, luck {luck:g}": float(draws[24] <= 0.0 <= draws[-25]),
        f"width, luck {luck:g}": float(draws[-25] - draws[24]),
        f"components of variance: coverage, luck {luck:g}": float(apart <= reach),
        f"components of variance: width, luck {luck:g}": 2.0 * reach,
    }


def _interaction(table: FloatArray) -> float:
    """The mean square of what rows and columns make together."""
    rest = table - table.mean(axis=0) - table.mean(axis=1, keepdims=True) + table.mean()
    return float((rest * rest).sum() / ((len(table) - 1) * (table.shape[1] - 1)))


def studies() -> list[Lesson]:
    """All of them."""
    return [
        Lesson(
            name="lesson-rare-f1",
            about="F1 at 1:99, 200 rows",
            once=rare_f1,
            instead="refused: too few rows of the class",
        ),
        Lesson(
            name="lesson-equivalent",
            about="few disagreements",
            once=equivalent,
            instead="Tango's interval is wider than the margin without any disagreement",
        ),
        Lesson(
            name="lesson-clusters-20",
            about="rows in clusters",
            once=partial(clusters, size=20),
            instead="cluster-robust intervals, or none",
        ),
        Lesson(
            name="lesson-clusters-100",
            about="rows in larger clusters",
            once=partial(clusters, size=100),
            instead="cluster-robust intervals, or none",
        ),
        Lesson(
            name="lesson-weights",
            about="accuracy of 500 rows with weights (lognormal)",
            once=weighted_cells,
            instead="the variance comes from Σw² too",
        ),
        Lesson(
            name="lesson-seeds",
            about="two-level bootstrap of repeated trainings",
            once=two_levels,
            instead="variance components and Student's t",
        ),
        *(
            Lesson(
                name=f"lesson-seeds-20-{luck:g}",
                about="two-level bootstrap of 20 trainings a side, 500 rows",
                once=partial(many_trainings, luck=luck),
                instead="variance components and Student's t: never wider, and 95% sure",
            )
            for luck in (0.005, 0.02, 0.05)
        ),
        Lesson(
            name="lesson-calibration",
            about="a perfectly calibrated model",
            once=calibrated,
            instead="the debiased value stands beside; verdicts come from Brier score and log loss",
        ),
        Lesson(
            name="lesson-stray",
            about="one stray prediction in 1,000 rows, 10 classes",
            once=stray_label,
            instead="one label set: those that rows have",
            repetitions=50,
        ),
    ]

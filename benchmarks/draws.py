"""
An interval for a difference of macro F1: 9,999 paired draws of the joint counts, or the delta method of many classes.

    python -m benchmarks.draws [--turns 5]

`steelyard` starts from the joint counts of two models and ends with the interval of the report. The peers start from
the rows and end with a percentile interval: `numpy` draws row numbers and counts the drawn cells, each row's cell being
one small number; `scipy` is `scipy.stats.bootstrap` of scikit-learn's `f1_score`, paired. They draw so often as takes a
second or so, and their times are multiplied up to 9,999 draws.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.tasks import Task, flags, machine, measured, table, work

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from steelyard.model.comparison import Interval

DRAWS = 9_999
SIZES = ((10, 10_000), (10, 100_000), (10, 1_000_000), (10, 10_000_000), (100, 10_000), (100, 1_000_000))
"""Classes and rows."""


def make(directory: Path, *, classes: int, rows: int) -> None:
    """Labels and two models' predictions of them, right in 85% and 86% of the rows; and their joint counts."""
    import numpy as np

    rng = np.random.default_rng(0)
    label = rng.integers(0, classes, rows)
    sides = [np.where(rng.random(rows) < right, label, rng.integers(0, classes, rows)) for right in (0.85, 0.86)]
    code = (label * classes + sides[0]) * classes + sides[1]
    cells, cell, n = np.unique(code, return_inverse=True, return_counts=True)
    parts = np.unravel_index(cells, (classes, classes, classes))
    np.savez(directory / "counts.npz", label=parts[0], baseline=parts[1], candidate=parts[2], n=n)
    np.savez(directory / "rows.npz", label=label, baseline=sides[0], candidate=sides[1], cell=cell.astype(np.int32))


def interval(directory: Path) -> Interval:
    """Steelyard's, from the joint counts."""
    import numpy as np

    from steelyard.config import Config
    from steelyard.model.counts import Counts, Joined, JointCounts, Pairing
    from steelyard.stats.contrast import SetData
    from steelyard.stats.counts.sample import sample_of
    from steelyard.stats.families.counted import Counted

    with np.load(directory / "counts.npz") as file:
        label, baseline, candidate, n = (file[name] for name in ("label", "baseline", "candidate", "n"))
    names = tuple(map(str, range(int(label.max()) + 1)))
    rows = int(n.sum())
    ours, theirs = (
        Counts(classes=names, n_labels=len(names), label=label, prediction=prediction, n=n)
        for prediction in (candidate, baseline)
    )
    joined = Joined(
        pairing=Pairing(method="id", candidate_rows=rows, baseline_rows=rows, common_rows=rows, same_test_set=True),
        joint=JointCounts(classes=names, n_labels=len(names), label=label, baseline=baseline, candidate=candidate, n=n),
        candidate=ours,
        baseline=theirs,
    )
    sample = sample_of(joined, positive=None)
    data = SetData(name="test", joined=joined, predictions=None, sample=sample, config=Config())
    contrast = Counted(data, sample).contrasts(["f1_macro"])["f1_macro"]
    found = contrast.interval(alpha=0.05, level=0.95)
    assert found is not None, contrast.unfit  # noqa: S101 - a benchmark without a result is none
    return found


def numpy_rows(directory: Path) -> float:
    """Row numbers drawn with replacement, their cells counted; how much more 9,999 draws are."""
    import numpy as np

    with np.load(directory / "rows.npz") as file:
        cell = file["cell"]
    with np.load(directory / "counts.npz") as file:
        label, baseline, candidate = (file[name] for name in ("label", "baseline", "candidate"))
    classes, rows, draws = int(label.max()) + 1, len(cell), _affordable(len(cell), a_second=20_000_000)
    rng = np.random.default_rng(0)
    differences = np.empty(draws)
    for draw in range(draws):
        n = np.bincount(cell[rng.integers(0, rows, rows, dtype=np.int32)], minlength=len(label))
        differences[draw] = _macro(n, label, candidate, classes) - _macro(n, label, baseline, classes)
    np.quantile(differences, [0.025, 0.975])
    return DRAWS / draws


def _macro(n: NDArray, label: NDArray, prediction: NDArray, classes: int) -> float:  # type: ignore[type-arg]
    import numpy as np

    hits = np.bincount(label, n * (label == prediction), classes)
    seen = np.bincount(label, n, classes) + np.bincount(prediction, n, classes)
    return float((2.0 * hits / np.maximum(seen, 1.0)).mean())


def scipy_sklearn(directory: Path) -> float:
    """`scipy.stats.bootstrap` of scikit-learn's macro F1; how much more 9,999 draws are."""
    import numpy as np
    from scipy.stats import bootstrap
    from sklearn.metrics import f1_score

    with np.load(directory / "rows.npz") as file:
        label, baseline, candidate = (file[name] for name in ("label", "baseline", "candidate"))
    draws = _affordable(len(label), a_second=2_000_000)

    def difference(label: NDArray, candidate: NDArray, baseline: NDArray) -> float:  # type: ignore[type-arg]
        return float(f1_score(label, candidate, average="macro") - f1_score(label, baseline, average="macro"))

    bootstrap(
        (label, candidate, baseline),
        difference,
        paired=True,
        vectorized=False,
        n_resamples=draws,
        method="percentile",
        rng=np.random.default_rng(0),
    )
    return DRAWS / draws


def _affordable(rows: int, *, a_second: int) -> int:
    """Draws of so many rows in a second or two, as many rows pass in one."""
    return min(max(a_second // rows, 2), DRAWS)


TASKS = {
    "steelyard": Task("steelyard, from joint counts", interval, ("steelyard.stats.families.counted",)),
    "numpy": Task("numpy, drawn row numbers", numpy_rows, ("numpy",)),
    "scipy": Task("scipy.stats.bootstrap + scikit-learn", scipy_sklearn, ("scipy.stats", "sklearn.metrics")),
}


def main() -> None:
    """Read the flags."""
    given = flags(__doc__, turns=5)
    if work(TASKS, given):
        return
    print(machine("numpy", "scipy", "scikit-learn"))
    tasks = {name: task for name, task in TASKS.items() if task.possible}
    for classes, rows in SIZES:
        with tempfile.TemporaryDirectory(dir=given.scratch) as name:
            make(Path(name), classes=classes, rows=rows)
            method = interval(Path(name)).method
            costs = measured("benchmarks.draws", tasks, Path(name), turns=given.turns)
        print(f"\n{rows:,} rows, {classes} classes; steelyard: {method}; {given.turns} turns\n")
        print(table(costs), flush=True)


if __name__ == "__main__":
    main()

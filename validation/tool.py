"""The tool under proof: a comparison of simulated predictions, as the report shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from steelyard.config import Config, parse
from steelyard.model.base import JSON
from steelyard.model.cells import Cells
from steelyard.model.comparison import Comparison
from steelyard.model.counts import FloatArray, Joined
from steelyard.model.evaluation import Evaluation, Metric, PredictionSet
from steelyard.model.history import HistoryRecord, Past, look_of
from steelyard.stats.compare import NOTHING_PAST, compare

SET = "test"
_CREATED = "2026-01-01T00:00:00+00:00"


def prediction_set(**changes: object) -> PredictionSet:
    """The prediction set that the simulated rows stand for."""
    plain: dict[str, object] = {
        "name": SET,
        "source": "predictions.parquet",
        "rows": 0,
        "key": "id",
        "label_type": "text",
        "labels": (),
        "fingerprint": "0" * 32,
        "counts": Cells.of(),
    }
    return PredictionSet(**(plain | changes))  # type: ignore[arg-type]  # fields by name


def settings(
    metrics: Sequence[str], *, draws: int = 999, gates: Sequence[Mapping[str, JSON]] = (), **compare_: JSON
) -> Config:
    """A configuration that reports these metrics and has these gates."""
    return parse(
        {
            "metrics": {"report": list(metrics)},
            "compare": {"draws": draws, **compare_},
            "gates": [dict(gate) for gate in gates],
        },
        source="validation",
    )


def report(joined: Joined, config: Config, predictions: PredictionSet, *, past: Past = NOTHING_PAST) -> Comparison:
    """What the tool says of two models, or of one alone; both sides are the same Evaluation but for the rows."""
    side = Evaluation(steelyard="0", created=_CREATED, predictions={SET: predictions})
    return compare(side, side if joined.pairing.baseline_rows else None, {SET: joined}, config, past=past)


def after(predictions: PredictionSet, looks: int) -> Past:
    """What is remembered of a change that has shown this many other candidates to the test set."""
    own = look_of(predictions)
    seen = [f"{own[:4]}{number:08x}" for number in range(looks + 1)]
    return Past(seen=tuple(one for one in seen if one != own)[:looks])


def report_of_numbers(numbers: FloatArray) -> Comparison:
    """
    What the tool says of numbers in a file, by those of main's commits before.

    Args:
        numbers: A row for each commit, oldest first, the last one this change's; a column for each number.
    """
    names = [f"n{index}" for index in range(numbers.shape[1])]
    made = [
        Evaluation(
            steelyard="0",
            created=_CREATED,
            metrics=tuple(
                Metric(name=name, value=float(v), file="metrics.json") for name, v in zip(names, row, strict=True)
            ),
        )
        for row in numbers
    ]
    records = tuple(map(HistoryRecord.of, made[:-1]))
    return compare(made[-1], made[-2], {}, parse({}, source="validation"), past=Past(records=records))

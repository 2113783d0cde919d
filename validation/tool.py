"""The tool under proof: a comparison of simulated predictions, as the report shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from steelyard.config import Config, parse
from steelyard.model.base import JSON
from steelyard.model.comparison import Comparison
from steelyard.model.counts import Joined
from steelyard.model.evaluation import Evaluation, PredictionSet
from steelyard.stats.compare import compare

SET = "test"


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
        "counts": (),
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


def report(joined: Joined, config: Config, predictions: PredictionSet) -> Comparison:
    """What the tool says of two models; both sides are the same Evaluation but for the rows."""
    side = Evaluation(steelyard="0", created="2026-01-01T00:00:00+00:00", predictions={SET: predictions})
    return compare(side, side, {SET: joined}, config)

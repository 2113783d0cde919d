"""`steelyard.stats.filed.history`: numbers without predictions against main's past."""

from __future__ import annotations

import numpy as np
import pytest
from msgspec import structs
from scipy import stats as scipy_stats

from steelyard.model.comparison import Estimate, Row, Verdict
from steelyard.model.evaluation import Commit, Evaluation, Training
from steelyard.model.history import HistoryRecord
from steelyard.stats.filed import history
from steelyard.stats.filed.differences import NO_NOISE
from tests.unit.stats import build

LINUX = {"platform": "Linux x86_64", "cpus": "4"}
TRAINING = Training(command="python train.py", exit_code=0, duration=100.0, started="2026-01-01T00:00:00+00:00")


def made(number: int, *, seconds: float = 100.0, memory: float = 2.0**20, **metrics: float) -> Evaluation:
    """The Evaluation of a commit, with numbers of a file."""
    return build.evaluation(
        build.prediction_set(),
        commit=Commit(sha=f"{number:040x}"),
        metrics=build.filed(**metrics),
        environment=LINUX,
        training=structs.replace(TRAINING, duration=seconds, peak_memory=int(memory)),
    )


def records(*values: float, **changes: object) -> list[HistoryRecord]:
    """Main's past: one metric, `latency`."""
    return [
        structs.replace(HistoryRecord.of(made(number, latency=value)), **changes) for number, value in enumerate(values)
    ]


def rows(**values: float | None) -> dict[str, Row]:
    """Rows of metrics of a file."""
    return {
        name: Row(metric=name, candidate=Estimate(value=value), baseline=Estimate(value=1.0), reason=NO_NOISE)
        for name, value in values.items()
    }


PAST = [
    10.0,
    10.2,
    9.9,
    10.1,
    10.0,
    9.8,
    10.1,
    10.2,
    9.9,
    10.0,
    10.1,
    9.9,
    10.0,
    10.2,
    9.8,
    10.0,
    10.1,
    9.9,
    10.0,
    10.1,
]


def test_expected__trend_is_theil_sen() -> None:
    """Slope and level are scipy's Theil-Sen line, ends ahead of the series, at the next place."""
    rng = np.random.default_rng(5)
    past = (3.0 + 0.2 * np.arange(30) + rng.normal(size=30)).tolist()
    found = history.expected(past, alpha=0.05, resolution=0.0)
    slope = scipy_stats.theilslopes(past, np.arange(30)).slope
    level = np.median(past - slope * np.arange(30))

    assert found is not None
    assert found.value == pytest.approx(level + slope * 30)
    assert found.records == 30


def test_expected__a_few_odd_records_do_not_move_the_trend() -> None:
    """Three records ten times too large: the line stays, the interval becomes wider."""
    odd = [*PAST]
    odd[3] = odd[9] = odd[15] = 100.0
    plain, disturbed = (history.expected(one, alpha=0.05, resolution=0.0) for one in (PAST, odd))

    assert plain is not None
    assert disturbed is not None
    assert disturbed.value == pytest.approx(plain.value, abs=0.2)
    assert disturbed.high - disturbed.low > 10 * (plain.high - plain.low)


@pytest.mark.parametrize(("n", "alpha", "slope"), [(20, 0.05, 0.1), (50, 0.05, 0.0), (20, 0.05 / 8, 0.0)])
def test_expected__coverage(n: int, alpha: float, slope: float) -> None:
    """Of numbers that follow 3,000 series with noise and a trend, at most a share alpha is unusual (2.5 errors)."""
    rng = np.random.default_rng([n, int(1e4 * alpha), int(10 * slope)])
    series = rng.normal(size=(3_000, n + 1)) + slope * np.arange(n + 1)
    found = [history.expected(one[:-1], alpha=alpha, resolution=0.0) for one in series]
    missed = sum(one is not None and one.excludes(last) for one, last in zip(found, series[:, -1], strict=True))
    allowed = alpha + 2.5 * np.sqrt(alpha / len(series))

    assert missed / len(series) <= allowed
    assert missed / len(series) >= alpha / 3  # not by being far too wide


def test_expected__needs_twenty() -> None:
    """With 19 records nothing is said."""
    found = history.expected(PAST, alpha=0.05, resolution=0.0)

    assert history.expected(PAST[:19], alpha=0.05, resolution=0.0) is None
    assert found is not None
    assert [found.excludes(value) for value in (9.65, 9.75, 10.25, 10.35)] == [True, False, False, True]


def test_expected__floor() -> None:
    """A constant past allows for one unit of the last digit, and for no more."""
    found = history.expected([0.9] * 25, alpha=0.05, resolution=0.01)

    assert found is not None
    assert (found.low, found.high) == pytest.approx((0.89, 0.91))
    assert [found.excludes(value) for value in (0.91, 0.89, 0.92)] == [False, False, True]


def test_apply__unusual_metric() -> None:
    """It is `unusual`, never better or worse, and the reason says what was expected; another one stays as it is."""
    table, notes = history.apply(rows(latency=20.0), records(*PAST), made(99, latency=20.0), level=0.95)

    assert table["latency"].verdict is Verdict.UNUSUAL
    assert table["latency"].reason.startswith("main's last 20 comparable evaluations predict 9.")
    assert "3 numbers without predictions" in notes[0]  # and the seconds and memory of training
    assert "each at 98.33%" in notes[0]
    usual, _ = history.apply(rows(latency=10.0), records(*PAST), made(99, latency=10.0), level=0.95)
    assert usual["latency"].verdict is None
    assert usual["latency"].reason.startswith(f"{NO_NOISE}; main's last 20")
    below, _ = history.apply(rows(latency=0.0), records(*(-one for one in PAST)), made(99, latency=0.0), level=0.95)
    assert below["latency"].reason.startswith("main's last 20 comparable evaluations predict −10.")
    assert "… −9." in below["latency"].reason


def test_apply__family() -> None:
    """The more numbers are judged, the less often one of them may be called unusual by chance."""
    many = {f"m{i}": 10.0 for i in range(9)}
    past = [HistoryRecord.of(made(number, **(many | {"m0": value}))) for number, value in enumerate(PAST)]
    bound = history.expected(PAST, alpha=0.05, resolution=0.0)
    assert bound is not None
    edge = bound.high + 0.01
    alone = [structs.replace(one, metrics={"m0": one.metrics["m0"]}, command="") for one in past]
    candidate = made(99, **(many | {"m0": edge}))

    assert history.apply(rows(m0=edge), alone, candidate, level=0.95)[0]["m0"].verdict is Verdict.UNUSUAL
    assert history.apply(rows(**(many | {"m0": edge})), past, candidate, level=0.95)[0]["m0"].verdict is None


@pytest.mark.parametrize(
    "changes",
    [{"machine": "Linux aarch64, 4 CPUs"}, {"sets": {}}, {"metrics": {}}, {"sha": f"{99:040x}"}],
    ids=["machine", "test set", "metric", "the same commit"],
)
def test_apply__only_comparable_records(changes: dict[str, object]) -> None:
    """Another kind of machine, another test set, no such metric, or this very commit: the record does not count."""
    past = [*records(*PAST[1:]), *records(PAST[0], **changes)]
    table, notes = history.apply(
        rows(latency=20.0), past, structs.replace(made(99, latency=20.0), training=None), level=0.95
    )

    assert table["latency"].verdict is None
    assert len(notes) == 1
    assert "has 19 comparable evaluations (same test set, kind of machine and file), 20 are needed" in notes[0]


def test_apply__another_file_is_another_metric() -> None:
    """The same name read from another file does not belong to the series."""
    past = records(*PAST)
    metrics = {"latency": structs.replace(past[0].metrics["latency"], file="other.json")}
    past[0] = structs.replace(past[0], metrics=metrics)
    table, _ = history.apply(rows(latency=20.0), past, made(99, latency=20.0), level=0.95)

    assert table["latency"].verdict is None


def test_apply__computed_rows_stay() -> None:
    """A metric with predictions has its own interval and is not judged by history."""
    row = structs.replace(rows(latency=20.0)["latency"], set="test", verdict=Verdict.BETTER)
    table, _ = history.apply({"latency": row}, records(*PAST), made(99, latency=20.0), level=0.95)

    assert table["latency"] == row


def test_apply__duration_and_memory() -> None:
    """What training took is told in the notes: unusual or as expected, in seconds and MiB."""
    past = [HistoryRecord.of(made(n, seconds=10 * value, memory=value * 2**20)) for n, value in enumerate(PAST)]
    _, notes = history.apply({}, past, made(99, seconds=300.0, memory=10 * 2**20), level=0.95)

    assert notes[1].startswith("Seconds of training: 300 s, unusual; main's last 20 comparable evaluations predict 9")
    assert notes[2].startswith("Peak memory of training: 10 MiB, as expected; ")
    other = structs.replace(TRAINING, command="python other.py", duration=300.0)
    assert history.apply({}, past, structs.replace(made(99), training=other), level=0.95)[1] == ()


def test_apply__no_history() -> None:
    """Without any record the table is as it was, and nothing is said."""
    assert history.apply(rows(latency=20.0), [], made(99, latency=20.0), level=0.95) == (rows(latency=20.0), ())

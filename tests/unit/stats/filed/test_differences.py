"""`steelyard.stats.filed.differences`: metrics from files."""

from __future__ import annotations

import pytest

from steelyard.config import Metrics
from steelyard.model.evaluation import Metric
from steelyard.stats.filed.differences import NO_NOISE, agrees, by_name, computed_name, disagreement, file_row
from tests.unit.stats import build


def metric(value: float | None, note: str = "") -> Metric:
    """A number in a file."""
    return Metric(name="accuracy", value=value, file="metrics.json", note=note)


def row(ours: Metric | None, theirs: Metric | None, *, has_baseline: bool = True) -> tuple[float | None, str]:
    """The difference and the reason of a row."""
    made = file_row("accuracy", (ours, theirs), config=Metrics(), has_baseline=has_baseline)
    assert made.verdict is None
    assert made.interval is None
    return made.difference, made.reason


def test_file_row__difference_without_verdict() -> None:
    """Two numbers have a difference and never a verdict: their noise is unknown."""
    assert row(metric(0.75), metric(0.5)) == (0.25, NO_NOISE)


@pytest.mark.parametrize(
    ("ours", "theirs", "has_baseline", "reason"),
    [
        (metric(None, "NaN"), metric(0.5), True, "missing: NaN"),
        (metric(None), metric(0.5), True, "missing"),
        (None, metric(0.5), True, "missing: this change does not report it"),
        (metric(0.5), None, True, "new: the baseline does not report it"),
        (metric(0.5), None, False, ""),
        (metric(0.5), metric(None, "infinite"), True, "missing in the baseline: infinite"),
        (metric(0.5), metric(None), True, "missing in the baseline"),
    ],
)
def test_file_row__missing(ours: Metric | None, theirs: Metric | None, *, has_baseline: bool, reason: str) -> None:
    """What is missing is said, never shown as 0."""
    assert row(ours, theirs, has_baseline=has_baseline) == (None, reason)


def test_file_row__direction() -> None:
    """The direction is the name's."""
    rows = [file_row(n, (None, None), config=Metrics(), has_baseline=False) for n in ("val_loss", "f1", "x")]

    assert [one.higher_is_better for one in rows] == [False, True, None]


@pytest.mark.parametrize(
    ("written", "computed", "same"),
    [
        (0.97, 0.9716666, True), (0.98, 0.9716666, True), (0.99, 0.9716666, False), (0.9717, 0.9716666, True),
        (0.9716666340827942, 0.97166666, True), (97.2, 0.9716666, True), (95.0, 0.9716666, False),
        (1.0, 0.9716666, False), (0.5, 0.9716666, False), (1e-05, 2e-05, True), (1e-05, 0.01, False), (0.0, 0.0, True),
    ],
)  # fmt: skip
def test_agrees__to_the_digits_written(written: float, computed: float, *, same: bool) -> None:
    """One unit of the last digit is allowed, a percentage is understood, float32 is forgiven."""
    assert agrees(written, computed) == same


def test_disagreement__names_file_and_both_values() -> None:
    """The sentence says which number is used; nothing is said of what is missing."""
    text = disagreement(metric(0.9), 0.8, side="this change")

    assert text.startswith('"accuracy" in "metrics.json" is 0.9 for this change')
    assert "give 0.8" in text
    assert disagreement(metric(None), 0.8, side="this change") == ""
    assert disagreement(metric(0.9), None, side="this change") == ""


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("accuracy", "accuracy"), ("Accuracy", "accuracy"), ("test_accuracy", "accuracy"),
        ("test/F1 Macro", "f1_macro"),
        ("acc", "accuracy"), ("mcc", "matthews_corrcoef"), ("macro avg.f1-score", "f1_macro"),
        ("weighted avg.precision", "precision_weighted"), ("train_accuracy", "train_accuracy"),
    ],
)  # fmt: skip
def test_computed_name(name: str, expected: str) -> None:
    """Spellings of one metric come together; another split's do not."""
    assert computed_name(name, set_name="test") == expected


def test_by_name__first_file_wins() -> None:
    """Of two files that give one name, the first counts."""
    assert by_name([metric(0.1), metric(0.2)])["accuracy"].value == 0.1
    assert [one.name for one in build.filed(a=1.0, b=None)] == ["a", "b"]

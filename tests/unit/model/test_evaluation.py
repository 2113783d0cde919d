"""What values say of themselves."""

from __future__ import annotations

import pytest

from steelyard.model.evaluation import Training, signal_name


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        (0, "exit code 0"),
        (1, "exit code 1"),
        (137, "exit code 137"),
        (-9, "killed by SIGKILL"),
        (-999, "exit code -999"),
    ],
)
def test_training__outcome(code: int, outcome: str) -> None:
    """An exit code as a number, a signal by its name, and whatever else is stored as it is."""
    training = Training(command="x", exit_code=code, duration=1.0, started="2026-03-03T12:00:00+00:00")

    assert (training.outcome, training.failed) == (outcome, code != 0)


def test_signal_name__none() -> None:
    """Numbers without a signal have no name."""
    assert [signal_name(number) for number in (15, 0, -1, 999)] == ["SIGTERM", "", "", ""]

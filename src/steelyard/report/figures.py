"""Names and sizes of the report's pictures: what the Report says of them and what draws them must agree."""

from __future__ import annotations

from typing import NamedTuple

FOREST = "forest"

_BESIDE = 12
"""Two matrices of more classes stand one above the other."""


class Size(NamedTuple):
    """Width and height in inches; shown with 100 dots to the inch, drawn with twice as many."""

    width: float
    height: float

    @property
    def pixels(self) -> int:
        """The width that the picture is shown at."""
        return round(100 * self.width)


def confusion(index: int) -> str:
    """The name of the confusion matrix of the prediction set at this position: `confusion`, `confusion-2`."""
    return "confusion" if index == 0 else f"confusion-{index + 1}"


def reliability(index: int) -> str:
    """The name of the reliability diagram of the prediction set at this position: `reliability`, `reliability-2`."""
    return "reliability" if index == 0 else f"reliability-{index + 1}"


def reliability_size(*, compared: bool) -> Size:
    """The size of one diagram, or of two when there is a baseline."""
    return Size(6.4, 3.5) if compared else Size(3.6, 3.7)


def plot(index: int) -> str:
    """The name of the candidate's plot at this position: `plot-1`, `plot-2`."""
    return f"plot-{index + 1}"


def stands_beside(labels: int) -> bool:
    """Whether two matrices of this many classes fit beside each other."""
    return labels <= _BESIDE


def confusion_size(labels: int, *, compared: bool) -> Size:
    """The size of one matrix, or of two when there is a baseline."""
    if not stands_beside(labels):
        return Size(6.4, 12.4 if compared else 6.2)
    return Size(7.6, 4.2) if compared else Size(4.4, 4.2)


def forest_size(rows: int) -> Size:
    """The size of the forest plot of this many metrics."""
    return Size(6.4, 0.5 + 0.3 * rows)

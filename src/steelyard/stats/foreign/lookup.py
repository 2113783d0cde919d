"""Metrics of scikit-learn that have no vectorised form here: found by name, and called late, one table at a time."""

from __future__ import annotations

import inspect
import math
import re
import warnings
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from steelyard.model.base import Value
from steelyard.model.counts import IntArray
from steelyard.text import bounded, count


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


INSTALL = "scikit-learn is not installed: pip install 'steelyard[sklearn]'"

_NAME = re.compile(r"[a-z0-9][a-z0-9_]{0,63}_(?:score|loss|error|deviance)")
_OF_TRAINING = re.compile(r"(?:train|training|val|valid|validation|test|eval|dev)_")
"""`val_loss` is what a training wrote down; looking for it in scikit-learn would only cost its import."""

_OF_SCORES = {"log_loss", "d2_log_loss_score"}
"""They want probabilities, though they may call them `y_pred`."""

_MOST_ROWS = 10_000_000
"""Rows that are held in memory for a function that takes no weights."""

_COMPARED = ({"y_true", "y_pred"}, {"labels_true", "labels_pred"}, {"y1", "y2"})
"""The first two parameters of a function that compares labels or targets with predictions."""

_KNOWN = _words(
    "accuracy_score adjusted_mutual_info_score adjusted_rand_score balanced_accuracy_score cohen_kappa_score "
    "completeness_score d2_absolute_error_score d2_pinball_score d2_tweedie_score explained_variance_score f1_score "
    "fowlkes_mallows_score hamming_loss homogeneity_score jaccard_score max_error mean_absolute_error "
    "mean_absolute_percentage_error mean_gamma_deviance mean_pinball_loss mean_poisson_deviance mean_squared_error "
    "mean_squared_log_error mean_tweedie_deviance median_absolute_error mutual_info_score "
    "normalized_mutual_info_score precision_score r2_score rand_score recall_score root_mean_squared_error "
    "root_mean_squared_log_error v_measure_score zero_one_loss"
)
"""What is offered where scikit-learn is not installed, so that the row can say so."""


class Refused(Exception):
    """scikit-learn has no value for these data, and says why."""


class Foreign(Value, frozen=True, kw_only=True):
    """A function of `sklearn.metrics` that compares what is true with what is predicted."""

    name: str
    function: Callable[..., object] | None
    """None: scikit-learn is not installed."""
    weighable: bool = False
    """It takes weights of rows; else rows are repeated."""
    options: frozenset[str] = frozenset()
    """The parameters that it has besides."""

    @property
    def higher_is_better(self) -> bool:
        """By scikit-learn's naming: scores rise, losses, errors and deviances fall."""
        return self.name.endswith("_score")

    def value(
        self,
        true: NDArray[np.generic],
        predicted: NDArray[np.generic],
        rows: IntArray,
        *,
        labels: IntArray | None = None,
    ) -> float:
        """
        The metric of a table whose entry i stands for `rows[i]` rows.

        Args:
            true: Labels, targets, or an indicator matrix.
            predicted: The same of the predictions.
            rows: How many rows each entry stands for.
            labels: The label set, for the functions that ask for it.

        Raises:
            Refused: scikit-learn is missing or raised, or what it returned is not one finite number.
        """
        if self.function is None:
            raise Refused(INSTALL)
        options: dict[str, object] = {"zero_division": 0} if "zero_division" in self.options else {}
        if labels is not None and {"labels", "zero_division"} <= self.options:
            options["labels"] = labels
        if self.weighable:
            options["sample_weight"] = rows
        elif rows.sum() > _MOST_ROWS:
            raise Refused(f"too many rows for scikit-learn's {self.name}: {count(int(rows.sum()))}")
        else:
            index = np.repeat(np.arange(len(rows)), rows)
            true, predicted = true[index], predicted[index]
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found = self.function(true, predicted, **options)
                number = float(found)  # type: ignore[arg-type]  # whatever it is: what is no number raises
        except Exception as exc:  # another library's function may raise anything on odd data
            raise Refused(f"scikit-learn: {bounded(' '.join(str(exc).split()), limit=200)}") from exc
        if not math.isfinite(number):
            raise Refused("undefined: scikit-learn gives no finite number")
        return number


def foreign(name: str) -> Foreign | None:
    """
    The metric of that name; None where `sklearn.metrics` has none that compares labels or targets with predictions.

    Nothing is imported for a name that cannot be one.
    """
    if not _NAME.fullmatch(name) or _OF_TRAINING.match(name) or name in _OF_SCORES:
        return None
    try:
        from sklearn import metrics
    except ImportError:
        return Foreign(name=name, function=None) if name in _KNOWN else None
    function = getattr(metrics, name, None) if name in metrics.__all__ else None
    if not inspect.isfunction(function):
        return None
    parameters = list(inspect.signature(function).parameters)
    if set(parameters[:2]) not in _COMPARED:
        return None
    return Foreign(
        name=name,
        function=function,
        weighable="sample_weight" in parameters,
        options=frozenset(parameters[2:]),
    )

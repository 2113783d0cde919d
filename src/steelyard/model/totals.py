"""Sums over scores whose rows are not kept: enough for their metrics, each with what its interval is made of."""

from __future__ import annotations

from steelyard.model.base import Value


class Moments(Value, frozen=True, kw_only=True):
    """A number of each row: how many rows, their mean, Σ (x - mean)², the least and the greatest of them."""

    n: int
    mean: float
    squares: float
    least: float
    most: float


class Ranking(Value, frozen=True, kw_only=True):
    """
    How scores rank rows with an outcome before those without.

    Errors are standard errors with the number of positives taken as given.
    """

    positives: int
    negatives: int
    roc_auc: float
    roc_auc_error: float | None
    """DeLong's; None where a class has a single row."""
    average_precision: float
    average_precision_error: float | None
    bins: int = 0
    """How many bins of scores were ranked in place of the scores; 0: the scores themselves, without error."""
    roc_auc_bound: float = 0.0
    """By how much `roc_auc` may be off because of the bins."""
    average_precision_bound: float = 0.0


class Neighbours(Value, frozen=True, array_like=True, kw_only=True):
    """Rows with neighbouring scores: how many, their mean score, and how many came true."""

    n: int
    score: float
    hits: int


class ScoreTotals(Value, frozen=True, kw_only=True):
    """
    What the scores of one model add up to, over all rows of a prediction set.

    Sums that cannot be made of these scores are None or empty: where some are missing, nothing is there; where they are
    no probabilities, no loss and no calibration.
    """

    classes: tuple[str, ...]
    """The label set in its order, then scored classes that no row has as its label."""
    positive: str | None
    """The positive class of a binary set."""
    support: tuple[int, ...]
    """Rows of each class."""
    missing: int = 0
    """Rows with a score that is missing or infinite."""
    outside: int = 0
    """Rows with a score outside 0 … 1."""
    off: int = 0
    """Rows whose scores do not sum to 1."""
    rankings: dict[str, Ranking] = {}
    """The positive class against the other; of several classes, each against all others, where memory sufficed."""
    log_loss: Moments | None = None
    clipped: int = 0
    """Rows whose own label was given a probability that log loss clips."""
    brier: Moments | None = None
    ahead: tuple[int, ...] = ()
    """Several classes: rows with 0, 1, 2 … classes scored above their own label, up to 99."""
    calibration: tuple[Neighbours, ...] = ()
    """Rows by the probability of the positive class, or of the most probable one, from the lowest on."""

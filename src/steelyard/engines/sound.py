"""Whether sums of scores are such as the rows of a set can give; they may come from a store that others write to."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from steelyard.model.evaluation import PredictionSet
from steelyard.model.totals import Moments, Neighbours, Ranking, ScoreTotals
from steelyard.totals.forecasts import CELLS
from steelyard.totals.losses import MOST_LOG_LOSS
from steelyard.totals.several_classes import MOST_AHEAD

_MOST_ERROR: Final = 10.0
"""More than any standard error of a share."""

_LEAST_RANGE: Final = 1e-100
"""Less than losses of float32 numbers differ by; its square is still above 0."""

_ROUNDING: Final = 1e-5
"""By how much numbers may be off: rounding, and what a Brier score is above 2 where scores nearly sum to 1."""


def is_sound(totals: ScoreTotals, known: PredictionSet) -> bool:
    """
    Whether these can be the sums of the set's scores: what there must be is there, and all numbers are possible.

    Args:
        totals: With the label set of `known` and its rows by label.
        known: The set.
    """
    rows, binary = known.rows, len(totals.classes) <= 2
    counts = (totals.missing, totals.outside, totals.off, totals.clipped)
    if not all(0 <= count <= rows for count in counts) or not _is_about(totals, known, binary=binary):
        return False
    ranked = _are_rankings(totals, rows, binary=binary) and _are_ahead(totals.ahead, len(totals.classes), rows)
    if totals.missing:
        ranked = not totals.rankings and not totals.ahead
    losses = totals.log_loss, totals.brier
    if totals.missing or totals.outside or totals.off:
        return ranked and losses == (None, None) and not totals.calibration
    most = MOST_LOG_LOSS, 1.0 if binary else 2.0
    return ranked and all(map(_is_loss, losses, (rows, rows), most)) and _is_calibration(totals.calibration, rows)


def _is_about(totals: ScoreTotals, known: PredictionSet, *, binary: bool) -> bool:
    """Whether the positive class is the set's, as far as that has one."""
    if not binary or known.positive in totals.classes:
        return totals.positive == (known.positive if binary else None)
    return totals.positive in totals.classes


def _are_rankings(totals: ScoreTotals, rows: int, *, binary: bool) -> bool:
    """Of two classes the positive one is ranked, of several all that occur, or where memory did not suffice none."""
    support = {name: n for name, n in zip(totals.classes, totals.support, strict=True) if 0 < n < rows}
    ranked = support.keys() & {totals.positive} if binary else support.keys()
    if totals.rankings.keys() != ranked and (binary or totals.rankings):
        return False
    return all(_is_ranking(one, support[name], rows) for name, one in totals.rankings.items())


def _is_ranking(found: Ranking, positives: int, rows: int) -> bool:
    shares = found.roc_auc, found.average_precision, found.roc_auc_bound, found.average_precision_bound
    errors = found.roc_auc_error, found.average_precision_error
    return (
        (found.positives, found.negatives) == (positives, rows - positives)
        and all(0.0 <= share <= 1.0 for share in shares)
        and all(error is None or 0.0 <= error <= _MOST_ERROR for error in errors)
    )


def _are_ahead(ahead: tuple[int, ...], classes: int, rows: int) -> bool:
    """Of several classes all rows have some number of others ahead, of which only so many are told apart."""
    return (
        len(ahead) == (min(classes, MOST_AHEAD) if classes > 2 else 0)
        and all(n >= 0 for n in ahead)
        and (sum(ahead) == rows if 2 < classes <= MOST_AHEAD else sum(ahead) <= rows)
    )


def _is_loss(found: Moments | None, rows: int, most: float) -> bool:
    if found is None or found.n != rows:
        return False
    apart = found.most - found.least
    return (
        -_ROUNDING <= found.least <= found.most <= most + _ROUNDING
        and found.least - _ROUNDING <= found.mean <= found.most + _ROUNDING
        and (apart == 0.0 or apart > _LEAST_RANGE)
        # The two farthest rows make half the square of what is between them, and no row makes more than all of it.
        and 0.1 * apart**2 <= found.squares <= rows * apart**2
    )


def _is_calibration(cells: tuple[Neighbours, ...], rows: int) -> bool:
    return (
        len(cells) <= CELLS
        and all(0 <= cell.hits <= cell.n and cell.n > 0 and 0.0 <= cell.score <= 1.0 for cell in cells)
        and all(one.score <= other.score + _ROUNDING for one, other in pairwise(cells))
        and sum(cell.n for cell in cells) == rows
    )

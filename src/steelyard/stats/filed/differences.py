"""Metrics that training wrote to a file: a difference, honestly without an interval."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from steelyard.config import Metrics
from steelyard.model.comparison import Estimate, Row
from steelyard.model.evaluation import Evaluation, Metric
from steelyard.stats.aliases import own_name
from steelyard.stats.filed.directions import higher_is_better
from steelyard.text import quote, rounded

NO_NOISE = "read from a file: noise unknown"

_ALIASES = {
    "acc": "accuracy",
    "mcc": "matthews_corrcoef",
    # scikit-learn's classification_report(output_dict=True)
    **{
        f"{average}_avg_{theirs}": f"{ours}_{average}"
        for average in ("macro", "weighted", "micro")
        for theirs, ours in (("precision", "precision"), ("recall", "recall"), ("f1_score", "f1"))
    },
}
_ANY_K = "top_k_accuracy_score"
"""A file does not say of which k."""

_NOT_WORDS = re.compile(r"[^a-z0-9]+")
_COARSEST = 0.01
_SLACK = 1e-6
"""Relative; a number that went through float32 is off by less."""


def by_name(metrics: Iterable[Metric]) -> dict[str, Metric]:
    """The metrics of a side by name; of several files that give one name, the first."""
    found: dict[str, Metric] = {}
    for metric in metrics:
        found.setdefault(metric.name, metric)
    return found


def computed_name(name: str, *, set_name: str) -> str:
    """What a file's name would be called if it were computed from this prediction set: `Test/F1 Macro` → `f1_macro`."""
    plain = _NOT_WORDS.sub("_", name.lower()).strip("_")
    prefix = _NOT_WORDS.sub("_", set_name.lower()).strip("_") + "_"
    plain = plain.removeprefix(prefix)
    if plain == _ANY_K:
        return plain
    return _ALIASES.get(plain, own_name(plain))


def agrees(written: float, computed: float) -> bool:
    """
    Whether a number in a file is the computed one, to the digits that it was written with.

    One unit in its last digit is allowed, since some round and some cut, but no more than 0.01, since a parsed 0.9 may
    have been 0.9000. A share may be written as a percentage.
    """
    return any(
        abs(value - computed) <= max(min(unit, _COARSEST), _SLACK * abs(computed))
        for value, unit in ((written, last_digit(written)), (written / 100.0, last_digit(written) / 100.0))
    )


def disagreement(metric: Metric, computed: float | None, *, side: str) -> str:
    """A sentence where the file's number is not the computed one; empty: it is, or nothing can be said."""
    if metric.value is None or computed is None or agrees(metric.value, computed):
        return ""
    return (
        f"{quote(metric.name)} in {quote(metric.file)} is {rounded(metric.value)} for {side}, "
        f"but its predictions give {rounded(computed)}; the computed value is reported"
    )


def file_row(name: str, sides: tuple[Metric | None, Metric | None], *, config: Metrics, has_baseline: bool) -> Row:
    """
    The row of a metric that is known from files alone.

    Args:
        name: Its name.
        sides: The candidate's and the baseline's number.
        config: Directions.
        has_baseline: There is a baseline Evaluation.
    """
    ours, theirs = sides
    candidate, baseline = (None if one is None else one.value for one in sides)
    known = candidate is not None and baseline is not None
    return Row(
        metric=name,
        higher_is_better=higher_is_better(name, config=config),
        candidate=Estimate(value=candidate),
        baseline=Estimate(value=baseline) if theirs is not None else None,
        difference=candidate - baseline if candidate is not None and baseline is not None else None,
        reason=NO_NOISE if known else _missing(ours, theirs, has_baseline=has_baseline),
    )


def file_rows(
    names: Iterable[str], candidate: Evaluation, baseline: Evaluation | None, *, config: Metrics
) -> dict[str, Row]:
    """Rows by name."""
    ours = by_name(candidate.metrics)
    theirs: Mapping[str, Metric] = by_name(baseline.metrics) if baseline is not None else {}
    return {
        name: file_row(name, (ours.get(name), theirs.get(name)), config=config, has_baseline=baseline is not None)
        for name in names
    }


def _missing(ours: Metric | None, theirs: Metric | None, *, has_baseline: bool) -> str:
    if ours is None:
        return "missing: this change does not report it"
    if ours.value is None:
        return f"missing: {ours.note}" if ours.note else "missing"
    if theirs is None:
        return "new: the baseline does not report it" if has_baseline else ""
    return f"missing in the baseline: {theirs.note}" if theirs.note else "missing in the baseline"


def last_digit(value: float) -> float:
    """The unit of the last digit of the shortest text of this number: 0.01 for 0.97."""
    mantissa, _, exponent = f"{value!r}".partition("e")
    _, _, decimals = mantissa.partition(".")
    digits = 0 if decimals == "0" else len(decimals)
    return float(10.0 ** (int(exponent or 0) - digits))

"""Comparisons written by hand of what is not a plain classification: scores, numbers, measures, repeated trainings."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from msgspec import structs

from steelyard.model.comparison import (
    Calibration,
    Comparison,
    Confusion,
    Estimate,
    GateResult,
    GateState,
    Reliability,
    ReliabilityBin,
    Row,
    SetComparison,
    Side,
    Verdict,
)
from steelyard.model.counts import FlippedRow, Pairing
from tests.unit.report.samples import (
    HOSTILE,
    accuracy,
    better,
    confusion,
    digits_set,
    flipped,
    from_file,
    hostile,
    interval,
)

HEAVY = "heavy tail: 1% of the rows make 60% of the variance, the interval may be too narrow"
FEW = "few rows decide: the difference rests on as many as 14 equal ones"


def row(metric: str, before: float, after: float, bounds: tuple[float, float], verdict: Verdict, **more: object) -> Row:
    """A metric with a paired interval, without a gate."""
    made = accuracy(before, after, bounds, verdict, metric=metric, adjustment="", gated=False)
    return structs.replace(made, **{"interval": interval(*bounds, method="paired t"), **more})


def reliability(*pairs: tuple[float, float], ece: float, half: float = 0.04) -> Reliability:
    """Bins of 120 rows at these (score, frequency)."""
    return Reliability(
        bins=tuple(
            ReliabilityBin(score=score, frequency=true, n=120, low=max(score - half, 0.0), high=min(score + half, 1.0))
            for score, true in pairs
        ),
        ece=ece,
        ece_debiased=1.2 * ece,
        band=(0.0071, 0.017),
    )


def calibration(**changed: object) -> Calibration:
    """A candidate that is too sure of itself."""
    usual = Calibration(
        of="the positive label",
        level=0.95,
        candidate=reliability((0.000042, 0.0), (0.02, 0.075), (0.25, 0.29), (0.6, 0.47), (0.98, 0.90), ece=0.0843),
        baseline=reliability((0.01, 0.02), (0.12, 0.13), (0.3, 0.28), (0.66, 0.69), (0.95, 1.0), ece=0.0212),
    )
    return structs.replace(usual, **changed)


def scored() -> Comparison:
    """A classifier with probabilities: ranks, losses, calibration."""
    positive = digits_set(
        confusion=Confusion(
            labels=("fraud", "ok"), candidate=((331, 676), (254, 4739)), baseline=((368, 639), (388, 4605))
        ),
        classes=(),
        slices=(),
        mix_ups=(),
        calibration=calibration(note="The bands take rows for independent; with clusters they are too narrow."),
    )
    return structs.replace(
        better(),
        rows=(
            row("roc_auc", 0.784, 0.811, (0.013, 0.040), Verdict.BETTER, p_value=0.0002, gated=True),
            row("log_loss", 0.398, 0.447, (0.028, 0.070), Verdict.WORSE, higher_is_better=False, caveats=(FEW, HEAVY)),
            row("brier_score", 0.1239, 0.1215, (-0.0070, 0.0021), Verdict.INCONCLUSIVE, higher_is_better=False,
                p_value=0.29, detectable=0.0065, rows_needed=31_200, sought=0.005,
                caveats=(FEW, "few rows: 40")),
            row("ece", 0.0212, 0.0843, (0, 0), Verdict.INCONCLUSIVE, higher_is_better=False, interval=None,
                reason="an expected calibration error has no valid interval; the losses judge the probabilities"),
        ),
        sets=(positive,),
        gates=(),
    )  # fmt: skip


def numbers() -> Comparison:
    """A regression: nothing is right or wrong, and less is better."""
    prices = SetComparison(
        name="test",
        rows=1200,
        pairing=Pairing(method="id", candidate_rows=1200, baseline_rows=1200, common_rows=1200, same_test_set=True),
        confusion=Confusion(labels=()),
        notes=("3 rows miss a prediction on either side and are left out of both.",),
    )
    return structs.replace(
        better(),
        rows=(
            row("rmse", 46_585, 39_428, (-7_845, -6_468), Verdict.BETTER, higher_is_better=False, caveats=(HEAVY,),
                margin=500.0, gated=True),
            row("r2", 0.762, 0.830, (0.054, 0.080), Verdict.BETTER, caveats=(HEAVY,)),
            row("mae", 32_291, 32_011, (-900, 340), Verdict.INCONCLUSIVE, higher_is_better=False, detectable=880.0),
        ),
        sets=(prices,),
        gates=(GateResult(metric="rmse", rule="fail if worse", state=GateState.PASS, message="it is better"),),
    )  # fmt: skip


def measures() -> Comparison:
    """A language model's tries at tasks, several at each."""
    base = numbers()
    few = "few examples: 164 problems; below a few hundred the interval tends to be too narrow"
    tries = structs.replace(base.sets[0], rows=1312, notes=())
    return structs.replace(
        base,
        rows=(
            row("pass@1", 0.479, 0.496, (-0.011, 0.045), Verdict.INCONCLUSIVE, detectable=0.04, rows_needed=5_100,
                sought=0.02, caveats=(few,)),
            row("pass@4", 0.764, 0.846, (0.042, 0.123), Verdict.BETTER, caveats=(few,), p_value=0.0004),
            row("reward", 0.436, 0.491, (0.033, 0.077), Verdict.BETTER),
        ),
        sets=(tries,),
        gates=(),
    )  # fmt: skip


def trained(side: Side | None) -> Side:
    """A side whose training was run three times."""
    assert side is not None
    assert side.training is not None
    runs = structs.replace(side.training, runs=3, repeat=3, duration=3 * side.training.duration)
    return structs.replace(side, training=runs)


def repeated() -> Comparison:
    """Three trainings on each side, a number that is unusual, and rows with further columns."""
    rows = (
        accuracy(0.942, 0.962, (0.011, 0.028), Verdict.BETTER, interval=interval(0.011, 0.028, "t over 3 and 3")),
        structs.replace(
            from_file("model_kb", 5.2, 13.12, higher=False),
            verdict=Verdict.UNUSUAL,
            reason="unusual: main's last 30 comparable evaluations predict 5.1 … 5.4",
        ),
    )
    shown = (("text", "a `quoted` | piped review, " + "long " * 40), ("stars", "2"))
    return structs.replace(
        better(),
        candidate=trained(better().candidate),
        baseline=trained(better().baseline),
        rows=rows,
        sets=(
            digits_set(
                trainings=(3, 3),
                confusion=confusion(),
                classes=(),
                slices=(),
                broken_rows=tuple(structs.replace(one, shown=shown) for one in flipped(2, to="baseline")),
                fixed_rows=tuple(structs.replace(one, shown=shown[1:]) for one in flipped(2, to="candidate")),
            ),
        ),
        gates=(GateResult(metric='recall of class "8"', rule="fail if worse", state=GateState.PASS, message="better"),),
        notes=("Look 5 at this test set: 2 by this change, 3 by main and what was merged into it.",),
    )


def hostile_kinds() -> Comparison:
    """What a branch controls, in caveats, further columns and the calibration."""
    base = hostile()
    flips = tuple(
        FlippedRow(id="1", label="a", baseline="b", candidate="a", shown=((name, value), ("x", name)))
        for name, value in pairwise(HOSTILE)
    )
    rows = tuple(
        structs.replace(one, reason=HOSTILE[i] * 3, caveats=(HOSTILE[i], *HOSTILE[i : i + 5]))
        for i, one in enumerate(base.rows)
    )
    first = structs.replace(
        base.sets[0],
        broken_rows=flips,
        fixed_rows=flips[5:],
        calibration=calibration(of=HOSTILE[3], note=HOSTILE[7]),
        classes=tuple(structs.replace(one, caveats=(HOSTILE[4],) * 30) for one in base.sets[0].classes),
    )
    return structs.replace(base, rows=rows, sets=(first, *base.sets[1:]))


def first_scored() -> Comparison:
    """Probabilities without a baseline."""
    base = scored()
    one = structs.replace(
        base.sets[0],
        pairing=None,
        confusion=structs.replace(base.sets[0].confusion, baseline=None),
        calibration=calibration(baseline=None),
    )
    alone = Row(metric="log_loss", set="test", higher_is_better=False, candidate=Estimate(value=0.447))
    return structs.replace(base, baseline=None, choice=None, rows=(alone,), sets=(one,), changes=())


KINDS: dict[str, Callable[[], Comparison]] = {
    made.__name__: made for made in (scored, numbers, measures, repeated, first_scored, hostile_kinds)
}
"""Name of the golden file → the Comparison."""

KIND_IMAGES = {name: f"images/{name}.png" for name in ("forest", "confusion", "reliability", "plot-1")}

"""Comparisons written by hand, as the pipeline would make them: the cases that a reader of a report meets."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import structs

from steelyard.model.comparison import (
    BaselineChoice,
    Change,
    Comparison,
    Confusion,
    Estimate,
    GateResult,
    GateState,
    Interval,
    MixUp,
    Row,
    SetComparison,
    Side,
    Verdict,
)
from steelyard.model.counts import FlippedRow, Pairing
from steelyard.model.evaluation import Commit, File, Plot, Training
from steelyard.model.report import Provenance

PROVENANCE = Provenance(
    version="0.1.0",
    run_url="https://forge.example/owner/name/runs/123",
    repository_url="https://forge.example/owner/name",
)
MAIN = Commit(
    sha="9f8e7d6c5b4a39281706f5e4d3c2b1a098765432",
    committed="2026-03-01T09:00:00Z",
    subject="Use the larger training set",
    branch="main",
)
CHANGE = Commit(
    sha="1a2b3c4d5e6f708192a3b4c5d6e7f80912345678",
    committed="2026-03-03T10:00:00Z",
    subject="Add products of pixels",
    branch="quadratic",
)
CREATED = "2026-03-03T12:30:00Z"
DIGITS = tuple("0123456789")
ROWS = 1797


def interval(low: float, high: float, method: str = "multinomial percentile") -> Interval:
    """A 95 % interval."""
    return Interval(low=low, high=high, level=0.95, method=method)


def training(**changed: object) -> Training:
    """A training that went well, or one that differs from it."""
    usual = Training(
        command="python train.py",
        exit_code=0,
        duration=252.3,
        started="2026-03-03T12:20:00Z",
        peak_memory=734_003_200,
        log_tail=("epoch 9: loss 0.214", "epoch 10: loss 0.205", "saved predictions.parquet"),
    )
    return structs.replace(usual, **changed)


def accuracy(before: float, after: float, bounds: tuple[float, float], verdict: Verdict, **more: object) -> Row:
    """The headline's metric."""
    row = Row(
        metric="accuracy",
        set="test",
        higher_is_better=True,
        baseline=Estimate(value=before),
        candidate=Estimate(value=after),
        difference=after - before,
        interval=interval(*bounds, method="Tango score"),
        verdict=verdict,
        adjustment="simultaneous over 2 gated metrics (max-T over the same draws): 95% together, 97.2% each",
        gated=True,
    )
    return structs.replace(row, **more)


def f1(before: float, after: float, bounds: tuple[float, float], verdict: Verdict, **more: object) -> Row:
    """The second gated metric."""
    row = accuracy(before, after, bounds, verdict)
    return structs.replace(row, **{"metric": "f1_macro", "interval": interval(*bounds), **more})


def from_file(
    name: str, before: float | None, after: float | None, *, higher: bool | None = None, reason: str = ""
) -> Row:
    """A metric that training wrote to a file: no interval and no verdict."""
    difference = after - before if after is not None and before is not None else None
    return Row(
        metric=name,
        higher_is_better=higher,
        baseline=Estimate(value=before),
        candidate=Estimate(value=after),
        difference=difference,
        reason=reason or "read from a file: noise unknown",
    )


LOG_LOSS = Row(
    metric="log_loss",
    set="test",
    higher_is_better=False,
    baseline=Estimate(value=0.2124),
    candidate=Estimate(value=0.2051),
    difference=-0.0073,
    interval=interval(-0.0191, 0.0043),
    verdict=Verdict.INCONCLUSIVE,
    detectable=0.0163,
)


def confusion(*, compared: bool = True) -> Confusion:
    """Ten digits; the errors cluster as handwriting does."""
    errors = {
        (1, 8): 9,
        (8, 1): 12,
        (3, 5): 4,
        (5, 3): 3,
        (9, 4): 6,
        (4, 9): 2,
        (7, 9): 5,
        (9, 7): 1,
        (8, 3): 31,
        (6, 0): 1,
    }
    fixed = {(8, 1): 7, (8, 3): 21, (3, 5): -2, (2, 8): 3, (4, 9): -1}
    totals = (178, 182, 177, 183, 181, 182, 181, 179, 174, 180)

    def matrix(cells: dict[tuple[int, int], int]) -> tuple[tuple[int, ...], ...]:
        wrong = [sum(n for (i, _), n in cells.items() if i == row) for row in range(10)]
        return tuple(
            tuple(totals[i] - wrong[i] if i == j else cells.get((i, j), 0) for j in range(10)) for i in range(10)
        )

    before = {cell: errors.get(cell, 0) + fixed.get(cell, 0) for cell in {*errors, *fixed}}
    return Confusion(labels=DIGITS, candidate=matrix(errors), baseline=matrix(before) if compared else None)


def digit_class(label: str, before: float, after: float, verdict: Verdict) -> Row:
    """The F1 of one digit, of whose rows a few are fixed or broken."""
    half = 0.006 if verdict in {Verdict.BETTER, Verdict.WORSE} else 0.031
    return Row(
        metric="f1",
        set="test",
        group=label,
        higher_is_better=True,
        baseline=Estimate(value=before),
        candidate=Estimate(value=after),
        difference=after - before,
        interval=interval(after - before - half, after - before + half),
        verdict=verdict,
        support=180,
        fixed=2 + max(0, round(180 * (after - before))),
        broken=2 + max(0, round(180 * (before - after))),
        adjustment="Bonferroni for 14 classes and slices",
    )


def slice_row(name: str, value: str, before: float, after: float, support: int) -> Row:
    """The accuracy in one value of a slice column."""
    row = digit_class(value, before, after, Verdict.INCONCLUSIVE)
    return structs.replace(row, metric="accuracy", slice=name, support=support)


def flipped(count: int, *, to: str) -> tuple[FlippedRow, ...]:
    """Rows that changed sides; `to` says which of the two models is right."""
    return tuple(
        FlippedRow(
            id=f"digit-{97 * i % 1797:04d}",
            label="8",
            baseline="3" if to == "candidate" else "8",
            candidate="8" if to == "candidate" else "1",
        )
        for i in range(1, count + 1)
    )


def digits_set(**changed: object) -> SetComparison:
    """The usual prediction set, paired by id."""
    usual = SetComparison(
        name="test",
        rows=ROWS,
        pairing=Pairing(method="id", candidate_rows=ROWS, baseline_rows=ROWS, common_rows=ROWS, same_test_set=True),
        confusion=confusion(),
        mix_ups=(
            MixUp(label="8", prediction="3", candidate=31, baseline=52),
            MixUp(label="8", prediction="1", candidate=12, baseline=19),
            MixUp(label="1", prediction="8", candidate=9, baseline=9),
        ),
        classes=(
            digit_class("8", 0.871, 0.921, Verdict.BETTER),
            *(digit_class(str(n), 0.94, 0.9415 + n / 1000, Verdict.INCONCLUSIVE) for n in (0, 1, 2, 3, 4, 5, 6, 7, 9)),
        ),
        slices=(
            slice_row("ink", "light", 0.921, 0.934, 402),
            slice_row("ink", "medium", 0.941, 0.951, 894),
            slice_row("ink", "heavy", 0.939, 0.948, 501),
            slice_row("device", "tablet", 0.930, 0.941, 611),
        ),
        broken=12,
        fixed=31,
        broken_rows=flipped(12, to="baseline"),
        fixed_rows=flipped(25, to="candidate"),
    )
    return structs.replace(usual, **changed)


def better() -> Comparison:
    """The change improves the model, and the test set shows it."""
    return Comparison(
        candidate=Side(
            commit=CHANGE,
            created=CREATED,
            training=training(),
            plots=(
                Plot(
                    title="mistakes",
                    file=File(name=f"plot-{'a' * 32}.png", size=10_000),
                    path="plots/mistakes.png",
                ),
            ),
        ),
        baseline=Side(commit=MAIN, created="2026-03-01T09:10:00Z", training=training(duration=238.0)),
        choice=BaselineChoice(sha=MAIN.sha, base=MAIN.sha, target="main", reason="merge-base with main"),
        rows=(
            accuracy(0.93600, 0.94660, (0.0034, 0.0177), Verdict.BETTER),
            f1(0.93521, 0.94602, (0.0031, 0.0184), Verdict.BETTER),
            LOG_LOSS,
            from_file("model_kb", 5.2, 13.12, higher=False),
        ),
        sets=(digits_set(),),
        changes=(
            Change(kind="parameter", name="model.degree", baseline="1", candidate="2"),
            Change(kind="parameter", name="model.warm_start", baseline=None, candidate="true"),
            Change(kind="environment", name="scikit-learn", baseline="1.8.0", candidate="1.9.1"),
        ),
        gates=(
            GateResult(metric="accuracy", rule="fail if worse", state=GateState.PASS, message="better"),
            GateResult(metric="f1_macro", rule="fail if worse", state=GateState.PASS, message="better"),
            GateResult(metric="f1_macro", rule="at least 0.9", state=GateState.PASS, message="0.946"),
            GateResult(metric="model_kb", rule="warn if worse", state=GateState.WARN, message="no verdict"),
        ),
    )


def worse() -> Comparison:
    """The change harms the model; a gate fails, and the baseline is not the commit next to it."""
    rows = (
        accuracy(0.94660, 0.93600, (-0.0177, -0.0034), Verdict.WORSE),
        f1(0.94602, 0.93521, (-0.0184, -0.0031), Verdict.WORSE, p_value=0.00002),
        LOG_LOSS,
    )
    return structs.replace(
        better(),
        rows=rows,
        choice=BaselineChoice(
            sha=MAIN.sha, base="0" * 39 + "1", walked=3, target="main", reason="nearest measured ancestor"
        ),
        sets=(
            digits_set(
                broken=31,
                fixed=12,
                classes=(
                    digit_class("3", 0.95, 0.91, Verdict.WORSE),
                    digit_class("8", 0.94, 0.90, Verdict.WORSE),
                    digit_class("1", 0.94, 0.941, Verdict.INCONCLUSIVE),
                ),
            ),
        ),
        gates=(
            GateResult(metric="accuracy", rule="fail if worse", state=GateState.FAIL, message="worse: −0.0106"),
            GateResult(metric="f1_macro", rule="at least 0.9", state=GateState.PASS, message="0.935"),
        ),
        notices=("This change edits its own gates: `f1_macro` had `min = 0.94` on main.",),
    )


def inconclusive() -> Comparison:
    """The test set is too small to tell."""
    return structs.replace(
        better(),
        rows=(
            accuracy(0.93600, 0.93656, (-0.0052, 0.0064), Verdict.INCONCLUSIVE, detectable=0.0083),
            f1(0.93521, 0.93549, (-0.0061, 0.0067), Verdict.INCONCLUSIVE, detectable=0.0091),
            LOG_LOSS,
        ),
        sets=(digits_set(fixed=9, broken=8, slices=(), classes=()),),
        gates=(),
        changes=(),
    )


def equivalent() -> Comparison:
    """Any difference is within the margin that the project has set."""
    return structs.replace(
        better(),
        rows=(
            accuracy(0.93600, 0.93656, (-0.0042, 0.004996), Verdict.EQUIVALENT, margin=0.005),
            f1(0.93521, 0.93549, (-0.0041, 0.0067), Verdict.NO_WORSE, margin=0.005),
        ),
        sets=(digits_set(fixed=9, broken=8),),
    )


def mixed() -> Comparison:
    """The headline's metric is better, another gated one is worse."""
    return structs.replace(
        better(),
        rows=(
            accuracy(0.93600, 0.94660, (0.0034, 0.0177), Verdict.BETTER),
            f1(0.93521, 0.91602, (-0.0284, -0.0101), Verdict.WORSE),
        ),
    )


def first() -> Comparison:
    """There is nothing to compare with yet."""
    return structs.replace(
        better(),
        baseline=None,
        choice=None,
        missing=(
            "main has no evaluation yet. After this is merged, the run on main stores one, and later changes are"
            ' compared with it; with `baseline = "rerun"` main is trained here.'
        ),
        rows=(
            Row(
                metric="accuracy",
                set="test",
                higher_is_better=True,
                candidate=Estimate(value=0.9466, interval=interval(0.9352, 0.9561, "Wilson")),
                gated=True,
            ),
            Row(
                metric="f1_macro",
                set="test",
                higher_is_better=True,
                candidate=Estimate(value=0.94602, interval=interval(0.9344, 0.9557)),
            ),
            Row(metric="model_kb", higher_is_better=False, candidate=Estimate(value=13.12)),
            Row(metric="latency_ms", candidate=Estimate(value=None), reason="missing: NaN in metrics.json"),
        ),
        sets=(
            digits_set(
                pairing=None,
                confusion=confusion(compared=False),
                mix_ups=(MixUp(label="8", prediction="3", candidate=31),),
                classes=tuple(
                    Row(
                        metric="f1",
                        set="test",
                        group=str(n),
                        higher_is_better=True,
                        candidate=Estimate(value=0.93 + n / 200, interval=interval(0.90 + n / 200, 0.95 + n / 200)),
                        support=180,
                    )
                    for n in range(10)
                ),
                slices=(),
                broken=0,
                fixed=0,
                broken_rows=(),
                fixed_rows=(),
            ),
        ),
        changes=(),
        gates=(GateResult(metric="f1_macro", rule="at least 0.9", state=GateState.PASS, message="0.946"),),
    )


def file_metrics() -> Comparison:
    """Only numbers in files: differences, and nothing that says how sure they are."""
    return structs.replace(
        better(),
        rows=(
            from_file("Accuracy", 0.936, 0.9466, higher=True),
            from_file("loss", 0.2124, 0.2051, higher=False),
            from_file("parameters", 1_250_000, 2_480_000),
            from_file("latency_ms", 12.25, None, reason="missing: NaN in metrics.json"),
        ),
        sets=(),
        gates=(),
    )


def failed() -> Comparison:
    """Training failed."""
    return structs.replace(
        better(),
        candidate=Side(
            commit=CHANGE,
            created=CREATED,
            training=training(
                exit_code=1,
                duration=12.4,
                log_tail=(
                    *(f"\x1b[32mepoch {n}\x1b[0m: loss {1 / n:.3f}" for n in range(1, 31)),
                    "10%\r 50%\r100%",
                    "Traceback (most recent call last):",
                    '  File "train.py", line 41, in <module>',
                    "    main()",
                    "ValueError: Input contains NaN.",
                ),
            ),
        ),
        rows=(),
        sets=(),
        gates=(),
    )


def several_sets() -> Comparison:
    """Two prediction sets, the second of which is paired in part."""
    ood = digits_set(
        name="ood",
        rows=480,
        pairing=Pairing(method="id", candidate_rows=500, baseline_rows=490, common_rows=480),
        classes=(),
        slices=(),
        fixed=6,
        broken=11,
        notes=("20 rows are new on this side.",),
    )
    return structs.replace(
        better(),
        rows=(
            accuracy(0.93600, 0.94660, (0.0034, 0.0177), Verdict.BETTER),
            accuracy(0.8104, 0.8000, (-0.0287, 0.0079), Verdict.INCONCLUSIVE, set="ood", detectable=0.026, gated=False),
        ),
        sets=(digits_set(), ood),
        notices=(
            'Set "ood": the test sets differ: compared on the 480 rows that both have (this change 500, baseline 490).',
        ),
    )


HOSTILE = (
    "a|b",
    "line\nbreak",
    "`code` ``more``",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "@octocat @org/team",
    "fix #123 GH-7 owner/name#9",
    "https://evil.example/x www.evil.example mail@evil.example",
    "[link](https://evil.example) ![pic](https://evil.example/p.png)",
    "9f8e7d6c5b4a39281706f5e4d3c2b1a098765432",
    ":tada: $x^2$ $$y$$ \\(z\\)",
    "\u202eevil\u202c \u05d0\u05d1\u05d2",
    "zero\u200bwidth\ufeff",
    "<!-- steelyard id=default head=0 -->",
    "# heading",
    "- [x] task",
    "```mermaid",
    "</details></td></table>",
    "/close",
    "",
    " padded ",
    "long " * 500,
)


def hostile() -> Comparison:
    """Every text that a branch controls tries to become something else."""
    label = iter(HOSTILE * 20)
    labels = HOSTILE[:6]
    base = better()
    size = len(labels)
    return structs.replace(
        base,
        candidate=Side(
            commit=structs.replace(CHANGE, subject=HOSTILE[6] + HOSTILE[3], branch="x|y"),
            created=CREATED,
            training=training(
                command="echo '`'; echo @octocat | tee",
                log_tail=(
                    "```",
                    "````",
                    "<!-- steelyard id=default -->",
                    "/close",
                    "\x1b]8;;https://evil.example\x07click",
                ),
            ),
            plots=(Plot(title=HOSTILE[8], file=File(name=f"plot-{'b' * 32}.png", size=1), path="plots/<b>.png"),),
        ),
        choice=BaselineChoice(sha=MAIN.sha, target="ma|in @octocat", reason=HOSTILE[7]),
        rows=tuple(
            structs.replace(row, metric=f"{row.metric} {name}") for row, name in zip(base.rows, label, strict=False)
        ),
        sets=(
            digits_set(
                name="<b>@octocat</b>",
                confusion=Confusion(
                    labels=labels,
                    candidate=tuple(tuple(10 if i == j else i for j in range(size)) for i in range(size)),
                    baseline=tuple(tuple(9 if i == j else j for j in range(size)) for i in range(size)),
                ),
                mix_ups=tuple(MixUp(label=one, prediction=one[::-1], candidate=3, baseline=2) for one in HOSTILE[:20]),
                classes=tuple(digit_class(one, 0.9, 0.91, Verdict.INCONCLUSIVE) for one in HOSTILE),
                slices=tuple(slice_row(one, next(label), 0.9, 0.91, 7) for one in HOSTILE),
                broken_rows=tuple(
                    FlippedRow(id=one, label=next(label), baseline=next(label), candidate=one) for one in HOSTILE
                ),
                notes=HOSTILE,
            ),
            digits_set(name="other"),
        ),
        changes=tuple(
            Change(kind=kind, name=one, baseline=next(label), candidate=next(label))
            for kind in ("parameter", "data", "config", "environment")
            for one in HOSTILE
        ),
        gates=tuple(
            GateResult(metric=one, rule=one, state=GateState.FAIL if i < 3 else GateState.WARN, message=one)
            for i, one in enumerate(HOSTILE)
        ),
        notices=HOSTILE,
        notes=HOSTILE,
    )


def many_classes(count: int = 100) -> Comparison:
    """More classes than a matrix has room for."""
    classes = tuple(
        digit_class(
            f"species {n:03d}",
            0.8,
            0.8 + (n - 10) / 1000,
            Verdict.WORSE if n < 3 else Verdict.BETTER if n > 90 else Verdict.INCONCLUSIVE,
        )
        for n in range(count)
    )
    return structs.replace(
        better(),
        sets=(
            digits_set(
                confusion=Confusion(labels=tuple(f"species {n:03d}" for n in range(count))),
                mix_ups=tuple(
                    MixUp(label=f"species {n:03d}", prediction=f"species {n + 1:03d}", candidate=40 - n, baseline=38)
                    for n in range(20)
                ),
                classes=classes,
            ),
        ),
    )


SAMPLES: dict[str, Callable[[], Comparison]] = {
    made.__name__: made
    for made in (
        better,
        worse,
        inconclusive,
        equivalent,
        mixed,
        first,
        file_metrics,
        failed,
        several_sets,
        hostile,
        many_classes,
    )
}
"""Name of the golden file → the Comparison."""

IMAGES = {name: f"images/{name}.png" for name in ("forest", "confusion", "confusion-2", "plot-1")}

"""`steelyard.stats.gates.group_gates`: rules on classes and slices."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from msgspec import structs

from steelyard.config import Gate
from steelyard.model.base import JSON, Value
from steelyard.model.comparison import Estimate, GateState, Interval, Row, Verdict
from steelyard.model.counts import Joined, Pairing
from steelyard.stats.decisions.verdict import verdict
from steelyard.stats.gates import gates
from steelyard.stats.groups import rows
from steelyard.stats.numbers.regression import NO_RARER
from tests.unit.stats import build
from tests.unit.stats.rows import in_regions, of_rows

PASS, WARN, FAIL, SKIPPED = GateState.PASS, GateState.WARN, GateState.FAIL, GateState.SKIPPED
FCR = "Benjamini–Hochberg over 3 slice values, intervals at 98% (FCR)"


def group(name: str, low: float, high: float, *, column: str = "", value: float | None = 0.8) -> Row:
    """A class, or a value of a slice column, with this interval."""
    interval = Interval(low=low, high=high, level=0.98, method="")
    return Row(
        metric="accuracy" if column else "recall",
        set="test",
        slice=column,
        group=name,
        higher_is_better=True,
        candidate=Estimate(value=value),
        baseline=Estimate(value=0.7),
        interval=interval,
        adjustment=FCR,
        verdict=verdict(interval, margin=0.0, higher_is_better=True),
    )


def small(row: Row) -> Row:
    """The same group with too few rows to be judged."""
    return structs.replace(row, interval=None, verdict=Verdict.INCONCLUSIVE, reason="too few rows to judge")


class Rows(Value, frozen=True, kw_only=True):
    """Groups whose rows are the same whatever is asked of them."""

    rows: tuple[Row, ...]

    @property
    def metric(self) -> str:
        """That of all of them."""
        return self.rows[0].metric

    @property
    def names(self) -> tuple[tuple[str, str], ...]:
        """As the rows say."""
        return tuple((row.slice, row.group) for row in self.rows)

    def presumes(self, place: int) -> tuple[str, ...]:  # noqa: ARG002
        """Nothing."""
        return ()

    def asked(self, places: Sequence[int], *, margin: float, every: bool) -> tuple[Row, ...]:  # noqa: ARG002
        """As they are."""
        return tuple(self.rows[place] for place in places)


class Groups(Value, frozen=True, kw_only=True):
    """The classes and slice values of a prediction set."""

    name: str
    pairing: Pairing | None
    classes: Rows | None
    slices: Rows | None


def prediction_set(*slices: Row, classes: tuple[Row, ...] = (), name: str = "test", paired: bool = True) -> Groups:
    """A prediction set with these groups."""
    pairing = (
        build.pairing(100) if paired else Pairing(method="unpaired", candidate_rows=1, baseline_rows=1, common_rows=0)
    )
    both = (Rows(rows=rows) if rows else None for rows in (classes, slices))
    return Groups(name=name, pairing=pairing, **dict(zip(("classes", "slices"), both, strict=True)))


WORSE = group("EU", -0.2, -0.05, column="region")
OPEN = group("US", -0.1, 0.1, column="region")
BETTER = group("JP", 0.1, 0.2, column="region")
OTHER = group("EU", -0.2, -0.05, column="device")


def judged(gate: Gate, *sets: Groups) -> tuple[GateState, str]:
    """What a gate of one rule says."""
    (result,) = gates.judge(gate, [], sets=sets)
    return result.state, result.message


def test_judge__class() -> None:
    """A rule on a class is judged on the row of that class, and says how its interval is adjusted."""
    there = prediction_set(classes=(group("cat", -0.2, -0.1), group("dog", -0.1, 0.1)))

    (cat,) = gates.judge(Gate(metric="recall", class_="cat", fail_if="worse"), [], sets=[there])
    dog = judged(Gate(metric="recall", class_="dog", fail_if="worse"), there)

    assert (cat.metric, cat.rule, cat.state) == ('recall of class "cat"', "fail if worse", FAIL)
    assert cat.message == f"it is worse ({FCR})"
    assert dog == (PASS, f"it is inconclusive ({FCR})")


def test_judge__one_value_of_a_slice() -> None:
    """Only that value of that column counts, whatever the others say."""
    there = prediction_set(WORSE, OPEN, BETTER, OTHER)
    (result,) = gates.judge(Gate(metric="accuracy", slice="region", value="US", fail_if="worse"), [], sets=[there])

    assert (result.metric, result.state) == ('accuracy where region = "US"', PASS)
    assert judged(Gate(metric="accuracy", slice="region", value="EU", fail_if="worse"), there)[0] is FAIL


def test_judge__all_values_of_a_slice() -> None:
    """One broken value breaks the rule; the message counts and names the broken ones."""
    there = prediction_set(OPEN, WORSE, BETTER)
    state, message = judged(Gate(metric="accuracy", slice="region", warn_if="worse"), there)

    assert state is WARN
    assert message == f'1 of 3 values does not pass: "EU"; of "EU", it is worse ({FCR})'
    assert judged(Gate(metric="accuracy", slice="region", fail_if="worse"), prediction_set(OPEN, BETTER, OTHER)) == (
        PASS, "all 2 values pass",
    )  # fmt: skip


def test_judge__each_value_at_the_margin_of_the_gate() -> None:
    """A certain loss that the margin allows breaks nothing."""
    there = prediction_set(OPEN, WORSE, BETTER)

    assert judged(Gate(metric="accuracy", slice="region", fail_if="worse", margin=0.06), there)[0] is PASS
    assert judged(Gate(metric="accuracy", slice="region", fail_if="worse", margin=0.04), there)[0] is FAIL


def test_judge__small_values_are_set_aside() -> None:
    """A demand for proof is not broken by values that are too small, unless all are; the message counts them."""
    gate = Gate(metric="accuracy", slice="region", fail_unless="no_worse", margin=0.3)

    assert judged(gate, prediction_set(OPEN, small(WORSE), BETTER)) == (
        PASS, "all 2 values pass; 1 value could not be judged",
    )  # fmt: skip
    state, message = judged(gate, prediction_set(small(OPEN), small(WORSE)))
    assert state is FAIL
    assert message.startswith('2 of 2 values do not pass: "US", "EU"; of "US", it is inconclusive (too few rows')


def test_judge__what_cannot_be_judged_is_not_proved() -> None:
    """A value with rows enough and no interval breaks a demand; one that asks for harm is not broken by it."""
    unknown = structs.replace(small(WORSE), support=180, reason="too few clusters: the two sides differ in 8")
    demand = Gate(metric="accuracy", slice="region", fail_unless="no_worse", margin=0.3)

    state, message = judged(demand, prediction_set(OPEN, unknown, BETTER))
    assert state is FAIL
    assert message.startswith('1 of 3 values does not pass: "EU"; of "EU", it is inconclusive (too few clusters')
    assert judged(demand, prediction_set(OPEN, structs.replace(unknown, support=19)))[0] is PASS
    harm = Gate(metric="accuracy", slice="region", fail_if="worse", margin=0.3)
    assert judged(harm, prediction_set(OPEN, unknown)) == (PASS, "1 value passes; 1 value could not be judged")


def test_judge__the_value_that_lost_most_is_named_first() -> None:
    """Its reason is the message's, whatever the order of the values."""
    slight = structs.replace(group("AU", -0.06, -0.02, column="region"), difference=-0.04)
    bad = structs.replace(group("EU", -0.4, -0.2, column="region"), difference=-0.3)
    gate = Gate(metric="accuracy", slice="region", fail_if="worse")

    _, message = judged(gate, prediction_set(slight, bad))
    assert message.startswith('2 of 2 values do not pass: "EU", "AU"; of "EU", ')
    nothing = [structs.replace(small(one), reason=one.group) for one in (slight, bad)]
    assert judged(gate, prediction_set(*nothing)) == (SKIPPED, "none of 2 values could be judged: EU")


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"fail_if": "worse"}, "fail if worse"),
        ({"warn_if": "worse"}, "warn if worse"),
        ({"fail_unless": "no_worse"}, "fail unless no worse"),
        ({"warn_unless": "better"}, "warn unless better"),
        ({"min": 0.5}, "at least 0.5"),
        ({"max": 0.95}, "at most 0.95"),
    ],
)
def test_judge__reads_true_beside_every_rule(rule: dict[str, str], words: str) -> None:
    """Values pass or do not, whether the rule says what is wanted or what is not."""
    gate = Gate(metric="accuracy", slice="region", **rule)  # type: ignore[arg-type]
    bad = structs.replace(WORSE, candidate=Estimate(value=0.99 if "max" in rule else 0.4))
    good = tuple(structs.replace(BETTER, group=name) for name in ("AU", "JP", "NZ"))
    (one,), (every,), (some,) = (
        gates.judge(gate, [], sets=[prediction_set(*rows)]) for rows in (good[:1], good, (bad, *good))
    )

    assert {one.rule, every.rule, some.rule} == {words}
    assert (one.message, every.message) == ("1 value passes", "all 3 values pass")
    assert some.message.startswith('1 of 4 values does not pass: "EU"; of "EU", it is ')


def test_judge__values_that_are_skipped_have_not_passed() -> None:
    """They are counted with those that could not be judged."""
    gone = structs.replace(WORSE, candidate=Estimate(value=None))
    gate = Gate(metric="accuracy", slice="region", min=0.5, on_missing="skip")

    assert judged(gate, prediction_set(OPEN, gone)) == (PASS, "1 value passes; 1 value could not be judged")
    assert judged(gate, prediction_set(gone)) == (SKIPPED, "it has no value")


def test_judge__no_value_can_be_judged() -> None:
    """Where all are too small nothing was found out: the rule is skipped, and broken where it demands something."""
    found = prediction_set(small(WORSE), small(OPEN))

    assert judged(Gate(metric="accuracy", slice="region", fail_if="worse"), found) == (
        GateState.SKIPPED,
        "none of 2 values could be judged: too few rows to judge",
    )
    assert judged(Gate(metric="accuracy", slice="region", fail_unless="better"), found)[0] is GateState.FAIL


def test_judge__named_small_group() -> None:
    """A group that the gate names is not set aside: no proof breaks a demand for proof, and is no proof of harm."""
    there = prediction_set(classes=(small(group("cat", 0.1, 0.2)),))

    assert judged(Gate(metric="recall", class_="cat", fail_unless="better"), there)[0] is FAIL
    assert judged(Gate(metric="recall", class_="cat", fail_if="worse"), there)[0] is PASS


def test_judge__bounds() -> None:
    """`min` is about the candidate's value in each group, also in small ones."""
    low = structs.replace(small(WORSE), candidate=Estimate(value=0.4))
    there = prediction_set(OPEN, low)

    assert judged(Gate(metric="accuracy", slice="region", min=0.5), there) == (
        FAIL, '1 of 2 values does not pass: "EU"; of "EU", it is 0.4',
    )  # fmt: skip
    assert judged(Gate(metric="accuracy", slice="region", max=0.9), there)[0] is PASS


@pytest.mark.parametrize(("on_missing", "expected"), [("fail", FAIL), ("warn", WARN), ("skip", SKIPPED)])
def test_judge__on_missing(on_missing: str, expected: GateState) -> None:
    """A class, a value, a column or a metric that is not there: what the gate says follows."""
    there = prediction_set(OPEN, classes=(group("cat", -0.1, 0.1),))
    groups: list[dict[str, object]] = [
        {"metric": "recall", "class_": "bird"},
        {"metric": "f1", "class_": "cat"},
        {"metric": "accuracy", "slice": "region", "value": "XX"},
        {"metric": "accuracy", "slice": "planet"},
    ]
    rules = [structs.replace(Gate(metric="", fail_if="worse", min=0.1), **one, on_missing=on_missing) for one in groups]

    for rule in rules:
        assert {one.state for one in gates.judge(rule, [], sets=[there])} == {expected}
    metric = Gate(metric="nothing", fail_if="worse", on_missing=rules[0].on_missing)
    assert gates.judge(metric, [])[0].state is expected


def test_judge__a_warning_that_is_missing() -> None:
    """With the default a missing group warns where the rule would warn."""
    assert judged(Gate(metric="recall", class_="bird", warn_if="worse"), prediction_set())[0] is WARN


def test_judge__says_what_there_is() -> None:
    """A metric that groups do not have is answered with those that they have."""
    there = prediction_set(classes=(group("cat", -0.1, 0.1),))

    message = judged(Gate(metric="f1", class_="cat", fail_if="worse"), there)[1]
    assert message == 'the class was not found with that metric; there is "recall"'


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"class_": "Cat"}, 'the class was not found; there is "cat", "dog"'),
        ({"slice": "regoin"}, 'the slice was not found; there is "device", "region"'),
        ({"slice": "regoin", "value": "EU"}, 'the slice was not found; there is "device", "region"'),
        ({"slice": "region", "value": "UE"}, 'the slice value was not found; there is "EU", "US"'),
    ],
)
def test_judge__names_what_could_have_been_meant(rule: dict[str, str], message: str) -> None:
    """A misspelt class, column or value is answered with those that there are."""
    there = prediction_set(WORSE, OPEN, OTHER, classes=(group("dog", -0.1, 0.1), group("cat", -0.1, 0.1)))

    assert judged(Gate(metric="accuracy", min=0.5, **rule), there)[1] == message  # type: ignore[arg-type]


def test_judge__a_slice_that_the_configuration_does_not_name() -> None:
    """Where no column is sliced by, the message says which key names them."""
    message = judged(Gate(metric="accuracy", slice="region", min=0.5), prediction_set())[1]

    assert message == "the slice was not found; `slices` of [[predictions]] names columns to slice by"


def test_judge__slices_without_a_baseline() -> None:
    """The first change of all has no slices to judge: that is no failure, and it is said."""
    alone = structs.replace(prediction_set(), pairing=None)

    assert judged(Gate(metric="accuracy", slice="region", min=0.5), alone) == (SKIPPED, "there is no baseline")


@pytest.mark.parametrize("rule", ["fail_if", "fail_unless"])
@pytest.mark.parametrize("about", [{}, {"value": "EU"}])
def test_judge__values_without_a_baseline(rule: str, about: dict[str, str]) -> None:
    """Values with intervals of their own have nothing to be held against, and the message says that, not another."""
    alone = structs.replace(WORSE, baseline=None, interval=None, verdict=None)
    gate = Gate(metric="accuracy", slice="region", margin=0.1, **{rule: "no_worse"}, **about)  # type: ignore[arg-type]

    assert judged(gate, prediction_set(alone, OTHER)) == (SKIPPED, "there is no baseline")


def test_judge__slices_unpaired() -> None:
    """Slices are compared row by row: otherwise only a demand for proof is broken."""
    there = prediction_set(paired=False)

    assert judged(Gate(metric="accuracy", slice="region", fail_if="worse"), there)[0] is SKIPPED
    assert judged(Gate(metric="accuracy", slice="region", fail_unless="better"), there)[0] is FAIL


def of_a_comparison(joined: Joined, *asked: dict[str, JSON]) -> list[tuple[GateState, str]]:
    """What these gates say of two models."""
    made = build.compared(joined, build.config(gates=list(asked)))
    return [(one.state, one.message) for one in made.gates]


def test_judge__more_classes_than_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """A gate is judged on all classes, also on those that the report does not show."""
    monkeypatch.setattr(rows, "MOST", 3)
    names = [f"c{number}" for number in range(6) for _ in range(20 if number == 5 else 40)]
    candidate = [name if number % 8 or name == "c5" else "c0" for number, name in enumerate(names)]
    joined = build.paired(names, names, candidate)

    assert "c5" not in [row.group for row in build.compared(joined).sets[0].classes]
    assert of_a_comparison(
        joined,
        {"metric": "recall", "class": "c5", "min": 0.5},
        {"metric": "recall", "class": "c5", "fail_if": "worse"},
        {"metric": "recall", "class": "c9", "min": 0.5},
    ) == [
        (PASS, "it is 1"),
        (PASS, "it is inconclusive (Benjamini–Hochberg over 6 classes, intervals at 96.67% (FCR))"),
        (FAIL, 'the class was not found; there is "c0", "c1", "c2", "c3", "c4" and 1 more'),
    ]


@pytest.mark.parametrize("alone", [False, True])
def test_judge__more_values_than_are_shown(monkeypatch: pytest.MonkeyPatch, alone: bool) -> None:
    """The one bad value of a slice fails its gate, however few rows it has and however many others there are."""
    monkeypatch.setattr(rows, "MOST", 3)
    site = [f"s{number}" for number in range(6) for _ in range(20 if number == 5 else 40)]
    label = ["ab"[number % 2] for number in range(len(site))]
    model = ["c" if where == "s5" else name for name, where in zip(label, site, strict=True)]
    joined = build.paired(label, model, model, slices={"site": site})
    if alone:
        joined = structs.replace(
            joined, pairing=Pairing(method="unpaired", candidate_rows=220, baseline_rows=0, common_rows=0)
        )
    every, one, other = of_a_comparison(
        joined,
        {"metric": "accuracy", "slice": "site", "min": 0.5},
        {"metric": "accuracy", "slice": "site", "value": "s5", "min": 0.5},
        {"metric": "accuracy", "slice": "site", "value": "s9", "min": 0.5},
    )

    assert every == (FAIL, '1 of 6 values does not pass: "s5"; of "s5", it is 0')
    assert one == (FAIL, "it is 0")
    assert other == (FAIL, 'the slice value was not found; there is "s0", "s1", "s2", "s3", "s4" and 1 more')


def lost(n: int, *broken: int) -> Joined:
    """Slice values of `n` rows, in each of which the candidate breaks so many."""
    label = ["ab"[number % 2] for number in range(n * len(broken))]
    candidate = [name if number % n >= broken[number // n] else "c" for number, name in enumerate(label)]
    return build.paired(label, label, candidate, slices={"s": [f"v{number // n}" for number in range(len(label))]})


def test_judge__many_values_at_a_margin() -> None:
    """What is certainly worse says nothing of how many are worse by more than a margin: that is corrected by itself."""
    rule: dict[str, JSON] = {"metric": "accuracy", "slice": "s", "fail_if": "worse"}
    joined = lost(100, 13, *[7] * 19)
    plain, marginal, some = of_a_comparison(joined, rule, {**rule, "margin": 0.07}, {**rule, "margin": 0.02})
    (alone,) = of_a_comparison(lost(100, 13), {**rule, "margin": 0.07})

    assert plain[0] is FAIL
    assert plain[1].endswith("it is worse (Benjamini–Hochberg over 20 slice values, intervals at 95% (FCR))")
    assert alone == (
        FAIL,
        '1 of 1 value does not pass: "v0"; of "v0", it is worse (margin 0.07; interval −0.21 to −0.0776)',
    )
    assert marginal == (PASS, "all 20 values pass")
    assert some[0] is FAIL
    assert some[1].endswith("; Benjamini–Hochberg over 20 slice values, intervals at 95% (FCR))")


def test_judge__every_value_must_pass() -> None:
    """A demand of proof in all values needs no correction; of one that is named, it does."""
    joined = lost(200, *[4] * 20)
    rule: dict[str, JSON] = {"metric": "accuracy", "slice": "s", "fail_unless": "no_worse", "margin": 0.055}
    every, one = of_a_comparison(joined, rule, {**rule, "value": "v3"})

    assert every == (PASS, "all 20 values pass")
    assert one[0] is FAIL
    state, message = of_a_comparison(joined, {**rule, "margin": 0.03})[0]
    assert state is FAIL
    assert message.endswith("; each of 20 slice values at 95%: all must pass)")


@pytest.mark.parametrize("metric", ["rmse", "mae"])
def test_judge__what_a_verdict_takes_for_granted_stands_beside_it(metric: str) -> None:
    """The table has the slice at no margin; the gate's message has the verdict at its own, and so the caveat."""
    rule: dict[str, JSON] = {"metric": metric, "slice": "region", "fail_unless": "no_worse", "margin": 0.2}
    settings = build.config(
        metrics={"report": [metric]},
        gates=[
            rule,
            {**rule, "value": "EU"},
            {**rule, "value": "US"},
            {**rule, "value": "EU", "fail_unless": "better"},
            {**rule, "fail_unless": "better"},
            {"metric": metric, "slice": "region", "fail_if": "worse", "margin": 0.2},
            {"metric": metric, "slice": "region", "value": "EU", "max": 2.0},
        ],
    )
    every, europe, america, better, all_better, worse, bound = build.compared(
        of_rows(in_regions()).joined, settings, kind="regression"
    ).gates
    told = "".join(f"; {text}" for text in NO_RARER)

    assert (every.state, every.message) == (PASS, f"all 2 values pass{told}")
    assert (europe.state, europe.message[:30]) == (PASS, "it is equivalent (margin 0.2; ")
    assert europe.message.endswith(f"){told}")
    assert (america.state, america.message[:11]) == (PASS, "it is bette")
    assert america.message.endswith(")")
    assert (better.state, better.message.endswith(f"){told}")) == (FAIL, True)
    assert all_better.message.startswith('1 of 2 values does not pass: "EU"; of "EU", it is equivalent')
    assert all_better.message.endswith(told)
    assert (worse.state, worse.message) == (PASS, "all 2 values pass")
    assert bound.state is PASS
    assert "presumes" not in bound.message


def test_judge__rows_of_a_comparison() -> None:
    """On the classes and slices of a real comparison: the region in which much broke fails, the other does not."""
    label = ["a", "b"] * 100
    region = ["EU"] * 100 + ["US"] * 100
    candidate = ["a" if place == "EU" and name == "b" else name for name, place in zip(label, region, strict=True)]
    europe, america, b, a = of_a_comparison(
        build.paired(label, label, candidate, slices={"region": region}),
        {"metric": "accuracy", "slice": "region", "value": "EU", "fail_if": "worse"},
        {"metric": "accuracy", "slice": "region", "value": "US", "fail_if": "worse"},
        {"metric": "recall", "class": "b", "fail_if": "worse"},
        {"metric": "recall", "class": "a", "fail_if": "worse"},
    )

    assert [europe[0], america[0], b[0], a[0]] == [FAIL, PASS, FAIL, PASS]
    assert "Benjamini–Hochberg over 2 slice values" in europe[1]


def test_judge__several_sets() -> None:
    """A group that several sets have is judged in each; `set/metric` names one."""
    sets = [prediction_set(OPEN), prediction_set(WORSE, OPEN, name="other"), prediction_set(name="empty")]

    results = gates.judge(Gate(metric="accuracy", slice="region", fail_if="worse"), [], sets=sets)
    assert [(one.metric, one.state) for one in results] == [
        ("test/accuracy by region", PASS), ("other/accuracy by region", FAIL),
    ]  # fmt: skip
    (one,) = gates.judge(Gate(metric="test/accuracy", slice="region", fail_if="worse"), [], sets=sets)
    assert (one.metric, one.state) == ("test/accuracy by region", PASS)


def test_judge__hostile_names() -> None:
    """Labels and values come from files: in messages they are bounded and on one line."""
    bad = structs.replace(WORSE, group="\x1b[2J\n" + "x" * 5000)
    (result,) = gates.judge(Gate(metric="accuracy", slice="region", fail_if="worse"), [], sets=[prediction_set(bad)])

    assert result.message.isprintable()
    assert len(result.message) < 500


def test_group_gates__take_no_part_in_the_table() -> None:
    """They neither join the family of gated metrics nor lend their margin to the metric's row."""
    gate = Gate(metric="accuracy", slice="region", fail_if="worse", margin=0.5)

    assert gates.about_group(gate)
    assert not gates.about_verdict(gate)
    assert gates.margin([gate, Gate(metric="accuracy", fail_if="worse", margin=0.1)]) == 0.1


def test_describe__in_words() -> None:
    """Each rule is a sentence."""
    assert gates.describe(Gate(metric="f1", fail_if="worse", min=0.5, max=0.9, margin=0.01)) == (
        "fails if f1 is worse (margin 0.01)",
        "fails if f1 is below 0.5",
        "fails if f1 is above 0.9",
    )
    assert gates.describe(Gate(metric="recall", class_="cat", warn_unless="no_worse", margin=0.1)) == (
        'warns unless recall of class "cat" is shown to be no worse (margin 0.1)',
    )
    assert gates.describe(Gate(metric="accuracy", slice="region", fail_if="worse")) == (
        "fails if accuracy by region (any value) is worse",
    )
    assert gates.skipped(Gate(metric="accuracy", slice="region", value="{}", min=0.1), "x")[0].metric == (
        'accuracy where region = "{}"'
    )

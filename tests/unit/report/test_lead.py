"""The first screen's sentences."""

from __future__ import annotations

from msgspec import structs

from steelyard.model.comparison import SAME_VALUE, BaselineChoice, Comparison, Side, Verdict
from steelyard.model.counts import Pairing
from steelyard.model.report import Against, Lead, Provenance
from steelyard.report import lead
from steelyard.report.headline import headline
from tests.unit.report.kinds import measures, numbers, repeated
from tests.unit.report.samples import (
    CREATED,
    MAIN,
    PROVENANCE,
    accuracy,
    better,
    digits_set,
    file_metrics,
    first,
    from_file,
    inconclusive,
    mixed,
    training,
    worse,
)


def lead_of(comparison: Comparison) -> Lead:
    """The sentence under the headline of a Comparison."""
    return lead.lead(comparison, headline(comparison))


def paired(**pairing: object) -> Comparison:
    """The usual Comparison with rows brought together in another way."""
    usual = Pairing(method="id", candidate_rows=500, baseline_rows=490, common_rows=480)
    return structs.replace(better(), sets=(digits_set(rows=480, pairing=structs.replace(usual, **pairing)),))


def test_lead__better() -> None:
    """Size, interval, rows and flips of the headline's metric."""
    expected = Lead(
        difference="+0.0106",
        interval="95% CI +0.0034\xa0…\xa0+0.0177",
        rows="on the same 1,797 test rows",
        flips="31 fixed, 12 broken",
    )

    assert expected == lead_of(better())


def test_lead__a_value_alone() -> None:
    """What a file says of the first metric stands in the headline: it is not said twice."""
    row = structs.replace(from_file("accuracy", None, 0.9), baseline=None)
    alone = structs.replace(first(), rows=(row,), sets=())

    assert headline(alone).subject == "accuracy 0.9000"
    assert lead_of(alone) == Lead(remarks=("Read from a file: noise unknown.",))


def test_lead__first_report() -> None:
    """Without a baseline it is the value and its own interval."""
    assert (
        lead_of(first()).difference,
        lead_of(first()).interval,
        lead_of(first()).rows,
        lead_of(first()).flips,
    ) == ("0.947", "95% CI 0.935\xa0…\xa00.956", "on 1,797 test rows", "")


def test_lead__one_row() -> None:
    """One row is not spoken of in the plural."""
    one = structs.replace(better(), sets=(digits_set(rows=1),))

    assert lead_of(one).rows == "on the same 1 test row"


def test_lead__inconclusive_says_what_could_be_seen() -> None:
    """Beside "cannot tell" stands what this test set could tell."""
    assert lead_of(inconclusive()).remarks == ("This test set detects a difference of 0.0083 with 80% probability.",)


def test_lead__identical_predictions() -> None:
    """What could be seen, and that there is too little to see, are no news beside that nothing has changed."""
    row = structs.replace(inconclusive().rows[0], difference=0.0, reason="too few disagreements")
    same = structs.replace(inconclusive(), rows=(row,), sets=(digits_set(identical=True),))

    assert lead_of(same).remarks == ("Both models predict the same for every row of this test set.",)


def test_lead__no_predictions() -> None:
    """Differences of numbers in files come with a word on what they are worth."""
    assert "Nothing here says whether a difference is more than chance" in lead_of(file_metrics()).remarks[0]


def test_lead__names_the_metric_when_the_headline_does_not() -> None:
    """A mixed headline begins with another metric."""
    assert lead_of(mixed()).metric == "accuracy"
    assert lead_of(better()).metric == ""


def test_lead__partly_common_rows() -> None:
    """Only the rows that both sides have are compared, and it is said how many."""
    assert lead_of(paired()).rows == "on the 480 test rows that both sides have"


def test_lead__changed_labels() -> None:
    """Rows that both sides have, but with other labels, are not among those that are compared."""
    found = lead_of(paired(common_rows=489, changed_labels=9))

    assert found.rows == "on the 480 test rows that both sides have with the same label"


def lacking(ours: int, theirs: int, comparison: Comparison) -> Lead:
    """The first sentence where the headline's metric was computed on so many rows of either side."""
    row = comparison.rows[0]
    sides = [
        None if side is None else structs.replace(side, rows=rows)
        for side, rows in ((row.candidate, ours), (row.baseline, theirs))
    ]
    return lead_of(structs.replace(comparison, rows=(structs.replace(row, candidate=sides[0], baseline=sides[1]),)))


def test_lead__rows_that_lack_a_value() -> None:
    """The headline's metric is of fewer rows than the set has, and than are fixed and broken: both are said."""
    same = lacking(1_757, 1_757, better())

    assert (same.rows, same.flips) == (
        "on 1,757 of the same 1,797 test rows (40 lack a value)",
        "31 fixed, 12 broken (of all rows)",
    )
    assert lacking(479, 479, paired()).rows == "on 479 of the 480 test rows that both sides have (1 lacks a value)"
    assert lacking(1_757, 0, first()).rows == "on 1,757 of 1,797 test rows (40 lack a value)"


def test_lead__rows_that_lack_a_value_on_one_of_two_samples() -> None:
    """Each side has a number of its own."""
    found = lacking(460, 490, paired(method="unpaired"))

    assert (found.rows, found.flips) == ("on test rows: 460 of 500 rows here, 490 on main, not paired", "")


def test_lead__unpaired() -> None:
    """Different rows are not called the same, and nothing is fixed or broken."""
    found = lead_of(paired(method="unpaired"))

    assert found.rows == "on test rows: 500 rows here, 490 on main, not paired"
    assert found.flips == ""


def test_lead__margin() -> None:
    """A verdict that rests on a margin says which."""
    row = accuracy(0.9, 0.9, (-0.004, 0.004), Verdict.EQUIVALENT, margin=0.005)

    remarks = lead_of(structs.replace(better(), rows=(row,))).remarks

    assert remarks == ("Judged at a margin of 0.005, which a gate of the configuration sets.",)


def test_against__usual() -> None:
    """Branch, commit with its address, and age when the candidate was measured."""
    expected = Against(
        target="main",
        sha="9f8e7d6",
        url=f"https://forge.example/owner/name/commit/{MAIN.sha}",
        age="2 days old",
        reason="merge-base with main",
    )

    assert expected == lead.against(better(), PROVENANCE)


def test_against__had_to_walk_back() -> None:
    """An older baseline than the base is admitted."""
    found = lead.against(worse(), Provenance())

    assert found is not None
    assert (found.remark, found.url) == ("3 commits before `0000000`, which was not measured", "")


def test_against__path() -> None:
    """An Evaluation that was given by its path has no commit and no branch."""
    given = structs.replace(better(), baseline=Side(created=CREATED), choice=BaselineChoice())

    assert Against(target="baseline") == lead.against(given, PROVENANCE)
    assert lead.against(first(), PROVENANCE) is None


def test_caveats__all() -> None:
    """Training noise and uncommitted changes are admitted."""
    base = better()
    commit = base.candidate.commit
    assert commit is not None
    dirty = structs.replace(base, candidate=structs.replace(base.candidate, commit=structs.replace(commit, dirty=True)))

    assert lead.caveats(dirty) == (
        "one training per side: training noise is not in the interval",
        "this change was measured with uncommitted changes",
    )
    assert lead.caveats(first()) == ()


def test_lead__without_rows() -> None:
    """Nothing was measured: nothing is said of it."""
    assert lead_of(structs.replace(better(), rows=())) == Lead()


def test_lead__reason_of_a_missing_verdict() -> None:
    """Why there is no verdict is said in a sentence."""
    row = accuracy(0.9, 0.9, (-0.1, 0.1), Verdict.INCOMPARABLE, reason="the test sets differ")

    assert lead_of(structs.replace(better(), rows=(row,))).remarks == ("The test sets differ.",)


def test_lead__nothing_is_right_or_wrong() -> None:
    """Numbers and measures have rows, and no rows that were fixed or broken, not even none of them."""
    for comparison, rows in ((numbers(), "1,200"), (measures(), "1,312")):
        found = lead_of(comparison)

        assert (found.rows, found.flips) == (f"on the same {rows} test rows", "")


def trained(ours: int, theirs: int, *, heeded: bool) -> str:
    """What is said of training noise where the sides were trained so often."""
    base = better()
    assert base.baseline is not None
    sides = [
        structs.replace(side, training=training(runs=number))
        for side, number in ((base.candidate, ours), (base.baseline, theirs))
    ]
    made = digits_set(trainings=(ours, theirs) if heeded else (1, 1))
    (said,) = lead.caveats(structs.replace(base, candidate=sides[0], baseline=sides[1], sets=(made,)))
    return said


def test_caveats__training_noise() -> None:
    """How often each side was trained, and whether the interval heeds it; one side alone says nothing of its luck."""
    assert trained(1, 1, heeded=False) == "one training per side: training noise is not in the interval"
    assert trained(5, 1, heeded=False) == "5 trainings here, 1 on main: training noise is not in the interval"
    assert trained(1, 2, heeded=False) == "1 training here, 2 on main: training noise is not in the interval"
    assert trained(5, 3, heeded=True) == "5 trainings here, 3 on main: training noise is in the interval"
    # Several on either side, but of other rows: the first ones are compared, as two samples.
    assert trained(5, 3, heeded=False) == "5 trainings here, 3 on main: training noise is not in the interval"


def test_caveats__trainings_that_do_not_differ() -> None:
    """Where a side's trainings all give the same value, nothing of their luck is claimed to be in the interval."""
    base = better()
    alike = structs.replace(base.rows[0], caveats=(SAME_VALUE,))
    made = structs.replace(base, rows=(alike, *base.rows[1:]), sets=(digits_set(trainings=(3, 3)),))

    (said,) = lead.caveats(made)
    assert said == (
        "3 trainings here, 3 on main; "
        "the trainings of a side all give the same value: the luck of training does not show"
    )


def test_lead__less_is_better() -> None:
    """A loss that fell is better, and its difference keeps its sign."""
    found = headline(numbers())

    assert (found.title, found.subject) == ("Better", "rmse 46,585 → 39,428")
    assert lead_of(numbers()).difference == "−7,157"


def test_lead__flips_are_of_the_first_trainings() -> None:
    """Of several trainings the rows of the first ones are counted, and that is said."""
    assert lead_of(repeated()).flips == "31 fixed, 12 broken (first training of each side)"


def test_remarks__rows_needed() -> None:
    """Where rows were counted for a difference that matters, the headline's metric says how many."""
    assert lead_of(measures()).remarks == (
        "This test set detects a difference of 0.040 with 80% probability.",
        "With 80% probability 5,100 rows would show a true difference of 0.02, which the configuration asks for.",
    )


def test_remarks__rows_needed_in_clusters() -> None:
    """More rows of the clusters that are there would not help: how many clusters they must come in is said, too."""
    base = measures()
    clustered = structs.replace(base, sets=(structs.replace(base.sets[0], rows=100, clusters=10),))

    assert "5,100 rows in 510 clusters would show" in lead_of(clustered).remarks[1]


def test_caveats__weights() -> None:
    """Values of weighted rows are said to be, with or without an interval, and counts of rows to be unweighted."""
    base = better()
    weighted = structs.replace(base, sets=(structs.replace(base.sets[0], equal_rows=10_312.4),))

    assert lead.caveats(weighted)[0] == "values are weighted: the rows count as 10,312 equal ones"
    assert lead_of(weighted).flips.endswith("broken (unweighted)")
    withheld = structs.replace(weighted, rows=(structs.replace(weighted.rows[0], interval=None),))
    assert lead.caveats(withheld)[0].startswith("values are weighted")


def test_caveats__clusters() -> None:
    """Where rows come in clusters, how many there are stands beside the number of rows."""
    base = better()
    clustered = structs.replace(base, sets=(structs.replace(base.sets[0], clusters=87),))

    assert lead.caveats(clustered)[0] == "rows come in 87 clusters"
    assert not any("cluster" in one for one in lead.caveats(base))

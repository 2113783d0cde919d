"""`steelyard.stats.comparison.mixture`: what a total hides."""

from __future__ import annotations

from collections.abc import Sequence

from steelyard.model.counts import Counts
from steelyard.stats.comparison.mixture import shifted_balance
from tests.unit.stats import build


def balance(*rows: int) -> Counts:
    """Counts with these many rows of each class, all right."""
    labels = [name for name, n in zip("abc", rows, strict=False) for _ in range(n)]
    return build.alone(labels, labels).candidate


def hidden(candidate_in_bad_slice: Sequence[bool]) -> tuple[str, ...]:
    """The notices of a change that gains 80 of 1,000 rows in one slice; in the other it is right as given."""
    size = len(candidate_in_bad_slice)
    label = ["a", "b"] * (500 + size // 2)
    wrong = {"a": "b", "b": "a"}
    baseline = [wrong[y] if i < 200 else y for i, y in enumerate(label)]
    candidate = [wrong[y] if i < 100 else y for i, y in enumerate(label)]
    for i, right in enumerate(candidate_in_bad_slice):
        candidate[1000 + i] = label[1000 + i] if right else wrong[label[1000 + i]]
    slices = {"region": ["north"] * 1000 + ["south"] * size}
    return build.compared(build.paired(label, baseline, candidate, slices=slices)).notices


def test_hidden_losses__a_slice_that_pays_for_the_whole() -> None:
    """Better overall, certainly worse in one slice: the first screen says so."""
    said = hidden([False] * 20 + [True] * 80)

    assert 'The change is better in `accuracy`, but worse in `accuracy` of "region = south".' in said


def test_hidden_losses__nothing_to_hide() -> None:
    """No slice is worse: nothing is said."""
    assert not [notice for notice in hidden([True] * 100) if "but worse" in notice]


def test_shifted_balance__beyond_chance_and_worth_a_sentence() -> None:
    """90:10 against 70:30 is said with both shares; chance, and shifts of a few rows in a hundred, are not."""
    assert shifted_balance(balance(900, 100), balance(700, 300)) == (
        "The class balance differs: \"a\" is 90% of this change's rows and 70% of the baseline's."
    )
    assert shifted_balance(balance(9, 1), balance(7, 3)) == ""
    assert shifted_balance(balance(90_000, 10_000), balance(88_000, 12_000)) == ""
    assert shifted_balance(balance(), balance(5, 5)) == ""


def test_shifted_balance__of_sets_of_labels() -> None:
    """A set is named as the report's tables have it, on the first screen of an unpaired comparison."""
    ours, theirs = (['["a"]'] * n + ['["a","b"]'] * (1000 - n) for n in (900, 700))
    notices = build.compared(build.unpaired((ours, ours), (theirs, theirs)), kind="multilabel").notices

    assert "The class balance differs: `[\"a\"]` is 90% of this change's rows and 70% of the baseline's." in notices

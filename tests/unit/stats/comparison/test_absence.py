"""`steelyard.stats.comparison.absence`: what is said of metrics that are not there."""

from __future__ import annotations

from steelyard.stats.comparison.absence import notices, slips, why
from steelyard.stats.comparison.selection import Catalogue
from steelyard.stats.families.registry import families
from tests.unit.stats import build

DATA = {
    "test": build.data(build.alone(["a", "b", "c"], ["a", "b", "c"])),
    "shifted": build.data(build.alone(["a", "b"], ["a", "b"]), name="shifted", positive="b"),
}
CATALOGUE = Catalogue({name: families(one) for name, one in DATA.items()}, ["val_loss", "Latency ms"])


def said(*names: str) -> list[str]:
    """The end of each notice."""
    return [one.partition("`metrics.report` ")[2] for one in notices(names, DATA, CATALOGUE)]


def test_notices__why() -> None:
    """The reason of the set that the name is about, else of the first set that has one."""
    assert said("hinge_loss", "test/f1") == [
        "cannot be computed: it needs decision values with a margin of 1, which scores need not be; use log_loss.",
        "cannot be computed: it is about two classes, of which one is positive; use f1_macro or f1[label].",
    ]
    assert why("shifted/roc_auc", DATA, CATALOGUE) == "it needs scores of every class, or of one of two"
    assert why("nothing", DATA, CATALOGUE) == why("other/f1x", DATA, CATALOGUE) == ""


def test_notices__close_matches() -> None:
    """A slip is answered with at most five names that are like it, of predictions and of files, whatever their case."""
    assert said("acuracy") == ['was not found; there is "accuracy".']
    assert said("LATENCY_MS", "valloss", "zzz") == [
        'was not found; there is "Latency ms".', 'was not found; there is "val_loss".', "was not found."
    ]  # fmt: skip


def test_notices__at_most_five() -> None:
    """Of many names that are alike the nearest are listed."""
    files = Catalogue({}, [f"loss_{n}" for n in range(30)])

    assert notices(["loss"], {}, files)[0].count('"') == 2 * (1 + 5)


def test_notices__hostile_names() -> None:
    """Names are quoted and cut, and however many and long they are, the answer does not take long."""
    files = Catalogue({}, [f"{'m' * 5_000}{n}\n" for n in range(2_000)])
    made = notices([f"{'m' * 100_000}{n}" for n in range(300)], {}, files)

    assert len(made) == 300
    assert max(map(len, made)) < 600
    assert not any("\n" in one for one in made)
    assert "there is" in made[0]
    assert "there is" not in made[-1]


def test_slips__of_effects_and_directions() -> None:
    """A slip there would have no effect without a word; a name that is like none may be absent for once."""
    config = build.config(
        compare={"smallest_effect": {"acuracy": 0.01, "f1_macro": 0.02, "shifted/f1": 0.01}},
        metrics={"lower_is_better": ["val_los", "Latency ms", "bleu"], "higher_is_better": ["test/acuracy"]},
    )
    assert slips(config, CATALOGUE) == (
        'Metric "acuracy" of the configuration\'s `compare.smallest_effect` was not found; there is "accuracy".',
        'Metric "test/acuracy" of the configuration\'s `metrics.higher_is_better` was not found; there is "accuracy".',
        'Metric "val_los" of the configuration\'s `metrics.lower_is_better` was not found; there is "val_loss".',
    )

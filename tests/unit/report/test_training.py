"""The section on training."""

from __future__ import annotations

import pytest
from msgspec import structs

from steelyard.report import training
from tests.unit.report import samples


@pytest.mark.parametrize(
    ("code", "outcome", "hint"),
    [
        (0, "exit code 0", ""),
        (1, "exit code 1", ""),
        (127, "exit code 127", "not found"),
        (-9, "killed by SIGKILL", "memory"),
        (137, "exit code 137", "memory"),
        (-15, "killed by SIGTERM", ""),
        (-999, "exit code -999", ""),
    ],
)
def test_section__outcomes(code: int, outcome: str, hint: str) -> None:
    """Exit codes and signals in words, with a guess where there is a usual cause."""
    base = samples.better()
    run = samples.training(exit_code=code)
    found = training.section(structs.replace(base, candidate=structs.replace(base.candidate, training=run)))

    assert found is not None
    assert (outcome, code != 0) == (found.outcome, found.failed)
    assert hint in found.hint
    assert bool(hint) == bool(found.hint)


def test_section__beside_the_baseline() -> None:
    """Duration and memory stand beside main's."""
    found = training.section(samples.better())

    assert found is not None
    assert (found.duration, found.baseline_duration, found.memory) == ("4 min 12 s", "3 min 58 s", "700 MiB")


def runs(ours: int, theirs: int) -> tuple[str, str]:
    """The time of trainings that were run so often, each for 100 seconds."""
    base = samples.better()
    assert base.baseline is not None
    sides = [
        structs.replace(side, training=samples.training(runs=number, duration=100.0 * number))
        for side, number in ((base.candidate, ours), (base.baseline, theirs))
    ]
    found = training.section(structs.replace(base, candidate=sides[0], baseline=sides[1]))
    assert found is not None
    return found.duration, found.baseline_duration


def test_section__times_are_those_of_one_run() -> None:
    """Where a side was trained several times its runs are counted, and their time is the mean."""
    assert runs(1, 1) == ("1 min 40 s", "1 min 40 s")
    assert runs(5, 1) == ("5 runs, 1 min 40 s on average", "1 run, 1 min 40 s")
    assert runs(1, 3) == ("1 run, 1 min 40 s", "3 runs, 1 min 40 s on average")


def test_section__log_is_bounded() -> None:
    """A long log keeps its end; a failure shows the end of that first."""
    base = samples.failed()
    run = samples.training(exit_code=1, log_tail=tuple(f"{n} " + "x" * 10_000 for n in range(1000)))

    found = training.section(structs.replace(base, candidate=structs.replace(base.candidate, training=run)))

    assert found is not None
    assert (len(found.log), len(found.last_words)) == (60, training.LAST_WORDS)
    assert found.log[-1].startswith("999 x")
    assert max(map(len, found.log)) <= 240


def test_section__nothing_was_trained() -> None:
    """Files that were there are read without training."""
    base = samples.better()

    assert training.section(structs.replace(base, candidate=structs.replace(base.candidate, training=None))) is None

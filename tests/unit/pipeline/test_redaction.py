"""Secrets in the texts of values are masked; words of the schema, hashes and numbers are not touched."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from steelyard import log
from steelyard.model.codec import decode, encode
from steelyard.model.comparison import Change, Comparison, Estimate, Row, Side, Verdict
from steelyard.model.counts import FlippedRow
from steelyard.model.evaluation import Commit, File, Plot, Training
from steelyard.pipeline.redaction import redacted

SECRET = 'p"ss\\w_rd*<é>'


@pytest.fixture(autouse=True)
def _secrets() -> Iterator[None]:
    """What other tests registered is no secret here, and what this one registers none there."""
    known = log._secrets.copy()
    log._secrets.clear()
    log.register_secret(SECRET)
    yield
    log._secrets.clear()
    log._secrets.update(known)


def comparison(*, tail: tuple[str, ...]) -> Comparison:
    """A Comparison with this end of the training's output."""
    trained = Training(command="train", exit_code=0, duration=1.5, started="2026-01-02T03:04:05+00:00", log_tail=tail)
    return Comparison(
        candidate=Side(training=trained, commit=Commit(sha="a" * 40, subject=tail[0])),
        rows=(Row(metric="accuracy", candidate=Estimate(value=0.5), verdict=Verdict.BETTER, reason=tail[0]),),
        changes=(Change(kind="parameter", name="key", baseline=None, candidate=tail[0]),),
    )


def test_redacted__wherever_it_stands() -> None:
    """In every text, however deep and whatever it consists of; everything else is equal."""
    assert redacted(comparison(tail=(f"a {SECRET} b", SECRET))) == comparison(tail=("a *** b", "***"))


def test_redacted__json_stays_whole() -> None:
    """A secret that JSON would escape is not in the JSON in any form, which can be read again."""
    made = encode(redacted(comparison(tail=(SECRET,))))

    assert b"w_rd" not in made
    assert decode(made, Comparison, source="here") == comparison(tail=("***",))


def test_redacted__nothing_to_hide() -> None:
    """A value without secrets is the same value."""
    assert redacted(comparison(tail=("a",))) == comparison(tail=("a",))


@pytest.mark.parametrize("secret", ["parameter", "inconclusive", "candidate", "a" * 32])
def test_redacted__words_of_ours(secret: str) -> None:
    """A password that is a word of the schema, or part of a hash, does not make the value invalid."""
    log.register_secret(secret)
    plot = Plot(title="t", file=File(name=f"plot-{'a' * 32}.png", size=1), path="p")
    row = Row(metric="m", candidate=Estimate(value=None), verdict=Verdict.INCONCLUSIVE)
    change = Change(kind="parameter", name=secret, baseline=None, candidate=None)
    made = redacted(Comparison(candidate=Side(plots=(plot,)), rows=(row,), changes=(change,)))

    assert decode(encode(made), Comparison, source="here") == made
    assert made.changes[0].name == "***"
    assert made.candidate.plots == (plot,)


def test_redacted__labels() -> None:
    """What a label or an id quotes is hidden too."""
    assert redacted(FlippedRow(id=SECRET, label="a", baseline=f"x{SECRET}", candidate="a")) == FlippedRow(
        id="***", label="a", baseline="x***", candidate="a"
    )

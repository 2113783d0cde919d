"""What the scores of both sides add up to, where their rows are not at hand."""

from __future__ import annotations

from msgspec import structs

from steelyard.engines.duckdb import pairing, scoring
from steelyard.engines.duckdb.ingest import Settings
from steelyard.engines.duckdb.session import open_session
from steelyard.engines.duckdb.stored import check_schema, locate
from steelyard.engines.interface import StoredSet
from steelyard.engines.own import own_totals
from steelyard.engines.scores import score_plan
from steelyard.model.counts import Joined, RowsOfSide
from steelyard.model.totals import ScoreTotals
from steelyard.text import listing, quote


def with_totals(joined: Joined, *, candidate: StoredSet, baseline: StoredSet | None, settings: Settings) -> Joined:
    """
    The same with the sums of both sides' scores, unless the rows have the scores of both sides.

    Where both sides cannot be compared, only the candidate's are there, and a note.

    Raises:
        InputError: Sums or side files are not what an engine of ours writes.
    """
    rows, others = joined.rows, joined.baseline_rows
    theirs = others.candidate if others is not None else (None if rows is None else rows.baseline)
    if _has_scores(None if rows is None else rows.candidate) and (baseline is None or _has_scores(theirs)):
        return joined
    ours = _totals(candidate, side="candidate", settings=settings)
    other = None if baseline is None else _totals(baseline, side="baseline", settings=settings)
    if ours is not None and other is not None and (reason := _incomparable(ours, other)):
        note = f"scores are not compared: {reason}"
        return structs.replace(joined, score_totals=ours, notes=(*joined.notes, note))
    return structs.replace(joined, score_totals=ours, baseline_score_totals=other)


def _incomparable(ours: ScoreTotals, theirs: ScoreTotals) -> str:
    """
    Why metrics of one side are on another scale than those of the other, or about something else; empty: neither.

    Of two classes one side may lack the negative one: its metrics are undefined then.
    """
    mine, other = set(ours.classes), set(theirs.classes)
    same = ours.positive == theirs.positive
    if mine != other and not (same and ours.positive is not None and (mine < other or other < mine)):
        return f"only one side has rows or scores of {listing(sorted(mine ^ other), limit=5)}"
    if not same:
        return (
            f"they are about {quote(ours.positive or '')}, those of the baseline about {quote(theirs.positive or '')}"
        )
    return ""


def _has_scores(side: RowsOfSide | None) -> bool:
    return side is not None and side.scores is not None


def _totals(stored: StoredSet, *, side: str, settings: Settings) -> ScoreTotals | None:
    """The sums that the Evaluation carries, else those of its rows; None where there are no scores, or unequal rows."""
    known = stored.predictions
    if known.score_totals is not None or not known.scores:
        return own_totals(known)
    plan = score_plan(known.scores, known.labels, kind=known.label_type, positive=known.positive)
    if plan is None or (known.cluster, known.stratum, known.weight) != (None, None, None):
        return None
    files = locate(stored, side=side)
    reads = [files.testset, files.predictions, *files.repeats]
    with open_session(reads=reads, resources=settings.resources) as session:
        check_schema(session, files)
        names = [f"score{index}" for index in range(len(known.scores))]
        scores = [f"coalesce(candidate_{name}, 'nan'::FLOAT)" for name in names]
        with session.translated("the stored rows"):
            return scoring.of_rows(
                session,
                pairing.alone(files).relation(session, candidate=names),
                scores=scores,
                plan=plan,
                class_of={label: label for label in known.labels},
            )

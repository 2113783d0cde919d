"""Comparison → Report: what is said, in which words and with how many digits. Pure."""

from __future__ import annotations

from msgspec import structs

import steelyard
from steelyard.model.comparison import Comparison
from steelyard.model.report import Earlier, PlotLine, Provenance, Report
from steelyard.report import changes, figures, lead, lines, sets, training
from steelyard.report import earlier as history
from steelyard.report.escape import clean
from steelyard.report.headline import headline
from steelyard.report.naming import short, short_sha

_PLOTS = 20
_NOTICES = 10
_NOTES = 30
_NOTE_LIMIT = 400


def build(comparison: Comparison, *, provenance: Provenance | None = None, earlier: tuple[Earlier, ...] = ()) -> Report:
    """
    The Report of a Comparison. Equal arguments give an equal Report: no clock, no environment.

    Args:
        comparison: What was found.
        provenance: Where the report is made; by default this build, on nobody's CI.
        earlier: What was said of the change's earlier commits, newest first.
    """
    made = _complete(provenance or Provenance())
    title = headline(comparison)
    first, more = lines.metrics(comparison)
    commit, command = _reproduce(comparison)
    return Report(
        id=comparison.id,
        headline=title,
        lead=lead.lead(comparison, title),
        against=lead.against(comparison, made),
        missing=clean(comparison.missing, limit=_NOTE_LIMIT) if comparison.missing else "",
        notices=_texts((*_whose(made), *comparison.notices), most=_NOTICES),
        caveats=lead.caveats(comparison),
        metrics=first,
        more_metrics=more,
        sets=sets.sections(comparison),
        changes=changes.changes(comparison, made),
        gates=changes.gates(comparison.gates),
        plots=_plots(comparison),
        training=training.section(comparison),
        earlier=history.section(comparison, earlier, made),
        notes=_texts(comparison.notes, most=_NOTES),
        commit=commit,
        reproduce=command,
        provenance=made,
        guide=bool(comparison.rows),
    )


def _complete(provenance: Provenance) -> Provenance:
    if provenance.version:
        return provenance
    return structs.replace(provenance, version=steelyard.__version__)


def _whose(provenance: Provenance) -> tuple[str, ...]:
    """Whose word the numbers are, where they are not the project's own."""
    if not provenance.forked:
        return ()
    judged = " They are judged by the project's own rules, and no status rests on them." if provenance.relayed else ""
    return (f"Computed by the fork's own job: the numbers are its author's word.{judged}",)


def _texts(texts: tuple[str, ...], *, most: int) -> tuple[str, ...]:
    shown = tuple(clean(text, limit=_NOTE_LIMIT) for text in texts[:most])
    more = len(texts) - len(shown)
    return (*shown, f"… and {more:,} more") if more else shown


def _plots(comparison: Comparison) -> tuple[PlotLine, ...]:
    return tuple(
        PlotLine(title=short(plot.title), path=short(plot.path), figure=figures.plot(i))
        for i, plot in enumerate(comparison.candidate.plots[:_PLOTS])
    )


def _reproduce(comparison: Comparison) -> tuple[str, str]:
    """The commit to train and the command that then repeats the report; empty unless both are sure to exist."""
    ours = comparison.candidate.commit
    theirs = comparison.baseline.commit if comparison.baseline is not None else None
    if ours is None or ours.dirty:
        return "", ""
    return short_sha(ours.sha), "steelyard report" + (f" --baseline {short_sha(theirs.sha)}" if theirs else "")

"""Compare: what is known of two models becomes rows, verdicts and gates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import structs

from steelyard.config import Config, Gate
from steelyard.model.base import Value
from steelyard.model.comparison import BaselineChoice, Change, Comparison, GateResult, Row, Side
from steelyard.model.counts import Joined
from steelyard.model.evaluation import Evaluation
from steelyard.stats import changes, filed, gates, notices
from steelyard.stats.agreement import disagreements
from steelyard.stats.analysis import Analysis, analyse
from steelyard.stats.plan import Plan, judging_gates, plan
from steelyard.stats.rows import metric_row
from steelyard.stats.sample import sample_of
from steelyard.stats.selection import Catalogue, Key
from steelyard.stats.sets import set_comparison
from steelyard.stats.wording import bounded

_MOST_NOTES = 20
_LONGEST_NOTE = 500

CLUSTERED = "rows come in clusters, and an interval that takes them for independent is far too narrow"


def compare(
    candidate: Evaluation,
    baseline: Evaluation | None,
    joined: Mapping[str, Joined],
    config: Config,
    *,
    choice: BaselineChoice | None,
    missing: str,
) -> Comparison:
    """
    Weigh a candidate against a baseline, or show it alone.

    Args:
        candidate: This change.
        baseline: What it is compared with; None: nothing.
        joined: Counts by prediction set of the candidate: paired, unpaired, or the candidate's alone.
        config: This change's effective configuration.
        choice: How the baseline was chosen; passed through.
        missing: Why there is no baseline; passed through.

    Returns:
        The same value for the same arguments, whatever the clock and the commit say. Odd data are no errors: what
        cannot be known is None, with a reason.
    """
    shell = Comparison(
        id=candidate.id,
        candidate=_side(candidate),
        baseline=_side(baseline) if baseline is not None else None,
        choice=choice,
        missing=missing,
    )
    judging, notice = judging_gates(config, baseline)
    if failed := notices.of_training(candidate.training, whose="This change's", so="nothing is compared"):
        return structs.replace(shell, gates=_skipped(judging, "the training failed"), notices=failed)
    if candidate.problem:
        return structs.replace(
            shell,
            gates=_skipped(judging, "nothing was measured"),
            notices=(bounded(candidate.problem, limit=_LONGEST_NOTE),),
        )
    samples = {name: sample_of(one, positive=_positive(candidate, name)) for name, one in joined.items()}
    catalogue = Catalogue(samples, _file_names(candidate, baseline))
    planned, not_found = plan(config, judging, catalogue, has_baseline=baseline is not None)
    analyses = {
        name: analyse(
            name,
            one,
            sample=samples[name],
            wanted=planned.of_set(name),
            draws=config.compare.draws,
            withheld=_withheld(candidate, name),
        )
        for name, one in joined.items()
    }
    weighed = _Weighed(candidate=candidate, baseline=baseline, catalogue=catalogue, plan=planned, analyses=analyses)
    rows = weighed.rows()
    return structs.replace(
        shell,
        rows=tuple(rows.values()),
        sets=tuple(
            set_comparison(one, candidate.predictions.get(name), level=config.compare.level)
            for name, one in analyses.items()
        ),
        changes=weighed.changes()[: changes.MOST],
        gates=weighed.gates(rows),
        notices=(*notice, *weighed.notices(), *not_found),
        notes=weighed.notes(),
    )


class _Weighed(Value, frozen=True, kw_only=True):
    """All that the parts of a Comparison are made of."""

    candidate: Evaluation
    baseline: Evaluation | None
    catalogue: Catalogue
    plan: Plan
    analyses: dict[str, Analysis]

    def rows(self) -> dict[Key, Row]:
        """The metric table."""
        terms = self.plan.terms(self.analyses)
        names = [key.metric for key in self.plan.keys if not key.set]
        from_files = filed.file_rows(names, self.candidate, self.baseline, config=self.plan.config.metrics)
        return {
            key: metric_row(self.analyses[key.set], key.metric, terms[key])
            if key.set
            else structs.replace(from_files[key.metric], margin=terms[key].margin, gated=terms[key].gated)
            for key in self.plan.keys
        }

    def gates(self, rows: Mapping[Key, Row]) -> tuple[GateResult, ...]:
        """What the gates say."""
        return tuple(
            result
            for gate in self.plan.gates
            for result in gates.judge(gate, [rows[key] for key in self.catalogue.find(gate.metric)])
        )

    def changes(self) -> tuple[Change, ...]:
        """All differences besides the metrics."""
        return changes.changes(self.candidate, self.baseline) if self.baseline is not None else ()

    def notices(self) -> tuple[str, ...]:
        """What the first screen must say, the most serious first."""
        many = len(self.analyses) > 1
        of_sets = tuple(text for one in self.analyses.values() for text in notices.of_set(one, many=many))
        if self.baseline is None:
            return of_sets
        return (
            *notices.of_rules(changes.rules_changed(self.candidate, self.baseline)),
            *notices.of_training(self.baseline.training, whose="The baseline's", so="there is nothing to compare with"),
            *of_sets,
            *notices.of_missing_sets(self.baseline, self.analyses),
        )

    def notes(self) -> tuple[str, ...]:
        """What the details must say."""
        positive = {name: _positive(self.candidate, name) for name in self.analyses}
        ours = {name: one.joined.candidate for name, one in self.analyses.items()}
        theirs = {name: one.joined.baseline for name, one in self.analyses.items()}
        notes = [bounded(note, limit=_LONGEST_NOTE) for note in self.candidate.notes[:_MOST_NOTES]]
        notes += disagreements(self.candidate, ours, catalogue=self.catalogue, positive=positive, side="this change")
        if self.baseline is not None:
            notes += disagreements(
                self.baseline, theirs, catalogue=self.catalogue, positive=positive, side="the baseline"
            )
        if (more := len(self.changes()) - changes.MOST) > 0:
            notes.append(f"{more:,} more changes of parameters, data, environment or configuration are not listed.")
        wanted = self.plan.config.compare.draws
        notes += [
            f"{name}: {one.draws.count:,} draws instead of {wanted:,}, because there are so many different cells."
            for name, one in self.analyses.items()
            if 0 < one.draws.count < wanted
        ]
        return tuple(notes)


def _skipped(judging: Sequence[Gate], reason: str) -> tuple[GateResult, ...]:
    return tuple(result for gate in judging for result in gates.skipped(gate, reason))


def _side(evaluation: Evaluation) -> Side:
    return Side(
        commit=evaluation.commit,
        created=evaluation.created,
        training=evaluation.training,
        plots=evaluation.plots,
        problem=evaluation.problem,
    )


def _positive(candidate: Evaluation, name: str) -> str | None:
    found = candidate.predictions.get(name)
    return found.positive if found is not None else None


def _withheld(candidate: Evaluation, name: str) -> str:
    """Why this set gets no intervals: cluster-robust or nothing."""
    found = candidate.predictions.get(name)
    return CLUSTERED if found is not None and found.cluster is not None else ""


def _file_names(candidate: Evaluation, baseline: Evaluation | None) -> list[str]:
    theirs = baseline.metrics if baseline is not None else ()
    return list(filed.by_name([*candidate.metrics, *theirs]))

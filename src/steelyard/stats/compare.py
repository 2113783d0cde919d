"""Compare: what is known of two models becomes rows, verdicts and gates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import structs

from steelyard.config import Config, Gate
from steelyard.model.base import Value
from steelyard.model.comparison import Change, Comparison, GateResult, Row, Side
from steelyard.model.counts import Joined
from steelyard.model.evaluation import Evaluation, PredictionSet
from steelyard.model.history import Past
from steelyard.stats.analysis import Analysis, analyse
from steelyard.stats.comparison import absence, changes, notices
from steelyard.stats.comparison.agreement import disagreements
from steelyard.stats.comparison.mixture import hidden_losses
from steelyard.stats.comparison.plan import Plan, judging_gates, plan
from steelyard.stats.comparison.rows import metric_row
from steelyard.stats.comparison.selection import Catalogue, Key
from steelyard.stats.comparison.sets import SetGroups, set_comparison
from steelyard.stats.contrast import SetData
from steelyard.stats.counts.sample import Sample, sample_of
from steelyard.stats.decisions import looks
from steelyard.stats.decisions.looks import Looks
from steelyard.stats.families.registry import families
from steelyard.stats.filed import differences, history
from steelyard.stats.gates import gates
from steelyard.text import bounded

_MOST_NOTES = 20
_LONGEST_NOTE = 500

DESIGN_LOST = "rows are weighted or come in clusters or strata that were not kept, so that no valid interval is known"

NOTHING_PAST = Past()


def compare(
    candidate: Evaluation,
    baseline: Evaluation | None,
    joined: Mapping[str, Joined],
    config: Config,
    *,
    past: Past = NOTHING_PAST,
) -> Comparison:
    """
    Weigh a candidate against a baseline, or show it alone.

    Args:
        candidate: This change.
        baseline: What it is compared with; None: nothing.
        joined: Counts by prediction set of the candidate: paired, unpaired, or the candidate's alone.
        config: This change's effective configuration.
        past: What main measured before, and what this change has shown before.

    Returns:
        The same value for the same arguments, whatever the clock and the commit say. Odd data are no errors: what
        cannot be known is None, with a reason.
    """
    shell = Comparison(
        id=candidate.id,
        candidate=_side(candidate),
        baseline=_side(baseline) if baseline is not None else None,
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
    config = structs.replace(config, gates=judging)
    data = {name: _data(name, one, candidate, config) for name, one in joined.items()}
    offered = {name: families(one) for name, one in data.items()}
    catalogue = Catalogue(offered, _file_names(candidate, baseline))
    planned, not_found = plan(config, judging, catalogue, has_baseline=baseline is not None)
    absent = (*absence.notices(not_found, data, catalogue), *absence.slips(config, catalogue))
    analyses = {name: analyse(one, offered[name], wanted=planned.of_set(name)) for name, one in data.items()}
    weighed = _Weighed(
        candidate=candidate,
        baseline=baseline,
        catalogue=catalogue,
        plan=planned,
        analyses=analyses,
        looked=looks.looks(candidate, past),
    )
    rows, told = history.apply(weighed.rows(), past.records, candidate, level=config.compare.level)
    groups = {name: SetGroups.of(one, level=config.compare.level) for name, one in analyses.items()}
    sets = tuple(set_comparison(one, groups[name]) for name, one in analyses.items())
    gated = weighed.gates(rows, tuple(groups.values()))
    idle = (*weighed.idle(rows), *notices.of_unpaired_gates(gated))
    return structs.replace(
        shell,
        rows=tuple(rows.values()),
        sets=sets,
        changes=weighed.changes()[: changes.MOST],
        gates=gated,
        notices=(*notice, *weighed.notices(), *idle, *hidden_losses(tuple(rows.values()), sets), *absent),
        notes=(*weighed.notes(), *told, *looks.sentences(weighed.looked)),
    )


class _Weighed(Value, frozen=True, kw_only=True):
    """All that the parts of a Comparison are made of."""

    candidate: Evaluation
    baseline: Evaluation | None
    catalogue: Catalogue
    plan: Plan
    analyses: dict[str, Analysis]
    looked: dict[str, Looks]

    def rows(self) -> dict[Key, Row]:
        """The metric table."""
        terms = self.plan.terms(self.analyses, self.looked)
        names = [key.metric for key in self.plan.keys if not key.set]
        from_files = differences.file_rows(names, self.candidate, self.baseline, config=self.plan.config.metrics)
        return {
            key: metric_row(self.analyses[key.set], key.metric, terms[key])
            if key.set
            else structs.replace(from_files[key.metric], margin=terms[key].margin, gated=terms[key].gated)
            for key in self.plan.keys
        }

    def gates(self, rows: Mapping[Key, Row], sets: Sequence[SetGroups]) -> tuple[GateResult, ...]:
        """What the gates say."""
        return tuple(
            result
            for gate, found in self._gated(rows)
            for result in gates.judge(gate, found, sets=sets, why=self._why(gate.metric))
        )

    def idle(self, rows: Mapping[Key, Row]) -> tuple[str, ...]:
        """Gates that judge nothing."""
        gated = self._gated(rows)
        return (*notices.of_idle_gates(gated), *notices.of_undirected_gates(gated))

    def _gated(self, rows: Mapping[Key, Row]) -> list[tuple[Gate, list[Row]]]:
        # A gate on a class or a slice does not make its metric a row.
        return [
            (gate, [rows[key] for key in self.catalogue.find(gate.metric) if key in rows]) for gate in self.plan.gates
        ]

    def _why(self, metric: str) -> str:
        """Why a metric has no row; empty where it has one, or where nothing is known of it."""
        data = {name: one.data for name, one in self.analyses.items()}
        return "" if self.catalogue.find(metric) else absence.why(metric, data, self.catalogue)

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
            *self._rules(self.baseline),
            *notices.of_training(self.baseline.training, whose="The baseline's", so="there is nothing to compare with"),
            *of_sets,
            *notices.of_missing_sets(self.baseline, self.analyses),
            *notices.of_missing_rows(self.baseline, self.analyses),
        )

    def _rules(self, baseline: Evaluation) -> tuple[str, ...]:
        """What the change does to the rules by which it is judged."""
        changed = changes.rules_changed(self.candidate, baseline)
        if changed and changes.is_first(self.candidate, baseline):
            return notices.of_first_rules([one for one in changed if changes.may_soften(one)])
        return notices.of_rules(changed)

    def notes(self) -> tuple[str, ...]:
        """What the details must say."""
        sets = {name: one.data for name, one in self.analyses.items()}
        ours = {name: one.joined.candidate for name, one in sets.items()}
        theirs = {name: one.joined.baseline for name, one in sets.items()}
        notes = [bounded(note, limit=_LONGEST_NOTE) for note in self.candidate.notes[:_MOST_NOTES]]
        notes += disagreements(self.candidate, ours, catalogue=self.catalogue, sets=sets, side="this change")
        if self.baseline is not None:
            notes += disagreements(self.baseline, theirs, catalogue=self.catalogue, sets=sets, side="the baseline")
        if (more := len(self.changes()) - changes.MOST) > 0:
            notes.append(f"{more:,} more changes of parameters, data, environment or configuration are not listed.")
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


def _data(name: str, joined: Joined, candidate: Evaluation, config: Config) -> SetData:
    found = candidate.predictions.get(name)
    return SetData(
        name=name,
        joined=joined,
        predictions=found,
        sample=_sample(found, joined, labels=_configured_labels(config, name)),
        config=config,
        withheld=_withheld(found, joined),
    )


def _configured_labels(config: Config, name: str) -> tuple[str, ...]:
    return next((block.labels or () for block in config.predictions if block.name == name), ())


def _sample(found: PredictionSet | None, joined: Joined, *, labels: Sequence[str]) -> Sample | None:
    """The cells; None where there are no classes."""
    kind = "classification" if found is None else found.kind
    match kind:
        case "classification" | "multilabel":
            positive = found.positive if found is not None else None
            return sample_of(joined, positive=positive, kind=kind, labels=labels)
        case _:
            return None


def _withheld(found: PredictionSet | None, joined: Joined) -> str:
    """Why this set gets no intervals: what is known of its rows' design, or nothing."""
    if found is None or not (found.cluster or found.weight or found.stratum):
        return ""
    known = joined.groups is not None or joined.rows is not None
    return "" if known else DESIGN_LOST


def _file_names(candidate: Evaluation, baseline: Evaluation | None) -> list[str]:
    theirs = baseline.metrics if baseline is not None else ()
    return list(differences.by_name([*candidate.metrics, *theirs]))

"""What a job's own page says of a report: the headline, and what warns."""

from __future__ import annotations

from steelyard import ci
from steelyard.model.comparison import Comparison, GateState
from steelyard.pipeline.outcome import failed
from steelyard.pipeline.present import Presentation
from steelyard.pipeline.project import Project


def announce(comparison: Comparison, presentation: Presentation, project: Project) -> None:
    """An annotation for the headline and one for each gate that warned; what failed is the command's own error."""
    if failed(comparison):
        return
    headline, lead = presentation.report.headline, presentation.report.lead
    difference = f"{lead.difference} ({lead.interval})" if lead.difference and lead.interval else lead.difference
    said = " · ".join(part for part in (headline.title, headline.subject, difference) if part)
    ci.annotate(project.context, said, level="notice")
    for gate in comparison.gates:
        if gate.state is GateState.WARN:
            ci.annotate(project.context, f"gate on {gate.metric} ({gate.rule}): {gate.message}", level="warning")

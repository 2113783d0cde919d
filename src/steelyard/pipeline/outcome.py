"""What a comparison means for the exit code."""

from __future__ import annotations

from typing import Literal

from steelyard.errors import GateFailed, TrainingFailed
from steelyard.model.comparison import Comparison, GateState
from steelyard.model.evaluation import Training
from steelyard.pipeline.repeat import which
from steelyard.report.training import hint


def raise_for(comparison: Comparison) -> None:
    """
    End the command as the comparison demands; nothing happens when all is well.

    Raises:
        TrainingFailed: The candidate's training failed.
        GateFailed: A gate failed.
    """
    trained = comparison.candidate.training
    if trained is not None and trained.failed:
        raise training_failed(trained)
    failed = [gate for gate in comparison.gates if gate.state is GateState.FAIL]
    if failed:
        raise GateFailed(
            "; ".join(f"gate on {gate.metric} ({gate.rule}): {gate.message}" for gate in failed),
            hint="the report says what changed; [[gates]] in the configuration says what is demanded",
        )


def failed(comparison: Comparison) -> bool:
    """Whether nothing could be measured, or a gate failed."""
    trained = comparison.candidate.training
    broken = bool(comparison.candidate.problem) or (trained is not None and trained.failed)
    return broken or any(gate.state is GateState.FAIL for gate in comparison.gates)


def conclusion(comparison: Comparison) -> Literal["success", "failure", "neutral"]:
    """How a check run of it ends: `neutral` is for what warns."""
    if failed(comparison):
        return "failure"
    return "neutral" if any(gate.state is GateState.WARN for gate in comparison.gates) else "success"


def training_failed(trained: Training) -> TrainingFailed:
    """The error about a training that failed."""
    return TrainingFailed(
        f"training failed{which(trained)} ({trained.outcome}): {trained.command}",
        hint=hint(trained) or "what it printed says why; its last lines are in the report",
    )

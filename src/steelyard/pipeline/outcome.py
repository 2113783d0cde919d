"""What a comparison means for the exit code."""

from __future__ import annotations

from steelyard.errors import GateFailed, TrainingFailed
from steelyard.model.comparison import Comparison, GateState


def raise_for(comparison: Comparison) -> None:
    """
    End the command as the comparison demands; nothing happens when all is well.

    Raises:
        TrainingFailed: The candidate's training failed.
        GateFailed: A gate failed.
    """
    trained = comparison.candidate.training
    if trained is not None and trained.exit_code != 0:
        raise TrainingFailed(f"training failed with exit code {trained.exit_code}: {trained.command}")
    failed = [gate for gate in comparison.gates if gate.state is GateState.FAIL]
    if failed:
        raise GateFailed("; ".join(f"gate on {gate.metric} ({gate.rule}): {gate.message}" for gate in failed))

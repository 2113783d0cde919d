"""Evaluations in directories, as `collect` would write them."""

from __future__ import annotations

import hashlib
from pathlib import Path

from steelyard.model.cells import Cells
from steelyard.model.codec import save_evaluation
from steelyard.model.evaluation import Commit, Evaluation, File, Metric, Plot, PredictionSet


def sha_of(number: int) -> str:
    """A commit's name."""
    return f"{number:040x}"


def side_file(directory: Path, kind: str, content: bytes, *, ending: str = "parquet") -> File:
    """A side file named by its content."""
    digest = hashlib.blake2b(content, digest_size=16).hexdigest()
    directory.mkdir(parents=True, exist_ok=True)
    (directory / f"{kind}-{digest}.{ending}").write_bytes(content)
    return File(name=f"{kind}-{digest}.{ending}", size=len(content))


def evaluation(
    directory: Path,
    number: int,
    *,
    report_id: str = "default",
    created: str = "",
    testset: bytes = b"the test set that all commits share",
    predictions: bytes | None = None,
) -> Path:
    """The Evaluation of commit `sha_of(number)`, with rows and a plot."""
    rows = PredictionSet(
        name="test",
        source="predictions.parquet",
        rows=2,
        key="id",
        label_type="text",
        labels=("cat", "dog"),
        fingerprint="0" * 32,
        counts=Cells.of(),
        testset=side_file(directory, "testset", testset),
        predictions=side_file(directory, "pred", predictions or f"predictions of {number}".encode()),
    )
    plot = side_file(directory, "plot", f"plot of {number}".encode(), ending="png")
    save_evaluation(
        Evaluation(
            steelyard="0",
            id=report_id,
            created=created or f"2026-01-01T00:00:{number % 60:02d}+00:00",
            commit=Commit(sha=sha_of(number), committed="2026-01-01T00:00:00+00:00", subject="<b>hostile</b>"),
            metrics=(Metric(name="accuracy", value=number / 1000, file="metrics.json"),),
            predictions={"test": rows},
            plots=(Plot(title="loss", file=plot, path="loss.png"),),
        ),
        directory,
    )
    return directory

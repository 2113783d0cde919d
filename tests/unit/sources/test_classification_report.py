"""Reports of scikit-learn itself, for the names and the numbers that the computed metrics have."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from steelyard.sources import read
from steelyard.sources.classification_report import rewrite

LABELS = st.sampled_from(["cat", "dog", "an owl"])


@settings(deadline=None)
@given(st.lists(st.tuples(LABELS, LABELS), min_size=1, max_size=30))
def test_metrics__equal_scikit_learn(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]) -> None:
    """Averages, classes and support of a real report."""
    label, prediction = [row[0] for row in rows], [row[1] for row in rows]
    root = tmp_path_factory.getbasetemp()
    report = sk.classification_report(label, prediction, labels=["cat", "dog"], output_dict=True, zero_division=0)
    (root / "report.json").write_text(json.dumps({"loss": 0.1, "test": report}), encoding="utf-8")
    found = {metric.name: metric.value for metric in read.metrics([root / "report.json"], root=root).metrics}
    options = {"labels": ["cat", "dog"], "zero_division": 0}

    assert found["loss"] == 0.1
    assert found["test.f1_macro"] == pytest.approx(sk.f1_score(label, prediction, average="macro", **options))
    assert found["test.recall_weighted"] == pytest.approx(
        sk.recall_score(label, prediction, average="weighted", **options)
    )
    assert found["test.f1[dog]"] == pytest.approx(sk.f1_score(label, prediction, average=None, **options)[1])
    assert found["test.support[cat]"] == label.count("cat")
    assert found["test.support"] == label.count("cat") + label.count("dog")


def test_rewrite__leaves_other_tables_alone() -> None:
    """A table that only looks similar keeps its names."""
    table = {"macro avg": {"precision": 0.9}, "accuracy": 0.97}

    assert rewrite(table) is table


def test_metrics__hostile_class(tmp_path: Path) -> None:
    """A class may be called anything."""
    scores = {"precision": 1.0, "recall": 1.0, "f1-score": 1.0, "support": 3}
    report = {"<b>|\n": scores, "macro avg": scores, "notes": "none", "samples": {"a": 0.5}}
    (tmp_path / "report.json").write_text(json.dumps(report), encoding="utf-8")
    names = [metric.name for metric in read.metrics([tmp_path / "report.json"], root=tmp_path).metrics]

    assert "f1[<b>|\n]" in names
    assert "samples.a" in names

"""`--baseline PATH`: an Evaluation, or what another training left, as what a change is compared with."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.world import git


def steelyard(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the program."""
    command = [sys.executable, "-m", "steelyard", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=120)


def rows(wrong: int) -> str:
    """Predictions of which so many are wrong."""
    return "id,y_true,y_pred\n" + "".join(f"{i},{i % 2},{(i + (i < wrong)) % 2}\n" for i in range(200))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository whose training left predictions and numbers; another training's files lie beside it."""
    work = tmp_path / "work"
    work.mkdir()
    git("init", "-q", "-b", "main", ".", cwd=work)
    git("commit", "-q", "--allow-empty", "-m", "first", cwd=work)
    (work / "predictions.csv").write_text(rows(10), encoding="utf-8")
    (work / "metrics.json").write_text('{"latency_ms": 12.0}', encoding="utf-8")
    (tmp_path / "old.csv").write_text(rows(60), encoding="utf-8")
    (tmp_path / "old.json").write_text('{"latency_ms": 15.0}', encoding="utf-8")
    return work


def comparison(work: Path, baseline: str, *more: str) -> dict[str, dict[str, object]]:
    """The rows of the comparison by their metrics."""
    done = steelyard("report", "--baseline", baseline, "--json", "report.json", *more, cwd=work)
    assert done.returncode == 0, done.stderr
    found = json.loads((work / "report.json").read_text(encoding="utf-8"))
    assert found["choice"]["reason"] == f"{baseline}, as named"
    return {row["metric"]: row for row in found["rows"]}


def test_predictions(project: Path) -> None:
    """A file of predictions is read as this change's own is, and compared with it row by row."""
    row = comparison(project, "../old.csv")["accuracy"]

    assert row["baseline"]["value"] == 0.7  # type: ignore[index]  # JSON
    assert row["verdict"] == "better"
    assert "50 fixed" in steelyard("report", "--baseline", "../old.csv", "-o", "-", cwd=project).stdout


def test_predictions__columns_as_configured(project: Path, tmp_path: Path) -> None:
    """What the configuration says of the columns holds for the file that is named, too."""
    (project / "steelyard.toml").write_text(
        '[[predictions]]\npath = "out.jsonl"\nlabel = "a"\nprediction = "b"\n', encoding="utf-8"
    )
    for path, wrong in ((project / "out.jsonl", 5), (tmp_path / "old.jsonl", 50)):
        lines = (json.dumps({"a": i % 2, "b": (i + (i < wrong)) % 2}) for i in range(100))
        path.write_text("\n".join(lines), encoding="utf-8")

    assert comparison(project, str(tmp_path / "old.jsonl"))["accuracy"]["verdict"] == "better"


def test_metrics(project: Path) -> None:
    """A file of metrics gives the other side's numbers; what it does not have is not compared."""
    found = comparison(project, "../old.json")

    assert found["latency_ms"]["difference"] == -3.0
    assert found["accuracy"]["baseline"] is None


@pytest.mark.parametrize("name", ["kept", "kept/evaluation.json"])
def test_evaluation(project: Path, name: str) -> None:
    """An Evaluation may be named by its directory or by its file."""
    assert steelyard("collect", "-o", "kept", cwd=project).returncode == 0
    (project / "predictions.csv").write_text(rows(60), encoding="utf-8")

    assert comparison(project, name)["accuracy"]["verdict"] == "worse"


def test_several_sets__by_its_name(project: Path, tmp_path: Path) -> None:
    """Of several test sets, the one is meant that the file is called as; a name that says none is refused."""
    (project / "predictions.csv").unlink()
    (project / "predictions").mkdir()
    for name in ("easy", "hard"):
        (project / "predictions" / f"{name}.csv").write_text(rows(10), encoding="utf-8")
    (tmp_path / "hard.csv").write_text(rows(60), encoding="utf-8")

    done = steelyard("report", "--baseline", "../hard.csv", "--json", "report.json", cwd=project)
    refused = steelyard("report", "--baseline", "../old.csv", cwd=project)

    sets = {one["name"]: one for one in json.loads((project / "report.json").read_text(encoding="utf-8"))["sets"]}
    assert done.returncode == 0, done.stderr
    assert sets["hard"]["fixed"] == 50
    assert sets["easy"]["pairing"] is None
    assert refused.returncode == 2
    assert "there are 2 test sets" in refused.stderr
    assert '"easy", "hard"' in refused.stderr


@pytest.mark.parametrize(
    ("name", "content", "code", "said"),
    [
        ("old.pkl", "x", 2, "ends in one of"),
        ("old.csv", "a,b\n1,2\n", 3, 'found: "a", "b"'),
        ("old.json", "{", 3, "old.json"),
        ("old.parquet", "nothing of that kind", 3, "old.parquet"),
    ],
)
def test_unusable(project: Path, tmp_path: Path, name: str, content: str, code: int, said: str) -> None:
    """A file that is no baseline, or is broken, is an error of whoever named it, in two lines."""
    (tmp_path / name).write_text(content, encoding="utf-8")

    done = steelyard("report", "--baseline", f"../{name}", cwd=project)

    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert "hint:" in done.stderr
    assert "Traceback" not in done.stderr


def test_unusable__not_there(project: Path) -> None:
    """What is called like a file is not taken for a branch when there is none."""
    done = steelyard("report", "--baseline", "../missing.csv", cwd=project)

    assert done.returncode == 2
    assert 'baseline "../missing.csv": there is no such file' in done.stderr


def test_unusable__configured(project: Path, tmp_path: Path) -> None:
    """Where the configuration names it, there is a report all the same, which says what is wrong."""
    (tmp_path / "old.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    (project / "steelyard.toml").write_text('baseline = "../old.csv"\n', encoding="utf-8")

    done = steelyard("report", "-o", "-", cwd=project)

    assert done.returncode == 0, done.stderr
    assert "The baseline cannot be used" in done.stdout

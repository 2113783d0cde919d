"""What is made of a bundle's words."""

from __future__ import annotations

import contextlib
import copy
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import structs

from steelyard.ci import Context
from steelyard.config import Config, Predictions, to_json
from steelyard.engines.duckdb import DuckDBEngine
from steelyard.engines.interface import Table
from steelyard.errors import InputError
from steelyard.model.codec import decode, encode, save_evaluation
from steelyard.model.evaluation import Commit, Evaluation, File, Metric, Plot, Training
from steelyard.pictures import MAX_PICTURES, clean
from steelyard.pipeline.accept import MAX_ENTRIES, MAX_SETS, accepted
from steelyard.pipeline.chosen import Baseline
from steelyard.pipeline.present import present
from steelyard.pipeline.project import Project
from steelyard.pipeline.weigh import weigh
from steelyard.pipeline.workspace import Workspace
from tests.integration.baseline.evaluations import side_file
from tests.pictures import picture, svg

SHA = "1" * 40
COMMIT = Commit(sha=SHA, committed="2026-01-01T00:00:00+00:00", subject="the change", branch="better")
TRAINING = Training(command="python train.py", exit_code=0, duration=2.5, started="2026-01-01T00:00:00+00:00")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A job that reports, with main's configuration: none."""
    root = tmp_path / "workspace"
    root.mkdir()
    context = Context(workspace=root, provider="github", from_fork=True)
    return Project(workspace=Workspace(root=root), config=Config(), context=context)


@pytest.fixture
def claimed(tmp_path: Path) -> Evaluation:
    """What an honest bundle says; its side files are in `files`."""
    rows = (f"{i},{'ab'[i % 2]},{'ab'[i % 3 % 2]},0.{i % 9}\n" for i in range(60))
    (tmp_path / "p.csv").write_text(f"id,label,prediction,score_b\n{''.join(rows)}", encoding="utf-8")
    table = Table(path=tmp_path / "p.csv", shown="p.csv")
    plot = side_file(tmp_path / "files", "plot", picture(1), ending="png")
    return Evaluation(
        steelyard="0.1.0",
        created="2020-01-01T00:00:00+00:00",
        commit=structs.replace(COMMIT, subject="forged", branch="main", dirty=True),
        metrics=(Metric(name="latency_ms", value=3.5, file="metrics.json"),),
        parameters={"c": 1.0, "name": "x"},
        predictions={"test": DuckDBEngine().ingest(table, into=tmp_path / "files", keep_rows=True)},
        plots=(Plot(title="loss", file=plot, path="plots/loss.png"),),
        training=TRAINING,
        environment={"python": "3.12"},
        config=to_json(Config(id="default", gates_from="baseline")),
        notes=("note",),
    )


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """The side files."""
    return tmp_path / "files"


def accept(claimed: Evaluation, project: Project, files: Path) -> Evaluation:
    """What is made of it."""
    return accepted(claimed, project, commit=COMMIT, directory=files)


def test_accepted__honest(claimed: Evaluation, project: Project, files: Path) -> None:
    """Predictions, numbers and texts are taken; commit, time and configuration are this job's own."""
    found = accept(claimed, project, files)

    assert found.commit == structs.replace(COMMIT, dirty=True)
    assert found.config == to_json(project.config)
    assert found.created > claimed.created
    same = ("id", "metrics", "parameters", "predictions", "training", "environment", "notes")
    assert [name for name in same if getattr(found, name) != getattr(claimed, name)] == []
    assert (found.plots[0].title, found.plots[0].path) == ("loss", "plots/loss.png")
    assert (files / found.plots[0].file.name).read_bytes() == clean(picture(1), shown="a").data


def test_accepted__picture_of_another_kind(claimed: Evaluation, project: Project, files: Path) -> None:
    """What is no picture, or not of the kind that its name says, is left out with a note; SVG is cleaned."""
    plots = [
        Plot(title="curve", file=side_file(files, "plot", svg("<script>x</script>"), ending="svg"), path="a.svg"),
        Plot(title="page", file=side_file(files, "plot", b"<html>", ending="png"), path="../../\x1b[31mpage.png"),
        Plot(title="table", file=side_file(files, "testset", b"PAR1", ending="parquet"), path="rows.parquet"),
    ]
    found = accept(structs.replace(claimed, plots=tuple(plots)), project, files)

    (kept,) = found.plots
    assert kept.title == "curve"
    assert b"script" not in (files / kept.file.name).read_bytes()
    assert [note for note in found.notes if "image was left out" in note] == [
        "../../\\x1b[31mpage.png: not a whole PNG image; the image was left out",
        "rows.parquet: not a whole PNG image; the image was left out",
    ]


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ({"cluster": "patient"}, 'its cluster is none, in the configuration it is "patient"'),
        ({"slices": ("a", "b")}, 'its slices is none, in the configuration it is "a", "b"'),
        ({"kind": "regression"}, 'its kind is "classification", in the configuration it is "regression"'),
        ({"name": "other"}, "the configuration has no [[predictions]] of this name"),
    ],
)
def test_accepted__set_that_the_configuration_does_not_know(
    claimed: Evaluation, project: Project, files: Path, block: dict[str, Any], said: str
) -> None:
    """A set that main reads otherwise, or not at all, is left out, and the note says why."""
    rules = Config(predictions=(Predictions(**{"path": "p.csv", **block}),))
    found = accept(claimed, structs.replace(project, config=rules), files)

    assert found.predictions == {}
    assert found.notes[0] == f"the prediction set test is left out: {said}"


def test_accepted__positive_label_is_mains(claimed: Evaluation, project: Project, files: Path) -> None:
    """Which label precision is about is main's to say, and else the greater one."""
    forged = structs.replace(claimed.predictions["test"], positive="a")
    forged_claim = structs.replace(claimed, predictions={"test": forged})
    rules = Config(predictions=(Predictions(path="p.csv", positive="a"),))

    assert accept(forged_claim, project, files).predictions["test"].positive == "b"
    assert accept(claimed, structs.replace(project, config=rules), files).predictions["test"].positive == "a"


_MANY = {str(number): 1 for number in range(MAX_ENTRIES + 1)}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"id": "other"}, "is of the report other, this job's is default"),
        ({"parameters": _MANY}, "2,001 parameters, at most 2,000"),
        ({"environment": dict.fromkeys(_MANY, "1")}, "2,001 facts of the environment"),
        ({"metrics": (Metric(name="a", value=1.0, file="b"),) * (MAX_ENTRIES + 1)}, "2,001 metrics"),
        ({"plots": (Plot(title="a", file=File(name=f"plot-{'0' * 32}.png", size=1), path="b"),) * 21}, "21 plots"),
        *(
            ({"training": structs.replace(TRAINING, **{name: value})}, f"training has {name}")
            for name, value in (
                *(("duration", -1.0), ("duration", 1e300), ("exit_code", 10**30), ("exit_code", -(10**30))),
                *(("peak_memory", -1), ("peak_memory", 1 << 51), ("runs", 0), ("runs", 101), ("repeat", -5)),
            )
        ),
    ],
)
def test_accepted__out_of_bounds(
    claimed: Evaluation, project: Project, files: Path, changes: dict[str, Any], said: str
) -> None:
    """More than a report has, and numbers that no training has, are refused in a sentence."""
    with pytest.raises(InputError, match=said):
        accept(structs.replace(claimed, **changes), project, files)


@pytest.mark.parametrize("name", ["../x", "", "a b", "x" * 65, "test\n"])
def test_accepted__name_of_a_set(claimed: Evaluation, project: Project, files: Path, name: str) -> None:
    """What cannot be the name of a test set is none; and a set has one name."""
    one = claimed.predictions["test"]

    for sets in ({name: structs.replace(one, name=name)}, {"test": structs.replace(one, name=name)}):
        with pytest.raises(InputError, match="which cannot be one's name"):
            accept(structs.replace(claimed, predictions=sets), project, files)


def test_accepted__many_sets_and_rows(claimed: Evaluation, project: Project, files: Path) -> None:
    """The number of sets and the rows of each are bounded before a file is opened."""
    one = claimed.predictions["test"]
    many = {f"s{i}": structs.replace(one, name=f"s{i}") for i in range(MAX_SETS + 1)}
    with pytest.raises(InputError, match="21 prediction sets, at most 20"):
        accept(structs.replace(claimed, predictions=many), project, files)

    with pytest.raises(InputError, match="20,000,001 rows in test, at most 20,000,000"):
        accept(structs.replace(claimed, predictions={"test": structs.replace(one, rows=20_000_001)}), project, files)


def test_accepted__texts_are_bounded(claimed: Evaluation, project: Project, files: Path) -> None:
    """Whatever is long is cut; a log has forty lines; a number of a million digits is called one."""
    long = "x" * 100_000
    forged = structs.replace(
        claimed,
        steelyard=long,
        parameters={long: long, "n": 10**5_000, "m": -(10**5_000), "b": True},
        environment={long: long},
        metrics=(Metric(name=long, value=None, file=long, note=long),),
        notes=(long,) * 100,
        problem=long,
        training=structs.replace(TRAINING, command=long, started=long, log_tail=(long,) * 500),
    )
    found = accept(forged, project, files)

    assert len(encode(found)) < 100_000
    assert found.parameters["n"] == "a number of 16,610 bits"
    assert found.parameters["m"] == "-a number of 16,610 bits"
    assert found.parameters["b"] is True
    assert found.training is not None
    assert len(found.training.log_tail) == 40


# ------------------------------------------------------------------------------------------------------------- anything

_TEXT = st.one_of(
    st.text(max_size=30),
    st.sampled_from(["", "a", "b", "::add-mask::x", "##[group]y", "a\n::error::b", "</details><script>x", "@octocat"]),
)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=5,
)


def places(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:  # noqa: ANN401  any JSON
    """The way to every part of a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, one in inner for place in places(one, (*path, key)))][1 if not path else 0 :]


def put(value: Any, path: tuple[str | int, ...], new: object) -> None:  # noqa: ANN401  any JSON
    """Replace a part of a JSON value, if it is still there."""
    *way, last = path
    with contextlib.suppress(LookupError, TypeError):
        for key in way:
            value = value[key]
        value[last] = new


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(st.data())
def test_accepted__anything(claimed: Evaluation, project: Project, files: Path, data: st.DataObject) -> None:
    """Whatever stands in a bundle's JSON: it is refused in a sentence, or a report comes of it."""
    raw = json.loads(encode(claimed))
    for path in data.draw(st.lists(st.sampled_from(places(raw)), min_size=1, max_size=4)):
        put(raw, path, copy.deepcopy(data.draw(_JSON)))
    try:
        found = accept(decode(json.dumps(raw).encode(), Evaluation, source="bundle"), project, files)
        save_evaluation(found, files)
        comparison = weigh(files, Baseline(), project).comparison
    except InputError:
        return
    text = present(comparison, project, evaluation=files).markdown(images={})
    assert "<script" not in text
    assert not [line for line in text.splitlines() if line.lstrip().startswith("::")]
    assert msgspec.json.encode(comparison)
    assert len(found.plots) <= MAX_PICTURES

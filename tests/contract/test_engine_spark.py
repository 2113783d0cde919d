"""
The Spark engine on a real cluster of two workers: what it makes of a table is what DuckDB makes of the same rows.

The workers are processes of their own, which get nothing from this one but what Spark sends them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from msgspec import structs

from steelyard import cli
from steelyard.engines.duckdb import DuckDBEngine
from steelyard.engines.interface import StoredSet, Table
from steelyard.engines.spark import SparkEngine
from steelyard.errors import InputError
from steelyard.model.counts import Groups
from steelyard.model.evaluation import PredictionSet
from tests.contract.test_engine import KINDS, columns

pytestmark = [
    pytest.mark.xdist_group("spark"),
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::FutureWarning", "ignore::DeprecationWarning"),
]

ROWS = 4_000
DEFAULTS = """
spark.master                    local-cluster[2,1,1024]
spark.driver.memory             1g
spark.driver.extraJavaOptions   -XX:TieredStopAtLevel=1
spark.executor.extraJavaOptions -XX:TieredStopAtLevel=1
spark.driver.bindAddress        127.0.0.1
spark.driver.host               127.0.0.1
spark.sql.shuffle.partitions    4
spark.sql.warehouse.dir         {warehouse}
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """
    What names the cluster; without Java the test is skipped, except in CI, where it must be there.

    The cluster's workers write into their Spark's own directory: it gets one of links.
    """
    if shutil.which("java") is None:
        reason = "NOT TESTED: Spark; no Java: apt-get install default-jre-headless"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    import pyspark

    home = tmp_path_factory.mktemp("spark")
    for part in Path(pyspark.__file__).parent.iterdir():
        (home / part.name).symlink_to(part)
    (home / "conf").mkdir()
    defaults = DEFAULTS.format(warehouse=tmp_path_factory.mktemp("warehouse"))
    (home / "conf" / "spark-defaults.conf").write_text(defaults, encoding="utf-8")
    return {"SPARK_HOME": str(home), "SPARK_CONF_DIR": str(home / "conf"), "PYSPARK_PYTHON": sys.executable}


@pytest.fixture(scope="module")
def cluster(environment: Mapping[str, str]) -> Iterator[Any]:
    """A session of this process, which the engine finds."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        from pyspark.sql import SparkSession

        session = SparkSession.builder.config("spark.ui.showConsoleProgress", "false").getOrCreate()
        session.sparkContext.setLogLevel("OFF")
        while session.sparkContext._jsc.sc().getExecutorMemoryStatus().size() < 3:  # the driver and two workers
            time.sleep(0.1)
        session.sql("CREATE DATABASE scores")
        yield session
        session.stop()


def rows(labels: tuple[Any, ...], *, seed: int, missing: bool = False) -> dict[str, list[Any]]:
    """A test set with slices, of which a fifth is predicted wrongly."""
    fixed, own = np.random.default_rng(1), np.random.default_rng(seed)
    label = fixed.integers(0, len(labels), ROWS)
    predicted = np.where(own.random(ROWS) < 0.2, own.integers(0, len(labels), ROWS), label)
    gone = (own.random(ROWS) < 0.01) & missing
    return {
        "id": list(range(ROWS)),
        "label": [labels[code] for code in label],
        "prediction": [None if none else labels[code] for code, none in zip(predicted, gone, strict=True)],
        "region": [("north", "south", None)[index % 3] for index in range(ROWS)],
        "age": (fixed.random(ROWS) * 80).tolist(),
        "unread": [["not", "read"]] * ROWS,
    }


LABELS: dict[str, tuple[Any, ...]] = {
    "text": ("cat", "dog", "Ünï", " a,'b`", "3.0"),
    "integers": (10, 9, -1, 2),
    "floats": (0.5, 1.0, 2.0, 1e20),
    "booleans": (True, False),
}


def saved(directory: Path, name: str, data: Mapping[str, list[Any]], **settings: Any) -> Table:  # noqa: ANN401 - fields of Table, checked by it
    """The rows as a Parquet file."""
    path = directory / f"{name}.parquet"
    pq.write_table(pa.table(dict(data)), path, row_group_size=500)
    return Table(path=path, shown=name, **settings)


def by_path(table: Table) -> Table:
    """The same file as only the cluster can read it."""
    return structs.replace(table, path=Path("nowhere"), address=f"file://{table.path}")


def by_name(cluster: Any, table: Table) -> Table:  # noqa: ANN401 - a session of a package that is imported late
    """The same rows as a table of the cluster's catalog."""
    name = f"scores.{table.path.stem.replace(' ', '_')}"
    cluster.read.parquet(str(table.path)).write.mode("overwrite").saveAsTable(name)
    return structs.replace(table, path=Path("nowhere"), catalog=f"spark_catalog.{name}")


def made(engine: DuckDBEngine | SparkEngine, table: Table, directory: Path, *, keep: bool = True) -> PredictionSet:
    """The table's set."""
    return engine.ingest(table, into=directory, keep_rows=keep)


@pytest.mark.parametrize("what", ["text", "integers"])
def test_ingest__below_the_limit(cluster: Any, tmp_path: Path, what: str) -> None:  # noqa: ANN401 - as above
    """The same set, the same side files to the byte, the same joined counts, slices and flipped rows with their ids."""
    tables = [
        saved(tmp_path, f"{what} {seed}", rows(LABELS[what], seed=seed, missing=True), slices=("region", "age"))
        for seed in (1, 2)
    ]
    tables = [structs.replace(table, on_missing_row="wrong", show=("age",)) for table in tables]
    remote = [by_name(cluster, tables[0]), by_path(tables[1])]
    sides = []
    for engine, ones in ((DuckDBEngine(id_key="secret"), tables), (SparkEngine(id_key="secret"), remote)):
        into = tmp_path / type(engine).__name__
        stored = [StoredSet(predictions=made(engine, one, into), directory=into, original=one) for one in ones]
        sides.append((stored, engine.join(candidate=stored[0], baseline=stored[1]), engine.alone(stored[0])))
    (duckdb, joined, alone), (spark, again, alone_again) = sides

    assert [one.predictions for one in spark] == [one.predictions for one in duckdb]
    assert all(one.predictions.testset is not None for one in spark)
    assert sorted(path.name for path in spark[0].directory.iterdir()) == sorted(
        path.name for path in duckdb[0].directory.iterdir()
    )
    assert repr(again) == repr(joined)
    assert repr(alone_again) == repr(alone)
    assert all(row.id and row.shown for row in again.broken)


@pytest.mark.parametrize("what", LABELS)
@pytest.mark.usefixtures("cluster")
def test_ingest__above_the_limit(tmp_path: Path, what: str) -> None:
    """What the cluster counts is the set that DuckDB counts, with the same spelling, order, fingerprint and notes."""
    table = saved(tmp_path, what, rows(LABELS[what], seed=3, missing=True), slices=("region",), on_missing_row="wrong")
    for keep in (True, False):
        duckdb = made(DuckDBEngine(max_file_bytes=4), table, tmp_path, keep=keep)
        spark = made(SparkEngine(max_file_bytes=4), by_path(table), tmp_path, keep=keep)

        assert spark == duckdb
        assert spark.testset is None
        assert spark.counts.rows == ROWS


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.usefixtures("cluster")
def test_ingest__every_kind(tmp_path: Path, kind: str) -> None:
    """Sets of classes, numbers, scores, weights, clusters and strata arrive as DuckDB reads them from a file."""
    table = saved(
        tmp_path,
        kind,
        columns(kind, 1, ".parquet"),
        cluster="who",
        stratum="part",
        weight="w",
        slices=("age",),
        measures=("grade",),
    )

    spark = made(SparkEngine(), by_path(table), tmp_path / "spark")
    assert spark == made(DuckDBEngine(), table, tmp_path / "duckdb")
    assert spark.testset is not None


def lasting(directory: Path, name: str, data: Mapping[str, list[Any]], **settings: Any) -> Table:  # noqa: ANN401 - as above
    """The rows as a table of one commit that only the cluster can read."""
    return structs.replace(by_path(saved(directory, name, data, **settings)), lasting=True)


def stored(engine: DuckDBEngine | SparkEngine, table: Table, directory: Path) -> StoredSet:
    """One side, its table at hand."""
    return StoredSet(predictions=made(engine, table, directory), directory=directory, original=table)


DESIGNS: dict[str, dict[str, Any]] = {
    "plain": {},
    "slices": {"slices": ("region",), "show": ("age", "region")},
    "clusters": {"cluster": "who"},
    "strata": {"stratum": "region", "cluster": "who", "show": ("who",)},
}


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("what", LABELS)
@pytest.mark.usefixtures("cluster")
def test_join__above_the_limit(tmp_path: Path, what: str, design: str) -> None:
    """
    Two tables of the cluster, joined there, give what DuckDB makes of the same rows.

    Joint counts, slices, clusters, strata and the sample of flipped rows with their ids, whatever the order of the
    rows, with rows that only one side has and labels, clusters, strata and slices that have changed.
    """
    sides = []
    for seed, drop in ((1, 7), (2, 11)):
        data = rows(LABELS[what], seed=seed, missing=True)
        data["who"] = [None if index % 50 == 0 else index // 5 for index in range(ROWS)]
        data["label"][seed] = LABELS[what][0]
        data["who"][100 * seed], data["region"][100 * seed + 1] = 99, f"moved {seed}"
        order = np.random.default_rng(seed).permutation(ROWS)[drop:]
        sides.append({name: [values[index] for index in order] for name, values in data.items()})
    settings = {"on_missing_row": "wrong", **DESIGNS[design]}
    results = []
    for engine, make in ((DuckDBEngine(), saved), (SparkEngine(max_file_bytes=4), lasting)):
        into = tmp_path / type(engine).__name__
        ones = [
            stored(engine, make(tmp_path, f"{type(engine).__name__}{seed}", data, **settings), into)
            for seed, data in enumerate(sides)
        ]
        results.append((ones, engine.join(candidate=ones[0], baseline=ones[1]), engine.alone(ones[0])))
    (_, expected, expected_alone), (spark, found, found_alone) = results

    assert all(one.predictions.testset is None for one in spark)
    assert all(not any("not kept" in note for note in one.predictions.notes) for one in spark)
    assert repr(found) == repr(expected)
    assert repr(structs.replace(found_alone, rows=None)) == repr(structs.replace(expected_alone, rows=None))
    assert found.pairing.common_rows < ROWS
    assert found.pairing.changed_labels > 0
    assert bool(found.pairing.changed_columns) == (design != "plain")
    assert found.broken
    assert all(row.id for row in (*found.broken, *found.fixed))
    assert (found.groups is not None) == (design in {"clusters", "strata"})
    assert bool(found.slices) == (design == "slices")
    if design == "strata":
        _check_clusters_in_several_strata(found.groups)


def _check_clusters_in_several_strata(groups: Groups | None) -> None:
    """A cluster has one code, in however many strata it lies."""
    assert groups is not None
    assert groups.cluster is not None
    assert groups.stratum is not None
    pairs = set(zip(groups.cluster.tolist(), groups.stratum.tolist(), strict=True))
    assert len(pairs) > len(set(groups.cluster.tolist())) == groups.cluster.max() + 1
    assert len(set(groups.cluster.tolist())) <= ROWS // 5 + ROWS // 50 + 1


@pytest.mark.usefixtures("cluster")
def test_join__with_a_secret(tmp_path: Path) -> None:
    """With a secret key counts and clusters are the same; it stays here, so another sample of flipped rows is shown."""
    data = [rows(LABELS["text"], seed=seed) | {"who": [index // 5 for index in range(ROWS)]} for seed in (1, 2)]
    results = []
    for engine, make in ((DuckDBEngine(id_key="s"), saved), (SparkEngine(id_key="s", max_file_bytes=4), lasting)):
        into = tmp_path / type(engine).__name__
        ones = [
            stored(engine, make(tmp_path, f"{type(engine).__name__}{seed}", one, cluster="who"), into)
            for seed, one in enumerate(data)
        ]
        results.append(engine.join(candidate=ones[0], baseline=ones[1]))
    expected, found = (structs.replace(one, broken=(), fixed=()) for one in results)

    assert repr(found) == repr(expected)
    assert found.pairing.same_test_set
    assert len(results[0].broken) == len(results[1].broken) == 50


@pytest.mark.parametrize("trouble", ["changed", "gone", "strangers"])
@pytest.mark.usefixtures("cluster")
def test_join__tables_that_are_not_what_they_were(tmp_path: Path, trouble: str) -> None:
    """A table that was written again, or is gone, leaves the counts of either side, and the reason."""
    engine = SparkEngine(max_file_bytes=4)
    data = [rows(("a", "b"), seed=seed) for seed in (1, 2)]
    if trouble == "strangers":
        data[1]["id"] = [index + ROWS for index in range(ROWS)]
    ours, theirs = (
        stored(engine, lasting(tmp_path, f"side{seed}", one), tmp_path / "side") for seed, one in enumerate(data)
    )
    file = tmp_path / "side1.parquet"
    if trouble == "changed":
        lasting(tmp_path, "side1", rows(("a", "b"), seed=3))
    elif trouble == "gone":
        file.unlink()
    found = engine.join(candidate=ours, baseline=theirs)

    assert found.joint is None
    assert found.candidate.n.sum() == found.baseline.n.sum() == ROWS
    said = {"changed": "not the one that was counted", "gone": "no such path", "strangers": "the same id"}[trouble]
    assert any(note.startswith("rows are not compared on the cluster") and said in note for note in found.notes)


@pytest.mark.usefixtures("cluster")
def test_ingest__ids_of_a_table_that_is_joined(tmp_path: Path) -> None:
    """Ids that are missing or occur twice are errors, in the words of files."""
    for what, ids in (("twice", [0, *range(ROWS - 1)]), ("missing", [None, *range(ROWS - 1)])):
        data = rows(("a", "b"), seed=1) | {"id": ids}
        said = []
        for engine, table in (
            (DuckDBEngine(), saved(tmp_path, what, data)),
            (SparkEngine(max_file_bytes=4), lasting(tmp_path, what, data)),
        ):
            with pytest.raises(InputError) as error:
                made(engine, table, tmp_path / "side")
            said.append(f"{error.value}\n{error.value.hint}")
        assert said[0] == said[1]


@pytest.mark.usefixtures("cluster")
@pytest.mark.parametrize("role", ["cluster", "stratum"])
def test_ingest__empty_design(tmp_path: Path, role: str) -> None:
    """A column of clusters or strata without a value is an error, in the words of files."""
    data = rows(("a", "b"), seed=1) | {"who": pa.nulls(ROWS, pa.string())}
    said = []
    for engine, make in ((DuckDBEngine(), saved), (SparkEngine(max_file_bytes=4), lasting)):
        with pytest.raises(InputError) as error:
            made(engine, make(tmp_path, role, data, **{role: "who"}), tmp_path / "side")
        said.append(f"{error.value}\n{error.value.hint}")

    assert said[0] == said[1]
    assert f"have no {role}" in said[0]


@pytest.mark.usefixtures("cluster")
def test_join__slices_that_moved(tmp_path: Path) -> None:
    """Rows that lie in another slice are in none, values that are only written otherwise are the same: as of files."""
    sides = []
    for seed, names in ((1, [1.0, 2.0, 3.0]), (2, ["1", "2", "3"])):
        data = rows(("a", "b"), seed=seed)
        data["region"] = [names[row % 3] for row in range(ROWS)]
        data["region"][seed] = None
        sides.append(data)
    results = []
    for engine, make in ((DuckDBEngine(), saved), (SparkEngine(max_file_bytes=4), lasting)):
        into = tmp_path / type(engine).__name__
        ones = [
            stored(engine, make(tmp_path, f"{type(engine).__name__}{seed}", data, slices=("region",)), into)
            for seed, data in enumerate(sides)
        ]
        results.append(engine.join(candidate=ones[0], baseline=ones[1]))

    assert repr(results[0]) == repr(results[1])
    (changed,) = results[0].pairing.changed_columns
    assert (changed.name, changed.rows) == ("region", 2)
    assert results[0].slices[0].joint.n.sum() == results[0].pairing.compared_rows - 2


@pytest.mark.usefixtures("cluster")
def test_ingest__what_needs_single_rows(tmp_path: Path) -> None:
    """Beyond the limit, what cannot be had from counts is an error that says so."""
    engine = SparkEngine(max_file_bytes=400)
    classes, numbers = rows(("a", "b"), seed=1), columns("regression", 1, ".parquet")
    sets = columns("multilabel", 1, ".parquet")
    for name, data, settings, reason in (
        ("clusters", classes, {"cluster": "region"}, "the cluster of each row"),
        ("dropped", classes, {"on_missing_row": "drop"}, "which rows are left out"),
        ("numbers", numbers, {}, "the target of each row"),
        ("sets", sets, {}, "the classes of each row"),
    ):
        table = by_path(saved(tmp_path, name, data, **settings))
        with pytest.raises(InputError, match=rf"^{name}: [\d,]+ rows, at most 100 are fetched .* {reason} matters$"):
            made(engine, table, tmp_path / "side")


@pytest.mark.usefixtures("cluster")
def test_ingest__errors(tmp_path: Path) -> None:
    """A table, a path, a column or values that are not there: what, where, what to do, above and below the limit."""
    table = by_path(saved(tmp_path, "here", rows(("a", "b"), seed=1)))
    nulls = rows((1, 2), seed=1) | {"label": [None, *[1] * (ROWS - 1)]}
    unlabelled = by_path(saved(tmp_path, "nulls", nulls))
    nan = by_path(saved(tmp_path, "nan", rows((1, 2), seed=1) | {"prediction": [float("nan"), *[1.0] * (ROWS - 1)]}))
    said = {}
    for what, one, engine in (
        ("table", Table(path=Path(), shown="t", catalog="scores.gone"), SparkEngine()),
        ("schema", Table(path=Path(), shown="t", catalog="gone.gone.gone"), SparkEngine()),
        ("quoted", Table(path=Path(), shown="t", catalog="scores`; DROP TABLE x; --"), SparkEngine()),
        ("file", Table(path=Path(), shown="t", catalog=f"parquet.{tmp_path}/here.parquet"), SparkEngine()),
        ("path", structs.replace(table, address=f"file://{tmp_path}/gone"), SparkEngine()),
        ("pattern", structs.replace(table, address=f"file://{tmp_path}/*"), SparkEngine()),
        ("column", structs.replace(table, label="truth"), SparkEngine()),
        ("null", unlabelled, SparkEngine()),
        ("null above", unlabelled, SparkEngine(max_file_bytes=0)),
        ("nan", nan, SparkEngine()),
        ("nan above", nan, SparkEngine(max_file_bytes=0)),
    ):
        with pytest.raises(InputError) as caught:
            made(engine, one, tmp_path / "side")
        said[what] = f"{caught.value}\n{caught.value.hint}"

    for what in ("table", "quoted", "file"):
        assert said[what].startswith("t: there is no such table on the cluster\ndoes training write it?"), said[what]
    assert said["schema"].startswith("t: ")
    assert "there is no such path on the cluster" in said["path"]
    assert 'names one file or directory, found "*"' in said["pattern"]
    assert said["column"].startswith('here: there is no column "truth"; found: "id", "label", "prediction", "region"')
    assert said["null"] == said["null above"]
    assert 'nulls: 1 of 4,000 rows have no label (column "label")' in said["null"]
    assert said["nan"] == said["nan above"]
    assert "nan: 1 of 4,000 rows have no prediction" in said["nan"]
    assert not list((tmp_path / "side").iterdir()), "scratch is removed"


def many(seed: int, *, rows: int = 10_000_000 // 4 + 100_000) -> dict[str, Any]:
    """By default more rows than are kept."""
    fixed, own = np.random.default_rng(1), np.random.default_rng(seed)
    n = rows
    label = fixed.integers(0, 4, n)
    predicted = np.where(own.random(n) < 0.1, own.integers(0, 4, n), label)
    return {"id": np.arange(n), "label": label, "prediction": predicted}


@pytest.mark.parametrize("what", ["text", "integers", "many"])
@pytest.mark.usefixtures("cluster")
def test_report__same_bytes(tmp_path: Path, what: str) -> None:
    """The report of predictions that the cluster read or counted is DuckDB's to the byte."""
    sides = [many(seed) if what == "many" else rows(LABELS[what], seed=seed, missing=True) for seed in (1, 2)]
    slices = "[]" if what == "many" else '["region", "age"]'
    reports = {}
    for engine in ("duckdb", "spark"):
        work = tmp_path / engine
        work.mkdir()
        place = "predictions.parquet" if engine == "duckdb" else f"file://{work}/predictions.parquet"
        (work / "steelyard.toml").write_text(
            f'[[predictions]]\npath = "{place}"\nengine = "{engine}"\nslices = {slices}\non_missing_row = "wrong"\n',
            encoding="utf-8",
        )
        commands = (("collect", "-o", f"{work}/base"), ("report", "--baseline", "base", "-o", f"{work}/report.md"))
        for data, command in zip(sides, commands, strict=True):
            saved(work, "predictions", data)
            assert cli.main([*command, "-C", str(work)]) == 0
        reports[engine] = (work / "report.md").read_text(encoding="utf-8")

    assert reports["spark"] == reports["duckdb"]
    assert ("rows are not kept" in reports["spark"]) == (what == "many")
    assert ("region" in reports["spark"]) == (what != "many")


@pytest.mark.usefixtures("cluster")
def test_report__tables_of_commits(tmp_path: Path) -> None:
    """With `{sha}` in the place, each commit's table is found again, and the paired report is DuckDB's to the byte."""
    reports = {}
    for engine in ("duckdb", "spark"):
        work = tmp_path / engine
        work.mkdir()
        place = "predictions.parquet" if engine == "duckdb" else f"file://{work}/{{sha}}.parquet"
        limit = "100MB" if engine == "duckdb" else "1MB"
        (work / "steelyard.toml").write_text(
            f'[[predictions]]\npath = "{place}"\nengine = "{engine}"\n[store]\nmax_file = "{limit}"\n',
            encoding="utf-8",
        )
        (work / ".gitignore").write_text("*.parquet\n.steelyard\nbase\nsteelyard.toml\n", encoding="utf-8")
        subprocess.run(["git", "init", "-q", "-b", "main"], cwd=work, check=True)
        for seed, command in ((1, ("collect", "-o", f"{work}/base")), (2, ("report", "--baseline", "base"))):
            (work / "model").write_text(str(seed), encoding="utf-8")
            sha = commit(work, f"model {seed}")
            saved(work, "predictions" if engine == "duckdb" else sha, many(seed, rows=400_000))
            output = ("-o", f"{work}/report.md") if command[0] == "report" else ()
            assert cli.main([*command, *output, "-C", str(work)]) == 0
        reports[engine] = (work / "report.md").read_text(encoding="utf-8")

    assert reports["spark"] == reports["duckdb"]
    assert "on the same 400,000 test rows" in reports["spark"]


def commit(work: Path, message: str) -> str:
    """Commit all files, at a fixed time; the commit's name."""
    fixed = {f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in AUTHOR.items()}
    for arguments in (("add", "-A"), ("commit", "-q", "-m", message)):
        subprocess.run(["git", *arguments], cwd=work, check=True, env={**os.environ, **fixed})
    done = subprocess.run(["git", "rev-parse", "HEAD"], cwd=work, check=True, capture_output=True, text=True)
    return done.stdout.strip()


AUTHOR = {"NAME": "a", "EMAIL": "a@localhost", "DATE": "2026-01-01T00:00:00Z"}


def test_collect__session_of_its_own(environment: Mapping[str, str], tmp_path: Path) -> None:
    """The program starts a session on the cluster that the environment names, and Spark prints nothing."""
    saved(tmp_path, "predictions", rows(LABELS["text"], seed=1))
    block = f'[[predictions]]\npath = "file://{tmp_path}/predictions.parquet"\nengine = "spark"\n'
    (tmp_path / "steelyard.toml").write_text(block, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "steelyard", "collect", "-o", "evaluation"],
        cwd=tmp_path,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout == "evaluation\n"
    assert [line.partition(" ")[0] for line in done.stderr.splitlines()] == ["reading", "collected"]
    assert {path.name for path in tmp_path.iterdir()} == {
        ".steelyard",
        "evaluation",
        "predictions.parquet",
        "steelyard.toml",
    }
    logs = Path(environment["SPARK_HOME"], "work").rglob("stderr")
    assert {log.parent.name for log in logs} == {"0", "1"}, "two workers took part"

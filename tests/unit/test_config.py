"""`steelyard.config`: what is read, and what an error says."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from steelyard import config
from steelyard.config import Config, Gate
from steelyard.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]


def parse(text: str) -> Config:
    """The configuration in a piece of TOML."""
    return config.parse(tomllib.loads(text), source="steelyard.toml")


def test_load__no_file(tmp_path: Path) -> None:
    """Without a file the defaults hold."""
    assert config.load(tmp_path) == Config()


def test_load__own_file_before_pyproject(tmp_path: Path) -> None:
    """`steelyard.toml` wins over `[tool.steelyard]`."""
    (tmp_path / "pyproject.toml").write_text('[tool.steelyard]\nid = "b"\n', encoding="utf-8")
    assert config.load(tmp_path).id == "b"

    (tmp_path / "steelyard.toml").write_text('id = "a"\n', encoding="utf-8")
    assert config.load(tmp_path).id == "a"


def test_load__pyproject_without_section(tmp_path: Path) -> None:
    """A pyproject.toml that is not about us says nothing."""
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\n', encoding="utf-8")

    assert config.load(tmp_path) == Config()


@pytest.mark.parametrize("text", ['[project]\nname = "x"\n', "", "tool = 1\n", "[tool.other]\n"])
def test_load__named_pyproject_without_section(tmp_path: Path, text: str) -> None:
    """Whoever names a pyproject.toml means its section: that there is none is an error, not the defaults."""
    (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")

    with pytest.raises(
        ConfigError, match=r"^pyproject\.toml: expected the table `tool\.steelyard`, found none$"
    ) as caught:
        config.load(tmp_path, path=tmp_path / "pyproject.toml")

    assert caught.value.hint


def test_load__named_pyproject_with_an_empty_section(tmp_path: Path) -> None:
    """A section without keys is one."""
    (tmp_path / "pyproject.toml").write_text("[tool.steelyard]\n", encoding="utf-8")

    assert config.load(tmp_path, path=tmp_path / "pyproject.toml") == Config()


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ('id = "a"\nunknown = 1\n', "a"),
        ('id = "a"\n[store]\nkeep = 0\n', "a"),
        ('id = "a b"\n', "default"),
        ("id = 1\n", "default"),
        ("unknown = 1\n", "default"),
        ('id = "a"\nid =', "default"),
    ],
)
def test_identity__of_a_configuration_that_is_wrong(tmp_path: Path, text: str, known: str) -> None:
    """Of a file that `load` refuses only a valid id is used."""
    (tmp_path / "steelyard.toml").write_text(text, encoding="utf-8")

    with pytest.raises(ConfigError):
        config.load(tmp_path)
    assert config.identity(tmp_path) == Config(id=known)


def test_identity__without_a_file(tmp_path: Path) -> None:
    """What cannot be read says nothing."""
    assert config.identity(tmp_path) == Config()
    assert config.identity(tmp_path, path=tmp_path / "nowhere.toml") == Config()


def test_load__byte_order_mark(tmp_path: Path) -> None:
    """An editor's byte order mark is not an error."""
    (tmp_path / "steelyard.toml").write_bytes(b'\xef\xbb\xbfid = "a"\n')

    assert config.load(tmp_path).id == "a"


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"id = ", b"id = 1\nid = 2\n"])
def test_load__not_toml(tmp_path: Path, content: bytes) -> None:
    """What is not TOML, or not UTF-8, is named as such."""
    (tmp_path / "steelyard.toml").write_bytes(content)

    with pytest.raises(ConfigError, match=r"steelyard\.toml: not valid TOML"):
        config.load(tmp_path)


def test_load__named_file_is_missing(tmp_path: Path) -> None:
    """A file that the user named must be there."""
    with pytest.raises(ConfigError, match=r"nowhere\.toml: cannot read"):
        config.load(tmp_path, path=tmp_path / "nowhere.toml")


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("foo = 1", "steelyard.toml: unknown key `foo`", "known keys: id, run"),
        (f'"x\\n{"x" * 100_000}" = 1', f"steelyard.toml: unknown key `x\\n{'x' * 58}…`", "known keys: id, run"),
        (
            '[run]\ncomand = "x"',
            "steelyard.toml: unknown key `run.comand`",
            "did you mean `command`? known keys: command",
        ),
        ("[[gate]]\nmin = 1", "unknown key `gate`", "did you mean `gates`? known keys: id"),
        ("[Store]\n", "unknown key `Store`", "did you mean `store`? known"),
        ('[[predictions]]\nslice = ["a"]', "unknown key `predictions[0].slice`", "did you mean `slices`? known"),
        ('lower_is_better = ["a"]', "unknown key `lower_is_better`", "did you mean `metrics.lower_is_better`? known"),
        (
            '[[gates]]\nmetric = "a"\nfail = 1',
            "steelyard.toml: unknown key `gates[0].fail`",
            "known keys: metric, fail_if",
        ),
        (
            '[[gates]]\nmetric = "a"\nmin = "x"',
            "`gates[0].min`: expected a number, found text (found 'x')",
            "it is optional",
        ),
        ("[[predictions]]\npath = 3", "`predictions[0].path`: expected text, found a whole number", "leave it out"),
        ("[[predictions]]\n", "`predictions[0]`: misses the key `path`", 'path = "predictions.csv"'),
        ('[[predictions]]\npath = "a"\ntable = "b"', "`predictions[0]`: has both `path` and `table`", "two blocks"),
        (
            '[[predictions]]\ntable = "b"',
            "`table` is for tables of a cluster, expected `engine",
            'add `engine = "spark"`',
        ),
        (
            '[[predictions]]\ntable = "a.b; DROP TABLE c"\nengine = "spark"',
            "`table`: expected a name such as catalog.schema.table (found 'a.b; DROP TABLE c')",
            "a dot between the parts",
        ),
        ('[[predictions]]\npath = "a"\nname = "../x"', "found '../x'", ""),
        ("[compare]\nlevel = 2", "`compare.level`: expected a number < 1.0 (found 2)", "leave it out: then it is 0.95"),
        ('[compare]\nmemory = "lots"', "`compare.memory`: expected a size of at least 128MB (found 'lots')", "2GB"),
        ('[compare]\nmemory = "1MB"', "expected a size of at least 128MB (found '1MB')", "512MB"),
        ('[store]\nmax_file = "10KB"', "`store.max_file`: expected a size of at least 1MB (found '10KB')", "512MB"),
        (
            "[store]\nkind = 'ftp'",
            "`store.kind`: expected one of 'auto', 'directory', 'git', 'packages', 's3' (found 'ftp')",
            "then it is 'auto'",
        ),
        ("gates_from = 'main'", "expected one of 'baseline', 'change' (found 'main')", "then it is 'change'"),
        (
            "[[gates]]\nmetric = 'f1'\nfail_unless = 'fine'",
            "`gates[0].fail_unless`: expected one of 'better', 'no_worse' (found 'fine')",
            "it is optional",
        ),
        (
            "[[gates]]\nmetric = 'f1'\nfail_if = 'no_worse'",
            "`gates[0].fail_if`: expected 'worse' (found 'no_worse')",
            "it is optional",
        ),
        ('[store]\nkind = "s3"', "`store`: `bucket`: expected a bucket's name (found '')", "`prefix`"),
        ('[store]\nkind = "s3"\nbucket = "s3://a/b"', "expected a bucket's name (found 's3://a/b')", "without s3://"),
        ('[store]\nbucket = "models"', '`bucket` is for buckets (found kind = "auto")', 'kind = "s3"'),
        ('[store]\nlarge = "s3"', "`store`: `bucket`: expected a bucket's name (found '')", "`prefix`"),
        ('[store]\nlarge = "directory"\nbucket = "models"', "`bucket` is for buckets", 'large = "s3"'),
        ('[store]\nkind = "directory"\nlarge = "s3"\nbucket = "models"', "`large` is for stores of small", "remove"),
        ('[store]\nkind = "s3"\nbucket = "models"\nprefix = "a\\nb"', "`prefix`: expected printable", "team/"),
        (
            '[store]\nkind = "s3"\nbucket = "models"\nendpoint = "https://user:word@host"',
            "`endpoint`: expected a server's address without credentials",
            "from the environment",
        ),
        ('[store]\nkind = "s3"\nbucket = "models"\nkms_key = "k"', "`kms_key` without `sse`", "aws:kms"),
        ('[[gates]]\nmetric = "a"', "`gates[0]` (a): has no rule", "add one of fail_if"),
        ('[[gates]]\nmetric = "a"\nmin = 2\nmax = 1', "min 2 is above max 1", ""),
        ('[[gates]]\nmetric = "a"\nfail_unless = "no_worse"', "`no_worse` needs a margin above 0", "add `margin`"),
        ('[[predictions]]\npath = "a"\n[[predictions]]\npath = "b"', 'two blocks have the name "test"', "own `name`"),
        (
            '[metrics]\nlower_is_better = ["a"]\nhigher_is_better = ["a"]',
            "both in lower_is_better and in higher",
            "one of them",
        ),
        ("run = 1", "`run`: expected a table, found a whole number (found 1)", "with [run]; known keys: command"),
        ('[predictions]\npath = "a"', "`predictions`: expected a list, found a table", "with [[predictions]]; known"),
        ("[[gates]]\nmin = 1", "`gates[0]`: misses the key `metric`", "it begins with [[gates]]; known keys: metric"),
        ('[store]\npredictions = "no"', "`store.predictions`: expected true or false", "then it is true"),
        ('id = "../x"', "expected text of letters, digits, `_` and `-`: at most 64", "then it is 'default'"),
        ("id = 2020-01-01", "`id`: expected text, found a date (found 2020-01-01)", "then it is 'default'"),
        ('[[gates]]\nmetric = "a"\nmin = 1\nclass = "x"\nslice = "y"', "has both `class` and `slice`", "two gates"),
        ('[[gates]]\nmetric = "a"\nmin = 1\nvalue = "y"', "`value` without `slice`", "name the slice column"),
        ("[run]\nrepeat = 0", "`run.repeat`: expected a whole number >= 1 (found 0)", "then it is 1"),
        ('[[gates]]\nmetric = "a"\nmin = nan', "`min`: expected a finite number (found nan)", "such as 0.01"),
        (
            '[[gates]]\nmetric = "test/ece"\nwarn_unless = "better"',
            "`gates[0]` (test/ece): `warn_unless`: a difference of this metric has no valid interval",
            "judge log_loss or brier_score instead, or bound this one by min or max",
        ),
        ('[[gates]]\nmetric = "max_error"\nfail_if = "worse"', "`fail_if`: a difference", "judge mae or rmse instead"),
        ('[[gates]]\nmetric = "a"\nfail_if = "worse"\nmargin = inf', "expected a finite number", "such as 0.01"),
        (
            "[compare]\nsmallest_effect = {accuracy = 0.01, f1 = inf}",
            "`compare.smallest_effect` (f1): expected a finite number above 0 (found inf)",
            "such as 0.01",
        ),
        ("[compare.smallest_effect]\nf1 = nan", "(f1): expected a finite number above 0 (found nan)", "worth seeing"),
        ("[compare.smallest_effect]\nf1 = 0", "(f1): expected a finite number above 0 (found 0.0)", "worth seeing"),
    ],
)
def test_parse__says_what_is_wrong(text: str, message: str, hint: str) -> None:
    """File, key, what was expected and what was found; then what to do."""
    with pytest.raises(ConfigError) as caught:
        parse(text)

    assert message in str(caught.value)
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    "text",
    [
        "[tool.steelyard]\nx = 1",
        "[ tool . steelyard ]\nx = 1",
        "[tool]\nsteelyard = {x = 1}",
        "[tool.steelyard.run]\nx = 1",
    ],
)
def test_load__pyproject_in_any_notation(tmp_path: Path, text: str) -> None:
    """Our section of a pyproject.toml is found however TOML lets it be written."""
    (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")

    with pytest.raises(ConfigError, match="unknown key"):
        config.load(tmp_path)


def test_load__pyproject_section_is_no_table(tmp_path: Path) -> None:
    """What is called like our section, but is none, is not passed over."""
    (tmp_path / "pyproject.toml").write_text("[tool]\nsteelyard = 3\n", encoding="utf-8")

    with pytest.raises(ConfigError, match=r"`tool\.steelyard`: expected a table"):
        config.load(tmp_path)


@pytest.mark.parametrize("make", [Path.mkdir, lambda file: file.symlink_to("gone")], ids=["directory", "dangling"])
def test_load__own_file_that_cannot_be_read(tmp_path: Path, make: Callable[[Path], None]) -> None:
    """A steelyard.toml that is there but cannot be read is an error, not an empty configuration."""
    make(tmp_path / "steelyard.toml")

    with pytest.raises(ConfigError, match=r"^steelyard\.toml: cannot read"):
        config.load(tmp_path)


def test_load__nested_too_deeply(tmp_path: Path) -> None:
    """A file that exhausts the parser is refused like any other broken one."""
    (tmp_path / "steelyard.toml").write_text("a=" + "[" * 5000, encoding="utf-8")

    with pytest.raises(ConfigError, match="not valid TOML"):
        config.load(tmp_path)


@pytest.mark.parametrize("name", ["digits", "main.scores.digits_{sha}", "{sha}", "a-b.c_d"])
def test_parse__table_of_a_commit(name: str) -> None:
    """A table's name may have the commit in it."""
    block = {"table": name, "engine": "spark"}

    assert config.parse({"predictions": [block]}, source="x").predictions[0].table == name


@pytest.mark.parametrize(
    "name", ["a`b", "a b", "a..b", ".a", "a.", "a/b", "ä", "a\nb", "a" * 129, "a'--", "a.{sha", "{x}"]
)
def test_parse__table_is_a_name(name: str) -> None:
    """What is no plain name of a table is refused; parts of letters, digits, `_` and `-` are taken as they stand."""
    block = {"table": name, "engine": "spark"}

    with pytest.raises(ConfigError, match="`table`: expected a name"):
        config.parse({"predictions": [block]}, source="steelyard.toml")
    read = config.parse({"predictions": [{**block, "table": "main.scores.digits-2_test"}]}, source="")
    assert read.predictions[0].table == "main.scores.digits-2_test"


def test_parse__gate() -> None:
    """A gate is read as it stands."""
    text = '[[gates]]\nmetric = "f1_macro"\nfail_if = "worse"\nmargin = 0.005\nmin = 0.85\n'

    assert parse(text).gates == (Gate(metric="f1_macro", fail_if="worse", margin=0.005, min=0.85),)


def test_parse__gate_on_a_group() -> None:
    """`class` is a key of the file although it is a word of Python's; a gate may be about a slice as well."""
    gates = '[[gates]]\nmetric = "recall"\nclass = "cat"\nmin = 0.5\non_missing = "skip"\n'
    read = parse(gates + '[[gates]]\nmetric = "accuracy"\nslice = "region"\nvalue = "EU"\nfail_if = "worse"\n')

    assert read.gates == (
        Gate(metric="recall", class_="cat", min=0.5, on_missing="skip"),
        Gate(metric="accuracy", slice="region", value="EU", fail_if="worse"),
    )
    assert config.from_json(config.to_json(read), source="evaluation.json") == read


@pytest.mark.parametrize(
    ("text", "size"), [("128MB", 128 * 10**6), ("2GB", 2 * 10**9), ("512 MiB", 512 * 2**20), ("3GiB", 3 * 2**30)]
)
def test_memory_bytes(text: str, size: int) -> None:
    """A size is written with its unit."""
    assert config.parse({"compare": {"memory": text}}, source="x").compare.memory_bytes == size


def test_from_json__inverts_to_json() -> None:
    """The effective configuration survives its way through an Evaluation."""
    read = parse('[run]\ncommand = "x"\n[[predictions]]\npath = "p.csv"\nslices = ["a"]\n')

    assert config.from_json(config.to_json(read), source="evaluation.json") == read


def test_documentation__names_every_key() -> None:
    """docs/configuration.md has a row for each key of each table."""
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    tables = (config.Run, config.Predictions, config.Metrics, config.Gate, config.Compare, config.Store)
    keys = {key for table in tables for key in table.__struct_encode_fields__}
    keys |= set(Config.__struct_fields__) - {"run", "predictions", "metrics", "gates", "compare", "store"}

    assert [key for key in sorted(keys) if f"`{key}`" not in text] == []


def test_readme__example_is_valid() -> None:
    """The configuration that the README shows can be read."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    example = text.split("```toml\n")[1].split("```")[0]

    assert parse(example).gates[0].metric == "f1_macro"

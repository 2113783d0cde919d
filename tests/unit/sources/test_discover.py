"""Zero configuration finds the usual names; a configuration is taken at its word; nothing outside is found."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path

import pytest

from steelyard.config import Config, Metrics, Predictions
from steelyard.errors import ConfigError, InputError
from steelyard.sources import discover, search
from steelyard.sources.discover import Found, find


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A workspace with a neighbour."""
    workspace = tmp_path / "work space"
    workspace.mkdir()
    (tmp_path / "outside").mkdir()
    return workspace


def touch(root: Path, *names: str) -> None:
    """Make empty files."""
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


def relative(root: Path, paths: Iterable[Path]) -> list[str]:
    """Paths as somebody in the workspace would write them."""
    return [path.relative_to(root).as_posix() for path in paths]


def test_find__nothing(root: Path) -> None:
    """An empty workspace has nothing, which the caller judges."""
    assert find(root, Config()) == Found()


def test_find__usual_names(root: Path) -> None:
    """All files with the usual names, in the order of the lists; others are left alone."""
    touch(root, *reversed(discover.METRICS), "metric.json", "results/metrics.json", "metrics.xml", "METRICS.JSON")
    touch(root, "params.json", "params.toml", "params.yaml", "params.yml")
    found = find(root, Config())

    assert relative(root, found.metrics) == list(discover.METRICS)
    assert relative(root, found.parameters) == ["params.yaml", "params.toml", "params.json"]
    assert found.notes == ()


def test_find__free_text(root: Path) -> None:
    """Text for people is read when there is nothing for machines, and otherwise named as not read."""
    touch(root, "metrics.txt")
    assert relative(root, find(root, Config()).metrics) == ["metrics.txt"]

    touch(root, "dvclive/metrics.json")
    found = find(root, Config())
    assert relative(root, found.metrics) == ["dvclive/metrics.json"]
    assert found.notes == ("metrics.txt was not read, since there is dvclive/metrics.json",)


@pytest.mark.parametrize("ending", ["parquet", "csv", "jsonl"])
def test_find__predictions(root: Path, ending: str) -> None:
    """The file at the top is the set `test`, each file in the directory the set of its own name."""
    touch(
        root, f"predictions.{ending}", f"predictions/shifted.v2.{ending}", "predictions/b.csv", "predictions/notes.md"
    )
    touch(root, "predictions/.hidden.csv", "predictions/deep/c.csv")

    assert find(root, Config()).predictions == (
        Predictions(name="test", path=f"predictions.{ending}"),
        *sorted(
            (
                Predictions(name="shifted.v2", path=f"predictions/shifted.v2.{ending}"),
                Predictions(name="b", path="predictions/b.csv"),
            ),
            key=lambda block: block.path,
        ),
    )


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("predictions.parquet", "predictions.csv"),
        ("predictions/a.csv", "predictions/a.parquet"),
        ("predictions.csv", "predictions/test.csv"),
    ],
)
def test_find__ambiguous_predictions(root: Path, first: str, second: str) -> None:
    """Two files of one set: which one counts is not guessed."""
    touch(root, first, second)
    with pytest.raises(InputError, match=f"{first} and {second} are both predictions of the test set") as caught:
        find(root, Config())

    assert caught.value.hint == "remove one, or name the one that counts: path, in [[predictions]]"


def test_find__name_of_a_set(root: Path) -> None:
    """A name that cannot be a set's is an error, since leaving predictions out would change what is compared."""
    touch(root, "predictions/my set.csv")
    with pytest.raises(InputError, match=r'predictions/my set\.csv: "my set" cannot be the name of a test set'):
        find(root, Config())


def test_find__plots(root: Path) -> None:
    """Images in `plots/`, and those with usual names at the top and beside the metrics."""
    touch(root, "dvclive/metrics.json", "dvclive/roc_curve.svg", "plots/b.PNG", "plots/a.jpeg", "plots/a.pdf")
    touch(
        root, "confusion_matrix.png", "plot.gif", "photo.png", "plots/.hidden.png", "other/plot.png", "plots/deep/c.png"
    )

    assert relative(root, find(root, Config()).plots) == [
        *("confusion_matrix.png", "plot.gif", "dvclive/roc_curve.svg", "plots/a.jpeg", "plots/b.PNG")
    ]


def test_find__links_that_lead_outside(root: Path) -> None:
    """What was merely found and leads outside is left out, with a note; a link inside is a file like any other."""
    outside = root.parent / "outside"
    touch(outside, "metrics.json", "a.csv", "a.png", "params.yaml")
    touch(root, "results/m.json")
    (root / "metrics.json").symlink_to(outside / "metrics.json")
    (root / "metrics.yaml").symlink_to("results/m.json")
    (root / "metrics.toml").symlink_to("nowhere")
    (root / "predictions").symlink_to(outside)
    (root / "plots").symlink_to(outside)
    (root / "params.yaml").symlink_to("../outside/params.yaml")
    found = find(root, Config())

    assert found == Found(metrics=(root / "metrics.yaml",), notes=found.notes)
    assert found.notes == tuple(
        f"{name} leads outside the workspace and was left out"
        for name in ("metrics.json", "params.yaml", "predictions/a.csv", "plots/a.png")
    )


def test_find__configured(root: Path) -> None:
    """Exactly the files that are named, in that order; what is not named is still found."""
    touch(root, "metrics.json", "b.json", "a.txt", "config.yaml", "params.yaml", "p/test.csv", "predictions.csv")
    found = find(
        root,
        Config(
            metrics=Metrics(files=("b.json", "a.txt", "./b.json")),
            parameters=("config.yaml",),
            predictions=(
                Predictions(path="p/test.csv", slices=("region",)),
                Predictions(path=str(root / "predictions.csv"), name="other"),
            ),
        ),
    )

    assert relative(root, found.metrics) == ["b.json", "a.txt"]
    assert relative(root, found.parameters) == ["config.yaml"]
    assert found.predictions == (
        Predictions(path="p/test.csv", slices=("region",)),
        Predictions(path="predictions.csv", name="other"),
    )


def test_find__configured_through_a_link(root: Path) -> None:
    """A file may be named by another path to the workspace."""
    touch(root, "predictions.csv")
    link = root.parent / "link"
    link.symlink_to(root)
    block = Predictions(path=str(link / "predictions.csv"))

    assert find(root, Config(predictions=(block,))).predictions == (block,)


def test_find__configured_on_a_cluster(root: Path) -> None:
    """Tables and paths of a cluster are not looked for in the workspace."""
    blocks = (
        Predictions(table="scores.digits", engine="spark"),
        Predictions(path="s3a://bucket/p.parquet", engine="spark", name="other"),
    )

    assert find(root, Config(predictions=blocks)).predictions == blocks


@pytest.mark.parametrize(
    ("config", "key"),
    [
        (Config(metrics=Metrics(files=("missing.json",))), "metrics.files"),
        (Config(parameters=("missing.json",)), "parameters"),
        (Config(predictions=(Predictions(path="missing.json"),)), "predictions.path"),
    ],
)
def test_find__named_file_is_missing(root: Path, config: Config, key: str) -> None:
    """The message has the file and the key."""
    with pytest.raises(InputError) as caught:
        find(root, config)

    assert str(caught.value) == f'"missing.json", which `{key}` names, is not there: No such file or directory'
    assert caught.value.hint == "did training write it?"


def test_find__near_files(root: Path) -> None:
    """The hint has files with a similar name, and the file itself where it is somewhere else."""
    touch(root, "metric.json", "results/metrics.json", "README.md", "other/metrics.json/x")
    with pytest.raises(InputError) as caught:
        find(root, Config(metrics=Metrics(files=("metrics.json",))))

    assert caught.value.hint == "did you mean metric.json and results/metrics.json?"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("../outside", "leads outside the workspace"),
        ("/etc/passwd", "leads outside the workspace"),
        ("a\0b", "cannot be the name of a file: embedded null byte"),
        ("link.json", "leads outside the workspace"),
        (".", "is not a file"),
        ("directory", "is not a file"),
        ("x" * 5000, "is not there: File name too long"),
        ("file/metrics.json", "is not there: Not a directory"),
    ],
)
def test_find__named_file_cannot_be_used(root: Path, name: str, message: str) -> None:
    """What is named must be a file, and inside; the message is bounded and printable."""
    (root / "link.json").symlink_to("/etc/passwd")
    (root / "directory").mkdir()
    (root / "file").touch()
    with pytest.raises(InputError, match=message) as caught:
        find(root, Config(metrics=Metrics(files=(name,))))

    assert len(str(caught.value)) < 400
    assert str(caught.value).isprintable()


def test_find__patterns(root: Path) -> None:
    """Patterns in their order, matches by name, each once; hidden files only where a pattern says so."""
    touch(root, "figures/b.png", "figures/a.png", "figures/deep/c.png", "figures/.d.png", ".cache/e.png", "plots/f.png")
    patterns = ("figures/b.png", "figures/*.png", "figures/**/*.png", "figures/**", "./.cache/*")
    found = find(root, Config(plots=patterns))

    assert relative(root, found.plots) == [*("figures/b.png", "figures/a.png", "figures/deep/c.png", ".cache/e.png")]
    assert found.notes == ()


def test_find__pattern_without_match(root: Path) -> None:
    """An image that is not there is worth a note, and a name that cannot be one as well."""
    touch(root, "plots/a.png")
    found = find(root, Config(plots=("figures/*.png",)))

    assert found.plots == ()
    assert found.notes == ('"figures/*.png", which `plots` names, matches no file',)


def test_find__pattern_that_the_system_refuses(root: Path) -> None:
    """Whatever a pattern does, an image never makes a report fail."""
    found = find(root, Config(plots=("x" * 5000 + "/a.png",)))

    assert found.plots == ()
    assert len(found.notes) == 1


@pytest.mark.parametrize("pattern", ["../*.png", "a/../../*.png", "/etc/*", "", ".", "**a", "a\0b"])
def test_find__pattern_that_leads_upwards(root: Path, pattern: str) -> None:
    """A pattern is relative and goes down."""
    if pattern in {"**a", "a\0b"}:  # no pattern before Python 3.13, matches nothing from then on
        with contextlib.suppress(ConfigError):
            assert find(root, Config(plots=(pattern,))).plots == ()
        return
    with pytest.raises(ConfigError, match="`plots`: expected a pattern of files below the workspace"):
        find(root, Config(plots=(pattern,)))


def test_find__pattern_through_a_link(root: Path) -> None:
    """A link that leads outside is not followed out, whichever way it is matched."""
    touch(root.parent / "outside", "a.png")
    (root / "link").symlink_to(root.parent / "outside")
    found = find(root, Config(plots=("link/*.png",)))

    assert found.plots == ()
    assert found.notes == ("link/a.png leads outside the workspace and was left out",)


def test_find__too_many_matches(root: Path) -> None:
    """The number of matches is bounded."""
    touch(root, *(f"plots/{number:04d}.png" for number in range(search.MAX_MATCHES + 5)))
    found = find(root, Config(plots=("plots/*",)))

    assert len(found.plots) == search.MAX_MATCHES
    assert found.notes == ('"plots/*", which `plots` names, matches more than 1,000 files',)

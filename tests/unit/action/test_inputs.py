"""The runner's environment becomes inputs and the environment of `steelyard ci`."""

from __future__ import annotations

from pathlib import Path

import pytest

from steelyard.action import inputs
from steelyard.errors import UsageError


def test_read__empty_means_not_given() -> None:
    """An input that the workflow leaves out arrives as an empty variable, or not at all."""
    given = inputs.read({"INPUT_RUN": "", "INPUT_ID": " "})

    assert inputs.Inputs() == given


def test_read__keeps_a_script_as_it_is() -> None:
    """A `run` of several lines with quotes reaches the shell unchanged."""
    script = 'set -u\npython train.py --name "it\'s" | tee log.txt'

    assert script == inputs.read({"INPUT_RUN": script + "\n"}).run


def test_arguments__value_that_looks_like_a_flag_stays_a_value() -> None:
    """Nothing in an input can become another flag of ours."""
    given = inputs.Inputs(run="--baseline=evil", config="a.toml", id="x")

    assert inputs.arguments(given) == ["--run=--baseline=evil", "--config=a.toml", "--id=x"]


def test_read__name_with_a_dash() -> None:
    """The runner leaves the dash of a name as it is; so does the flag."""
    given = inputs.read({"INPUT_FROM-BUNDLE": "bundle.zip", "INPUT_BUNDLE": ""})

    assert given == inputs.Inputs(from_bundle="bundle.zip")
    assert inputs.arguments(given) == ["--from-bundle=bundle.zip"]


def test_arguments__what_prepares_comes_first() -> None:
    """The command that installs the requirements is one value, whatever it is."""
    assert inputs.arguments(inputs.Inputs(run="x"), prepare="-a && b") == ["--prepare=-a && b", "--run=x"]


def test_arguments__nothing_given() -> None:
    """Without inputs the program decides alone."""
    assert inputs.arguments(inputs.Inputs()) == []


def test_for_steelyard__of_the_inputs_only_the_token(tmp_path: Path) -> None:
    """The token stays where the program looks for it; the other inputs have become arguments."""
    environ = {"INPUT_TOKEN": "ghs_secret", "INPUT_RUN": "x", "INPUT_ID": "", "INPUT_FROM-BUNDLE": "x", "A": "b"}
    env = inputs.for_steelyard(environ, workspace=tmp_path)

    assert {name: value for name, value in env.items() if not name.startswith("GIT_")} == {
        "INPUT_TOKEN": "ghs_secret",
        "A": "b",
    }


@pytest.mark.parametrize(("before", "index"), [({}, 0), ({"GIT_CONFIG_COUNT": "x"}, 0), ({"GIT_CONFIG_COUNT": "2"}, 2)])
def test_for_steelyard__git_trusts_the_workspace_only(tmp_path: Path, before: dict[str, str], index: int) -> None:
    """The exception is added after those that the workflow brings, and names one directory."""
    env = inputs.for_steelyard(before, workspace=tmp_path)

    assert str(index + 1) == env["GIT_CONFIG_COUNT"]
    assert env[f"GIT_CONFIG_KEY_{index}"] == "safe.directory"
    assert str(tmp_path) == env[f"GIT_CONFIG_VALUE_{index}"]


def test_workspace__is_what_the_runner_mounted(tmp_path: Path) -> None:
    """GITHUB_WORKSPACE names it."""
    assert tmp_path == inputs.workspace({"GITHUB_WORKSPACE": str(tmp_path)})


@pytest.mark.parametrize("value", ["", "relative", "/no/such/directory"])
def test_workspace__missing(value: str) -> None:
    """Outside a job of GitHub Actions the entrypoint says what to call instead."""
    with pytest.raises(UsageError, match="GITHUB_WORKSPACE") as caught:
        inputs.workspace({"GITHUB_WORKSPACE": value})

    assert "steelyard ci" in caught.value.hint


def test_mounted__existing_directories_once(tmp_path: Path) -> None:
    """The workspace, home and temporary directory, those of them that are there."""
    (tmp_path / "home").mkdir()
    environ = {"GITHUB_WORKSPACE": str(tmp_path), "HOME": str(tmp_path / "home"), "RUNNER_TEMP": str(tmp_path)}

    assert inputs.mounted(environ) == [tmp_path, tmp_path / "home"]
    assert inputs.mounted({"HOME": str(tmp_path / "missing")}) == []

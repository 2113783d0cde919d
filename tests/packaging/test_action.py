"""action.yml, the entrypoint, the Dockerfile and the README say the same."""

from __future__ import annotations

import re

import yaml

from steelyard import DISTRIBUTION
from steelyard.action import inputs
from tests.packaging.description import ROOT, action


def readme_table(marker: str) -> list[str]:
    """The first column of the README's table between `<!-- marker -->` and `<!-- /marker -->`."""
    text = (ROOT / "README.md").read_text("utf-8")
    found = re.search(rf"<!-- {marker} -->(.*?)<!-- /{marker} -->", text, re.DOTALL)
    assert found, f"README.md has no table between <!-- {marker} --> and <!-- /{marker} -->"
    return re.findall(r"^\|\s*`([^`]+)`", found[1], re.MULTILINE)


def test_inputs__are_those_that_the_entrypoint_reads() -> None:
    """No input is ignored, and none is missing from the description."""
    assert set(action()["inputs"]) == inputs.NAMES


def test_inputs__are_those_of_the_readme() -> None:
    """The README's table has every input, in the order of action.yml."""
    assert readme_table("inputs") == list(action()["inputs"])


def test_inputs__all_optional() -> None:
    """The first workflow of a user has no `with:` at all."""
    described = action()["inputs"]

    assert {name for name, given in described.items() if given["required"]} == set()
    assert {name: given["default"] for name, given in described.items() if given["default"]} == {
        "token": "${{ github.token }}"
    }


def test_action__is_this_image() -> None:
    """GitHub builds our Dockerfile; inputs reach it by the environment alone, none is interpolated into a command."""
    described = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))

    assert described["runs"] == {"using": "docker", "image": "Dockerfile"}
    assert described["name"] == DISTRIBUTION


def test_dockerfile__starts_the_entrypoint_isolated() -> None:
    """`-I`: what the workflow sets in PYTHONPATH never gets into the process that holds the token."""
    last = (ROOT / "Dockerfile").read_text("utf-8").strip().splitlines()[-1]

    assert last == f'ENTRYPOINT ["/opt/steelyard/bin/python", "-I", "-m", "{inputs.__package__}"]'


def test_dockerfile__leaks_no_setting_into_training() -> None:
    """Training inherits the image's environment: ours sets no variable there."""
    assert not re.search(r"^ENV\b", (ROOT / "Dockerfile").read_text("utf-8"), re.MULTILINE)


def test_dockerignore__lets_through_what_is_copied() -> None:
    """Everything that the Dockerfile copies from the checkout is in the build's context."""
    ignored = (ROOT / ".dockerignore").read_text("utf-8")
    copies = re.findall(r"^COPY (?!--from)(.+) \S+$", (ROOT / "Dockerfile").read_text("utf-8"), re.MULTILINE)
    copied = {name for line in copies for name in line.split()}

    assert copied
    assert {name for name in copied if f"\n!{name}\n" not in ignored or not (ROOT / name).exists()} == set()

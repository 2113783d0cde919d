"""The GitLab CI/CD component: GitLab accepts it, it quotes what it is given, and docs/gitlab.md has its inputs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
COMPONENT = ROOT / "templates" / "report.yml"
BIN = Path(sys.prefix) / "bin"


def parts() -> tuple[str, str]:
    """The header with the inputs, and the configuration."""
    header, _, body = COMPONENT.read_text("utf-8").partition("\n---\n")
    return header, body


def inputs() -> dict[str, dict[str, str]]:
    """The inputs by name."""
    found: dict[str, dict[str, str]] = yaml.safe_load(parts()[0])["spec"]["inputs"]
    return found


def test_schema__gitlab_ci(tmp_path: Path) -> None:
    """GitLab's own schema accepts the header and, as it is and with its defaults, the configuration."""
    header, body = parts()
    filled = body
    for name, one in inputs().items():
        filled = filled.replace(f"$[[ inputs.{name} ]]", one["default"])
    files = []
    for name, text in {"header": header, "body": body, "filled": filled}.items():
        files.append(tmp_path / f"{name}.gitlab-ci.yml")
        files[-1].write_text(text, encoding="utf-8")
    command = [str(BIN / "check-jsonschema"), "--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci"]

    done = subprocess.run([*command, *map(str, files)], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


def test_component__is_found() -> None:
    """GitLab takes every YAML file at this level for a component: there is this one."""
    assert [file.name for file in (ROOT / "templates").glob("*.yml")] == ["report.yml"]


def test_inputs__never_stand_in_a_command() -> None:
    """An input reaches the shell in a variable that is quoted, never as part of a command."""
    script = yaml.safe_load(parts()[1].replace("$[[ inputs.job-name ]]", "job"))["job"]["script"]

    assert not [line for line in script if "$[[" in line]
    assert not re.findall(r'(?<!["/])\$STEELYARD_INPUT', "\n".join(script))


def test_inputs__documented() -> None:
    """Every input has a default and a description, is used, and the table of docs/gitlab.md has it."""
    page = (ROOT / "docs" / "gitlab.md").read_text("utf-8")
    table = page.partition("<!-- gitlab-inputs -->")[2].partition("<!-- /gitlab-inputs -->")[0]
    rows = re.findall(r"^\| `([a-z-]+)` \| (.*?) \|", table, re.MULTILINE)

    shown = {name: default.strip("`") if default != "none" else "" for name, default in rows}
    assert shown == {name: one["default"] for name, one in inputs().items()}
    assert all(one["description"] for one in inputs().values())
    assert set(re.findall(r"\$\[\[ inputs\.([a-z-]+) \]\]", parts()[1])) == set(inputs())


def test_readme__pipeline(tmp_path: Path) -> None:
    """The README's whole `.gitlab-ci.yml` is one that GitLab accepts, and leaves what the README says."""
    readme = (ROOT / "README.md").read_text("utf-8")
    text = readme.partition("<!-- gitlab-pipeline -->\n```yaml\n")[2].partition("```")[0]
    file = tmp_path / ".gitlab-ci.yml"
    file.write_text(text, encoding="utf-8")
    command = [str(BIN / "check-jsonschema"), "--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci"]

    done = subprocess.run([*command, str(file)], capture_output=True, text=True, check=False)

    assert text
    assert done.returncode == 0, done.stdout + done.stderr
    job = yaml.safe_load(text)["model"]
    assert set(job["artifacts"]["reports"]) == {"dotenv", "junit", "metrics"}
    assert job["artifacts"]["when"] == "always"


def test_example__pipeline_is_the_readme_s() -> None:
    """The example has the README's pipeline, below a line that says what it does."""
    readme = (ROOT / "README.md").read_text("utf-8")
    text = readme.partition("<!-- gitlab-pipeline -->\n```yaml\n")[2].partition("```")[0]
    example = (ROOT / "examples" / "digits" / ".gitlab-ci.yml").read_text("utf-8")

    assert example.startswith("# ")
    assert example.partition("\n")[2] == text

"""
`act`: workflow files run by a second implementation of GitHub Actions, container actions by podman.

What is not as on GitHub's machines, and why:

- `actions/checkout` does not run: act copies the directory that it is started in, which is a checkout made as
  `actions/checkout` makes it.
- `actions/setup-python` is a stand-in that creates an environment of the Python that runs the tests, because the real
  one downloads.
- `actions/upload-artifact` and `actions/download-artifact` are stand-ins that keep an artifact as GitHub does, as a zip
  archive, in a directory of the test: the real ones talk to a service.
- Steps run on this machine, since there is no image of GitHub's; act then names paths of the machine to the container
  action (GITHUB_WORKSPACE, GITHUB_OUTPUT), so its whole directory is mounted under the same path.
"""

from __future__ import annotations

import os
import re
import shutil
import site
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

_SETUP_PYTHON = """
name: stand-in for actions/setup-python
description: creates an environment that sees the packages of the one that runs the tests
inputs: {python-version: {description: ignored, required: false}}
runs:
  using: composite
  steps:
    - shell: bash
      run: |
        "$TEST_PYTHON" -m venv "$RUNNER_TEMP/python"
        echo "$TEST_PACKAGES" > "$(echo "$RUNNER_TEMP"/python/lib/python3.*/site-packages)/tests.pth"
        echo "$RUNNER_TEMP/python/bin" >> "$GITHUB_PATH"
"""

_UPLOAD = """
name: stand-in for actions/upload-artifact
description: keeps a directory as a zip archive
inputs: {name: {description: its name}, path: {description: what}, retention-days: {description: ignored}}
runs:
  using: composite
  steps:
    - shell: bash
      run: |
        cd "$GITHUB_WORKSPACE/$WHAT"
        "$TEST_PYTHON" -m zipfile -c "$TEST_ARTIFACTS/$NAME.zip" *
      env: {NAME: "${{ inputs.name }}", WHAT: "${{ inputs.path }}"}
"""
_DOWNLOAD = """
name: stand-in for actions/download-artifact
description: brings the archive
inputs:
  name: {description: its name}
  path: {description: where to}
  run-id: {description: ignored}
  github-token: {description: ignored}
  skip-decompress: {description: always true here}
runs:
  using: composite
  steps:
    - shell: bash
      run: mkdir -p "$GITHUB_WORKSPACE/$WHERE" && cp "$TEST_ARTIFACTS/$NAME.zip" "$GITHUB_WORKSPACE/$WHERE/"
      env: {NAME: "${{ inputs.name }}", WHERE: "${{ inputs.path }}"}
"""
_STAND_INS = {"setup-python": _SETUP_PYTHON, "upload-artifact": _UPLOAD, "download-artifact": _DOWNLOAD}

_CONTEXT = ("action.yml", "Dockerfile", ".dockerignore", "pyproject.toml", "constraints.txt", "README.md", "LICENSE")


def export(checkout: Path, target: Path) -> None:
    """Copy what the action is made of: act would pack the whole checkout, environments included."""
    target.mkdir()
    for name in _CONTEXT:
        shutil.copy(checkout / name, target / name)
    for name in ("src", "templates"):
        shutil.copytree(checkout / name, target / name, ignore=shutil.ignore_patterns("__pycache__"))


def run(
    *, event: str, workspace: Path, event_file: Path, action: tuple[str, Path], mounts: tuple[Path, ...],
    env: Mapping[str, str], token: str, docker_host: str,
) -> subprocess.CompletedProcess[str]:  # fmt: skip
    """
    Run the workflows of `workspace` for `event`.

    Args:
        event: Its name.
        workspace: The checkout.
        event_file: What GitHub says about the event.
        action: The reference in the workflow that is ours (`owner/name@ref`), and the directory that it stands for.
        mounts: Directories that the container action sees under their own names.
        env: Variables of the job.
        token: `github.token`.
        docker_host: Where images are built and run.
    """
    here = event_file.parent
    reference, directory = action
    job = {**env, "TEST_PYTHON": sys.executable, "TEST_PACKAGES": site.getsitepackages()[0]}
    volumes = " ".join(f"-v {path}:{path}" for path in (here, *mounts))
    return subprocess.run(
        [
            str(Path(sys.prefix) / "bin" / "act"),
            event,
            "--platform=ubuntu-latest=-self-hosted",
            f"--eventpath={event_file}",
            f"--local-repository={reference}={directory}",
            *(f"--local-repository={used}={place}" for used, place in _stand_ins(workspace, here).items()),
            f"--action-cache-path={here / 'cache'}",
            "--pull=false",
            "--no-cache-server",
            "--container-daemon-socket=-",
            f"--container-options=--network=host {volumes}",
            "--secret=GITHUB_TOKEN",
            *(f"--env={name}={value}" for name, value in job.items()),
        ],
        cwd=workspace,
        env={"PATH": os.defpath, "HOME": str(here), "DOCKER_HOST": docker_host, "GITHUB_TOKEN": token},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=900,
        check=False,
    )


def _stand_ins(workspace: Path, here: Path) -> dict[str, Path]:
    """The directory of the stand-in for each action that the workflows use, by its reference there."""
    files = (workspace / ".github" / "workflows").glob("*.yml")
    used = re.findall(r"uses: (actions/([\w-]+)@\S+)", "".join(file.read_text("utf-8") for file in files))
    places = {reference: here / name for reference, name in used if name in _STAND_INS}
    for place in places.values():
        place.mkdir(exist_ok=True)
        (place / "action.yml").write_text(_STAND_INS[place.name])
    return places

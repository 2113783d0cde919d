"""Looks for secrets in whatever a job leaves behind, and keeps the arguments of the programs that it starts."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import quote

import pytest

PROGRAMS = ("git", "bash", "sh")
"""What jobs start, beside Python, whose arguments training sees in /proc."""

SPY = """
import glob
seen = dict(os.environ)
for name in glob.glob("/proc/[0-9]*/cmdline"):
    try:
        seen[name] = open(name, "rb").read().decode("latin-1")
    except OSError:
        pass
print("training prints this")
open("seen.json", "w").write(json.dumps(seen))
"""
"""Training that writes down the environment and the arguments of every process that it sees; needs `os` and `json`."""

_RECORDER = """#!{shell}
printf '%s\\n' {name} "$@" >> '{log}'
exec '{program}' "$@"
"""


def record_arguments(directory: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let every program of `PROGRAMS` write its arguments down first; returns the file."""
    log = directory / "argv.txt"
    programs = directory / "programs"
    programs.mkdir()
    shell = shutil.which("sh")
    for name in PROGRAMS:
        text = _RECORDER.format(shell=shell, name=name, log=log, program=shutil.which(name))
        (programs / name).write_text(text, encoding="utf-8")
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    return log


def forms_of(secret: str) -> list[bytes]:
    """A secret as it is, in base64 alone and as a password, and quoted for an address."""
    plain = [secret, *(f"{user}:{secret}" for user in ("x-access-token", "oauth2", "gitlab-ci-token"))]
    return [secret.encode(), quote(secret, safe="").encode(), *(base64.b64encode(one.encode()) for one in plain)]


def objects_of(repository: Path) -> bytes:
    """The content of every commit, tree and file, reachable or not."""
    arguments = ["git", "cat-file", "--batch-all-objects", "--batch"]
    return subprocess.run(arguments, cwd=repository, capture_output=True, check=True).stdout


def files_below(directory: Path, *, but: Path) -> dict[str, bytes]:
    """Every file below a directory, except for those below another one."""
    found = [path for path in directory.rglob("*") if path.is_file() and not path.is_relative_to(but)]
    return {str(path): path.read_bytes() for path in found}


def places_of(secrets: Iterable[str], texts: Mapping[str, bytes]) -> list[str]:
    """The names of the texts in which one of the secrets is, in any of its forms."""
    forms = [form for secret in secrets for form in forms_of(secret)]
    return [name for name, text in texts.items() if any(form in text for form in forms)]

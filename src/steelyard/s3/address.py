"""Where objects are: `s3://bucket/key`, the service that has the bucket, and how objects are encrypted there."""

from __future__ import annotations

import re
from typing import Literal

from steelyard.model.base import Value

SCHEME = "s3://"

_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]")
_LONGEST_KEY = 1024
"""Bytes; S3's own limit."""


class Service(Value, frozen=True, kw_only=True):
    """A service that speaks S3's protocol; empty texts leave it to boto3's own chain of settings."""

    endpoint: str = ""
    region: str = ""


class Place(Value, frozen=True, kw_only=True):
    """The objects of a bucket whose keys begin with a prefix."""

    service: Service = Service()
    bucket: str
    prefix: str = ""
    """Without a slash at either end; empty: the whole bucket."""
    sse: Literal["", "AES256", "aws:kms"] = ""
    """How what is written is encrypted; empty: as the bucket says."""
    kms_key: str = ""

    def key(self, name: str) -> str:
        """The key of an object that is called `name` here."""
        return f"{self.prefix}/{name}" if self.prefix else name

    def describe(self) -> str:
        """For messages: `s3://models/steelyard`, with the endpoint where it is not Amazon's."""
        at = f" at {self.service.endpoint}" if self.service.endpoint else ""
        return f"{SCHEME}{self.bucket}{'/' if self.prefix else ''}{self.prefix}{at}"


def is_bucket(name: str) -> bool:
    """Whether a bucket may be called so; access points and other ARNs are none."""
    return _BUCKET.fullmatch(name) is not None


def is_key(key: str) -> bool:
    """Whether an object may be called so: printable, not empty, at most 1,024 bytes."""
    return bool(key) and key.isprintable() and len(key.encode("utf-8", "surrogatepass")) <= _LONGEST_KEY


def parse(address: str) -> tuple[str, str] | None:
    """Bucket and key of `s3://bucket/key`; None for what is no such address."""
    if not address.startswith(SCHEME):
        return None
    bucket, _, key = address.removeprefix(SCHEME).partition("/")
    return (bucket, key) if is_bucket(bucket) and is_key(key) and not key.endswith("/") else None

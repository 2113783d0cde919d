"""
Objects of one bucket, through boto3: the one module that imports it.

boto3 is an extra and takes a third of a second to import, so this module is imported when something is asked of S3.
Credentials come from boto3's usual chain (environment, profile, web identity, the machine's role) and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from steelyard.errors import RemoteError
from steelyard.model.base import Value
from steelyard.s3.address import Place
from steelyard.s3.refusals import CREDENTIALS, Request, explain, from_answer
from steelyard.text import bounded

try:
    import boto3
    from boto3.exceptions import Boto3Error
    from boto3.s3.transfer import TransferConfig
    from botocore import exceptions as botocore
    from botocore.config import Config
except ImportError as exc:
    raise RemoteError("boto3 is not installed, so S3 cannot be used", hint="pip install 'steelyard[s3]'") from exc

_MOST_OBJECTS = 100_000
_CHUNK = 1024 * 1024
_ATTEMPTS = 3
_MISSING = frozenset({"NoSuchKey", "404"})
_OUTRUN = frozenset({"PreconditionFailed", "412", "ConditionalRequestConflict", "OperationAborted", "409"})
_UNSUPPORTED = frozenset({"NotImplemented", "501", "InvalidArgument", "InvalidRequest"})
_NO_ETAG = '"00000000000000000000000000000000"'
_NO_CREDENTIALS = (
    botocore.NoCredentialsError,
    botocore.PartialCredentialsError,
    botocore.CredentialRetrievalError,
    botocore.TokenRetrievalError,
    botocore.NoAuthTokenError,
    botocore.SSOError,
    botocore.LoginError,
    botocore.ProfileNotFound,
    botocore.MetadataRetrievalError,
)
_BROKEN_OFF = (botocore.IncompleteReadError, botocore.ResponseStreamingError)
_UNREACHABLE = (botocore.ConnectionError, botocore.HTTPClientError, botocore.IncompleteReadError)


class Outrun(RemoteError):
    """A conditional write found that another writer came first."""


class Object(Value, frozen=True, kw_only=True):
    """An object, as the service lists it."""

    name: str
    """Its key without the place's prefix."""
    size: int
    etag: str
    modified: datetime
    """By the service's clock."""


class Content(Value, frozen=True, kw_only=True):
    """What is in an object."""

    data: bytes
    etag: str


class Bucket:
    """
    The objects at a place. Every method may raise a `RemoteError` that says what must be allowed.

    Args:
        place: Where they are.
        timeout: Seconds for a connection, and between two pieces of an answer.
    """

    def __init__(self, place: Place, *, timeout: int = 30) -> None:
        self.place = place
        self._timeout = timeout
        self._made: Any = None

    def listing(self, below: str = "") -> Iterator[Object]:
        """All objects whose names begin with `below`; there are at most 100,000."""
        prefix = self.place.key(below)
        skipped = len(self.place.key(""))
        number = 0
        with self._asking("s3:ListBucket"):
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self.place.bucket, Prefix=prefix)
            for found in (found for page in pages for found in page.get("Contents", ())):
                number += 1
                if number > _MOST_OBJECTS:
                    raise RemoteError(
                        f"{self.place.describe()} has more than {_MOST_OBJECTS:,} objects",
                        hint="give steelyard a `prefix` of its own under [store]",
                    )
                yield Object(
                    name=found["Key"][skipped:], size=found["Size"], etag=found["ETag"], modified=found["LastModified"]
                )

    def get(self, name: str, *, limit: int) -> Content | None:
        """An object's content, at most `limit` bytes and one more; None when it is not there."""
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return self._get(name, limit=limit)
            except RemoteError as exc:  # an answer that broke off; botocore repeats requests, not answers
                if attempt == _ATTEMPTS or not isinstance(exc.__cause__, _BROKEN_OFF):
                    raise
        return None

    def _get(self, name: str, *, limit: int) -> Content | None:
        with self._asking("s3:GetObject", name):
            try:
                answer = self._client.get_object(Bucket=self.place.bucket, Key=self.place.key(name))
            except botocore.ClientError as exc:
                if from_answer(exc.response).code in _MISSING:
                    return None
                raise
            pieces: list[bytes] = []
            room = limit + 1
            with closing(answer["Body"]) as body:
                while room > 0 and (piece := body.read(min(room, _CHUNK))):
                    pieces.append(piece)
                    room -= len(piece)
            return Content(data=b"".join(pieces), etag=answer["ETag"])

    def head(self, name: str) -> Object | None:
        """What is known of an object; None when it is not there."""
        with self._asking("s3:GetObject", name):
            try:
                found = self._client.head_object(Bucket=self.place.bucket, Key=self.place.key(name))
            except botocore.ClientError as exc:
                if from_answer(exc.response).code in _MISSING:
                    return None
                raise
            return Object(name=name, size=found["ContentLength"], etag=found["ETag"], modified=found["LastModified"])

    def put(self, name: str, content: bytes, *, replacing: str | None = None, kind: str = "") -> str:
        """
        Write an object whole; returns its ETag.

        Args:
            name: What it is called.
            content: What is to be in it.
            replacing: Write only if the object that is there has this ETag; empty: only if there is none.
            kind: Its media type.

        Raises:
            Outrun: The condition does not hold.
        """
        condition = {} if replacing is None else {"IfMatch": replacing} if replacing else {"IfNoneMatch": "*"}
        with self._asking("s3:PutObject", name):
            try:
                answer = self._client.put_object(
                    Bucket=self.place.bucket, Key=self.place.key(name), Body=content, **condition, **self._extra(kind)
                )
            except botocore.ClientError as exc:
                code = from_answer(exc.response).code
                if condition and (code in _OUTRUN or code in _MISSING):
                    raise Outrun(f"{self.place.describe()}: another writer came first") from exc
                raise
            return str(answer["ETag"])

    def has_conditions(self, name: str) -> bool:
        """
        Whether the service heeds the conditions of writes.

        It is asked to replace an object on a condition that never holds. A service that heeds it refuses and writes
        nothing; one that writes `name` all the same has not seen it.
        """
        try:
            self.put(name, b"", replacing=_NO_ETAG)
        except Outrun:
            return True
        except RemoteError as exc:
            cause = exc.__cause__
            if isinstance(cause, botocore.ClientError) and from_answer(cause.response).code in _UNSUPPORTED:
                return False
            raise
        self.delete(name)
        return False

    def delete(self, name: str) -> None:
        """Remove an object, also one that is gone already."""
        with self._asking("s3:DeleteObject", name):
            self._client.delete_object(Bucket=self.place.bucket, Key=self.place.key(name))

    def download(self, found: Object, to: Path, *, progress: Callable[[int], None]) -> None:
        """
        Write an object to a file, in parallel parts; `progress` is told the bytes of each.

        Raises:
            OSError: The file cannot be written.
        """
        with self._asking("s3:GetObject", found.name):
            self._client.download_file(
                self.place.bucket,
                self.place.key(found.name),
                str(to),
                Callback=progress,
                Config=TransferConfig(max_concurrency=4, num_download_attempts=_ATTEMPTS),
            )

    def address(self, name: str, *, seconds: int) -> str:
        """An address at which anybody can read the object until it expires."""
        with self._asking("s3:GetObject", name):
            signed = self._client.generate_presigned_url(
                "get_object", Params={"Bucket": self.place.bucket, "Key": self.place.key(name)}, ExpiresIn=seconds
            )
            return str(signed)

    def _extra(self, kind: str) -> dict[str, str]:
        extra: dict[str, str] = {"ServerSideEncryption": self.place.sse} if self.place.sse else {}
        extra |= {"SSEKMSKeyId": self.place.kms_key} if self.place.kms_key else {}
        return extra | ({"ContentType": kind} if kind else {})

    @property
    def _client(self) -> Any:  # noqa: ANN401  boto3 makes its clients' classes at run time
        if self._made is None:
            service = self.place.service
            session = boto3.session.Session()
            # Services other than Amazon's may not know the newer checksums, nor have a host name for each bucket.
            self._made = session.client(
                "s3",
                endpoint_url=service.endpoint or None,
                region_name=service.region or session.region_name or ("us-east-1" if service.endpoint else None),
                config=Config(
                    connect_timeout=min(self._timeout, 10),
                    read_timeout=self._timeout,
                    retries={"mode": "standard", "max_attempts": _ATTEMPTS},
                    signature_version="s3v4",
                    request_checksum_calculation="when_required",
                    response_checksum_validation="when_required",
                    s3={"addressing_style": "path" if service.endpoint else "auto"},
                ),
            )
        return self._made

    @contextmanager
    def _asking(self, action: str, name: str = "") -> Iterator[None]:
        """A context in which what boto3 raises becomes a `RemoteError`."""
        where = self.place.describe()
        try:
            yield
        except botocore.ClientError as exc:
            key = self.place.key(name) if name else ""
            request = Request(place=self.place, key=key, action=action)
            what, hint = explain(request, from_answer(exc.response))
            raise RemoteError(f"{where}: {what}", hint=hint) from exc
        except _NO_CREDENTIALS as exc:
            raise RemoteError(f"{where}: no credentials: {_said(exc)}", hint=CREDENTIALS) from exc
        except botocore.SSLError as exc:
            raise RemoteError(
                f"{where}: its certificate cannot be verified: {_said(exc)}",
                hint="set AWS_CA_BUNDLE to the file of your own CA",
            ) from exc
        except _UNREACHABLE as exc:
            raise RemoteError(
                f"{where}: cannot be reached: {_said(exc)}",
                hint="is `endpoint` under [store] right, and may this machine connect to it?",
            ) from exc
        except (botocore.BotoCoreError, Boto3Error, ValueError) as exc:
            raise RemoteError(
                f"{where}: {_said(exc)}", hint="are `bucket`, `endpoint` and `region` under [store] right?"
            ) from exc


def _said(exc: Exception) -> str:
    return bounded(str(exc), limit=300)

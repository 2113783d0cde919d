"""
S3 over HTTP: moto's server, behind a front in which tests put faults.

It answers one request at a time. moto looks at an object and replaces it in two steps, so with several threads it would
not keep what S3 promises of conditional writes.
"""

from __future__ import annotations

import functools
import threading
import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Self, TypeAlias

import boto3
from botocore.config import Config
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

REGION = "eu-central-1"
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "AKIAINVENTEDFORTESTS",
    "AWS_SECRET_ACCESS_KEY": "a-secret-that-no-message-may-contain",
    "AWS_EC2_METADATA_DISABLED": "true",
}
"""What a process needs to find credentials without asking the machine that it runs on."""

Environ: TypeAlias = dict[str, Any]
Start: TypeAlias = Callable[[str, list[tuple[str, str]]], Any]
Fault: TypeAlias = Callable[[Environ, Start], Iterable[bytes] | None]
"""Answers a request in the service's place, or changes it and answers None."""


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002  the base class's name
        """Say nothing."""


@functools.cache
def _session() -> Any:  # noqa: ANN401  boto3 is untyped
    """One for all, since a session reads what boto3 knows of S3 from a large file."""
    return boto3.session.Session(aws_access_key_id="back", aws_secret_access_key="door")


class FakeS3:
    """
    A service with one bucket, on a free port, to be used as a context.

    Attributes:
        bucket: Its bucket.
        faults: What stands before the service, asked in order.
        requests: Method and path of everything that was asked, faults included.
    """

    def __init__(self) -> None:
        self.bucket = f"models-{uuid.uuid4().hex}"
        self.faults: list[Fault] = []
        self.requests: list[tuple[str, str]] = []
        self._service = DomainDispatcherApplication(create_backend_app)
        self._server = make_server("127.0.0.1", 0, self._answer, threaded=False, request_handler=_Quiet)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._client = _session().client(
            "s3", endpoint_url=self.endpoint, region_name=REGION, config=Config(s3={"addressing_style": "path"})
        )

    def __enter__(self) -> Self:
        self._thread.start()
        self.client().create_bucket(Bucket=self.bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def endpoint(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self._server.port}"

    def client(self) -> Any:  # noqa: ANN401  boto3 makes its clients' classes at run time
        """A client of boto3's own, for the back door."""
        return self._client

    def objects(self) -> dict[str, bytes]:
        """All objects of the bucket, the oldest first."""
        client = self.client()
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket)
        found = [one for page in pages for one in page.get("Contents", ())]
        return {one["Key"]: self.read(one["Key"]) for one in sorted(found, key=lambda one: one["LastModified"])}

    def read(self, key: str) -> bytes:
        """What is in an object."""
        content: bytes = self.client().get_object(Bucket=self.bucket, Key=key)["Body"].read()
        return content

    def write(self, key: str, content: bytes | None) -> None:
        """Write or (None) remove an object, without asking anybody."""
        if content is None:
            self.client().delete_object(Bucket=self.bucket, Key=key)
        else:
            self.client().put_object(Bucket=self.bucket, Key=key, Body=content)

    def _answer(self, environ: Environ, start: Start) -> Iterable[bytes]:
        self.requests.append((environ["REQUEST_METHOD"], environ["PATH_INFO"]))
        for fault in self.faults:
            answer = fault(environ, start)
            if answer is not None:
                return answer
        return self.serve(environ, start)

    def serve(self, environ: Environ, start: Start) -> Iterable[bytes]:
        """The service's own answer, without faults."""
        answered: Iterable[bytes] = self._service(environ, start)
        return answered


def refuse(
    method: str, part: str, *, status: str, code: str, message: str = "", headers: Mapping[str, str] | None = None
) -> Fault:
    """A fault: requests of that method whose path or query contains `part` are refused as S3 would do it."""

    def fault(environ: Environ, start: Start) -> Iterable[bytes] | None:
        if environ["REQUEST_METHOD"] != method or part not in f"{environ['PATH_INFO']}?{environ['QUERY_STRING']}":
            return None
        body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{message}</Message></Error>".encode()
        environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        start(status, [("Content-Type", "application/xml"), *(headers or {}).items()])
        return [b"" if method == "HEAD" else body]

    return fault


def ignore_conditions(environ: Environ, start: Start) -> None:  # noqa: ARG001  a fault's parameters
    """A fault: the service is one that has never heard of conditional writes."""
    if environ["REQUEST_METHOD"] == "PUT":
        environ.pop("HTTP_IF_MATCH", None)
        environ.pop("HTTP_IF_NONE_MATCH", None)

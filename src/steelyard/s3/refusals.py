"""What the refusals of S3 mean, and what to do about them: pure, from what botocore says of them."""

from __future__ import annotations

from collections.abc import Mapping

from steelyard.model.base import Value
from steelyard.s3.address import Place
from steelyard.text import bounded

CREDENTIALS = (
    "give the job a role (aws-actions/configure-aws-credentials), or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY "
    "in its environment"
)

_LONGEST_MESSAGE = 200
_DENIED = frozenset({"AccessDenied", "AllAccessDisabled", "Forbidden", "403"})
_UNKNOWN_KEYS = frozenset(
    {"InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "InvalidClientTokenId", "401", "Unauthorized"}
)
_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"})
_ELSEWHERE = frozenset(
    {"PermanentRedirect", "TemporaryRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"}
    | {"301", "307"}
)
_NO_BUCKET = frozenset({"NoSuchBucket"})
_CLOCK = frozenset({"RequestTimeTooSkewed"})
_BUSY = frozenset({"SlowDown", "ServiceUnavailable", "InternalError", "RequestTimeout", "500", "502", "503", "504"})


class Refusal(Value, frozen=True, kw_only=True):
    """An answer of the service that is none of what was asked for."""

    code: str
    message: str = ""
    region: str = ""
    """The bucket's, where the service says so."""


class Request(Value, frozen=True, kw_only=True):
    """What was asked for: by whom it must be allowed."""

    place: Place
    key: str = ""
    """The object's; empty: it was about the bucket."""
    action: str
    """IAM's name, such as `s3:GetObject`."""

    @property
    def resource(self) -> str:
        """IAM's name of what it was about."""
        return f"arn:aws:s3:::{self.place.bucket}{'/' if self.key else ''}{self.key}"


def explain(request: Request, refusal: Refusal) -> tuple[str, str]:
    """What is wrong, and what to do about it."""
    code, place = refusal.code, request.place
    asked = f"{request.action} on {request.resource}"
    meanings = (
        (_DENIED, f"{asked} is denied", _permission(request)),
        (_UNKNOWN_KEYS, "the service does not take the credentials", CREDENTIALS),
        (_EXPIRED, "the credentials have expired", "get new ones, or let them last longer than the job"),
        (_CLOCK, "this machine's clock is wrong", "set the clock"),
        (_NO_BUCKET, f"there is no bucket {place.bucket}", "make it, or correct `bucket` and `endpoint` under [store]"),
        (_ELSEWHERE, f"the bucket {place.bucket} is in another region", _region(refusal.region)),
        (_BUSY, "the service is busy or broken", "run the job again"),
        (
            {code} if code.startswith("KMS.") else (),
            "the KMS key cannot be used",
            "correct `kms_key`, or enable the key",
        ),
        ({code}, f"the service refused {asked}", "is `endpoint` right, and does the service know what is asked for?"),
    )
    what, hint = next((what, hint) for codes, what, hint in meanings if code in codes)
    return f"{what} ({bounded(code, limit=60)}: {bounded(refusal.message, limit=_LONGEST_MESSAGE)})", hint


def _permission(request: Request) -> str:
    if request.action == "s3:PutObject" and request.place.sse == "aws:kms":
        return f"allow s3:PutObject on {_all(request)}, and kms:GenerateDataKey and kms:Decrypt on the key"
    if request.key and request.action == "s3:GetObject":
        return (
            f"allow s3:GetObject on {request.resource}, and s3:ListBucket on arn:aws:s3:::{request.place.bucket}, "
            "without which an object that is missing is denied, too"
        )
    return f"allow {request.action} on {_all(request) if request.key else request.resource}"


def _all(request: Request) -> str:
    return f"arn:aws:s3:::{request.place.bucket}/{request.place.key('*')}"


def _region(region: str) -> str:
    if region:
        return f'set `region` = "{bounded(region, limit=40)}" under [store], or AWS_REGION in the environment'
    return "set `region` under [store], or AWS_REGION in the environment, to the bucket's"


def from_answer(answer: Mapping[str, object]) -> Refusal:
    """What botocore's `ClientError.response` says."""
    error, metadata = _table(answer, "Error"), _table(answer, "ResponseMetadata")
    headers = _table(metadata, "HTTPHeaders")
    region = headers.get("x-amz-bucket-region") or error.get("Region") or ""
    code = error.get("Code") or metadata.get("HTTPStatusCode") or ""
    return Refusal(code=str(code), message=str(error.get("Message") or "").strip(), region=str(region))


def _table(answer: Mapping[str, object], key: str) -> Mapping[str, object]:
    found = answer.get(key)
    return found if isinstance(found, Mapping) else {}

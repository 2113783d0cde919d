"""What is said of the refusals of S3."""

from __future__ import annotations

import pytest

from steelyard.s3.address import Place
from steelyard.s3.refusals import Refusal, Request, explain, from_answer

PLACE = Place(bucket="models", prefix="team", sse="aws:kms")


@pytest.mark.parametrize(
    ("code", "what", "hint"),
    [
        (
            "AccessDenied",
            "s3:GetObject on arn:aws:s3:::models/team/a is denied",
            "allow s3:GetObject on arn:aws:s3:::m",
        ),
        ("403", "is denied", "s3:ListBucket on arn:aws:s3:::models,"),
        ("SignatureDoesNotMatch", "does not take the credentials", "AWS_ACCESS_KEY_ID"),
        ("ExpiredToken", "have expired", "get new ones"),
        ("RequestTimeTooSkewed", "clock", "set the clock"),
        ("NoSuchBucket", "there is no bucket models", "`bucket`"),
        ("AuthorizationHeaderMalformed", "in another region", "AWS_REGION"),
        ("KMS.DisabledException", "KMS key cannot be used", "kms_key"),
        ("SlowDown", "busy or broken", "run the job again"),
        ("Whatever", "refused s3:GetObject", "`endpoint`"),
    ],
)
def test_explain(code: str, what: str, hint: str) -> None:
    """Every refusal becomes what is wrong with the service's own words, and what to do."""
    said, remedy = explain(Request(place=PLACE, key="team/a", action="s3:GetObject"), Refusal(code=code, message="Why"))
    assert what in said
    assert said.endswith(f"({code}: Why)")
    assert hint in remedy


@pytest.mark.parametrize(
    ("action", "key", "hint"),
    [
        ("s3:ListBucket", "", "allow s3:ListBucket on arn:aws:s3:::models"),
        ("s3:DeleteObject", "team/a", "allow s3:DeleteObject on arn:aws:s3:::models/team/*"),
        (
            *("s3:PutObject", "team/a"),
            "allow s3:PutObject on arn:aws:s3:::models/team/*, and kms:GenerateDataKey and kms:Decrypt on the key",
        ),
    ],
)
def test_explain__permission(action: str, key: str, hint: str) -> None:
    """The remedy is the very statement that a policy needs."""
    assert explain(Request(place=PLACE, key=key, action=action), Refusal(code="AccessDenied"))[1] == hint


def test_explain__hostile() -> None:
    """What a service says is bounded, and on one line."""
    said, hint = explain(
        Request(place=PLACE, key="k", action="s3:GetObject"),
        Refusal(code="301", message="\n::x" * 500, region="\n" * 99),
    )
    assert "\n" not in said + hint
    assert len(said) + len(hint) < 800


def test_from_answer() -> None:
    """Code, message and the bucket's region are where botocore has them; an answer without body has its status."""
    full = {
        "Error": {"Code": "PermanentRedirect", "Message": " Elsewhere. "},
        "ResponseMetadata": {"HTTPHeaders": {"x-amz-bucket-region": "eu-west-1"}},
    }
    assert from_answer(full) == Refusal(code="PermanentRedirect", message="Elsewhere.", region="eu-west-1")
    assert from_answer({"ResponseMetadata": {"HTTPStatusCode": 503}}) == Refusal(code="503")
    assert from_answer({"Error": "nonsense"}) == Refusal(code="")

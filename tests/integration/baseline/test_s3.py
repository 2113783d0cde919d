"""What is peculiar to a store in S3."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from steelyard.baseline import s3_store
from steelyard.baseline.s3_store import S3Store
from steelyard.errors import StoreError
from steelyard.model.evaluation import FILE_NAME
from steelyard.s3.address import Place, Service
from steelyard.s3.client import Bucket
from tests.fakes.s3 import ENVIRONMENT, Environ, FakeS3, Start, ignore_conditions, refuse
from tests.integration.baseline import buckets
from tests.integration.baseline.evaluations import evaluation, sha_of


@pytest.fixture
def service() -> Iterator[FakeS3]:
    """A service with an empty bucket."""
    with FakeS3() as started:
        yield started


def opened(service: FakeS3, **more: str) -> S3Store:
    """The store of that service, as another process would open it."""
    return S3Store(Bucket(buckets.address(service, **more), timeout=5))


def put_to(environ: Environ, name: str) -> bool:
    """Whether a request writes the object of that name."""
    return environ["REQUEST_METHOD"] == "PUT" and str(environ["PATH_INFO"]).endswith(name)


def shas(store: S3Store) -> set[str]:
    """The commits that a store has."""
    return {entry.sha for entry in store.entries("default")}


class _Interrupted(Bucket):
    """A bucket at which something else happens just before an index is written, each thing once."""

    def __init__(self, place: Place, *happens: Callable[[], object]) -> None:
        super().__init__(place)
        self._happens = list(happens)

    def put(self, name: str, content: bytes, *, replacing: str | None = None, kind: str = "") -> str:
        """As the base class."""
        if name == "ledger.json" and self._happens:
            self._happens.pop(0)()
        return super().put(name, content, replacing=replacing, kind=kind)


def interrupted(service: FakeS3, *happens: Callable[[], object]) -> S3Store:
    """The store as a writer opens it that others come before."""
    return S3Store(_Interrupted(buckets.address(service), *happens))


def test_objects__are_named_by_content_and_shared(service: FakeS3, tmp_path: Path) -> None:
    """The index is the one object that is replaced; a test set that commits share is uploaded once."""
    store = opened(service)
    for number in (1, 2, 3):
        store.save(evaluation(tmp_path / str(number), number), keep=50)

    keys = list(service.objects())
    assert all(key.startswith("team/steelyard/") for key in keys)
    assert len([key for key in keys if "/files/testset-" in key]) == 1
    assert len([key for key in keys if "/evaluations/default/" in key]) == 3
    written = [path for method, path in service.requests if method == "PUT" and "/ledger.json" not in path]
    assert max(written.count(path) for path in written if not path.endswith("/conditions")) == 1


def test_save__order(service: FakeS3, tmp_path: Path) -> None:
    """Side files come first, then the Evaluation, the index last: at no moment something is referred to and missing."""
    opened(service).save(evaluation(tmp_path / "made", 1), keep=50)

    puts = [path.partition("/steelyard/")[2] for method, path in service.requests if method == "PUT"]
    written = [path for path in puts if path not in {"", "conditions"}]
    assert [path.partition("/")[0] for path in written] == ["files", "files", "files", "evaluations", "ledger.json"]


def test_save__outrun(service: FakeS3, tmp_path: Path) -> None:
    """Another writer's saving between reading and writing the index is not lost, nor are one's own side files twice."""
    opened(service).save(evaluation(tmp_path / "first", 1), keep=50)
    other = opened(service)
    mine = interrupted(service, lambda: other.save(evaluation(tmp_path / "other", 2), keep=50))

    mine.save(evaluation(tmp_path / "mine", 3), keep=50)

    assert shas(opened(service)) == {sha_of(1), sha_of(2), sha_of(3)}
    assert len([key for key in service.objects() if "/files/pred-" in key]) == 3


def test_save__while_another_prunes_what_it_shares(service: FakeS3, tmp_path: Path) -> None:
    """A writer that counts on a stored test set, which is pruned before it is done, uploads its own."""
    opened(service).save(evaluation(tmp_path / "first", 1), keep=50)
    other = opened(service)
    mine = interrupted(service, lambda: other.prune("default", keep=0))

    mine.save(evaluation(tmp_path / "mine", 3), keep=50)

    assert shas(opened(service)) == {sha_of(3)}
    assert (opened(service).load("default", sha_of(3), into=tmp_path / "loaded") / FILE_NAME).is_file()


def test_save__first_two_at_once(service: FakeS3, tmp_path: Path) -> None:
    """Of two writers that both find nothing, neither replaces the other's index."""
    other = opened(service)
    mine = interrupted(service, lambda: other.save(evaluation(tmp_path / "other", 2), keep=50))

    mine.save(evaluation(tmp_path / "mine", 1), keep=50)

    store = opened(service)
    assert shas(store) == {sha_of(1), sha_of(2)}
    for sha in shas(store):
        assert (store.load("default", sha, into=tmp_path / sha) / FILE_NAME).is_file()


def test_save__while_another_finds_and_drops_it(service: FakeS3, tmp_path: Path) -> None:
    """What a writer without an index finds in the bucket may be another one's work: dropping it deletes nothing yet."""
    other = opened(service)

    def found_and_dropped() -> None:
        other.save(evaluation(tmp_path / "other", 2), keep=50)
        assert sha_of(1) in shas(opened(service))
        other.prune("default", keep=0)

    interrupted(service, found_and_dropped).save(evaluation(tmp_path / "mine", 1), keep=50)

    assert shas(opened(service)) == {sha_of(1)}
    assert (opened(service).load("default", sha_of(1), into=tmp_path / "loaded") / FILE_NAME).is_file()


def test_save__answer_lost(service: FakeS3, tmp_path: Path) -> None:
    """A write that was done, but whose answer was lost, is recognised when it is repeated; nothing is done twice."""
    lost: list[bytes] = []

    def fault(environ: Environ, start: Start) -> Iterable[bytes] | None:
        if not put_to(environ, "/ledger.json") or lost:
            return None
        lost.append(b"".join(service.serve(environ, lambda *_: None)))
        start("500 Internal Server Error", [("Content-Type", "application/xml")])
        return [b"<Error><Code>InternalError</Code></Error>"]

    service.faults.append(fault)
    opened(service).save(evaluation(tmp_path / "mine", 1), keep=50)

    assert lost
    assert shas(opened(service)) == {sha_of(1)}
    assert len([path for _, path in service.requests if "/evaluations/" in path]) == 1


def test_leftovers__of_a_killed_writer_go(service: FakeS3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was uploaded and never named by an index goes when it is old; what is not ours stays, whatever its age."""
    store = opened(service)
    store.save(evaluation(tmp_path / "first", 1), keep=50)
    orphan = f"{buckets.PREFIX}/files/pred-{'0' * 32}.parquet/{'a' * 16}"
    foreign = f"{buckets.PREFIX}/notes.txt"
    service.write(orphan, b"half")
    service.write(foreign, b"the user's own")

    store.save(evaluation(tmp_path / "two", 2), keep=50)
    assert orphan in service.objects()
    monkeypatch.setattr(s3_store, "_GRACE", timedelta(seconds=-1))
    store.save(evaluation(tmp_path / "three", 3), keep=50)

    assert orphan not in service.objects()
    assert service.read(foreign) == b"the user's own"
    assert shas(opened(service)) == {sha_of(1), sha_of(2), sha_of(3)}


@pytest.mark.parametrize("silently", [True, False])
def test_save__service_without_conditional_writes(
    service: FakeS3, tmp_path: Path, caplog: pytest.LogCaptureFixture, *, silently: bool
) -> None:
    """Where conditions are ignored or refused, Evaluations are kept all the same, with a warning of what may happen."""
    caplog.set_level(logging.WARNING, logger="steelyard")
    refused = refuse("PUT", "/conditions", status="501 Not Implemented", code="NotImplemented")
    service.faults.append(ignore_conditions if silently else refused)
    store = opened(service)
    for number in (1, 2, 3):
        store.save(evaluation(tmp_path / str(number), number), keep=2)

    assert shas(opened(service)) == {sha_of(2), sha_of(3)}
    assert "does not heed conditional writes" in caplog.text
    assert not [key for key in service.objects() if key.endswith("/conditions")]


@pytest.mark.parametrize(("sse", "key"), [("AES256", ""), ("aws:kms", "alias/models")])
def test_save__encrypted(service: FakeS3, tmp_path: Path, sse: str, key: str) -> None:
    """Every object, the index too, is written with the encryption that is asked for."""
    opened(service, sse=sse, kms_key=key).save(evaluation(tmp_path / "made", 1), keep=50)

    for name in service.objects():
        head = service.client().head_object(Bucket=service.bucket, Key=name)
        assert head["ServerSideEncryption"] == sse
        assert head.get("SSEKMSKeyId", "") == key


def test_load__answer_broken_off(service: FakeS3, tmp_path: Path) -> None:
    """An object that arrives cut is read again."""
    opened(service).save(evaluation(tmp_path / "made", 1), keep=50)
    cut: list[str] = []

    def fault(environ: Environ, start: Start) -> Iterable[bytes] | None:
        if environ["REQUEST_METHOD"] != "GET" or "/files/" not in environ["PATH_INFO"] or len(cut) > 1:
            return None
        cut.append(environ["PATH_INFO"])
        start("200 OK", [("Content-Length", "24"), ("ETag", '"0"')])
        return [b"predic"]

    service.faults.append(fault)

    assert (opened(service).load("default", sha_of(1), into=tmp_path / "loaded") / FILE_NAME).is_file()
    assert len(cut) == 2


@pytest.mark.parametrize(
    ("method", "part", "said", "hint"),
    [
        ("GET", "list-type", "s3:ListBucket on arn:aws:s3:::", "allow s3:ListBucket on arn:aws:s3:::"),
        ("GET", "/ledger.json", "s3:GetObject on arn:aws:s3:::", "allow s3:GetObject on arn:aws:s3:::"),
        ("PUT", "/files/", "s3:PutObject on arn:aws:s3:::", "/team/steelyard/*"),
    ],
    ids=["list", "get", "put"],
)
def test_refused__permission(service: FakeS3, tmp_path: Path, method: str, part: str, said: str, hint: str) -> None:
    """A denied action is an error that names the action and what it must be allowed on."""
    service.faults.append(refuse(method, part, status="403 Forbidden", code="AccessDenied", message="User: x"))

    with pytest.raises(StoreError) as caught:
        opened(service).save(evaluation(tmp_path / "made", 1), keep=50)
    assert said in str(caught.value)
    assert "is denied (AccessDenied: User: x)" in str(caught.value)
    assert hint in caught.value.hint
    assert ENVIRONMENT["AWS_SECRET_ACCESS_KEY"] not in str(caught.value)


def test_refused__delete(service: FakeS3, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Without the right to delete, saving goes on with a warning, and pruning is an error."""
    caplog.set_level(logging.WARNING, logger="steelyard")
    service.faults.append(refuse("DELETE", "/", status="403 Forbidden", code="AccessDenied"))
    store = opened(service)
    for number in (1, 2):
        store.save(evaluation(tmp_path / str(number), number), keep=1)

    assert shas(opened(service)) == {sha_of(2)}
    assert "could not be deleted" in caplog.text
    with pytest.raises(StoreError, match="could not be deleted") as caught:
        store.prune("default", keep=0)
    assert "s3:DeleteObject" in caught.value.hint


def test_refused__no_bucket(service: FakeS3) -> None:
    """A bucket that is not there is an error that says so."""
    place = Place(service=Service(endpoint=service.endpoint), bucket="nobodys-bucket")

    with pytest.raises(StoreError, match="there is no bucket nobodys-bucket") as caught:
        S3Store(Bucket(place)).entries("default")
    assert "`bucket`" in caught.value.hint


def test_refused__another_region(service: FakeS3) -> None:
    """A bucket of another region is an error that names the region."""
    where = {"x-amz-bucket-region": "sa-east-1"}
    for method in ("GET", "HEAD"):
        service.faults.append(
            refuse(method, "/", status="301 Moved Permanently", code="PermanentRedirect", headers=where)
        )

    with pytest.raises(StoreError, match="in another region") as caught:
        opened(service).entries("default")
    assert '`region` = "sa-east-1"' in caught.value.hint


def test_refused__no_credentials(service: FakeS3, monkeypatch: pytest.MonkeyPatch) -> None:
    """A job without credentials is told how to get some."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)

    with pytest.raises(StoreError, match="no credentials") as caught:
        opened(service).entries("default")
    assert "AWS_ACCESS_KEY_ID" in caught.value.hint


def test_refused__wrong_credentials(service: FakeS3) -> None:
    """Credentials that the service does not know are an error about credentials."""
    service.faults.append(refuse("GET", "/", status="403 Forbidden", code="InvalidAccessKeyId"))

    with pytest.raises(StoreError, match="does not take the credentials") as caught:
        opened(service).entries("default")
    assert "AWS_ACCESS_KEY_ID" in caught.value.hint


def test_unreachable() -> None:
    """A service that does not answer is an error that names its address."""
    with FakeS3() as gone:
        place = buckets.address(gone)

    with pytest.raises(StoreError, match="cannot be reached") as caught:
        S3Store(Bucket(place, timeout=1)).entries("default")
    assert gone.endpoint in str(caught.value)
    assert "`endpoint`" in caught.value.hint

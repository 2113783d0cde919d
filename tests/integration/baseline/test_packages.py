"""What only the package registry has: versions that are written once, tokens of jobs, deleting that may be refused."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from steelyard.baseline.packages import INDEX, PackageStore
from steelyard.ci import Context, Secret
from steelyard.errors import StoreError
from steelyard.forge.gitlab_packages import GenericPackages
from steelyard.forge.patience import Patience
from steelyard.model.evaluation import FILE_NAME
from tests.fakes.github.faults import Outcome
from tests.fakes.gitlab import FakeGitLab, Package, Project, Request
from tests.fakes.gitlab.state import Role
from tests.integration.baseline.evaluations import evaluation, sha_of


@pytest.fixture
def gitlab() -> Iterator[FakeGitLab]:
    """A GitLab."""
    with FakeGitLab() as fake:
        yield fake


@pytest.fixture
def project(gitlab: FakeGitLab) -> Project:
    """A private project."""
    return gitlab.create_project("group/digits")


def job(gitlab: FakeGitLab, project: Project, *, role: Role = "maintainer", token: str = "") -> Context:
    """A job of somebody with that role."""
    return Context(
        provider="gitlab", workspace=Path(), repository=project.path, project_id=project.id, api_url=gitlab.api_url,
        job_token=Secret(gitlab.issue_job_token(project, username=f"a-{role}", role=role)), token=Secret(token),
    )  # fmt: skip


def store(context: Context) -> PackageStore:
    """Its store; it sleeps through no pause."""
    return PackageStore(GenericPackages(context, timeout=10, patience=Patience(sleep=lambda _: None)))


def saved(there: PackageStore, tmp_path: Path, *numbers: int, keep: int = 50) -> None:
    """Save some commits' Evaluations."""
    for number in numbers:
        there.save(evaluation(tmp_path / "made" / str(number), number), keep=keep)


def shas(there: PackageStore) -> list[str]:
    """The commits in a store, newest first."""
    return [entry.sha for entry in there.entries("default")]


def test_save__job_token_of_a_developer(gitlab: FakeGitLab, project: Project, tmp_path: Path) -> None:
    """CI_JOB_TOKEN of a developer may write; every request carries it, and no other token."""
    there = store(job(gitlab, project, role="developer"))

    saved(there, tmp_path, 1)

    assert shas(there) == [sha_of(1)]
    assert {seen.token for seen in gitlab.log} == {"job"}


def test_entries__few_requests(gitlab: FakeGitLab, project: Project, tmp_path: Path) -> None:
    """Of many versions one list and the newest index are read."""
    saved(store(job(gitlab, project)), tmp_path, *range(12))
    gitlab.log.clear()

    assert len(shas(store(job(gitlab, project)))) == 12
    assert len(gitlab.log) == 2


def test_entries__many_versions(gitlab: FakeGitLab, project: Project, tmp_path: Path) -> None:
    """All pages of the registry are read; other packages and versions of other forms are none of ours."""
    for number in range(150):
        project.packages.append(Package(name="steelyard-data-2", version=f"1.{number}"))
        project.packages.append(Package(name="steelyard-data", version=f"1.{number}"))
    saved(store(job(gitlab, project)), tmp_path, 1)

    assert shas(store(job(gitlab, project))) == [sha_of(1)]
    assert len(project.packages) == 301


def test_save__two_at_once_know_nothing_of_each_other(gitlab: FakeGitLab, project: Project, tmp_path: Path) -> None:
    """Two that have read the same state both stay, and the next reader and the next writer know both."""
    saved(store(job(gitlab, project)), tmp_path, 1)
    once = iter([None])

    def other(request: Request) -> None:
        if request.method == "PUT" and next(once, "done") is None:
            saved(store(job(gitlab, project)), tmp_path / "other", 2)

    gitlab.on_request(other)
    saved(store(job(gitlab, project)), tmp_path, 3)

    assert set(shas(store(job(gitlab, project)))) == {sha_of(1), sha_of(2), sha_of(3)}
    saved(store(job(gitlab, project)), tmp_path, 4)
    gitlab.log.clear()
    assert len(shas(store(job(gitlab, project)))) == 4
    assert len(gitlab.log) == 2


def test_save__two_at_once_of_one_commit(gitlab: FakeGitLab, project: Project, tmp_path: Path) -> None:
    """Of two that save the same commit at once, one counts; the other is gone with the next saving."""
    once = iter([None])

    def other(request: Request) -> None:
        if request.method == "PUT" and next(once, "done") is None:
            saved(store(job(gitlab, project)), tmp_path / "other", 1)

    gitlab.on_request(other)
    saved(store(job(gitlab, project)), tmp_path, 1)

    assert shas(store(job(gitlab, project))) == [sha_of(1)]
    saved(store(job(gitlab, project)), tmp_path, 2)
    assert len(project.packages) == 2


def test_save__developer_may_not_delete(
    gitlab: FakeGitLab, project: Project, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What a developer's job cannot delete does not count any more, and a maintainer's next one removes it."""
    caplog.set_level("INFO", "steelyard")
    developer = store(job(gitlab, project, role="developer"))

    saved(developer, tmp_path, 1, 2, 3, keep=1)

    assert shas(store(job(gitlab, project))) == [sha_of(3)]
    assert len(project.packages) == 3
    assert "a token of a Maintainer may" in caplog.text
    saved(store(job(gitlab, project)), tmp_path, 4, keep=1)
    assert [one.version.split(".")[1] for one in project.packages] == [sha_of(4)]


def test_prune__developer_may_not_delete(gitlab: FakeGitLab, project: Project, tmp_path: Path) -> None:
    """Pruning that deletes nothing is an error that says who may."""
    developer = store(job(gitlab, project, role="developer"))
    saved(developer, tmp_path, 1, 2)

    with pytest.raises(StoreError, match="could not be deleted") as caught:
        developer.prune("default", keep=1)

    assert "Maintainer" in caught.value.hint
    assert len(project.packages) == 2


def test_prune__created_token_where_the_job_s_may_not(gitlab: FakeGitLab, project: Project, tmp_path: Path) -> None:
    """A token that somebody created with the role Maintainer deletes what the job's own may not."""
    token = gitlab.issue_project_token(project, role="maintainer")
    there = store(job(gitlab, project, role="developer", token=token))
    saved(there, tmp_path, 1, 2)

    assert there.prune("default", keep=1) == 1
    assert len(project.packages) == 1


def test_load__of_another_project_with_a_created_token(gitlab: FakeGitLab, project: Project, tmp_path: Path) -> None:
    """Where a fork's job may not read main's Evaluations, a created token may."""
    saved(store(job(gitlab, project)), tmp_path, 1)
    fork = gitlab.create_project("eve/digits")
    reads = gitlab.issue_project_token(project, scopes=("read_api",))
    context = job(gitlab, fork)
    context = msgspec.structs.replace(context, project_id=project.id, token=Secret(reads))

    assert (store(context).load("default", sha_of(1), into=tmp_path / "loaded") / FILE_NAME).is_file()
    with pytest.raises(StoreError, match="cannot read the package registry"):
        store(msgspec.structs.replace(context, token=Secret(""))).entries("default")


def test_save__duplicates_forbidden(gitlab: FakeGitLab, project: Project, tmp_path: Path) -> None:
    """Where the group forbids duplicates, an answer that was lost is no reason to fail."""
    project.duplicates = False
    gitlab.fail_next("PUT", "/evaluation.json$", "lost")
    there = store(job(gitlab, project))

    saved(there, tmp_path, 1)
    saved(there, tmp_path, 1)

    assert shas(there) == [sha_of(1)]


@pytest.mark.parametrize(
    ("change", "said"),
    [("protected_packages", "Protected packages"), ("largest_package_file", "predictions = false")],
)
def test_save__refused(gitlab: FakeGitLab, project: Project, tmp_path: Path, change: str, said: str) -> None:
    """A refusal says which setting stands in the way; nothing counts of what was begun."""
    setattr(project, change, 100 if change == "largest_package_file" else True)
    there = store(job(gitlab, project, role="developer"))

    with pytest.raises(StoreError, match="cannot write to the package registry of group/digits") as caught:
        saved(there, tmp_path, 1)

    assert said in caught.value.hint
    assert shas(there) == []


OUTCOMES: tuple[Outcome, ...] = (400, 403, 404, 409, 429, 500, 502, "reset", "lost")


def _failing(gitlab: FakeGitLab, step: int, asked: Iterator[int], outcome: Outcome) -> Callable[[Request], None]:
    def fail(request: Request) -> None:
        if next(asked, 0) == step:
            gitlab.fail_next(request.method, f"^{request.path}$", outcome, headers={"Retry-After": "3600"})

    return fail


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_save__any_request_fails(tmp_path: Path, outcome: Outcome) -> None:
    """Whichever request fails, what was there stays, and a second saving mends it."""
    step, reached = 0, True
    while reached:
        step += 1
        with FakeGitLab() as gitlab:
            project = gitlab.create_project("group/digits")
            saved(store(job(gitlab, project)), tmp_path, 1, 2)
            asked = iter(range(1, step + 1))

            def fail(
                request: object, gitlab: FakeGitLab = gitlab, step: int = step, asked: Iterator[int] = asked
            ) -> None:
                if next(asked, 0) == step:
                    method, path = getattr(request, "method", ""), getattr(request, "path", "")
                    gitlab.fail_next(method, f"^{path}$", outcome, headers={"Retry-After": "3600"})

            gitlab.on_request(fail)
            try:
                saved(store(job(gitlab, project)), tmp_path, 3, keep=2)
            except StoreError as exc:
                failure: StoreError | None = exc
            else:
                failure = None
            reached = next(asked, 0) == 0
            there = store(job(gitlab, project))
            assert {sha_of(2)} <= set(shas(there)), (step, outcome)
            assert failure is not None or sha_of(3) in shas(there)
            saved(there, tmp_path, 3, keep=2)
            assert set(shas(there)) == {sha_of(2), sha_of(3)}
            assert (there.load("default", sha_of(2), into=tmp_path / f"{outcome}-{step}") / FILE_NAME).is_file()
    assert step > 6


def test_save__what_a_killed_writer_left(gitlab: FakeGitLab, project: Project, tmp_path: Path) -> None:
    """A version without an index does not count; after a day, by GitLab's clock, the next writer removes it."""
    there = store(job(gitlab, project))
    saved(there, tmp_path, 1)
    version = f"default.{sha_of(2)}.{'0' * 16}"
    left = Package(name="steelyard-data", version=version, files=[(1, "evaluation.json", b"{}")])
    project.packages.append(left)

    saved(there, tmp_path, 3)
    assert set(shas(there)) == {sha_of(1), sha_of(3)}
    assert left in project.packages
    left.created_at -= timedelta(days=2)
    saved(there, tmp_path, 4)

    assert left not in project.packages
    assert set(shas(there)) == {sha_of(1), sha_of(3), sha_of(4)}


@pytest.mark.parametrize("created", ["", "no time", "2026-01-01T00:00:00"])
def test_save__beside_one_that_is_being_written(
    gitlab: FakeGitLab, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, created: str
) -> None:
    """Into a registry in which nothing is complete yet, and whose times say nothing, is written all the same."""
    version = f"default.{sha_of(2)}.{'0' * 16}"
    begun = Package(name="steelyard-data", version=version, files=[(1, "evaluation.json", b"{}")])
    project.packages.append(begun)
    there = GenericPackages(job(gitlab, project))
    listed = there.versions
    monkeypatch.setattr(there, "versions", lambda: [msgspec.structs.replace(one, created=created) for one in listed()])

    saved(PackageStore(there), tmp_path, 1)
    saved(PackageStore(there), tmp_path, 3)

    assert shas(PackageStore(there)) == [sha_of(3), sha_of(1)]
    assert begun in project.packages


@pytest.mark.parametrize(
    "forged",
    [
        {"listed": [{"version": "../../x", "group": {"key": "../../x", "files": []}}]},
        {
            "listed": [
                {"version": "{own}", "group": {"key": "{key}", "files": [{"name": "../../etc/passwd", "size": 1}]}}
            ]
        },
        {"listed": [{"version": "{own}", "group": {"key": "evaluations/default/" + "f" * 40 + ".json", "files": []}}]},
        {"listed": 5},
        [],
    ],
)
def test_entries__forged_index(gitlab: FakeGitLab, project: Project, tmp_path: Path, forged: object) -> None:
    """An index that says of its version what cannot be is not believed: the registry says what belongs to it."""
    there = store(job(gitlab, project))
    saved(there, tmp_path, 1)
    (version,) = project.packages
    text = (
        json.dumps(forged).replace("{own}", version.version).replace("{key}", f"evaluations/default/{sha_of(1)}.json")
    )
    version.files = [one for one in version.files if one[1] != INDEX] + [(9, INDEX, text.encode())]

    assert shas(there) == [sha_of(1)]
    loaded = store(job(gitlab, project)).load("default", sha_of(1), into=tmp_path / "loaded")
    assert {file.name for file in loaded.iterdir()} == {file.name for file in (tmp_path / "made" / "1").iterdir()}
    assert all("/etc/" not in seen.path and ".." not in seen.path for seen in gitlab.log)


def test_entries__no_token_and_no_gitlab(gitlab: FakeGitLab, project: Project) -> None:
    """Without any token, and outside of GitLab's jobs, the error says what to do."""
    without = msgspec.structs.replace(job(gitlab, project), job_token=Secret(""))

    with pytest.raises(StoreError, match="there is no token") as caught:
        store(without).entries("default")
    assert "project access token" in caught.value.hint
    with pytest.raises(StoreError, match="this is no GitLab job") as caught:
        store(Context(workspace=Path())).entries("default")
    assert "CI_PROJECT_ID" in caught.value.hint


class _Storage(http.server.BaseHTTPRequestHandler):
    """An object storage that gives out one content and remembers the headers that it was sent."""

    seen: list[dict[str, str]] = []
    content = b"{}"

    def do_GET(self) -> None:
        """Answer."""
        self.seen.append({name.lower(): value for name, value in self.headers.items()})
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.content)))
        self.end_headers()
        self.wfile.write(self.content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class's name
        """Print nothing."""


@pytest.mark.parametrize("kind", ["job", "access"])
def test_download__token_does_not_follow_a_redirect(gitlab: FakeGitLab, project: Project, kind: str) -> None:
    """Where the registry sends to its object storage, no token goes along."""
    context = job(gitlab, project)
    if kind == "access":
        token = Secret(gitlab.issue_project_token(project))
        context = msgspec.structs.replace(context, job_token=Secret(""), token=token)
    registry = GenericPackages(context)
    registry.upload("v.1", "a.json", b"content")
    _Storage.seen.clear()
    with http.server.HTTPServer(("127.0.0.1", 0), _Storage) as storage:
        thread = threading.Thread(target=storage.handle_request)
        thread.start()
        gitlab.storage = f"http://127.0.0.1:{storage.server_port}"

        assert registry.download("v.1", "a.json", limit=10) == b"{}"
        thread.join()

    (headers,) = _Storage.seen
    assert not {"private-token", "job-token", "authorization"} & headers.keys()
    secrets = [context.token.reveal(), context.job_token.reveal()]
    assert not [value for value in headers.values() for secret in secrets if secret and secret in value]


def test_download__is_bounded(gitlab: FakeGitLab, project: Project) -> None:
    """Of a file that is too large no more is read than shows it."""
    registry = GenericPackages(job(gitlab, project))
    registry.upload("v.1", "a.json", b"x" * 100_000)

    assert registry.download("v.1", "a.json", limit=10) == b"x" * 11

"""One comment on a pull request, through PyGithub over HTTP, always with a workflow's token."""

from __future__ import annotations

import logging
import re
import subprocess
import sys
import threading

import pytest

from steelyard import log
from steelyard.errors import ForgeError
from steelyard.forge.interface import Result, Stamp
from steelyard.forge.marker import MOST_LOOKS, MOST_RESULTS
from tests.fakes.github import Exchange, FakeGitHub
from tests.fakes.github.wire import Request
from tests.integration.forge.conftest import ENOUGH, HEAD, NEXT, OLD, Place, change, impatient, leave, with_token


def test_upsert_comment__creates_one(place: Place) -> None:
    """The first run leaves one comment, by the bot, and says where it is."""
    posted = place.post()

    (comment,) = place.repo.conversation(1)
    assert posted.action == "created"
    assert posted.url.endswith(f"#issuecomment-{comment.id}")
    assert comment.user.login == "github-actions[bot]"
    assert comment.body.startswith("the report\n\n<!-- steelyard id=default ")


def test_upsert_comment__second_push_edits(place: Place) -> None:
    """The next commit's run edits the same comment."""
    place.post()
    (before,) = place.repo.conversation(1)
    place.pull.push(NEXT)

    posted = place.post(NEXT, run=2, markdown="better now")

    (after,) = place.repo.conversation(1)
    assert posted.action == "updated"
    assert after.id == before.id
    assert after.body.startswith("better now")


def test_upsert_comment__same_report_again_writes_nothing(place: Place, github: FakeGitHub) -> None:
    """A repeated post of the same run changes nothing on GitHub."""
    place.post()

    assert place.post().action == "unchanged"
    assert github.requests("PATCH") == []


def test_upsert_comment__150_comments(place: Place, github: FakeGitHub) -> None:
    """In a long conversation the comment is found again on the second page, and markers of others stay theirs."""
    for i in range(110):
        place.repo.add_comment(1, f"comment {i}")
    place.post()
    ours = place.repo.conversation(1)[-1]
    for _ in range(40):
        place.repo.add_comment(1, ours.body)

    place.pull.push(NEXT)
    place.post(NEXT, run=2)

    bot = [comment for comment in place.repo.conversation(1) if comment.user.login == "github-actions[bot]"]
    assert [comment.id for comment in bot] == [ours.id]
    assert len(place.bodies()) == 151
    assert {page.query["per_page"] for page in github.requests("GET", r"/comments$")} == {"100"}


def test_upsert_comment__late_job(place: Place) -> None:
    """The job of an older commit that ends late leaves the current report alone."""
    place.pull.push(NEXT)
    place.post(NEXT, run=2, markdown="current")

    posted = place.post(HEAD, run=1, markdown="late")

    assert posted.action == "superseded"
    assert [body.partition("\n")[0] for body in place.bodies()] == ["current"]


def test_upsert_comment__force_push(place: Place) -> None:
    """After a force-push back to an older commit that one's report is written."""
    place.pull.push(NEXT)
    place.post(NEXT, run=2)
    place.pull.push(OLD)

    assert place.post(OLD, run=3, markdown="old commit, new head").action == "updated"
    assert [body.partition("\n")[0] for body in place.bodies()] == ["old commit, new head"]


def test_upsert_comment__deleted_before(place: Place) -> None:
    """Somebody deleted the comment: the next run writes a new one."""
    place.post()
    place.repo.comment_list.clear()

    assert place.post(run=2).action == "created"
    assert len(place.bodies()) == 1


def test_upsert_comment__deleted_in_between(place: Place, github: FakeGitHub) -> None:
    """Somebody deletes the comment after it was read: a new one takes its place."""
    place.post()

    def delete(request: Request) -> None:
        if request.method == "PATCH":
            place.repo.comment_list.clear()

    github.on_request(delete)

    assert place.post(run=2, markdown="second").action == "created"
    assert [body.partition("\n")[0] for body in place.bodies()] == ["second"]


def test_upsert_comment__duplicate_deleted_by_another_job(
    place: Place, github: FakeGitHub, caplog: pytest.LogCaptureFixture
) -> None:
    """Two jobs tidy up the same second comment: whoever comes second has nothing to complain about."""
    place.post()
    first = place.repo.conversation(1)[0]
    place.repo.add_comment(1, first.body, user=first.user)

    def delete(request: Request) -> None:
        if request.method == "DELETE":
            del place.repo.comment_list[1:]

    github.on_request(delete)

    assert place.post(run=2).action == "updated"
    assert [seen.status for seen in github.requests("DELETE")] == [404]
    assert caplog.text == ""


def test_upsert_comment__duplicate_that_cannot_be_deleted(
    place: Place, github: FakeGitHub, caplog: pytest.LogCaptureFixture
) -> None:
    """The report is there; a second comment that GitHub keeps is a warning."""
    place.post()
    first = place.repo.conversation(1)[0]
    place.repo.add_comment(1, first.body, user=first.user)
    github.fail_next("DELETE", "/issues/comments/", 403, message="no")

    assert place.post(run=2).action == "updated"
    assert "cannot delete a second comment" in caplog.text


def test_upsert_comment__by_hand(place: Place) -> None:
    """Comments of people do not matter, also when the token is a person's: only the own ones are edited."""
    owner = place.github.issue_user_token("octo")
    place.post()

    posted = leave(impatient(with_token(place.context(), owner)), run=2, markdown="by hand")

    assert posted.action == "created"
    assert [comment.user.login for comment in place.repo.conversation(1)] == ["github-actions[bot]", "octo"]


def test_upsert_comment__private_repository(github: FakeGitHub) -> None:
    """`pull-requests: write` is enough in a private repository too."""
    place = Place(github, private=True)

    assert leave(place.job({"pull-requests": "write"})).action == "created"


def test_upsert_comment__who_am_i_is_asked_of_graphql(place: Place, github: FakeGitHub) -> None:
    """A workflow's token may not ask `GET /user`, so nobody does."""
    place.post()

    assert github.requests("GET", r"^/user$") == []
    assert len(github.requests("POST", r"^/graphql$")) == 1


def test_upsert_comment__requests_of_an_edit(place: Place, github: FakeGitHub) -> None:
    """What an edit costs: it is read before and after, and every request is bounded in number."""
    place.post()
    github.log.clear()
    place.pull.push(NEXT)

    place.post(NEXT, run=2)

    paths = [re.sub(r"\d{5,}", "ID", seen.path.removeprefix("/repos/octo/digits")) for seen in github.log]
    assert list(zip([seen.method for seen in github.log], paths, strict=True)) == [
        ("GET", "/pulls/1"),
        ("POST", "/graphql"),
        ("GET", "/issues/1/comments"),
        ("GET", "/pulls/1"),
        ("PATCH", "/issues/comments/ID"),
        ("GET", "/issues/1/comments"),
        ("GET", "/pulls/1"),
    ]


@pytest.mark.parametrize("api", ["/api/v3", ""])
def test_upsert_comment__enterprise_server_and_github_com(place: Place, github: FakeGitHub, api: str) -> None:
    """The address of GraphQL follows from the API's, with and without Enterprise Server's prefix."""
    github.api_url = github.server_url + api

    assert place.post().action == "created"
    graphql = "/api/graphql" if api else "/graphql"
    assert [seen.target for seen in github.requests("POST", "graphql")] == [graphql]


# -------------------------------------------------------------------------------------------------------- the limit


def test_comment_limit__is_what_fits(place: Place) -> None:
    """A report of exactly the limit, all of it four bytes a character, is taken with the longest marker."""
    forge = place.job()
    said = Result(sha="a" * 12, metric="b" * 8, verdict="inconclusive", value=-1.23457e-100, difference=-1.23457e-100)
    stamp = Stamp(
        id="d" * 64, head_sha=HEAD, run=10**18, attempt=10**8, looks=("a" * 12,) * MOST_LOOKS,
        results=(said,) * MOST_RESULTS,
    )  # fmt: skip

    assert forge.upsert_comment(change(), markdown="📈" * forge.comment_limit, stamp=stamp).action == "created"
    assert 65_000 < len(place.bodies()[0]) <= 65_536


def test_comment_limit__one_more(place: Place, github: FakeGitHub) -> None:
    """One character more is refused with a remedy before anything is sent."""
    forge = place.job()

    with pytest.raises(ForgeError, match=f"{forge.comment_limit + 1:,} characters") as caught:
        forge.upsert_comment(
            change(), markdown="x" * (forge.comment_limit + 1), stamp=Stamp(id="default", head_sha=HEAD)
        )

    assert "summary" in caught.value.hint
    assert github.log == []


# ---------------------------------------------------------------------------------------------------- jobs at once


SCRIPT = """
import sys
from pathlib import Path
from steelyard.ci import detect
from steelyard.forge.interface import Stamp
from steelyard.forge.open import open_forge
import os
context = detect(os.environ, workspace=Path())
forge = open_forge(context)
change = forge.find_change(number=1, head_sha=context.head_sha)
stamp = Stamp(id="default", head_sha=context.head_sha, run=context.run_id)
print(forge.upsert_comment(change, markdown=f"run {context.run_id}", stamp=stamp).action)
"""


def process(place: Place, *, head: str, run: int) -> subprocess.Popen[str]:
    """A job in a process of its own."""
    environ = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": "push",
        "GITHUB_REPOSITORY": "octo/digits",
        "GITHUB_SHA": head,
        "GITHUB_RUN_ID": str(run),
        "GITHUB_API_URL": place.github.api_url,
        "GITHUB_TOKEN": place.github.issue_token(place.repo, permissions=ENOUGH),
    }
    return subprocess.Popen([sys.executable, "-c", SCRIPT], env=environ, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("existing", [False, True])
def test_upsert_comment__two_processes_at_once(place: Place, github: FakeGitHub, *, existing: bool) -> None:
    """Two jobs that write at the same instant, one of them late, leave one comment, for the head."""
    if existing:
        place.post(OLD)
    place.pull.push(NEXT)
    both_write = threading.Barrier(2)
    writes = iter(range(2))

    def together(request: Request) -> None:
        if request.path.startswith("/repos") and request.method in {"POST", "PATCH"} and next(writes, None) is not None:
            both_write.wait(timeout=30)

    github.on_request(together)
    jobs = [process(place, head=HEAD, run=5), process(place, head=NEXT, run=6)]
    actions = [job.communicate(timeout=60)[0].strip() for job in jobs]

    assert [job.returncode for job in jobs] == [0, 0]
    assert [body.partition("\n")[0] for body in place.bodies()] == ["run 6"]
    assert actions[1] in {"created", "updated"}


@pytest.mark.parametrize("remembers", [True, False])
def test_upsert_comment__late_write_is_taken_back(place: Place, github: FakeGitHub, *, remembers: bool) -> None:
    """A late job whose edit arrives after a newer job has come and gone puts the newer report back, if GitHub tells."""
    place.post(OLD, markdown="old")
    place.pull.push(NEXT)
    once = iter([None])

    def newer_job_is_faster(request: Request) -> None:
        if request.method == "PATCH" and next(once, "done") is None:
            assert place.post(NEXT, run=6, markdown="the newer report").action == "updated"
            if not remembers:
                github.fail_next("POST", "/graphql$", 403)

    github.on_request(newer_job_is_faster)
    posted = place.post(HEAD, run=5, markdown="late")

    assert posted.action == ("superseded" if remembers else "updated")
    assert [body.partition("\n")[0] for body in place.bodies()] == ["the newer report" if remembers else "late"]


# ------------------------------------------------------------------------------------------------------------- logs


def test_upsert_comment__token_is_in_no_log(place: Place, capfd: pytest.CaptureFixture[str]) -> None:
    """With every logger at its most talkative the token is nowhere, in PyGithub's lines neither."""
    root, own = logging.getLogger(), logging.getLogger("steelyard")
    level, handlers, propagate = root.level, own.handlers[:], own.propagate
    handler = logging.StreamHandler(sys.stderr)
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        log.configure(verbosity=1)
        context = place.context()
        leave(impatient(context))
        place.pull.locked = True
        with pytest.raises(ForgeError) as caught:
            leave(impatient(context), run=2)
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
        own.handlers[:], own.propagate = handlers, propagate

    printed = "".join(capfd.readouterr())
    token = context.token.reveal()
    assert "PATCH" in printed
    assert "asking 127.0.0.1" in printed
    assert token not in printed
    assert token not in str(caught.value) + caught.value.hint + repr(caught.value.__cause__)


def test_upsert_comment__token_is_sent_to_no_other_host(place: Place, github: FakeGitHub) -> None:
    """All requests carry the job's own token."""
    seen: list[Exchange] = []
    github.on_exchange(seen.append)

    place.post()

    assert {exchange.token for exchange in seen} == {"installation"}


# ------------------------------------------------------------------------------------------------------------- looks


def test_stamp_of__what_the_comment_remembers(place: Place) -> None:
    """The next job reads from our own comment what this change has shown before; before there is one, nothing."""
    forge = place.job()
    looks = ("0" * 12, "1" * 12)

    assert forge.stamp_of(change(), report_id="default") is None
    forge.upsert_comment(change(), markdown="text", stamp=Stamp(id="default", head_sha=HEAD, looks=looks))
    found = place.job().stamp_of(change(), report_id="default")

    assert found is not None
    assert found.looks == looks

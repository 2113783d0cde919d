"""What only GitLab has: bots, quick actions, statuses, uploads, relative addresses; through python-gitlab over HTTP."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from steelyard import log
from steelyard.ci import Context, Secret
from steelyard.errors import ForgeError
from steelyard.forge.gitlab import GitLab
from steelyard.forge.gitlab_uploads import Uploads
from steelyard.forge.interface import Change, Posted, Stamp, Status
from tests.contract.forges import HEAD, NEXT, OnGitLab
from tests.fakes.gitlab import FakeGitLab, Request
from tests.pictures import picture


@pytest.fixture
def place() -> Iterator[OnGitLab]:
    """A project with a merge request, on a GitLab under a relative address."""
    with FakeGitLab(root="/git") as gitlab:
        yield OnGitLab(gitlab)


def leave(context: Context, markdown: str = "the report", *, run: int = 1) -> Posted:
    """A report on merge request 1."""
    url = f"{context.server_url}/group/sub/digits/-/merge_requests/1"
    change = Change(number=1, head_sha=HEAD, url=url)
    return GitLab(context, timeout=1).upsert_comment(
        change, markdown=markdown, stamp=Stamp(id="a", head_sha=HEAD, run=run)
    )


def test_upsert_comment__requests_of_an_edit(place: OnGitLab) -> None:
    """What an edit costs; the project is named by its number, notes come 100 a page, oldest first."""
    leave(place.context)
    place.fake.log.clear()

    leave(place.context, run=2)

    project = f"/projects/{place.project.id}"
    notes, note = f"{project}/merge_requests/1/notes", f"{project}/merge_requests/1/notes/{place.request.notes[0].id}"
    assert [(seen.method, seen.path) for seen in place.fake.log] == [
        ("GET", "/user"),
        ("GET", notes),
        ("GET", note),
        ("PUT", note),
        ("GET", notes),
        ("GET", f"{project}/merge_requests/1"),
    ]
    assert place.fake.log[1].query == {"sort": "asc", "order_by": "created_at", "per_page": "100"}


def test_upsert_comment__project_by_its_path(place: OnGitLab) -> None:
    """Where only the path is known, it is one part of the address."""
    context = msgspec.structs.replace(place.context, project_id=0)

    assert leave(context).action == "created"
    assert place.fake.requests("POST")[0].path == "/projects/group%2Fsub%2Fdigits/merge_requests/1/notes"


def test_upsert_comment__url(place: OnGitLab) -> None:
    """The address of a note is the one that a browser takes."""
    posted = leave(place.context)

    number = place.request.notes[0].id
    assert posted.url == f"{place.fake.server_url}/group/sub/digits/-/merge_requests/1#note_{number}"


def test_upsert_comment__what_gitlab_notes_itself(place: OnGitLab) -> None:
    """Notes of the system are nobody's, also when they end like ours and are of our own bot."""
    leave(place.context)
    first = place.request.notes[0]
    first.system = True

    assert leave(place.context, run=2).action == "created"


def test_upsert_comment__a_person_has_another_identity(place: OnGitLab) -> None:
    """Only the own notes are edited: a maintainer's token does not take over the bot's."""
    leave(place.context)
    token = place.fake.issue_user_token("group")

    assert leave(msgspec.structs.replace(place.context, token=Secret(token)), run=2).action == "created"
    assert [note.author.bot for note in place.request.notes] == [True, False]


@pytest.mark.parametrize(
    "line", ["/merge", "/close", "/CLOSE", "/label ~bug", "/title x", "/approve\t", "/merge\r", "/merge\x0b"]
)
@pytest.mark.parametrize(
    "around", ["{}", "text\n\n{}\n\ntext", "```\nlog\n````\n{}\n```", "<b>\n{}", ">>>\n{}\n", "`\n{}"]
)
def test_upsert_comment__quick_actions_are_text(place: OnGitLab, line: str, around: str) -> None:
    """A line of a report that is an order to GitLab is not carried out, wherever it stands, and stays to be read."""
    leave(place.context, around.format(line))
    leave(place.context, f"second\n{around.format(line)}", run=2)

    assert place.request.commands == []
    assert line.split(maxsplit=1)[0] in place.bodies()[0]


def test_upsert_comment__paths_stay(place: OnGitLab) -> None:
    """A path at the beginning of a line is none of GitLab's orders."""
    leave(place.context, "/usr/lib/python3.12/site-packages/x.py\n/merge/x")

    assert place.bodies()[0].startswith("/usr/lib/python3.12/site-packages/x.py\n/merge/x\n")


def test_upsert_comment__late_write_that_cannot_be_taken_back(place: OnGitLab) -> None:
    """GitLab keeps no history: a late job whose edit arrives within the last instant stays, until the next run."""
    leave(place.context)
    place.push(NEXT)
    once = iter([None])

    def newer_job_is_faster(request: Request) -> None:
        if request.method == "PUT" and next(once, "done") is None:
            place.request.notes[0].body = f"newer\n\n<!-- steelyard id=a head={NEXT} run=9 attempt=1 v=1 -->"

    place.fake.on_request(newer_job_is_faster)

    assert leave(place.context, "late", run=5).action == "updated"
    assert place.bodies()[0].startswith("late")


# ------------------------------------------------------------------------------------------------------------ refusals


@pytest.mark.parametrize("state", ["expired", "revoked"])
def test_refused__token_that_has_ended(place: OnGitLab, state: str) -> None:
    """A token that has ended is told apart from one that is none."""
    place.fake.end_token(place.context.token.reveal(), state)  # type: ignore[arg-type]  # a parameter

    with pytest.raises(ForgeError) as caught:
        leave(place.context)

    assert caught.value.status == 401
    assert f"the token {'has expired' if state == 'expired' else 'was revoked'}: create" in caught.value.hint


@pytest.mark.parametrize(
    ("scope", "said"), [("read_api", "do not include `api`"), ("read_repository", "this token may not comment")]
)
def test_refused__scope(place: OnGitLab, scope: str, said: str) -> None:
    """A token without the scope is told which one it needs."""
    token = place.fake.issue_project_token(place.project, scopes=(scope,))  # type: ignore[arg-type]  # a parameter

    with pytest.raises(ForgeError) as caught:
        leave(msgspec.structs.replace(place.context, token=Secret(token)))

    assert caught.value.status == 403
    assert said in caught.value.hint
    assert "project access token" in caught.value.hint


def test_refused__another_project(place: OnGitLab) -> None:
    """A token of another project is told that it may not see this one."""
    other = place.fake.create_project("eve/digits")
    token = place.fake.issue_project_token(other)

    with pytest.raises(ForgeError, match="404 Project Not Found") as caught:
        GitLab(msgspec.structs.replace(place.context, token=Secret(token))).find_change(number=None, head_sha=HEAD)

    assert "may not see it" in caught.value.hint


def test_refused__archived(place: OnGitLab) -> None:
    """An archived project takes no notes."""
    place.project.archived = True

    with pytest.raises(ForgeError, match="403"):
        leave(place.context)


def test_refused__not_the_api(place: OnGitLab) -> None:
    """An address at which there is no API gives no page of HTML in the message."""
    context = msgspec.structs.replace(place.context, api_url=f"{place.fake.server_url}/nowhere/api/v4")

    with pytest.raises(ForgeError) as caught:
        leave(context)

    assert "html" not in str(caught.value)


def test_unanswered__connection(place: OnGitLab) -> None:
    """A server that is not there is named, with the variables to look at; nothing of the token is said."""
    context = msgspec.structs.replace(place.context, api_url="http://127.0.0.1:9/api/v4")

    with pytest.raises(ForgeError, match=r"127\.0\.0\.1:9: the connection failed \(Connection refused\)") as caught:
        leave(context)

    assert "CI_API_V4_URL" in caught.value.hint


def test_logs__token_is_in_none(place: OnGitLab, capfd: pytest.CaptureFixture[str]) -> None:
    """With every logger at its most talkative the token is nowhere."""
    root, own = logging.getLogger(), logging.getLogger("steelyard")
    level, handlers, propagate = root.level, own.handlers[:], own.propagate
    handler = logging.StreamHandler(sys.stderr)
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        log.configure(verbosity=1)
        leave(place.context)
        place.project.archived = True
        with pytest.raises(ForgeError) as caught:
            leave(place.context, run=2)
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
        own.handlers[:], own.propagate = handlers, propagate

    printed = "".join(capfd.readouterr())
    assert "asking 127.0.0.1" in printed
    token = place.context.token.reveal()
    assert token not in printed + str(caught.value) + caught.value.hint + repr(caught.value.__cause__)


# ------------------------------------------------------------------------------------------------------------ statuses


def status(**given: object) -> Status:
    """A status of the change's head."""
    usual = Status(sha=HEAD, name="steelyard/a", state="pass", description="Better")
    return msgspec.structs.replace(usual, **given)


def test_set_status__in_the_own_pipeline(place: OnGitLab) -> None:
    """A pipeline of the head itself is named."""
    context = msgspec.structs.replace(place.context, tested_sha=HEAD, pipeline_id=77)

    GitLab(context).set_status(status(state="fail", description="x" * 400, url="https://gitlab.corp/-/jobs/1"))

    (made,) = place.project.statuses
    assert (made.status, made.pipeline_id, made.ref) == ("failed", 77, None)
    assert made.description == "x" * 255
    assert made.target_url == "https://gitlab.corp/-/jobs/1"


def test_set_status__of_a_merged_result(place: OnGitLab) -> None:
    """A merged-result pipeline is one of another commit: the head's status names the branch."""
    context = msgspec.structs.replace(place.context, tested_sha=NEXT, pipeline_id=77)

    GitLab(context).set_status(status())

    (made,) = place.project.statuses
    assert (made.status, made.pipeline_id, made.ref) == ("success", None, "better")


# ------------------------------------------------------------------------------------------------------------- uploads


def test_uploads__addresses_for_markdown(place: OnGitLab, tmp_path: Path) -> None:
    """Pictures get names of ours, and the addresses that GitLab gives for Markdown; what is no picture is left out."""
    (tmp_path / "a.png").write_bytes(picture("a"))
    (tmp_path / "evil.png").write_bytes(b"<svg onload=alert(1)>")
    figures = {"forest": tmp_path / "a.png", "evil": tmp_path / "evil.png", "gone": tmp_path / "none.png"}

    urls = Uploads(place.context).publish(figures, place="pr-1", report_id="a")

    (made,) = place.project.uploads
    assert urls == {"forest": f"/uploads/{made.secret}/steelyard-pr-1-1.png"}
    assert (made.filename, made.content) == ("steelyard-pr-1-1.png", picture("a"))


def test_uploads__all_or_none(place: OnGitLab, tmp_path: Path) -> None:
    """An upload that is refused is an error, so that no report goes out with some of its pictures."""
    for name in "abc":
        (tmp_path / name).write_bytes(picture(name))
    place.fake.fail_next("POST", "/uploads$", 413)

    with pytest.raises(ForgeError, match="cannot upload a picture of a"):
        Uploads(place.context).publish({name: tmp_path / name for name in "abc"}, place="pr-1", report_id="a")


def test_uploads__address_that_is_none(place: OnGitLab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An address that would not be an upload's is not put into a report."""
    (tmp_path / "a.png").write_bytes(picture("a"))
    upload = place.project.upload
    monkeypatch.setattr(place.project, "upload", lambda _, content: upload('x" onerror="', content))

    with pytest.raises(ForgeError, match="an address that is none"):
        Uploads(place.context).publish({"a": tmp_path / "a.png"}, place="pr-1", report_id="a")

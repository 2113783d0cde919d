"""Pictures on a branch of the repository."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from msgspec import structs
from PIL import Image

from steelyard.baseline import ledger as ledgers
from steelyard.baseline.files import Limits
from steelyard.baseline.images import BRANCH, BranchImages
from steelyard.baseline.ledger import Ledger
from steelyard.baseline.retention import Closed
from steelyard.ci import Context
from steelyard.errors import StoreError
from steelyard.pictures import MAX_PICTURES
from tests import pictures
from tests.integration.baseline.places import branch_files, write_branch
from tests.integration.baseline.repos import fingerprint, git, project


def host(work: Path, *, file: int = 5000, total: int = 20_000, closed: Closed | None = None) -> BranchImages:
    """The pictures of `octo/digits` on GitHub, with small limits."""
    context = Context(workspace=work, server_url="https://github.com", repository="octo/digits")
    return BranchImages(context, limits=Limits(file=file, total=total), closed=closed)


def picture(directory: Path, name: str, *, seed: int | str = "", side: int = 8) -> Path:
    """A file with a picture of about `side`² bytes, another one for each name or seed."""
    path = directory / name
    path.write_bytes(pictures.picture(seed or name, side=side))
    return path


def names(remote: Path) -> set[str]:
    """The pictures that are on the branch."""
    return {name for name in branch_files(remote, BRANCH) if "/" in name}


def test_publish__address_names_branch_and_content(tmp_path: Path) -> None:
    """The address shows the picture also after the branch's commit was replaced; the user's repository is untouched."""
    remote, work = project(tmp_path)
    before = fingerprint(work)
    forest = picture(tmp_path, "forest.png")
    digest = hashlib.blake2b(forest.read_bytes(), digest_size=16).hexdigest()

    urls = host(work).publish({"forest plot": forest}, place="pr-7", report_id="digits")

    name = f"pr-7/digits/{digest}.png"
    assert urls == {"forest plot": f"https://github.com/octo/digits/blob/steelyard-images/{name}?raw=true"}
    assert branch_files(remote, BRANCH)[name] == forest.read_bytes()
    assert branch_files(remote, BRANCH)["README.md"].startswith(b"# steelyard-images")
    assert git(remote, "log", "--format=%s|%P", BRANCH) == "Show 1 pictures of digits on pr-7 [skip ci]|"
    assert fingerprint(work) == before


def paths(urls: dict[str, str]) -> set[str]:
    """The pictures that addresses lead to."""
    return {url.partition("steelyard-images/")[2].removesuffix("?raw=true") for url in urls.values()}


def test_publish__replaces_its_own_and_no_others(tmp_path: Path) -> None:
    """A new run replaces the pictures of its report on its change; other reports and changes keep theirs."""
    remote, work = project(tmp_path)
    first, same = (picture(tmp_path, name) for name in ("1.png", "same.png"))
    host(work).publish({"a": first, "same": same}, place="pr-7", report_id="one")
    host(work).publish({"a": first}, place="pr-7", report_id="two")
    host(work).publish({"a": first}, place="pr-8", report_id="one")
    others = {name for name in names(remote) if not name.startswith("pr-7/one/")}
    runs = [
        paths(host(work).publish({"a": picture(tmp_path, f"{i}.png"), "same": same}, place="pr-7", report_id="one"))
        for i in (2, 3, 4, 5)
    ]

    assert names(remote) == others | runs[3] | runs[2] | runs[1]
    assert len(others) == 2


def test_publish__links_of_the_comment_hold(tmp_path: Path) -> None:
    """What the comment shows is there until it is edited, also if two late runs have published in the meantime."""
    remote, work = project(tmp_path)
    shown = paths(host(work).publish({"a": picture(tmp_path, "shown.png")}, place="pr-7", report_id="one"))
    for number in (1, 2):
        host(work).publish({"a": picture(tmp_path, f"late {number}.png")}, place="pr-7", report_id="one")
        assert shown <= names(remote)

    again = picture(tmp_path, "shown.png")
    host(work).publish({"a": again}, place="pr-7", report_id="one")
    host(work).publish({"a": picture(tmp_path, "next.png")}, place="pr-7", report_id="one")

    assert shown <= names(remote)  # shown again, it is as new as any
    assert len(names(remote)) == 3


def test_publish__nothing(tmp_path: Path) -> None:
    """A report without pictures makes no branch where there is none; earlier pictures go as they always do."""
    remote, work = project(tmp_path)
    assert host(work).publish({}, place="pr-7", report_id="one") == {}
    assert branch_files(remote, BRANCH) == {}

    host(work).publish({"a": picture(tmp_path, "a.png")}, place="pr-7", report_id="one")
    for left in (1, 1, 0):
        assert host(work).publish({}, place="pr-7", report_id="one") == {}
        assert len(names(remote)) == left


def test_publish__closed_changes(tmp_path: Path) -> None:
    """A month after a change was closed its pictures go; who was shown lately, and who is unknown, is kept."""
    remote, work = project(tmp_path)
    for number in (1, 2, 3):
        host(work).publish({"a": picture(tmp_path, f"{number}.png")}, place=f"pr-{number}", report_id="one")
    age_ledger(remote, {"pr-1/one", "pr-2/one"})
    asked: list[Sequence[int]] = []

    def closed(numbers: Sequence[int]) -> set[int]:
        asked.append(numbers)
        return {1, 3}

    host(work, closed=closed).publish({"a": picture(tmp_path, "7.png")}, place="pr-7", report_id="one")

    assert asked == [(1, 2)]
    assert {name.partition("/")[0] for name in names(remote)} == {"pr-2", "pr-7"}


def test_publish__nobody_is_asked(tmp_path: Path) -> None:
    """Where all pictures are new, no question costs anything."""
    _, work = project(tmp_path)
    host(work).publish({"a": picture(tmp_path, "1.png")}, place="pr-1", report_id="one")

    def refuse(_: Sequence[int]) -> set[int]:
        raise AssertionError("asked")

    host(work, closed=refuse).publish({"a": picture(tmp_path, "7.png")}, place="pr-7", report_id="one")


def age_ledger(remote: Path, keys: set[str]) -> None:
    """Let groups be of last year."""
    files: dict[str, bytes | None] = dict(branch_files(remote, BRANCH))
    ledger = ledgers.decode(files["ledger.json"] or b"")
    groups = (
        structs.replace(one, created="2020-01-01T00:00:00+00:00") if one.key in keys else one for one in ledger.groups
    )
    write_branch(remote, BRANCH, {**files, "ledger.json": ledgers.encode(Ledger(groups=tuple(groups)))})


@pytest.mark.parametrize("writers", [2, 8])
def test_publish__at_the_same_moment(tmp_path: Path, writers: int) -> None:
    """Jobs that publish at once all find their pictures there, on one commit, in a sound repository."""
    remote, work = project(tmp_path)
    images = [{"a": picture(tmp_path, f"{number}.png")} for number in range(writers)]

    def publish(number: int) -> set[str]:
        return paths(host(work).publish(images[number], place=f"pr-{number // 2 + 1}", report_id=f"r{number}"))

    with ThreadPoolExecutor(writers) as pool:
        published = set().union(*pool.map(publish, range(writers)))

    assert names(remote) == published
    assert len(published) == writers
    assert git(remote, "rev-list", "--count", BRANCH) == "1"
    git(remote, "fsck", "--strict")


def test_publish__only_pictures(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What is no picture, too large or not there is left out with a warning; the others are shown."""
    remote, work = project(tmp_path)
    script = tmp_path / "script.png"
    script.write_text("<svg onload=alert(1)>")
    jpeg = tmp_path / "photo.jpg"
    jpeg.write_bytes(pictures.encoded(Image.new("RGB", (8, 8), "red"), "jpeg"))
    plot = tmp_path / "plot.svg"
    plot.write_bytes(pictures.svg("<script/><circle r='3'/>"))
    images = {
        "good": picture(tmp_path, "good.png"),
        "script": script,
        "large": picture(tmp_path, "large.png", side=80),
        "gone": tmp_path / "gone.png",
        "photo": jpeg,
        "plot": plot,
    }

    with caplog.at_level(logging.WARNING, logger="steelyard"):
        urls = host(work).publish(images, place="pr-7", report_id="one")

    assert urls.keys() == {"good", "photo", "plot"}
    assert {name.rpartition(".")[2] for name in names(remote)} == {"png", "jpg", "svg"}
    assert not [name for name in names(remote) if b"script" in branch_files(remote, BRANCH)[name]]
    assert len(caplog.records) == 3


def test_publish__at_most_so_many(tmp_path: Path) -> None:
    """More pictures than the limit are not shown."""
    remote, work = project(tmp_path)
    images = {str(number): picture(tmp_path, f"{number}.png") for number in range(MAX_PICTURES + 3)}

    assert len(host(work).publish(images, place="pr-7", report_id="one")) == MAX_PICTURES
    assert len(names(remote)) == MAX_PICTURES


def test_publish__total_is_bounded(tmp_path: Path) -> None:
    """When all pictures are too much, those of the change that was shown longest ago go."""
    remote, work = project(tmp_path)
    for number in (1, 2, 3, 4, 5, 6):
        images = {"a": picture(tmp_path, "a.png", seed=number, side=64)}
        host(work).publish(images, place=f"pr-{number}", report_id="one")

    assert {name.partition("/")[0] for name in names(remote)} == {"pr-3", "pr-4", "pr-5", "pr-6"}


def test_publish__places(tmp_path: Path) -> None:
    """Issues and commits have pictures, too; only those of closed changes have had their time."""
    remote, work = project(tmp_path)
    for place in ("pr-1", "issue-2", f"commit-{'a' * 40}"):
        host(work).publish({"a": picture(tmp_path, "a.png")}, place=place, report_id="one")

    assert {name.partition("/")[0] for name in names(remote)} == {"pr-1", "issue-2", f"commit-{'a' * 40}"}


@pytest.mark.parametrize(
    ("place", "report_id"),
    [("pr-0", "one"), ("pr--1", "one"), ("..", "one"), ("commit-1", "one"), ("", "one"), ("issue-7/x", "one"),
     ("pr-7", "../x"), ("pr-7", ""), ("pr-7", "a/b"), ("pr-7", "x\n")],
)  # fmt: skip
def test_publish__hostile_names(tmp_path: Path, place: str, report_id: str) -> None:
    """A name that is not one is refused before anything is read or written."""
    remote, work = project(tmp_path)

    with pytest.raises(StoreError):
        host(work).publish({}, place=place, report_id=report_id)
    assert branch_files(remote, BRANCH) == {}


def test_publish__beside_what_others_put_there(tmp_path: Path) -> None:
    """Pictures that the ledger does not know are kept and counted; files of any other name are not ours."""
    remote, work = project(tmp_path)
    strange, huge = f"pr-9/one/{'0' * 32}.png", f"pr-9/two/{'1' * 32}.png"
    files: dict[str, bytes | None] = {
        strange: b"x" * 108,
        huge: b"x" * 6000,
        "ledger.json": b"[]",
        "index.html": b"<script>",
    }
    write_branch(remote, BRANCH, files)

    host(work).publish({"a": picture(tmp_path, "a.png")}, place="pr-7", report_id="one")

    assert {strange, huge} <= names(remote)
    assert "index.html" not in branch_files(remote, BRANCH)
    assert f'"name":"{strange}","size":108' in branch_files(remote, BRANCH)["ledger.json"].decode()

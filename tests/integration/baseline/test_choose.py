"""Which commit is the baseline: on forges, on laptops, in clones of every depth."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pytest

from steelyard.baseline.choose import Base, choose_base
from steelyard.ci import Context
from steelyard.config import Config, Store
from tests.integration.baseline.repos import (
    bare,
    clone,
    commit,
    fingerprint,
    forge_merge,
    git,
    head,
    job_clone,
    project,
)

BOTH = pytest.mark.parametrize("filters", [True, False], ids=["filters", "no-filters"])


def pull_request(workspace: Path, *, tested: str, head_sha: str) -> Context:
    """A GitHub job on pull request 7 to main."""
    return Context(
        provider="github",
        workspace=workspace,
        event="pull_request",
        pull_request=7,
        tested_sha=tested,
        head_sha=head_sha,
        branch="change",
        target="main",
        default_branch="main",
    )


def push(workspace: Path, *, branch: str) -> Context:
    """A GitHub job on a push."""
    sha = head(workspace)
    return Context(
        provider="github",
        workspace=workspace,
        event="push",
        tested_sha=sha,
        head_sha=sha,
        branch=branch,
        default_branch="main",
        is_default_branch=branch == "main",
    )


def laptop(workspace: Path) -> Context:
    """Nobody's job."""
    return Context(workspace=workspace)


def chosen(
    context: Context, *, target: str = "", revision: str | None = None, known: Collection[str] | None = None
) -> Base:
    """The choice, and proof that the repository has not been touched."""
    before = fingerprint(context.workspace)
    base = choose_base(context, Config(target=target), revision=revision, known=known)
    assert fingerprint(context.workspace) == before
    assert list(Path(context.workspace).parent.glob("tmp/steelyard-*")) == []
    return base


def change(work: Path, *, commits: int = 2) -> str:
    """A branch `change` with some commits, pushed; main stays checked out nowhere."""
    git(work, "checkout", "--quiet", "-b", "change")
    for number in range(1, commits + 1):
        commit(work, f"change {number}", name="change.txt")
    git(work, "push", "--quiet", "origin", "change")
    return head(work)


def advance(work: Path, message: str = "main improves") -> str:
    """One more commit on main, pushed, while the change is open."""
    git(work, "checkout", "--quiet", "main")
    sha = commit(work, message, name="main.txt")
    git(work, "push", "--quiet", "origin", "main")
    git(work, "checkout", "--quiet", "change")
    return sha


@BOTH
def test_choose_base__forge_merge_is_compared_with_todays_main(tmp_path: Path, filters: bool) -> None:
    """Main improves after the fork point: the base of a tested merge is today's main, so none of that is credited."""
    remote, work = project(tmp_path, filters=filters)
    fork_point = head(work)
    head_sha = change(work)
    today = advance(work)
    merge = forge_merge(remote, target="main", branch="change", number=7)
    job = job_clone(remote, tmp_path / "job", "refs/pull/7/merge")

    base = chosen(pull_request(job, tested=merge, head_sha=head_sha))

    assert (base.kind, base.sha, base.target) == ("merge", today, "main")
    assert base.candidates == (today, fork_point, *ancestors(work, fork_point))
    assert base.sha != fork_point


def ancestors(repository: Path, sha: str) -> list[str]:
    """First-parent ancestors by git itself."""
    return git(repository, "rev-list", "--first-parent", sha).split()[1:]


@BOTH
def test_choose_base__checked_out_head_is_compared_with_merge_base(tmp_path: Path, filters: bool) -> None:
    """A workflow that checks out the head itself gets the merge-base, although the event speaks of a merge."""
    remote, work = project(tmp_path, filters=filters)
    fork_point = head(work)
    head_sha = change(work)
    advance(work)
    merge = forge_merge(remote, target="main", branch="change", number=7)
    job = job_clone(remote, tmp_path / "job", "refs/heads/change")

    base = chosen(pull_request(job, tested=merge, head_sha=head_sha))

    assert (base.kind, base.sha) == ("merge_base", fork_point)
    assert base.candidates == (fork_point, *ancestors(work, fork_point))


def test_choose_base__merge_by_hand_is_no_forge_merge(tmp_path: Path) -> None:
    """A head that is itself a merge of main into the change has the merged main as its merge-base."""
    _, work = project(tmp_path)
    change(work)
    today = advance(work)
    git(work, "merge", "--quiet", "--no-edit", "main")
    later = advance(work, "main improves again")

    base = chosen(pull_request(work, tested=head(work), head_sha=head(work)))

    assert (base.kind, base.sha) == ("merge_base", today)
    assert base.sha != later


def test_choose_base__unknown_head_of_tested_merge(tmp_path: Path) -> None:
    """Without the head's name, the merge that the forge gave to test still counts as one."""
    remote, work = project(tmp_path)
    change(work)
    today = advance(work)
    merge = forge_merge(remote, target="main", branch="change", number=7)
    job = job_clone(remote, tmp_path / "job", "refs/pull/7/merge")

    assert chosen(pull_request(job, tested=merge, head_sha="")).sha == today


def test_choose_base__merge_queue(tmp_path: Path) -> None:
    """A merge group, squashed or merged, is compared with what it is queued on."""
    _, work = project(tmp_path)
    today = head(work)
    queued = commit(work, "squashed")
    context = Context(
        provider="github",
        workspace=work,
        event="merge_group",
        tested_sha=queued,
        head_sha=queued,
        default_branch="main",
    )

    assert chosen(context).sha == today


@BOTH
@pytest.mark.parametrize("depth", [1, 2, 0])
def test_choose_base__push_to_a_branch(tmp_path: Path, filters: bool, depth: int) -> None:
    """A push to a branch is compared with the merge-base, however little the clone knows."""
    remote, work = project(tmp_path, filters=filters)
    fork_point = head(work)
    change(work, commits=5)
    advance(work)
    job = job_clone(remote, tmp_path / "job", "refs/heads/change", depth=depth)

    base = chosen(push(job, branch="change"))

    assert (base.kind, base.sha, base.target) == ("merge_base", fork_point, "main")
    assert base.candidates == (fork_point, *ancestors(work, fork_point))


@BOTH
def test_choose_base__far_away(tmp_path: Path, filters: bool) -> None:
    """A fork point further back than the first step is found in the next."""
    remote, work = project(tmp_path, filters=filters)
    fork_point = head(work)
    script = ["commit refs/heads/main\ncommitter X <x@example.invalid> 1700000000 +0000\ndata 0\n\nfrom " + fork_point]
    script += ["commit refs/heads/main\ncommitter X <x@example.invalid> 1700000000 +0000\ndata 0\n"] * 80
    git(remote, "fast-import", "--quiet", stdin="\n".join(script) + "\n")
    change(work)
    job = job_clone(remote, tmp_path / "job", "refs/heads/change")

    base = chosen(push(job, branch="change"))

    assert base.sha == fork_point


@pytest.mark.parametrize("depth", [1, 0])
def test_choose_base__push_to_main(tmp_path: Path, depth: int) -> None:
    """A push to main is compared with main's commit before it, absent or not."""
    remote, work = project(tmp_path, commits=4)
    job = job_clone(remote, tmp_path / "job", "refs/heads/main", depth=depth)

    base = chosen(push(job, branch="main"))

    assert (base.kind, base.candidates) == ("first_parent", tuple(ancestors(work, head(work))))


def test_choose_base__merge_on_main(tmp_path: Path) -> None:
    """Only first parents of main are candidates, not the commits of merged changes."""
    remote, work = project(tmp_path)
    before = head(work)
    change(work)
    git(work, "checkout", "--quiet", "main")
    git(work, "merge", "--quiet", "--no-ff", "--no-edit", "change")
    git(work, "push", "--quiet", "origin", "main")
    job = job_clone(remote, tmp_path / "job", "refs/heads/main")

    base = chosen(push(job, branch="main"))

    assert base.candidates == (before, *ancestors(work, before))


def test_choose_base__fork_that_calls_its_branch_main(tmp_path: Path) -> None:
    """A pull request from a branch named like the target is a change all the same."""
    remote, work = project(tmp_path)
    fork_point = head(work)
    head_sha = change(work)
    job = job_clone(remote, tmp_path / "job", "refs/heads/change")
    context = Context(
        provider="github", workspace=job, event="pull_request_target", head_sha=head_sha, branch="main", target="main"
    )

    assert (chosen(context).kind, chosen(context).sha) == ("merge_base", fork_point)


def test_choose_base__first_commit_of_main(tmp_path: Path) -> None:
    """The first commit has nothing before it, and says so."""
    _, work = project(tmp_path, commits=1)

    base = chosen(push(work, branch="main"))

    assert (base.kind, base.sha) == ("none", "")
    assert base.reason == "this is the first commit of main"
    assert base.hint


def test_choose_base__laptop_on_main(tmp_path: Path) -> None:
    """On main: edits are compared with HEAD, a clean tree with the commit before."""
    _, work = project(tmp_path)

    clean = chosen(laptop(work))
    (work / "untracked.txt").write_text("not counted")
    untracked = chosen(laptop(work))
    (work / "model.txt").write_text("edited")
    dirty = chosen(laptop(work))

    assert (clean.kind, clean.sha) == ("first_parent", head(work, "HEAD^"))
    assert untracked == clean
    assert (dirty.kind, dirty.sha) == ("head", head(work))


def test_choose_base__laptop_on_a_branch(tmp_path: Path) -> None:
    """On a branch: the merge-base with the remote's main as it is now, though this clone has not fetched it."""
    remote, work = project(tmp_path)
    git(work, "checkout", "--quiet", "-b", "change")
    colleague = clone(remote, tmp_path / "colleague")
    today = commit(colleague, "by a colleague", name="other.txt")
    git(colleague, "push", "--quiet", "origin", "main")
    fork_point = head(work)
    commit(work, "never pushed", name="change.txt")

    base = chosen(laptop(work))

    assert (base.kind, base.sha, base.target) == ("merge_base", fork_point, "main")
    assert today not in base.candidates
    assert base.reason == "where this change left main"


def test_choose_base__laptop_behind_main(tmp_path: Path) -> None:
    """A branch without own commits is compared with the commit it is at, which the reason tells."""
    _, work = project(tmp_path)
    git(work, "checkout", "--quiet", "-b", "change", "HEAD~1")

    base = chosen(laptop(work))
    (work / "model.txt").write_text("edited")
    edited = chosen(laptop(work))

    assert (base.sha, edited.sha) == (head(work), head(work))
    assert base.reason == "this very commit, which main has already"
    assert edited.reason == "the commit that is checked out, without your edits"


@BOTH
def test_choose_base__unpushed_commit_on_a_shallow_clone(tmp_path: Path, filters: bool) -> None:
    """The remote is asked from where the clone was cut off, since it does not know what was committed since."""
    remote, work = project(tmp_path, filters=filters)
    fork_point = head(work)
    change(work)
    advance(work)
    shallow = clone(remote, tmp_path / "shallow", "--depth=1", "--branch=change", "--single-branch")
    commit(shallow, "local", name="local.txt")

    base = chosen(laptop(shallow))

    assert (base.kind, base.sha) == ("merge_base", fork_point)
    assert base.candidates == (fork_point, *ancestors(work, fork_point))


def test_choose_base__partial_clone(tmp_path: Path) -> None:
    """Looking around in a clone without files fetches nothing into it."""
    remote, work = project(tmp_path)
    fork_point = head(work)
    change(work)
    partial = clone(remote, tmp_path / "partial", "--filter=tree:0", "--branch=change")
    advance(work)

    assert chosen(laptop(partial)).sha == fork_point


def test_choose_base__target_of_the_configuration(tmp_path: Path) -> None:
    """The configuration's target is used where the forge names none."""
    _, work = project(tmp_path)
    git(work, "checkout", "--quiet", "-b", "develop")
    commit(work, "develop")
    git(work, "push", "--quiet", "origin", "develop")
    fork_point = head(work)
    change(work)

    base = chosen(push(work, branch="change"), target="develop")

    assert (base.sha, base.target) == (fork_point, "develop")
    assert chosen(push(work, branch="change")).sha == head(work, "origin/main")


def test_choose_base__default_branch_of_the_remote(tmp_path: Path) -> None:
    """Without any word on the target, the remote says what its default branch is."""
    remote, work = project(tmp_path)
    git(work, "push", "--quiet", "origin", "main:trunk")
    git(remote, "symbolic-ref", "HEAD", "refs/heads/trunk")
    change(work)

    assert chosen(laptop(work)).target == "trunk"


@pytest.mark.parametrize("name", ["main", "master"])
def test_choose_base__no_remote(tmp_path: Path, name: str) -> None:
    """A repository without remote is compared with its own main or master."""
    work = tmp_path / "alone"
    work.mkdir()
    git(work, "init", "--quiet", f"--initial-branch={name}", ".")
    fork_point = commit(work, "first")
    git(work, "checkout", "--quiet", "-b", "change")
    commit(work, "second")

    base = chosen(laptop(work))

    assert (base.sha, base.target) == (fork_point, name)
    assert base.reason.endswith("which may be old")


def test_choose_base__no_network(tmp_path: Path) -> None:
    """Without network, what was fetched last is used, and the reason says so."""
    remote, work = project(tmp_path)
    fork_point = head(work)
    change(work)
    remote.rename(tmp_path / "gone")

    base = chosen(laptop(work))

    assert (base.sha, base.candidates[1:]) == (fork_point, tuple(ancestors(work, fork_point)))
    assert "which may be old" in base.reason


def test_choose_base__no_network_and_depth_1(tmp_path: Path) -> None:
    """A tested merge needs no network; a head without history does: the reason says what is wrong and what to do."""
    remote, work = project(tmp_path)
    head_sha = change(work)
    today = advance(work)
    merge = forge_merge(remote, target="main", branch="change", number=7)
    merged = job_clone(remote, tmp_path / "merged", "refs/pull/7/merge")
    plain = job_clone(remote, tmp_path / "plain", "refs/heads/change")
    remote.rename(tmp_path / "gone")

    assert chosen(pull_request(merged, tested=merge, head_sha=head_sha)).candidates == (today,)
    base = chosen(pull_request(plain, tested=merge, head_sha=head_sha))
    assert base.sha == ""
    assert "there is no branch main, here or on the remote: the remote could not be asked" in base.reason
    assert "--baseline" in base.hint


def test_choose_base__no_network_and_unusual_default_branch(tmp_path: Path) -> None:
    """Without network, the remote's default branch is the one that it had when it was cloned."""
    remote, work = project(tmp_path)
    git(work, "push", "--quiet", "origin", "main:trunk")
    git(remote, "symbolic-ref", "HEAD", "refs/heads/trunk")
    fresh = clone(remote, tmp_path / "fresh")
    remote.rename(tmp_path / "gone")
    git(fresh, "checkout", "--quiet", "-b", "change")

    assert chosen(laptop(fresh)).target == "trunk"


@pytest.mark.parametrize("setting", ["uploadpackfilter.allow", "uploadpackfilter.tree.allow"])
def test_choose_base__server_refuses_filters(tmp_path: Path, setting: str) -> None:
    """A server that refuses to leave out trees is asked for a little history with files."""
    remote, work = project(tmp_path)
    git(remote, "config", setting, "false")
    fork_point = head(work)
    change(work)
    advance(work)
    job = job_clone(remote, tmp_path / "job", "refs/heads/change")

    assert chosen(push(job, branch="change")).sha == fork_point


def test_choose_base__remote_has_forgotten_the_head(tmp_path: Path) -> None:
    """A head that was force-pushed away cannot be asked for, but the target's history can be walked to what is here."""
    remote, work = project(tmp_path)
    fork_point = head(work)
    change(work)
    shallow = clone(remote, tmp_path / "shallow", "--depth=3", "--branch=change", "--single-branch")
    advance(work)
    git(remote, "update-ref", "-d", "refs/heads/change")
    git(remote, "reflog", "expire", "--expire=now", "--all")
    git(remote, "gc", "--quiet", "--prune=now")

    assert chosen(laptop(shallow)).sha == fork_point


def test_choose_base__nothing_in_common_within_reach(tmp_path: Path) -> None:
    """A depth-1 clone of a head that the remote does not have any more leaves nothing to go by, and says so."""
    remote, work = project(tmp_path)
    change(work)
    shallow = clone(remote, tmp_path / "shallow", "--depth=1", "--branch=change", "--single-branch")
    git(remote, "update-ref", "-d", "refs/heads/change")
    git(remote, "gc", "--quiet", "--prune=now")

    base = chosen(laptop(shallow))

    assert base.sha == ""
    assert "fetch-depth" in base.hint


def test_choose_base__missing_target(tmp_path: Path) -> None:
    """A target that does not exist is named, with what to do."""
    _, work = project(tmp_path)

    base = chosen(push(work, branch="change"), target="nowhere")

    assert base.reason == "there is no branch nowhere, here or on the remote"
    assert "steelyard.toml" in base.hint


def test_choose_base__unrelated_histories(tmp_path: Path) -> None:
    """A branch that shares nothing with main has no base."""
    _, work = project(tmp_path)
    git(work, "checkout", "--quiet", "--orphan", "change")
    commit(work, "other beginnings")

    base = chosen(laptop(work))

    assert base.sha == ""
    assert "no commit is known that this change has in common with main" in base.reason


def test_choose_base__detached_head(tmp_path: Path) -> None:
    """A detached HEAD is a change like any other."""
    _, work = project(tmp_path)
    fork_point = head(work)
    git(work, "checkout", "--quiet", "--detach")
    commit(work, "detached")

    assert chosen(laptop(work)).sha == fork_point


def test_choose_base__unborn_branch(tmp_path: Path) -> None:
    """A repository without commits has no base, in words."""
    remote = bare(tmp_path / "remote.git")
    work = clone(remote, tmp_path / "work")

    base = chosen(laptop(work))

    assert (base.sha, base.reason) == ("", "this branch has no commit yet")


def test_choose_base__not_a_repository(tmp_path: Path) -> None:
    """A plain directory has no base, in words."""
    plain = tmp_path / "plain"
    plain.mkdir()

    base = choose_base(laptop(plain), Config())

    assert (base.kind, base.sha) == ("none", "")
    assert "not a git repository" in base.reason
    assert base.hint


def test_choose_base__no_branch_to_compare_with(tmp_path: Path) -> None:
    """Without remote, main or master, nothing can be guessed."""
    work = tmp_path / "alone"
    work.mkdir()
    git(work, "init", "--quiet", "--initial-branch=trunk", ".")
    commit(work, "first")

    base = chosen(laptop(work))

    assert (base.sha, base.reason) == ("", "the branch to compare with is unknown")


def test_choose_base__known_evaluations_save_the_network(tmp_path: Path) -> None:
    """When the base itself has an Evaluation, a depth-1 clone needs nothing more, not even the remote."""
    remote, work = project(tmp_path)
    head_sha = change(work)
    today = advance(work)
    merge = forge_merge(remote, target="main", branch="change", number=7)
    job = job_clone(remote, tmp_path / "job", "refs/pull/7/merge")
    remote.rename(tmp_path / "gone")
    context = pull_request(job, tested=merge, head_sha=head_sha)

    assert chosen(context, known={today}).candidates == (today,)
    assert chosen(context, known=()).candidates == (today,)


def test_choose_base__known_evaluation_further_back(tmp_path: Path) -> None:
    """History is fetched until a commit with an Evaluation is in it."""
    remote, work = project(tmp_path, commits=5)
    wanted = head(work, "HEAD~3")
    job = job_clone(remote, tmp_path / "job", "refs/heads/main")

    assert wanted in chosen(push(job, branch="main"), known={wanted}).candidates


@pytest.mark.parametrize("form", ["HEAD~2", "main~1", "origin/main", "v1", "full", "short"])
def test_choose_base__revision(tmp_path: Path, form: str) -> None:
    """A revision by any of git's names takes the place of the rules."""
    _, work = project(tmp_path)
    git(work, "tag", "-a", "v1", "-m", "one", "HEAD~1")
    sha = {"HEAD~2": "HEAD~2", "main~1": "HEAD~1", "origin/main": "HEAD", "v1": "HEAD~1"}.get(form, "HEAD~2")
    expected = head(work, sha)
    revision = {"full": expected, "short": expected[:9]}.get(form, form)

    base = chosen(laptop(work), revision=revision)

    assert (base.kind, base.sha) == ("revision", expected)
    assert base.candidates == (expected, *ancestors(work, expected))


@pytest.mark.parametrize("form", ["main", "v1", "full", "short"])
def test_choose_base__revision_that_is_not_here(tmp_path: Path, form: str) -> None:
    """In a depth-1 clone, branches and tags are looked up on the remote, and commits among those with an Evaluation."""
    remote, work = project(tmp_path)
    git(work, "tag", "-a", "v1", "-m", "one", "HEAD~1")
    git(work, "push", "--quiet", "origin", "v1")
    change(work)
    job = job_clone(remote, tmp_path / "job", "refs/heads/change")
    expected = head(work, "main") if form == "main" else head(work, "v1")
    revision = {"full": expected, "short": expected[:9]}.get(form, form)

    assert chosen(laptop(job), revision=revision, known={expected}).sha == expected


def test_choose_base__commit_that_only_the_remote_has(tmp_path: Path) -> None:
    """In a depth-1 clone a commit by its whole name is asked for, though no Evaluation of it is known."""
    remote, work = project(tmp_path)
    expected = head(work, "HEAD~1")
    job = job_clone(remote, tmp_path / "job", "refs/heads/main")

    base = chosen(laptop(job), revision=expected, known=())

    assert (base.kind, base.sha) == ("revision", expected)


@pytest.mark.parametrize("kind", ["unknown", "zeros", "tree", "blob", "elsewhere"])
def test_choose_base__name_of_no_commit(tmp_path: Path, kind: str) -> None:
    """What only looks like a commit's name, or is that of something else, is no revision; here or on the remote."""
    remote, work = project(tmp_path)
    job = job_clone(remote, tmp_path / "job", "refs/heads/main") if kind == "elsewhere" else work
    tree = git(work, "rev-parse", "HEAD~1^{tree}").strip()
    blob = git(work, "ls-tree", "--object-only", "-r", "HEAD").split()[0]
    revision = {"unknown": "1234567890" * 4, "zeros": "0" * 40, "blob": blob}.get(kind, tree)

    base = chosen(laptop(job), revision=revision, known=())

    assert (base.kind, base.sha) == ("none", "")
    assert base.reason.startswith(f"there is no revision {revision!r}, here or on the remote")


@pytest.mark.parametrize(
    "revision",
    [
        "--upload-pack=touch /tmp/owned",
        "-v",
        "--all",
        "",
        "no such",
        "a\x00b",
        "HEAD\n",
        "\ud800",
        "x" * 5000,
        ":/",
        "@{u",
    ],
)
def test_choose_base__hostile_revision(tmp_path: Path, revision: str) -> None:
    """A revision is never an option, and nonsense is an answer in words."""
    _, work = project(tmp_path)

    base = chosen(laptop(work), revision=revision)

    assert (base.kind, base.sha) == ("none", "")
    assert "there is no revision" in base.reason
    assert len(base.reason) < 200


@pytest.mark.parametrize(
    "target", ["--upload-pack=x", "-d", "a..b", "a b", "*", "refs/heads/*", "x\ny", ":main", "+main"]
)
def test_choose_base__hostile_target(tmp_path: Path, target: str) -> None:
    """A target comes from a configuration that the change wrote: whatever it is, it is only a name."""
    _, work = project(tmp_path)
    git(work, "checkout", "--quiet", "-b", "change")

    base = chosen(laptop(work), target=target)

    assert (base.kind, base.sha) == ("none", "")


@pytest.mark.parametrize("remote", ["--upload-pack=x", "ext::sh -c touch% /tmp/owned", "../elsewhere", "", "nobody"])
def test_choose_base__hostile_remote(tmp_path: Path, remote: str) -> None:
    """So is the name of the remote: one that is not configured is none."""
    _, work = project(tmp_path)
    config = Config(store=Store(remote=remote))

    assert choose_base(laptop(work), config).sha == head(work, "HEAD^")

"""
Which commit a change is compared with.

A forge tests either the change's head or a merge commit of its own that already contains today's target branch. A
tested merge is compared with its first parent, since main's own progress is no merit of the change; a tested head with
the merge-base, which GitLab names in pipelines of a merge request's own head. From there the nearest first-parent
ancestor that has an Evaluation is taken. The `base.sha` of GitHub's event is stale once the target has moved on, and is
not used.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Literal

from steelyard.baseline.checkout import Checkout, CommitObject
from steelyard.baseline.git import GitFailed
from steelyard.baseline.history import History
from steelyard.baseline.remote import configured
from steelyard.ci import Context
from steelyard.config import Config
from steelyard.model.base import Value

_SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_ABBREVIATED = re.compile(r"[0-9a-f]{7,63}")
_REF = re.compile(r"(?!.*\.\.)[^\x00-\x20\x7f~^:?*\[\\]{1,255}")
_CHANGE_EVENTS = frozenset({"pull_request", "pull_request_target", "merge_request_event"})

_NAME_IT = "name the branch as `target` in steelyard.toml, or a commit with --baseline REV"

Kind = Literal["merge", "merge_base", "first_parent", "head", "revision", "none"]


class Base(Value, frozen=True, kw_only=True):
    """The commit to compare with, or why there is none."""

    kind: Kind = "none"
    candidates: tuple[str, ...] = ()
    """The base commit and its first-parent ancestors, nearest first; bounded, and empty when there is no base."""
    target: str = ""
    """The branch that the change goes to; empty when it is unknown."""
    reason: str
    """Why this commit, or why none: without a capital at its beginning and a full stop at its end."""
    hint: str = ""
    """What to do when there is none."""

    @property
    def sha(self) -> str:
        """The base commit; empty when there is none."""
        return self.candidates[0] if self.candidates else ""


class _Found(Value, frozen=True, kw_only=True):
    kind: Kind
    sha: str
    reason: str


class _Tested(Value, frozen=True, kw_only=True):
    """What is checked out, or what another job measured."""

    sha: str
    commit: CommitObject
    branch: str
    """Of the change: the forge knows it where HEAD is detached."""
    target: str
    here: bool = True
    """It is what is checked out."""


def choose_base(
    context: Context, config: Config, *, revision: str | None = None, known: Collection[str] | None = None
) -> Base:
    """
    The commit that what is checked out in the workspace is compared with, or what another job measured.

    Args:
        context: The job.
        config: The project's configuration: the target branch, the name of the remote.
        revision: A branch, tag or commit that the user named (`--baseline REV`) and that is used in its place.
        known: The commits that have an Evaluation, when that is known: history is fetched only until one is found.

    Returns:
        Always a value; whatever keeps a base from being found is its `reason`.
    """
    try:
        checkout = Checkout(context.workspace)
        with History(checkout, configured(checkout, context, config)) as history:
            if revision is not None:
                found = _named(revision, checkout, history, known or ())
                target = ""
            else:
                target = context.target or config.target or context.default_branch or history.default_branch()
                found = _chosen(context, target, checkout, history)
            if isinstance(found, Base):
                return found
            chain = history.chain(found.sha, known=known)
            return Base(kind=found.kind, candidates=chain, target=target, reason=found.reason)
    except GitFailed as exc:
        return Base(reason=_sentence(exc), hint=exc.hint)


def _chosen(context: Context, target: str, checkout: Checkout, history: History) -> _Found | Base:
    tested = _tested(context, target, checkout, history)
    if isinstance(tested, Base):
        return tested
    sha, commit = tested.sha, tested.commit
    if _is_forge_merge(tested, context):
        reason = f"{target or 'the target branch'} as it was merged with this change for testing"
        return _Found(kind="merge", sha=commit.parents[0], reason=reason)
    if not target:
        return Base(reason="the branch to compare with is unknown", hint=_NAME_IT)
    if _is_on_target(tested, context):
        return _on_target(tested, context, checkout)
    if context.base_sha and sha == context.head_sha:
        reason = f"where this change left {target or 'its target'}, as the forge says"
        return _Found(kind="merge_base", sha=context.base_sha, reason=reason)
    return _beside_target(tested, checkout, history)


def _tested(context: Context, target: str, checkout: Checkout, history: History) -> _Tested | Base:
    if context.relayed:
        commit = history.commit(context.tested_sha)
        if commit is None:
            reason = f"the remote does not give out {context.tested_sha[:12]}, which was measured"
            trouble = f" ({history.trouble})" if history.trouble else ""
            return Base(reason=reason + trouble, hint="run the job again", target=target)
        return _Tested(sha=context.tested_sha, commit=commit, branch=context.branch, target=target, here=False)
    sha = checkout.head()
    commit = checkout.commit(sha) if sha is not None else None
    if sha is None or commit is None:
        return Base(reason="this branch has no commit yet", hint="commit the project first", target=target)
    return _Tested(sha=sha, commit=commit, branch=context.branch or checkout.branch(), target=target)


def _is_forge_merge(tested: _Tested, context: Context) -> bool:
    """A merge of the target and the change's head, in that order; with an unknown head, whatever the forge tests."""
    if context.event == "merge_group":
        return bool(tested.commit.parents)
    if len(tested.commit.parents) != 2 or tested.sha == context.head_sha:
        return False
    if context.head_sha:
        return tested.commit.parents[1] == context.head_sha
    return context.event in _CHANGE_EVENTS and tested.sha == context.tested_sha


def _is_on_target(tested: _Tested, context: Context) -> bool:
    """Not a change that goes to the target, even if a fork calls its branch the same."""
    is_change = bool(context.target) or context.from_fork or context.event in _CHANGE_EVENTS
    return not is_change and tested.branch == tested.target


def _on_target(tested: _Tested, context: Context, checkout: Checkout) -> _Found | Base:
    if context.provider == "local" and checkout.dirty():
        return _Found(kind="head", sha=tested.sha, reason="the commit that is checked out, without your edits")
    if not tested.commit.parents:
        return Base(
            reason=f"this is the first commit of {tested.target}",
            hint="the next commit is compared with this one",
            target=tested.target,
        )
    return _Found(kind="first_parent", sha=tested.commit.parents[0], reason=f"the commit before on {tested.target}")


def _beside_target(tested: _Tested, checkout: Checkout, history: History) -> _Found | Base:
    target = tested.target
    tip = history.tip(target) if _is_name(target) else None
    unasked = f": the remote could not be asked ({history.trouble})" if history.trouble else ""
    if tip is None:
        return Base(reason=f"there is no branch {target}, here or on the remote{unasked}", hint=_NAME_IT, target=target)
    sha = history.merge_base(tested.sha, tip.sha)
    if sha is None:
        trouble = f" ({history.trouble})" if history.trouble else ""
        return Base(
            reason=f"no commit is known that this change has in common with {target}{trouble}",
            hint="fetch more history (`fetch-depth: 0`), or name a commit with --baseline REV",
            target=target,
        )
    return _Found(kind="merge_base", sha=sha, reason=_left(tested, sha, checkout) + _as_of(target, current=tip.current))


def _left(tested: _Tested, sha: str, checkout: Checkout) -> str:
    if sha != tested.sha:
        return f"where this change left {tested.target}"
    if tested.here and checkout.dirty():
        return "the commit that is checked out, without your edits"
    return f"this very commit, which {tested.target} has already"


def _as_of(target: str, *, current: bool) -> str:
    return "" if current else f", by what is known here of {target}, which may be old"


def _named(revision: str, checkout: Checkout, history: History, known: Collection[str]) -> _Found | Base:
    """A revision of the checkout, a commit by its (abbreviated) name, or a branch or tag of the remote."""
    sha = checkout.resolve(revision) or _by_name(revision, known, history)
    if sha is None and _is_name(revision):
        refs = (f"refs/heads/{revision}", f"refs/tags/{revision}")
        sha = next((found for ref in refs if (found := history.remote_ref(ref)) is not None), None)
    if sha is None:
        trouble = f" (the remote could not be asked: {history.trouble})" if history.trouble else ""
        return Base(
            reason=f"there is no revision {revision!r:.100}, here or on the remote{trouble}",
            hint="name a branch, a tag or a commit",
        )
    return _Found(kind="revision", sha=sha, reason=f"{revision:.100}, as named")


def _is_name(text: str) -> bool:
    """It can be the name of a branch or tag; git itself has the last word."""
    return text.isprintable() and _REF.fullmatch(text) is not None


def _by_name(revision: str, known: Collection[str], history: History) -> str | None:
    """A commit need not be here, nor on a branch of the remote, to have an Evaluation; else somebody must have it."""
    if _SHA.fullmatch(revision):
        return revision if revision in known or history.commit(revision) is not None else None
    if not _ABBREVIATED.fullmatch(revision):
        return None
    matching = [sha for sha in known if sha.startswith(revision)]
    return matching[0] if len(matching) == 1 else None


def _sentence(exc: GitFailed) -> str:
    return exc.text.removeprefix("fatal: ")

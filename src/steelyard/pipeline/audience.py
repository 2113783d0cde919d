"""Whom a report is for: the change that the job is about, or the place that whoever started the job has named."""

from __future__ import annotations

from msgspec import structs

from steelyard.baseline.checkout import Checkout
from steelyard.baseline.git import GitFailed
from steelyard.ci import Context
from steelyard.errors import ForgeError, UsageError
from steelyard.forge.interface import Change, Commit, Forge, Issue, Place, Unavailable
from steelyard.forge.open import open_forge
from steelyard.forge.target import Target
from steelyard.log import logger
from steelyard.model.base import Value

_NUMBERS = {"pull_request_target": "github.event.number", "issue_comment": "github.event.issue.number"}
"""Events whose jobs get the default branch's own commit, and where they say which change they are about."""


class Audience(Value, frozen=True, kw_only=True):
    """Whom a report is for, and the forge that they are on."""

    forge: Forge
    target: Target = Target()
    place: Place | None = None
    """Where the comment goes; None: there is none, but the commit may have a status or a check run."""


class Met(Value, frozen=True, kw_only=True):
    """A job that has asked its forge."""

    context: Context
    """With what the forge says of the change: its branches, its head, whether it comes from a fork."""
    audience: Audience | None = None
    """None: nobody is to be told; the log says why where `unavailable` does not."""
    unavailable: Unavailable | None = None
    """There is no forge that this job could tell anybody on."""


def meet(context: Context, target: Target, *, or_commit: bool = False) -> Met:
    """
    Ask the forge about the change that this job is about.

    Args:
        context: The job.
        target: Where the report is to go.
        or_commit: With the target `auto`, comment on the commit where it belongs to no open change, as a merge queue's.

    Raises:
        UsageError: The target names a change, and there is none.
        ForgeError: The forge refused or did not answer.
    """
    if not target.is_posted:
        return Met(context=context)
    if target.kind == "auto" and context.is_default_branch and not or_commit:
        logger.info("this is a run of %s itself: there is no pull request to comment on", context.default_branch)
        return Met(context=context)
    forge = open_forge(context)
    if isinstance(forge, Unavailable):
        return Met(context=context, unavailable=forge)
    audience = Audience(forge=forge, target=target)
    if target.kind == "issue" and target.number is not None:
        return Met(context=context, audience=structs.replace(audience, place=Issue(number=target.number)))
    is_queues_own = or_commit and target.kind == "auto" and context.event == "merge_group"
    if target.kind == "commit" or is_queues_own:
        return Met(context=context, audience=_on_commit(audience, target.sha or context.head_sha))
    return _with_change(context, audience, or_commit=or_commit)


def required(met: Met) -> Audience:
    """
    The audience of a job that does nothing but post.

    Raises:
        ForgeError: It has no token that may post.
        UsageError: There is nothing to post to.
    """
    lacking = met.unavailable
    if lacking is not None and lacking.remedy:
        raise ForgeError(lacking.reason, hint=lacking.remedy)
    if lacking is not None:
        raise UsageError(
            f"there is nothing to comment on: {lacking.reason}", hint="run it in a job of GitHub or GitLab"
        )
    if met.audience is None:
        raise UsageError("there is nothing to comment on", hint="name it, such as --target pr/7")
    return met.audience


def _on_commit(audience: Audience, sha: str) -> Audience:
    if not sha:
        raise UsageError("the commit is unknown: this is no CI job", hint="name it: --target commit/SHA")
    return structs.replace(audience, place=Commit(sha=sha))


def _with_change(context: Context, audience: Audience, *, or_commit: bool) -> Met:
    target = audience.target
    if context.event == "merge_group" and target.number is None:
        logger.info("this is a run of a merge queue: it sets the status that the queue waits for, and comments nowhere")
        return Met(context=context, audience=audience)
    number = target.number or context.pull_request
    change = audience.forge.find_change(number=number, head_sha=context.head_sha)
    if change is not None and context.relayed and change.head_sha != context.head_sha:
        logger.info("%s is not the head of %d: nothing is posted there", context.head_sha[:12], change.number)
        return Met(context=context)
    if change is not None:
        return _about(context, audience, change)
    sha = context.head_sha[:12] or "this commit"
    if target.kind in {"change", "thread"}:
        raise UsageError(f"--target: no open pull request has {sha}", hint="name one, such as pr/7, or use `auto`")
    if target.kind == "check" and context.head_sha:
        return Met(context=context, audience=audience)
    if or_commit and context.head_sha:
        return Met(context=context, audience=_on_commit(audience, context.head_sha))
    logger.info("no open pull request has %s: there is nothing to comment on", sha)
    return Met(context=context)


def _about(context: Context, audience: Audience, change: Change) -> Met:
    """The job with what is known of the change now."""
    is_named = context.relayed or change.number == context.pull_request or not audience.target.number
    named = context.head_sha if is_named else ""
    found = structs.replace(
        context,
        pull_request=change.number,
        branch=change.branch or context.branch,
        target=change.target or context.target,
        from_fork=change.from_fork,
        head_sha=named or _tested_head(context, change),
    )
    place = None if audience.target.kind == "check" else change
    return Met(context=found, audience=structs.replace(audience, place=place))


def _tested_head(context: Context, change: Change) -> str:
    """
    The commit of the change that is checked out, where the job's event does not say.

    It is the change's head, or what was its head when the job began: then the report is a late one. A merge that the
    forge made for testing has it as its second parent.
    """
    try:
        checkout = Checkout(context.workspace)
        sha = checkout.head()
        commit = checkout.commit(sha) if sha is not None else None
    except GitFailed:
        return change.head_sha
    if sha is None or commit is None:
        return change.head_sha
    is_merge = sha != change.head_sha and len(commit.parents) == 2
    return commit.parents[1] if is_merge else sha


def check_checkout(context: Context) -> None:
    """
    Refuse to measure the target branch in a change's name.

    A job for `pull_request_target` gets the target's own commit unless its workflow asks for another one, as one for
    `workflow_run` does; its numbers would be main's, and the comment would call them the change's.

    Raises:
        UsageError: What is checked out is not the change.
    """
    names_change = context.event in _NUMBERS and context.pull_request is not None
    follows_change = context.event == "workflow_run" and not context.is_default_branch
    if not (names_change or follows_change) or not context.tested_sha:
        return
    try:
        head = Checkout(context.workspace).head()
    except GitFailed:
        return
    if head == context.tested_sha and head != context.head_sha:
        raise UsageError(
            f"what is checked out is {context.default_branch or 'the target branch'} itself ({head[:12]}), not the "
            f"change: that is what a job for {context.event} gets",
            hint=_instead(context.event),
        )


def _instead(event: str) -> str:
    warning = "never run a fork's code in such a job, since its token may write"
    if event not in _NUMBERS:
        return f"report with --from-bundle what the other run has left with --bundle; {warning}"
    return f"give actions/checkout `ref: refs/pull/${{{{ {_NUMBERS[event]} }}}}/merge`; and {warning}"

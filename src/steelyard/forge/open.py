"""The forge of a job."""

from __future__ import annotations

from steelyard.ci import Context
from steelyard.errors import ForgeError
from steelyard.forge.interface import Forge, Unavailable


def open_forge(context: Context) -> Forge | Unavailable:
    """
    Where this job's report goes; nothing is asked of it yet.

    Raises:
        ForgeError: A job on GitHub has no token, or its repository is unknown; a job on GitLab has a token, but no
            project or no address of the API.
    """
    if context.provider == "local":
        return Unavailable(reason="this is no CI job")
    if context.provider == "gitlab":
        return _gitlab(context)
    if not context.token:
        raise ForgeError(
            "there is no token to post the report with",
            hint="give the step `env: { GITHUB_TOKEN: ${{ github.token }} }`, or the action its `token`",
        )
    if not context.repository:
        raise ForgeError(
            "the repository is unknown: GITHUB_REPOSITORY is not owner/name",
            hint="GitHub sets it in its jobs; set it when you imitate one",
        )
    from steelyard.forge.github import GitHub

    return GitHub(context)


def _gitlab(context: Context) -> Forge | Unavailable:
    """Without a token that may comment the job goes on: `CI_JOB_TOKEN` may not, and every job has only that."""
    from steelyard.forge.gitlab_refusals import CREATE

    if not context.token:
        return Unavailable(
            reason="no token may comment on the merge request (CI_JOB_TOKEN cannot)",
            remedy=CREATE,
        )
    from steelyard.forge.gitlab import GitLab

    return GitLab(context)

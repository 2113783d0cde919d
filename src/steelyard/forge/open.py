"""The forge of a job."""

from __future__ import annotations

from steelyard.ci import Context
from steelyard.errors import ForgeError
from steelyard.forge.interface import Forge, Unavailable


def open_forge(context: Context) -> Forge | Unavailable:
    """
    Where this job's report goes; nothing is asked of it yet.

    Raises:
        ForgeError: A job on GitHub has no token, or its repository is unknown.
    """
    if context.provider == "local":
        return Unavailable(reason="this is no CI job: the report is not posted")
    if context.provider == "gitlab":
        return Unavailable(reason="reports are not posted to GitLab yet: the report stays in the job's files")
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

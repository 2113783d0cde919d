"""
Paths that were written outside of this container.

A step before ours runs on GitHub's machine, or in the job's own container, and calls the workspace by the name that it
has there; in the action's container the same directory is another one. A path that goes through the workspace's usual
places is read as one below the workspace of this process.

    /home/runner/work/digits/digits/plots/loss.png      GitHub's machines
    /opt/actions-runner/_work/digits/digits/…           machines of one's own (actions/runner, Constants.cs: `_work`)
    /__w/digits/digits/…                                jobs with `container:`
"""

from __future__ import annotations

import os
import re
from pathlib import PurePosixPath

from steelyard.ci.context import Context


def inside(path: str, context: Context) -> str:
    """
    `path`, relative to the workspace where it is one of GitHub's names for something in it; any other as it is.

    A path that leads to something here is not touched: it means that. Nothing is made of `..`; whoever opens the path
    sees to it that it stays in the workspace.
    """
    name = context.repository.rpartition("/")[2]
    if context.provider != "github" or not name or not path.startswith("/") or os.path.lexists(path):
        return path
    found = re.match(rf"/(?:[^/]+/)*?(?:_?work|__w)/{re.escape(name)}/{re.escape(name)}(?:/(?P<rest>.*))?\Z", path)
    return str(PurePosixPath(found["rest"] or ".")) if found else path

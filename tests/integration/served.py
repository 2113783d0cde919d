"""A project whose repository a git server gives out over HTTP, once a test says so."""

from __future__ import annotations

from tests.integration.baseline.git_server import GitServer
from tests.integration.world import World

TRAIN = ("--run", "python train.py")

_TRAINING = r"""
import csv, json, os, pathlib
if os.path.exists("extra.py"):
    exec(open("extra.py", encoding="utf-8").read())
labels = json.loads(pathlib.Path("labels.json").read_text(encoding="utf-8"))
wrong = int(pathlib.Path("wrong.txt").read_text())
with open("predictions.csv", "w", newline="", encoding="utf-8") as file:
    rows = csv.writer(file)
    rows.writerow(["id", "label", "prediction"])
    for i in range(120):
        right = labels[i % len(labels)]
        rows.writerow([f"{i}{right}", right, right if i >= wrong else labels[(i + 1) % len(labels)]])
"""
FILES = {
    "train.py": _TRAINING,
    "labels.json": '["a", "b"]',
    "wrong.txt": "20",
    ".gitignore": ".steelyard/\npredictions.csv\n",
}
"""A project whose training takes no time: two labels, and how many of 120 rows it has wrong; `extra.py` runs first."""


class Served(World):
    """A `World` whose jobs may be told to reach the repository through a server that wants a login."""

    def use(self, server: GitServer) -> None:
        """Let a server serve the repository to jobs from now on, in the place of GitHub's own."""
        self.server_url, self.origin = server.url, f"{server.url}/{self.remote.name}"

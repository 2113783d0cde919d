"""
The job that this process runs in: a GitHub job, a GitLab job or a laptop.

`detect` reads the environment, here and nowhere else; the other functions write what GitHub reads of a job (outputs,
the summary and annotations) and fold its log. What keeps a log's lines from being taken for commands is in `job_log`.
"""

from steelyard.ci.context import Context, Secret
from steelyard.ci.detection import detect
from steelyard.ci.job import SUMMARY_LIMIT, annotate, append_summary, section, write_outputs

__all__ = [
    "SUMMARY_LIMIT",
    "Context",
    "Secret",
    "annotate",
    "append_summary",
    "detect",
    "section",
    "write_outputs",
]

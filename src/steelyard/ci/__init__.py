"""
The job that this process runs in: a GitHub job, a GitLab job or a laptop.

`detect` reads the environment, here and nowhere else; the other functions write what GitHub reads of a job: outputs,
the summary, annotations, and log lines that it must not take for commands.
"""

from steelyard.ci.context import Context, Secret
from steelyard.ci.detection import detect
from steelyard.ci.job import SUMMARY_LIMIT, annotate, append_summary, write_outputs
from steelyard.ci.job_log import JobLog, escape_log

__all__ = [
    "SUMMARY_LIMIT",
    "Context",
    "JobLog",
    "Secret",
    "annotate",
    "append_summary",
    "detect",
    "escape_log",
    "write_outputs",
]

"""steelyard weighs every model change against main and says so in one comment."""

__version__ = "0.1.0.dev0"

DISTRIBUTION = "steelyard"
"""The name under which this package is installed; the only place that spells it in code."""

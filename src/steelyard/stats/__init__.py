"""Counts to metrics, intervals and verdicts; pure: no I/O, no clock, no global random state."""

"""Metrics of single rows' numbers: a regression's errors, and marks of single examples."""

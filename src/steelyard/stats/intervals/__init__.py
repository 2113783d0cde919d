"""Intervals, tests and standard errors from a few numbers: proportions, and means of rows that are not alike."""

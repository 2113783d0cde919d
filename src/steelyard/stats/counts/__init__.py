"""Confusion metrics, their uncertainty, and when it is not to be trusted: all from cells of counts."""

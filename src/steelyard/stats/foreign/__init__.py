"""Metrics that only scikit-learn computes: found by name, called late."""

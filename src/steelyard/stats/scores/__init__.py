"""Predicted scores as probabilities: losses, calibration, and the best few classes."""

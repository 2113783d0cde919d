"""Predictions to counts: one interface, one file per engine."""

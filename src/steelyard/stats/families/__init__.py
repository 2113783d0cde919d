"""Metrics by what they are made from: one file per family, all behind `steelyard.stats.contrast.Family`."""

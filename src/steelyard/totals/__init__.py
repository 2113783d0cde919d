"""Sums over rows that pass by, of which metrics of scores are made: for engines and statistics alike."""

"""Numbers without predictions: a difference, a direction, and main's own past."""

"""Gates: what the rules of a project make of verdicts and values."""

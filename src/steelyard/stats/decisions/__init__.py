"""From intervals to verdicts, and what several questions at once, or one asked again and again, cost."""

"""Mathematics that knows no data: distributions, draws, roots, sums by group."""

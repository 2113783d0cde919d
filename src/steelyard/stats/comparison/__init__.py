"""What a Comparison is put together from: its plan, its rows, its sets, and what must be said."""

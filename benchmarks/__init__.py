"""The performance claims, each rerunnable: `make bench`, or `python -m benchmarks.startup`."""

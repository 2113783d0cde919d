"""The proof: simulations that read the report's own rows. `make validate`, or `python -m validation --quick`."""

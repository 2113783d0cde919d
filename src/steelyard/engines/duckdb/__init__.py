"""The default engine: DuckDB, embedded."""

from steelyard.engines.duckdb.engine import DuckDBEngine

__all__ = ["DuckDBEngine"]

"""Predictions that only a Spark cluster can read: counted there, or fetched where they are few enough."""

from steelyard.engines.spark.engine import SparkEngine

__all__ = ["SparkEngine"]

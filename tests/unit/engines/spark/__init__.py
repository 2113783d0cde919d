"""Tests of the Spark engine that need no Java; tests/contract/test_engine_spark.py has the others."""

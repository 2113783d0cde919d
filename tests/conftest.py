"""Fixtures and options that all tests share."""

from tests.golden import golden, pytest_addoption

__all__ = ["golden", "pytest_addoption"]

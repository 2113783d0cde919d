"""Fixtures and options that all tests share."""

from hypothesis import settings

from tests.golden import golden, pytest_addoption

__all__ = ["golden", "pytest_addoption"]

settings.register_profile("steelyard", deadline=None)  # how long an example takes is the machine's affair
settings.load_profile("steelyard")

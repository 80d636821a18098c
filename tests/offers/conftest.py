"""The park town, its pack active in a database of its own."""

from tests.harness.parkside import town

__all__ = ["town"]

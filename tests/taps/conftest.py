"""A town for the tests of taps."""

import pytest

from tests.taps.town import Town


@pytest.fixture
def town(db: None) -> Town:
    return Town()

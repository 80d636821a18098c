"""What tests of doors share."""

import pytest


@pytest.fixture(scope="session", autouse=True)
def static_directory():
    """WhiteNoise warns without a directory of collected files, and warnings are errors here."""
    from django.conf import settings

    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)

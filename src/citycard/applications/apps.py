"""Makes the applications' tables a Django app."""

from django.apps import AppConfig


class ApplicationsConfig(AppConfig):
    """Applications, their parts, papers, supplements and history."""

    name = "citycard.applications"
    label = "applications"

"""Makes the context a Django app."""

from django.apps import AppConfig


class InsightConfig(AppConfig):
    """Figures of the city."""

    name = "citycard.insight"
    label = "insight"

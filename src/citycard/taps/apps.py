"""Makes the taps' tables a Django app."""

from django.apps import AppConfig


class TapsConfig(AppConfig):
    """Taps, readers' epochs, conflicts and quarantine."""

    name = "citycard.taps"
    label = "taps"

"""Makes issuing's tables a Django app."""

from django.apps import AppConfig


class IssuingConfig(AppConfig):
    """Blank cards, prints and name registrations."""

    name = "citycard.issuing"
    label = "issuing"

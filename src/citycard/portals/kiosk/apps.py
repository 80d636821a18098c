"""Django's name for the kiosk's door."""

from django.apps import AppConfig


class KioskConfig(AppConfig):
    """The kiosk's door."""

    name = "citycard.portals.kiosk"
    label = "kiosk"

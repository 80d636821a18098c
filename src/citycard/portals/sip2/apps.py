"""Django's name for the library's door."""

from django.apps import AppConfig


class Sip2Config(AppConfig):
    """The library's door."""

    name = "citycard.portals.sip2"
    label = "sip2"

"""Django's name for the door of agencies' systems."""

from django.apps import AppConfig


class OpenApiConfig(AppConfig):
    """The door of agencies' systems."""

    name = "citycard.portals.openapi"
    label = "openapi"

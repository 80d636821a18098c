"""Django's name for the sign-in pages."""

from django.apps import AppConfig


class SigningInConfig(AppConfig):
    """Sign-in pages."""

    name = "citycard.portals.signing_in"
    label = "signing_in"

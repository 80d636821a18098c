"""Makes the rights' tables a Django app."""

from django.apps import AppConfig


class EntitlementsConfig(AppConfig):
    """Rights and the days on which they are looked at again."""

    name = "citycard.entitlements"
    label = "entitlements"

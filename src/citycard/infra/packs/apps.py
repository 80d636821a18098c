"""Makes the pack reader a Django app, for the table that keeps activated packs."""

from django.apps import AppConfig


class PacksConfig(AppConfig):
    """City packs."""

    name = "citycard.infra.packs"
    label = "packs"

"""Offers as a Django app."""

from django.apps import AppConfig


class OffersConfig(AppConfig):
    """Name the app; importing it does nothing else."""

    name = "citycard.offers"
    label = "offers"

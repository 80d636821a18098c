"""Fares as a Django app."""

from django.apps import AppConfig


class FaresConfig(AppConfig):
    """Name the app; importing it does nothing else."""

    name = "citycard.fares"
    label = "fares"

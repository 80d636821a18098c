"""Disputes as a Django app."""

from django.apps import AppConfig


class DisputesConfig(AppConfig):
    """Name the app; importing it does nothing else."""

    name = "citycard.disputes"
    label = "disputes"

"""Redemptions as a Django app."""

from django.apps import AppConfig


class RedemptionsConfig(AppConfig):
    """Name the app; importing it does nothing else."""

    name = "citycard.redemptions"
    label = "redemptions"

"""The ledger as a Django app."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """Name the app; importing it does nothing else."""

    name = "citycard.ledger"
    label = "ledger"

"""The wallet as a Django app."""

from django.apps import AppConfig


class WalletConfig(AppConfig):
    """Name the app; importing it does nothing else."""

    name = "citycard.wallet"
    label = "wallet"

"""Makes the cards' tables a Django app."""

from django.apps import AppConfig


class CardsConfig(AppConfig):
    """Cards, numbers, bindings and agencies' member numbers."""

    name = "citycard.cards"
    label = "cards"

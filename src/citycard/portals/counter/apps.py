"""Makes the counter's door a Django app, for its templates and texts."""

from django.apps import AppConfig


class CounterDoorConfig(AppConfig):
    """The counter's door."""

    name = "citycard.portals.counter"
    label = "portal_counter"

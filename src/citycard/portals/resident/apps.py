"""Makes the resident's door a Django app, for its templates and texts."""

from django.apps import AppConfig


class ResidentDoorConfig(AppConfig):
    """The resident's door."""

    name = "citycard.portals.resident"
    label = "portal_resident"

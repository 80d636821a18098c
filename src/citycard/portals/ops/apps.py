"""Makes the door a Django app, for its templates and words."""

from django.apps import AppConfig


class OpsDoorConfig(AppConfig):
    """The operators' door."""

    name = "citycard.portals.ops"
    label = "portal_ops"

"""Makes the door a Django app, for its templates and words."""

from django.apps import AppConfig


class AgencyDoorConfig(AppConfig):
    """The agencies' door."""

    name = "citycard.portals.agency"
    label = "portal_agency"

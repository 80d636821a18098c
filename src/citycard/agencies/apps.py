"""Django's name for the context of agencies."""

from django.apps import AppConfig


class AgenciesConfig(AppConfig):
    """Bureaux, staff and devices."""

    name = "citycard.agencies"
    label = "agencies"
    verbose_name = "agencies"
    default_auto_field = "django.db.models.BigAutoField"

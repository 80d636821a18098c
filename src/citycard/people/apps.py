"""Django's name for the context of people."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    """The people of the city."""

    name = "citycard.people"
    label = "people"
    verbose_name = "people"
    default_auto_field = "django.db.models.BigAutoField"

"""Activities as a Django app."""

from django.apps import AppConfig


class ActivitiesConfig(AppConfig):
    """Name the app; importing it does nothing else."""

    name = "citycard.activities"
    label = "activities"

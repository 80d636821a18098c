"""Makes the context a Django app."""

from django.apps import AppConfig


class NotifyConfig(AppConfig):
    """Messages to residents."""

    name = "citycard.notify"
    label = "notify"
    default_auto_field = "django.db.models.BigAutoField"

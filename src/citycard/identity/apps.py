"""Django's name for the context of identity."""

from django.apps import AppConfig


class IdentityConfig(AppConfig):
    """Accounts and sign-ins."""

    name = "citycard.identity"
    label = "identity"
    verbose_name = "identity"
    default_auto_field = "django.db.models.BigAutoField"

"""Django's entry for the design system."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Register templates, static files and the `cc` tag library."""

    name = "citycard.infra.web"
    label = "web"
    verbose_name = "CityCard web"

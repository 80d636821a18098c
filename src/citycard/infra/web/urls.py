"""Addresses of the design system: theme, preferences, robots, the style guide."""

from django.urls import path

from . import preferences, style_guide, theme_views

app_name = "web"
urlpatterns = [
    path("theme.css", theme_views.theme_css, name="theme"),
    path("theme/mark.svg", theme_views.mark, name="mark"),
    path("theme/card/<slug:kind>.svg", theme_views.card_art, name="card_art"),
    path("preferences", preferences.choose, name="preferences"),
    path("robots.txt", theme_views.robots, name="robots"),
    path("style", style_guide.show, name="style"),
    path("style/<slug:page>", style_guide.show, name="style_page"),
]

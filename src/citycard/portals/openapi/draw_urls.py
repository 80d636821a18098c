"""Public addresses of draws."""

from django.urls import path

from citycard.portals.openapi import draws

app_name = "draws"
urlpatterns = [
    path("recompute_draw.py", draws.program, name="program"),
    path("<int:draw_id>/", draws.draw, name="draw"),
    path("<int:draw_id>/<str:name>", draws.file, name="file"),
]

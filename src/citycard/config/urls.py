"""Where each door stands. A door brings its own `urls.py`; here is only its address."""

from django.urls import URLPattern, URLResolver, include, path

from citycard.config import watching
from citycard.config.apps import present

# The resident's door is the house's front: it comes last, since it stands at the root.
DOORS = (
    ("counter/", "citycard.portals.counter.urls"),
    ("agency/", "citycard.portals.agency.urls"),
    ("kiosk/", "citycard.portals.kiosk.urls"),
    ("merchant/", "citycard.portals.merchant.urls"),
    ("hooks/", "citycard.portals.hooks.urls"),
    ("api/", "citycard.portals.openapi.urls"),
    ("draws/", "citycard.portals.openapi.draw_urls"),
    ("ops/", "citycard.portals.ops.urls"),
    ("", "citycard.infra.web.urls"),
    ("", "citycard.portals.signing_in.urls"),
    ("", "citycard.portals.resident.urls"),
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("health", watching.health, name="health"),
    path("metrics", watching.metrics, name="metrics"),
    *(path(address, include(module)) for address, module in DOORS if present(module)),
]

handler400 = "citycard.infra.web.errors.bad_request"
handler403 = "citycard.infra.web.errors.forbidden"
handler404 = "citycard.infra.web.errors.not_found"
handler500 = "citycard.infra.web.errors.went_wrong"

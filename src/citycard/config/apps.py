"""Which Django apps there are, and the one place that connects the house at start-up."""

import importlib.util

from django.apps import AppConfig

INFRA = (
    "citycard.infra",
    "citycard.infra.journal",
    "citycard.infra.packs",
    "citycard.infra.outbox",
    "citycard.infra.jobs",
    "citycard.infra.web",
)
CONTEXTS = (
    "citycard.people",
    "citycard.agencies",
    "citycard.ledger",
    "citycard.entitlements",
    "citycard.cards",
    "citycard.identity",
    "citycard.issuing",
    "citycard.taps",
    "citycard.applications",
    "citycard.activities",
    "citycard.attendance",
    "citycard.disputes",
    "citycard.fares",
    "citycard.bills",
    "citycard.offers",
    "citycard.redemptions",
    "citycard.wallet",
    "citycard.notify",
    "citycard.insight",
)
STORIES = ("citycard.flows", "citycard.adapters", "citycard.simulation")
PORTALS = (
    "citycard.portals",
    "citycard.portals.signing_in",
    "citycard.portals.resident",
    "citycard.portals.counter",
    "citycard.portals.agency",
    "citycard.portals.kiosk",
    "citycard.portals.merchant",
    "citycard.portals.gate",
    "citycard.portals.sip2",
    "citycard.portals.hooks",
    "citycard.portals.openapi",
    "citycard.portals.ops",
)


def installed(candidates: tuple[str, ...]) -> list[str]:
    """Return those of `candidates` that are Django apps (have an `apps.py`)."""
    return [name for name in candidates if present(f"{name}.apps")]


def present(module: str) -> bool:
    """Return whether a module can be imported, without importing it (its parents are)."""
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


class HouseConfig(AppConfig):
    """Connect ports, reactions and jobs once every app is loaded."""

    name = "citycard.config"
    label = "config"

    def ready(self) -> None:
        from citycard.config import wiring  # models of the contexts exist only now

        wiring.connect()

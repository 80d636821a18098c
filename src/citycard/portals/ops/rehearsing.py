"""Demo cities only: break the invented registers on purpose, to see how the city bears it."""

from django.conf import settings

from citycard.infra.ports import PortUnavailable, use
from citycard.people.ports import DemoRegisters

STATES = ("up", "down", "hanging")


def states() -> dict[str, str]:
    """Return how each invented register is switched; nothing where this is no demo."""
    if not settings.CITYCARD_DEMO:
        return {}
    try:
        return dict(use(DemoRegisters).states())
    except (PortUnavailable, KeyError):
        return {}


def switch(register: str, state: str) -> None:
    """Set an invented register; anything else changes nothing."""
    if register in states() and state in STATES:
        use(DemoRegisters).switch(register, state)

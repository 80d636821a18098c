"""What conversion needs from the agencies' own systems that stand behind it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol


class LibrarySystem(Protocol):
    """The library's own system, which terminals reach through the SIP2 proxy."""

    def check(self) -> str:
        """Say that it answers; raise when it doesn't."""
        ...


@dataclass(frozen=True, kw_only=True)
class LibraryPatron:
    """A patron as a demo's library knows them.

    :ivar number: the library's own number
    :ivar pin: what they type; empty: nothing is asked
    :ivar state: ``active`` or ``blocked``
    """

    number: str = field(repr=False)
    name: str = field(repr=False)
    pin: str = field(default="", repr=False)
    state: str = "active"


class DemoLibrary(Protocol):
    """Demo cities and tests only: fills the invented library, and breaks it on purpose."""

    def enter_patrons(self, patrons: Sequence[LibraryPatron]) -> None:
        """Enter patrons; one entered again is replaced."""
        ...

    def switch(self, **mood: object) -> None:
        """Set ``state`` (up, down, hanging), ``latency_ms``, ``split`` (bytes a packet) or ``drop``
        (every nth answer is lost with its connection)."""
        ...

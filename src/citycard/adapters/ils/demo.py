"""A demo library, filled and broken on purpose."""

from collections.abc import Sequence

from citycard.adapters.ils.books import Books
from citycard.cards.ports import LibraryPatron

MOODS = frozenset({"state", "latency_ms", "split", "drop"})


class DemoLibraryDesk:
    """Behind ``cards.ports.DemoLibrary`` and ``LibrarySystem``."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def enter_patrons(self, patrons: Sequence[LibraryPatron]) -> None:
        """Enter patrons."""
        self._books.enter_patrons(patrons)

    def switch(self, **mood: object) -> None:
        """Set the system's mood."""
        unknown = mood.keys() - MOODS
        if unknown:
            raise ValueError(f"a demo library has {sorted(MOODS)}, not {sorted(unknown)}")
        self._books.switch(**mood)

    def check(self) -> str:
        """Say how it is; raise when it is switched down."""
        if self._books.mood().get("state", "up") != "up":
            raise ConnectionError("the demo library is switched off")
        return "demo library, up"

"""No library's system: nobody said where it is."""


class NoLibrarySystem:
    """Behind ``cards.ports.LibrarySystem``: says that there is none, which is no fault."""

    def check(self) -> str:
        """Say so."""
        return "no library system is connected"

"""Filling the demo registers, and breaking them on purpose."""

from collections.abc import Mapping, Sequence

from citycard.adapters.demo_registers.book import Book
from citycard.people.ports import HouseholdEntry, StatusEntry

REGISTERS = ("household", "status", "changes")


class DemoRegisterDesk:
    """Behind ``people.ports.DemoRegisters``."""

    def __init__(self, book: Book) -> None:
        self._book = book

    def enter_people(self, entries: Sequence[HouseholdEntry]) -> None:
        """Enter people in the household register."""
        self._book.enter("household", [(one.id_number, "", _person(one)) for one in entries])

    def enter_statuses(self, entries: Sequence[StatusEntry]) -> None:
        """Enter statuses."""
        self._book.enter(
            "status",
            [
                (one.id_number, one.status, {"answer": one.answer, "detail": one.detail})
                for one in entries
            ],
        )

    def enter_changes(self, register: str, rows: Sequence[Mapping[str, str]]) -> None:
        """Enter changes that the register will tell by itself."""
        self._book.enter_changes(register, [dict(row) for row in rows])

    def switch(self, register: str, state: str) -> None:
        """Set a register (or the feed of changes) ``up``, ``down`` or ``hanging``."""
        if register not in REGISTERS:
            raise ValueError(f"the demo registers are {REGISTERS}, not {register!r}")
        self._book.switch(register, state)

    def states(self) -> dict[str, str]:
        """Return how each register is switched."""
        return {register: self._book.state(register) for register in REGISTERS}


def _person(one: HouseholdEntry) -> dict[str, object]:
    return {
        "name": one.name,
        "birth_on": one.birth_on.isoformat(),
        "answer": one.answer,
        "detail": one.detail,
    }

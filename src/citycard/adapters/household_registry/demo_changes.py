"""A demo register that tells its changes: page by page, as untidily as a real one.

The last rows of a page come again with the next, every seventh comes a page late, and a page is in
no order; switched ``down`` or ``hanging`` it behaves so. A row that was never sent is never lost.
"""

from collections.abc import Mapping, Sequence

from citycard.adapters.demo_registers.book import Book
from citycard.people.ports import ChangePage

REGISTER = "changes"
AGAIN, LATE = 3, 7


class DemoRegisterChanges:
    """Behind ``people.ports.RegisterChanges``; its cursor is how many rows it has passed."""

    def __init__(self, book: Book) -> None:
        self._book = book

    def changes_after(
        self, register: str, cursor: str, limit: int, purpose: str, ground: str
    ) -> ChangePage:
        """Return a page of changes.

        :raises OSError: it is switched down or hangs
        """
        self._book.answer_the_door(REGISTER, 0)
        every = self._book.changes(register)
        passed = int(cursor or "0")
        until = min(passed + limit, len(every))
        page = [
            every[place]
            for place in range(max(0, passed - AGAIN - LATE), until)
            if _comes(place, passed, until, len(every))
        ]
        return ChangePage(rows=_untidy(page), cursor=str(until), more=until < len(every))

    def check(self) -> str:
        """Say how the register is; raise when it is down, and hang when it hangs."""
        self._book.stand(REGISTER)
        return "demo register, tells its changes"


def _comes(place: int, passed: int, until: int, count: int) -> bool:
    """Tell whether a row comes with this page: its own, one again, or a late one."""
    late = place % LATE == LATE - 1 and place >= until - LATE
    if place >= passed:
        return not late or until == count
    return True


def _untidy(rows: Sequence[Mapping[str, str]]) -> list[Mapping[str, str]]:
    """Return rows in an order that is no order, and always the same."""
    return [*rows[1::2], *rows[::2]]

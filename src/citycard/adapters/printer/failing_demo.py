"""A card printer that is not there: prints wait, visibly."""

from collections.abc import Sequence

from citycard.issuing.ports import PrintOrder, PrintResult


class NoCardPrinter:
    """Refuses everything, as an unplugged printer does."""

    def print_cards(self, orders: Sequence[PrintOrder]) -> Sequence[PrintResult]:
        """Refuse.

        :raises ConnectionError: always
        """
        raise ConnectionError("no card printer is connected")

    def check(self) -> str:
        """Refuse.

        :raises ConnectionError: always
        """
        raise ConnectionError("no card printer is connected")

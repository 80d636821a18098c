"""A demo card printer: a PDF of exactly the bitmap, in a folder a counter, as moody as it is
told."""

import os
from collections.abc import Sequence
from pathlib import Path

from citycard.adapters.printer.card_pdf import card_pdf
from citycard.adapters.printer.switches import Switches
from citycard.issuing.ports import PrintOrder, PrintResult

SECONDS_A_CARD = 1.5


class DemoCardPrinter:
    """Keeps what it printed: an order that comes again is answered, not printed again."""

    def __init__(self, folder: Path, switches: Switches) -> None:
        self._folder = folder
        self._switches = switches

    def print_cards(self, orders: Sequence[PrintOrder]) -> Sequence[PrintResult]:
        """Print each order once.

        :raises OSError: it is switched down or hangs
        """
        return [self._print(order) for order in orders]

    def check(self) -> str:
        """Say how it is; raise when it is switched down."""
        self._switches.behave("printer", usual_s=0)
        return "demo printer, up"

    def printed(self, key: str) -> Path | None:
        """Return the PDF of an order, when it was printed."""
        return next(self._folder.glob(f"*/{key}.pdf"), None)

    def _print(self, order: PrintOrder) -> PrintResult:
        if self.printed(order.key):
            return PrintResult(key=order.key, state="printed")
        spoiled = self._folder / order.counter / f"{order.key}.spoiled"
        if spoiled.exists():
            return PrintResult(key=order.key, state="fault", why="ribbon")
        state = self._switches.behave("printer", usual_s=SECONDS_A_CARD)
        spoiled.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if state == "fault":
            spoiled.touch()
            return PrintResult(key=order.key, state="fault", why="ribbon")
        self._keep(order)
        return PrintResult(key=order.key, state="printed")

    def _keep(self, order: PrintOrder) -> None:
        path = self._folder / order.counter / f"{order.key}.pdf"
        beside = path.with_suffix(f".{os.getpid()}")
        beside.write_bytes(card_pdf(order.bitmap))
        beside.replace(path)

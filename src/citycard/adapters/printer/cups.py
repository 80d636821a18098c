"""Card printers behind CUPS: one queue a counter, one PDF of a card's size an order."""

import re
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from citycard.adapters.printer.card_pdf import card_pdf
from citycard.issuing.ports import PrintOrder, PrintResult

_REQUEST = re.compile(r"request id is (\S+)")
_TITLE_PREFIX = "citycard-"


class CupsCardPrinter:
    """Prints through ``lp``; the order's key is the job's title, by which a repeated one is found.

    :param queue: the CUPS queue of a counter; ``{counter}`` is replaced by the counter's code
    :param kept: a folder for the ids of jobs that were sent
    """

    def __init__(self, queue: str, kept: Path, *, patience_s: float = 60.0) -> None:
        self._queue = queue
        self._kept = kept
        self._patience_s = patience_s

    def print_cards(self, orders: Sequence[PrintOrder]) -> Sequence[PrintResult]:
        """Send each order once and wait until CUPS says what became of it.

        :raises OSError: CUPS can't be reached
        """
        return [self._wait(order, self._job(order)) for order in orders]

    def check(self) -> str:
        """Say what CUPS says of itself.

        :raises OSError: CUPS can't be reached
        """
        return _run(["lpstat", "-r"]).strip()

    def _job(self, order: PrintOrder) -> str:
        """Return the CUPS job of an order, sending it unless it was sent before."""
        note = self._kept / order.key
        if note.exists():
            return note.read_text(encoding="utf-8")
        self._kept.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
            file.write(card_pdf(order.bitmap))
            file.flush()
            queue = self._queue.format(counter=order.counter)
            title = _TITLE_PREFIX + order.key
            said = _run(["lp", "-d", queue, "-t", title, "-o", "fit-to-page", file.name])
        found = _REQUEST.search(said)
        if not found:
            raise OSError("CUPS did not say which job it made")
        note.write_text(found.group(1), encoding="utf-8")
        return found.group(1)

    def _wait(self, order: PrintOrder, job: str) -> PrintResult:
        until = time.monotonic() + self._patience_s
        while time.monotonic() < until:
            if job in _run(["lpstat", "-W", "completed", "-o"]):
                return PrintResult(key=order.key, state="printed")
            if job not in _run(["lpstat", "-W", "not-completed", "-o"]):
                return PrintResult(key=order.key, state="fault", why="aborted")
            time.sleep(0.5)
        raise TimeoutError("the printer has not finished")


def _run(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)
    except (subprocess.SubprocessError, FileNotFoundError) as broken:
        raise OSError(f"{command[0]} did not work") from broken
    return done.stdout

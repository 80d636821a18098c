"""Run the agent: ``citycard-kiosk`` or ``python -m citycard_kiosk``."""

import argparse
import signal
import threading
from types import FrameType

from citycard_kiosk.journal import Journal
from citycard_kiosk.kiosk import Kiosk
from citycard_kiosk.pages import Pages
from citycard_kiosk.serving import serve
from citycard_kiosk.settings import Settings
from citycard_kiosk.writer import SimulatedWriter


def main() -> None:
    """Run until SIGTERM or SIGINT; a redemption under way is brought to its end at the next
    start.
    """
    argparse.ArgumentParser(
        prog="citycard-kiosk",
        description="The agent beside a kiosk's card writer. README.md lists its settings.",
    ).parse_args()
    run(Settings.from_environment())


def run(settings: Settings) -> None:
    """Run one kiosk."""
    stop = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    writer = SimulatedWriter(settings.state / "cards.db", seconds=settings.write_seconds)
    writer.lay_out_file(settings.tray_file)
    kiosk = Kiosk(settings, Journal(settings.state / "journal.db"), writer)
    server = serve(kiosk, Pages(kiosk, settings.state / "pages"), settings.port)
    try:
        kiosk.run(stop)
    finally:
        server.shutdown()


if __name__ == "__main__":
    main()

"""A deliberately broken agent: without keys, after a power cut it does everything again."""

from citycard_kiosk import __main__ as agent
from citycard_kiosk.journal import NOT_TOUCHED, Line
from citycard_kiosk.redeeming import Ended, Redeemer

_honest = Redeemer._recover


def _do_it_again(self: Redeemer, line: Line) -> Ended | None:
    """Redeem anew what was interrupted, under a new key."""
    if line.state in NOT_TOUCHED or self.writer.on_pad() != line.number:
        return _honest(self, line)
    reading = self.writer.read()
    self.city.card(reading)
    self.journal.close(line.key, "forgotten")
    return self.redeem(reading=reading, points=line.points, ntd=line.ntd)


Redeemer._recover = _do_it_again

main = agent.main

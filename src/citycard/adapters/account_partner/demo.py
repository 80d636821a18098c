"""A demo partner: credits each order once, in a book of its own."""

import datetime as dt
import hashlib
from collections.abc import Sequence
from pathlib import Path

from citycard.adapters.demo_file import opened
from citycard.adapters.printer.switches import Switches
from citycard.infra import clock
from citycard.infra.packs import current_pack
from citycard.redemptions.ports import Credit, CreditAnswer

_SCHEMA = """
CREATE TABLE IF NOT EXISTS credit (
    key TEXT PRIMARY KEY, partner TEXT NOT NULL, account TEXT NOT NULL, ntd INTEGER NOT NULL,
    result TEXT NOT NULL, receipt TEXT NOT NULL, day TEXT NOT NULL) WITHOUT ROWID
"""


class DemoAccountPartner:
    """Takes each credit once; an order that comes again gets the same answer."""

    def __init__(self, path: Path, switches: Switches) -> None:
        self._path = path
        self._switches = switches

    def credit(self, credits: Sequence[Credit]) -> Sequence[CreditAnswer]:
        """Credit.

        :raises OSError: it is switched down or hangs
        """
        state = self._switches.behave("company", usual_s=0.3)
        today = current_pack().time.day(clock.now()).isoformat()
        with opened(self._path, _SCHEMA) as book:
            for each in credits:
                result = "refused" if state == "refusing" else "credited"
                receipt = hashlib.sha256(each.key.encode()).hexdigest()[:10].upper()
                book.execute(
                    "INSERT OR IGNORE INTO credit VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (each.key, each.partner, each.account, each.ntd, result, receipt, today),
                )
            found = [
                book.execute(
                    "SELECT key, result, receipt FROM credit WHERE key = ?", (each.key,)
                ).fetchone()
                for each in credits
            ]
        return [_answer(*row) for row in found]

    def answers_of(self, partner: str, business_day: dt.date) -> Sequence[CreditAnswer]:
        """Return what it credited or refused on a day.

        :raises OSError: it is switched down or hangs
        """
        self._switches.behave("company", usual_s=0.1)
        with opened(self._path, _SCHEMA) as book:
            found = book.execute(
                "SELECT key, result, receipt FROM credit WHERE partner = ? AND day = ?",
                (partner, business_day.isoformat()),
            ).fetchall()
        return [_answer(*row) for row in found]

    def credited_ntd(self, account: str) -> int:
        """Return what an account was credited in all; for whoever examines a demo."""
        with opened(self._path, _SCHEMA) as book:
            (total,) = book.execute(
                "SELECT coalesce(sum(ntd), 0) FROM credit"
                " WHERE account = ? AND result = 'credited'",
                (account,),
            ).fetchone()
        return int(total)

    def check(self) -> str:
        """Say how it is; raise when it is switched down."""
        self._switches.behave("company", usual_s=0)
        return "demo account partner, up"


def _answer(key: str, result: str, receipt: str) -> CreditAnswer:
    if result == "credited":
        return CreditAnswer(key=key, result="credited", receipt=receipt)
    return CreditAnswer(key=key, result="refused", why="account_closed")

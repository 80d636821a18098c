"""One redemption, step by step: what we are about to do is on the disk before we do it.

``recover`` brings every redemption that was interrupted to its end, from what the journal and,
where only it can know, the card say. It may run at any time and as often as one likes.
"""

import contextlib
import uuid
from dataclasses import dataclass
from typing import Literal

from citycard_kiosk import failpoints
from citycard_kiosk.city import City, Refusal, Silent
from citycard_kiosk.journal import NOT_TOUCHED, Journal, Line
from citycard_kiosk.writer import CardGone, CardMoved, CardWriter, Reading, WriteFailed

Ending = Literal["settled", "given_back", "unclear", "refused", "offline", "taken_away"]
NOT_FOUND = 404


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a redemption ended, or where it stands.

    :ivar ending: ``taken_away`` and ``offline`` may still be brought to their end by ``recover``
    :ivar confirmed: the city has heard of it
    """

    ending: Ending
    reading: Reading | None = None
    refusal: Refusal | None = None
    confirmed: bool = True


class Redeemer:
    """Journal, writer and city together."""

    def __init__(self, *, journal: Journal, writer: CardWriter, city: City) -> None:
        self.journal = journal
        self.writer = writer
        self.city = city

    def redeem(self, *, reading: Reading, points: int, ntd: int) -> Ended:
        """Turn points into value on the card on the pad."""
        key = self.journal.begin(
            number=reading.number,
            points=points,
            ntd=ntd,
            purse=reading.purse,
            counter=reading.counter,
        )
        failpoints.reach("agent.asked")
        try:
            self.city.reserve(key, reading, points)
            failpoints.reach("agent.before_reserved")
            self.journal.note(key, "reserved")
            failpoints.reach("agent.reserved")
            self.city.begin_writing(key)
            failpoints.reach("agent.before_allowed")
            self.journal.note(key, "allowed")
        except Refusal as refusal:
            self.journal.note(key, "untouched")
            with contextlib.suppress(Refusal):  # then the line stays open, and recover tries again
                self._give_back(key)
            return Ended(ending="refused", refusal=refusal)
        except Silent:
            self.journal.note(key, "untouched")
            return Ended(ending="offline")
        failpoints.reach("agent.allowed")
        return self._write(key, reading, ntd)

    def _write(self, key: uuid.UUID, reading: Reading, ntd: int) -> Ended:
        """Write, unless the card has left the pad since it was read: it may have been at another
        kiosk, which has then ended this redemption by what the card said there.
        """
        if self.writer.placement() != reading.placement:
            self.journal.note(key, "untouched")
            return self._give_back(key)
        self.journal.note(key, "touching")
        failpoints.reach("agent.touching")
        try:
            after = self.writer.load(
                number=reading.number,
                amount_ntd=ntd,
                terminal=self.city.code,
                placement=reading.placement,
            )
        except CardMoved:
            self.journal.note(key, "untouched")
            return self._give_back(key)
        except (CardGone, WriteFailed):
            return Ended(ending="taken_away", confirmed=False)
        failpoints.reach("agent.before_written")
        self.journal.note_written(key, purse=after.purse, counter=after.counter)
        failpoints.reach("agent.written")
        return self._report(key, after)

    def _report(self, key: uuid.UUID, after: Reading) -> Ended:
        try:
            told = self.city.settle(key, after.told())
        except (Silent, Refusal):
            return Ended(ending="settled", reading=after, confirmed=False)
        failpoints.reach("agent.before_closed")
        self.journal.close(key, told["state"])
        failpoints.reach("agent.closed")
        ending: Ending = "settled" if told["state"] == "settled" else "unclear"
        return Ended(ending=ending, reading=after)

    # -- after an interruption
    # ----------------------------------------------------------------------

    def recover(self) -> dict[uuid.UUID, Ended]:
        """Bring what was interrupted to its end; returns what moved. What can't move yet stays
        open.
        """
        moved = {}
        for line in self.journal.open_lines():
            try:
                ended = self._recover(line)
            except (Silent, Refusal):
                continue  # the city is silent, or a person must look: the line stays
            if ended is not None:
                moved[line.key] = ended
        return moved

    def _recover(self, line: Line) -> Ended | None:
        failpoints.reach("agent.recovering")
        if line.state in NOT_TOUCHED:
            return self._give_back(line.key)
        if line.state == "written":
            return self._report_again(line)
        return self._ask_the_card(line)

    def _give_back(self, key: uuid.UUID) -> Ended:
        """Tell the city that the card was not touched; a reservation that it never got is no
        matter.
        """
        try:
            told = self.city.release(key, "journal: the card was not touched")
        except Refusal as refusal:
            if refusal.status != NOT_FOUND:
                raise
            told = {"state": "never reserved"}
        except Silent:
            return Ended(ending="given_back", confirmed=False)
        self.journal.close(key, told["state"])
        return Ended(ending="given_back" if told["state"] != "settled" else "settled")

    def _report_again(self, line: Line) -> Ended | None:
        told = self.city.settle(
            line.key, {"purse": line.purse_after, "counter": line.counter_after, "recent": []}
        )
        return self._close(line, told["state"])

    def _ask_the_card(self, line: Line) -> Ended | None:
        """Let the card tell if it lies here: it may have been written. Else its next presentation
        will.
        """
        failpoints.reach("agent.asking_the_card")
        if self.writer.on_pad() == line.number:
            # What the card proves is heard before anything is refused.
            with contextlib.suppress(Refusal):
                self.city.card(self.writer.read())
        told = self.city.redemption(line.key)
        return self._close(line, told["state"]) if told else None

    def _close(self, line: Line, state: str) -> Ended | None:
        endings: dict[str, Ending] = {
            "settled": "settled",
            "released": "given_back",
            "disputed": "unclear",
        }
        if state not in endings:
            return None
        self.journal.close(line.key, state)
        return Ended(ending=endings[state])

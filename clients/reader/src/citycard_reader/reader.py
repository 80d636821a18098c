"""Sending taps to the gate: once for certain, however often it takes; answering them alone when the
city is away."""

import contextlib
import datetime as dt
import json
import time
from collections.abc import Callable, Mapping, Sequence
from email.utils import format_datetime
from typing import Any, NamedTuple

from citycard_reader.documents import NotTrusted
from citycard_reader.journal import KEPT_APART, Journal, Tap
from citycard_reader.numbers import check
from citycard_reader.offline import Decision, Offline
from citycard_reader.refusing import Refused, Unreachable, patience_s, refusal
from citycard_reader.transport import CutOff, Http, Reply, Transport

VERSION = "0.1.0"
MOST_TOGETHER = 500
LARGEST_BODY = 256 * 1024
TO_MEND = ("bad_ride", "bad_sale", "bad_tap", *KEPT_APART)
"""The city did not take such a tap, or keeps it apart: the journal keeps the whole of it."""

REVOKED = "reader_revoked"
"""The city kept nothing of such a tap: it waits on."""

UNREADABLE = (413, 422)
"""Taps can be why the gate can't read a request: together they are too large, or one of them
doesn't even say which it is."""


class Answer(NamedTuple):
    """What a card is told: a public code, points, and the agency's own member number.

    :ivar profile: the class of fare that the card is good for, such as ``senior``, where the
        service tells one: the same name, whether the city answered or the snapshot
    :ivar offline: what the reader answered by itself; None: the city answered
    """

    code: str
    points: int
    agency_number: str | None
    profile: str = ""
    offline: Decision | None = None


class Reader:
    """A reader with its key, its epoch and its journal.

    :param offline: the snapshot by which it answers when the city is away; None: it never does
    :param issuer: whose numbers it reads, and which: as the city enrolled it
    :param firmware: product and version, as the city shows it; a vendor names its own
    """

    def __init__(
        self,
        *,
        gate: str,
        code: str,
        key: str,
        journal: Journal,
        epoch: int = 1,
        offline: Offline | None = None,
        issuer: str = "easycard",
        number_kind: str = "printed",
        firmware: str = f"citycard-reader/{VERSION}",
        transport: Transport | None = None,
        now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    ) -> None:
        self._transport = Http(gate) if transport is None else transport
        self._always = {"Authorization": f"Reader {code}:{key}", "User-Agent": firmware}
        self._journal = journal
        self._epoch = epoch
        self._offline = offline
        if offline is not None:
            offline.begin(epoch)
        self._reads = (issuer, number_kind)
        self._now = now
        self._away_until: dt.datetime | None = None
        self._tag = ""

    def tap(
        self,
        number: str,
        *,
        ride: Mapping[str, Any] | None = None,
        sale: Mapping[str, Any] | None = None,
        points: int = 0,
    ) -> Answer | None:
        """Take a card and return what it is told; None when nobody knows: ask for the card again.

        A tap whose answer was lost on the way keeps its content and waits; it is not decided here,
        because the city may have taken it. The next one is, by the snapshot.

        :param ride: what the device knows of the ride, such as ``{"leg": "in", "operator": …}``
        :param sale: the price, such as ``{"price_ntd": 150}``
        :param points: points that a till takes as payment when it is cut off
        :raises Misread: what was read is no card's number; nothing was noted
        :raises Refused: the gate doesn't accept this reader; the tap stays in the journal
        """
        check(number)
        if self._offline is not None and self._is_away():
            return self._alone(number, ride, sale, points)
        tap = self._journal.note(number, epoch=self._epoch, at=self._now(), ride=ride, sale=sale)
        try:
            return self._send([tap])[0]
        except Unreachable:
            return None

    def poll(self) -> bool:
        """Ask for what changed since the snapshot that is held; returns whether anything did.

        :raises Unreachable: the city can't be reached, or has none yet; what is held stays
        :raises Refused: the gate doesn't accept this reader
        :raises NotTrusted: what came isn't the city's, or is older than what is held
        """
        assert self._offline is not None, "a reader without a snapshot has nothing to ask for"
        version = self._offline.version
        path = f"/changes?since={version}" if version else "/snapshot"
        reply = self._ask("GET", path, {"If-None-Match": self._tag})
        if reply.status == 410:
            reply = self._ask("GET", "/snapshot", {})
        if reply.status == 304:
            return False
        if reply.status != 200:
            raise refusal(reply)
        self._offline.take(reply.body)
        tag = reply.headers.get("etag", "")
        self._tag = tag if self._offline.version == version else ""
        return self._offline.version != version

    def upload(self) -> int:
        """Send all that waits, the oldest first; returns how many taps were answered.

        A tap that the gate can't read is set aside for whoever mends the device.

        :raises Unreachable: the rest waits on; come back after ``retry_after_s``
        :raises Refused: the gate doesn't accept this reader
        """
        sent = 0
        while waiting := self._journal.waiting(MOST_TOGETHER):
            sent += self._send_what_can_be_read(waiting)
        return sent

    def upload_until_done(self, *, tries: int = 100) -> int:
        """Send all that waits, as patiently as the gate asks.

        :raises Unreachable: it couldn't be reached ``tries`` times in a row
        """
        sent, failed = 0, 0
        while True:
            before = len(self._journal.waiting(1))
            try:
                return sent + self.upload()
            except Unreachable as away:
                failed += 1
                if failed >= tries or not before:
                    raise
                time.sleep(away.retry_after_s)

    def close(self) -> None:
        """Hang up; the journal stays open."""
        self._transport.close()

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _at_present(self) -> dict[str, str]:
        """Return what a request says of the reader: its own clock, and how many taps wait in it."""
        date = format_datetime(self._now().astimezone(dt.UTC), usegmt=True)
        return {"Date": date, "Backlog": str(self._journal.backlog())}

    def _is_away(self) -> bool:
        """Tell whether the city can't be reached: it was asked a moment ago, or is asked now."""
        if self._away_until is not None and self._now() >= self._away_until:
            self._away_until = None
            # Whatever it answers, it is there and answers taps; without an answer it is away anew.
            with contextlib.suppress(Unreachable, Refused, NotTrusted):
                self.poll()
        if self._away_until is not None:
            return True
        try:
            self._transport.reach()
        except CutOff:
            self._away_until = self._now() + dt.timedelta(seconds=1)
            return True
        return False

    def _alone(
        self,
        number: str,
        ride: Mapping[str, Any] | None,
        sale: Mapping[str, Any] | None,
        points: int,
    ) -> Answer:
        assert self._offline is not None
        at = self._now()
        issuer, kind = self._reads
        decided = self._offline.decide(number, issuer=issuer, kind=kind, at=at, points=points)
        answered = {name: value for name, value in decided._asdict().items() if value}
        self._journal.note(
            number, epoch=self._epoch, at=at, ride=ride, sale=sale, answered=answered
        )
        return Answer(decided.code, 0, None, decided.profile, decided)

    def _send_what_can_be_read(self, taps: Sequence[Tap]) -> int:
        """Send taps; returns how many were answered.

        What the gate can't read as a whole is halved until it is one tap. That one would hold up
        all behind it for ever: it is set aside.
        """
        try:
            return len(self._send(taps))
        except Refused as why:
            if why.status not in UNREADABLE:
                raise
            if len(taps) == 1:
                told = json.dumps({"code": why.code, "detail": str(why)})
                self._journal.answered([(taps[0], told)], to_mend=taps)
                return 0
        half = len(taps) // 2
        return sum(self._send_what_can_be_read(some) for some in (taps[:half], taps[half:]))

    def _send(self, taps: Sequence[Tap]) -> list[Answer]:
        told = self._post(taps)
        both = list(zip(taps, told, strict=True))
        kept = [(tap, answer) for tap, answer in both if answer["code"] != REVOKED]
        self._notice_used_numbers([tap.epoch for tap, it in kept if it["code"] == "conflict"])
        self._journal.answered(
            [(tap, json.dumps(answer)) for tap, answer in kept],
            to_mend=[tap for tap, answer in kept if answer["code"] in TO_MEND],
        )
        for answer in told:
            if answer["code"] == REVOKED:
                detail = "this reader, or this epoch of it, is out of service"
                raise Refused(403, str(answer.get("detail", detail)), REVOKED)
        return [_answer(answer) for answer in told]

    def _notice_used_numbers(self, epochs: Sequence[int]) -> None:
        """Accept nothing alone once numbers of this epoch were used before: the reader's memory
        was lost, or its journal copied. It needs a new key and epoch."""
        if self._offline is not None and self._epoch in epochs:
            why = "sequence numbers were used before; ask for a new key"
            self._offline.stop(why, epoch=self._epoch)

    def _post(self, taps: Sequence[Tap]) -> list[dict[str, Any]]:
        told_of = [said(tap) for tap in taps]
        body = {"taps": told_of} if len(told_of) > 1 else told_of[0]
        still_waiting = max(0, self._journal.backlog() - len(taps))
        headers = {"Content-Type": "application/json", "Backlog": str(still_waiting)}
        content = json.dumps(body).encode()
        if len(content) > LARGEST_BODY:  # the gate would hang up in the middle of it
            raise Refused(413, f"a request has at most {LARGEST_BODY} bytes", "too_large")
        reply = self._ask("POST", "/taps", headers, content)
        if reply.status != 200:
            raise refusal(reply)
        return _answers(reply.body, len(told_of))

    def _ask(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Reply:
        sent = self._always | self._at_present() | {k: v for k, v in headers.items() if v}
        try:
            reply = self._transport.send(method, path, sent, body)
        except CutOff as why:
            self._away_until = self._now() + dt.timedelta(seconds=1)
            raise Unreachable(str(why), 1.0, nothing_sent=why.nothing_sent) from why
        if reply.status == 429 or reply.status >= 500:
            self._away_until = self._now() + dt.timedelta(seconds=patience_s(reply))
        return reply


def said(tap: Tap) -> dict[str, Any]:
    """Return a tap as it goes over the wire."""
    plain = {"epoch": tap.epoch, "seq": tap.seq, "at": tap.at, "number": tap.number}
    parts = {"ride": tap.ride, "sale": tap.sale, "answered": tap.answered}
    return plain | {name: json.loads(part) for name, part in parts.items() if part is not None}


def _answers(body: bytes, count: int) -> list[dict[str, Any]]:
    """Return the answers to so many taps, in their order.

    :raises Unreachable: they are none of the gate's: somebody between answers for it
    """
    try:
        told = json.loads(body)
        answers: list[dict[str, Any]] = told["answers"] if count > 1 else [told]
        if len(answers) == sum(isinstance(one["code"], str) for one in answers) == count:
            return answers
    except (KeyError, RecursionError, TypeError, ValueError):
        pass
    raise Unreachable("what answered is not the gate", 5.0)


def _answer(told: dict[str, Any]) -> Answer:
    number, profile = told.get("agency_number"), told.get("profile", "")
    return Answer(told["code"], told.get("points", 0), number, profile)

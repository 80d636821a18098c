"""Sending taps to the gate: once for certain, however often it takes."""

import datetime as dt
import http.client
import json
import time
import urllib.parse
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from citycard_reader.journal import Journal, Tap

MOST_TOGETHER = 500
TIMEOUT_S = 10.0
BAD_RIDE = "bad_ride"


class Answer(NamedTuple):
    """What the city says to a tap: a public code, points, and the agency's own member number."""

    code: str
    points: int
    agency_number: str | None


class Refused(Exception):
    """The gate refuses this reader or its request; sending again doesn't help."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


class Unreachable(Exception):
    """The city can't be reached at present; what waits stays in the journal.

    :ivar retry_after_s: how long the gate asks to be left alone
    """

    def __init__(self, why: str, retry_after_s: float) -> None:
        super().__init__(why)
        self.retry_after_s = retry_after_s


class Reader:
    """A reader with its key, its epoch and its journal."""

    def __init__(
        self,
        *,
        gate: str,
        code: str,
        key: str,
        journal: Journal,
        epoch: int = 1,
        now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    ) -> None:
        self._gate = urllib.parse.urlsplit(gate)
        self._authorization = f"Reader {code}:{key}"
        self._journal = journal
        self._epoch = epoch
        self._now = now
        self._connection: http.client.HTTPConnection | None = None

    def tap(self, number: str, *, ride: Mapping[str, Any] | None = None) -> Answer | None:
        """Take a card and return the city's answer; None when it waits for better times.

        :param ride: what the device knows of the ride, such as ``{"leg": "in", "operator": …}``
        :raises Refused: the gate doesn't accept this reader; the tap stays in the journal
        """
        tap = self._journal.note(number, epoch=self._epoch, at=self._now(), ride=ride)
        try:
            return self._send([tap])[0]
        except Unreachable:
            return None

    def upload(self) -> int:
        """Send all that waits, the oldest first; returns how many taps were answered.

        :raises Unreachable: the rest waits on; come back after ``retry_after_s``
        :raises Refused: the gate doesn't accept this reader
        """
        sent = 0
        while waiting := self._journal.waiting(MOST_TOGETHER):
            sent += len(self._send(waiting))
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
        self._hang_up()

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _send(self, taps: Sequence[Tap]) -> list[Answer]:
        said = [_said(tap) for tap in taps]
        told = self._post({"taps": said} if len(said) > 1 else said[0])
        answers = told["answers"] if len(said) > 1 else [told]
        self._journal.answered(
            [(tap, json.dumps(answer)) for tap, answer in zip(taps, answers, strict=True)],
            to_mend=[
                tap
                for tap, answer in zip(taps, answers, strict=True)
                if answer["code"] == BAD_RIDE  # the city kept nothing of it
            ],
        )
        return [_answer(answer) for answer in answers]

    def _post(self, body: dict[str, Any]) -> dict[str, Any]:
        content = json.dumps(body).encode()
        headers = {"Authorization": self._authorization, "Content-Type": "application/json"}
        try:
            connection = self._connected()
            connection.request("POST", f"{self._gate.path.rstrip('/')}/taps", content, headers)
            response = connection.getresponse()
            answered = response.read()
        except (OSError, http.client.HTTPException) as why:
            self._hang_up()
            raise Unreachable(type(why).__name__, 1.0) from why
        if response.status == 200:
            told: dict[str, Any] = json.loads(answered)
            return told
        return _refuse(response.status, response.headers.get("Retry-After"), answered)

    def _connected(self) -> http.client.HTTPConnection:
        if self._connection is None:
            secure = self._gate.scheme == "https"
            kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
            self._connection = kind(self._gate.netloc, timeout=TIMEOUT_S)
        return self._connection

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _refuse(status: int, retry_after: str | None, answered: bytes) -> dict[str, Any]:
    try:
        detail = str(json.loads(answered)["detail"])
    except (ValueError, KeyError, TypeError):
        detail = f"the gate answered {status}"
    if status == 429 or status >= 500:
        patience = float(retry_after) if retry_after and retry_after.isdigit() else 5.0
        raise Unreachable(detail, patience)
    raise Refused(status, detail)


def _said(tap: Tap) -> dict[str, Any]:
    said = {"epoch": tap.epoch, "seq": tap.seq, "at": tap.at, "number": tap.number}
    return said if tap.ride is None else said | {"ride": json.loads(tap.ride)}


def _answer(told: dict[str, Any]) -> Answer:
    return Answer(told["code"], told.get("points", 0), told.get("agency_number"))

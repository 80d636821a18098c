"""What the agent asks the city. Every question carries a key or is a plain look, so asking again
is harmless.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from citycard_kiosk.settings import Credentials
from citycard_kiosk.writer import Reading

ANSWER_WITHIN_S = 6.0


class Silent(Exception):
    """The city did not answer, or not in a way that tells what it did: nothing is known."""


class Refusal(Exception):
    """The city said no: a code, facts and a sentence."""

    def __init__(self, status: int, told: Mapping[str, Any]) -> None:
        super().__init__(told.get("code", status))
        self.status = status
        self.code = str(told.get("code", ""))
        self.facts = dict(told.get("facts") or {})


@dataclass(frozen=True, kw_only=True)
class Page:
    """A screen: its HTML and the rules that its browser must keep."""

    html: str
    policy: str


class City:
    """The city's doors as a kiosk sees them."""

    def __init__(self, server: str, credentials: Credentials) -> None:
        self.code = credentials.code
        self._http = httpx.Client(
            base_url=server,
            timeout=httpx.Timeout(ANSWER_WITHIN_S, connect=2.0),
            headers={
                "Authorization": f"Reader {credentials.code}:{credentials.key}",
                "Accept": "application/json",
            },
        )

    def hello(self) -> dict[str, Any]:
        """Ask who we are."""
        return self._answer("GET", "/kiosk/api/hello")

    def card(self, reading: Reading) -> dict[str, Any]:
        """Ask what the card on the pad may get; what it proves about the past is heard on the
        way.
        """
        return self._ask("card", _card(reading))

    def reserve(self, key: uuid.UUID, reading: Reading, points: int) -> dict[str, Any]:
        """Ask to hold points."""
        return self._ask("reserve", {**_card(reading), "key": str(key), "points": points})

    def begin_writing(self, key: uuid.UUID) -> dict[str, Any]:
        """Ask for leave to touch the card."""
        return self._ask("writing", {"key": str(key)})

    def settle(self, key: uuid.UUID, reading: Mapping[str, Any]) -> dict[str, Any]:
        """Report that the card was written."""
        return self._ask("settle", {"key": str(key), **reading})

    def release(
        self, key: uuid.UUID, why: str, reading: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Report that the card was not written."""
        return self._ask("release", {"key": str(key), "why": why, **(reading or {})})

    def journal(self, lines: Sequence[Mapping[str, Any]]) -> None:
        """Upload lines of our journal."""
        self._ask("journal", {"lines": list(lines)})

    def redemption(self, key: uuid.UUID) -> dict[str, Any] | None:
        """Ask what became of one of ours; None when the city never heard of it."""
        try:
            return self._answer("GET", f"/kiosk/api/redemption/{key}")
        except Refusal as refusal:
            if refusal.status == httpx.codes.NOT_FOUND:
                return None
            raise

    def screen(self, body: Mapping[str, Any]) -> Page:
        """Ask for a screen.

        :raises Silent: the city can't render it now
        """
        answer = self._send("POST", "/kiosk/screen", body, {"Accept": "text/html"})
        if answer.status_code != httpx.codes.OK:
            raise Silent
        return Page(html=answer.text, policy=answer.headers.get("Content-Security-Policy", ""))

    def fetch(self, path: str) -> httpx.Response:
        """Fetch a stylesheet, script or picture of the screen, without our key.

        :raises Silent: the city does not answer
        """
        request = self._http.build_request("GET", path, headers={"Accept": "*/*"})
        del request.headers["Authorization"]
        try:
            return self._http.send(request)
        except httpx.HTTPError:
            raise Silent from None

    def _ask(self, step: str, body: Mapping[str, Any]) -> dict[str, Any]:
        return self._answer("POST", f"/kiosk/api/{step}", body)

    def _answer(
        self, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        answer = self._send(method, path, body, {})
        try:
            told = answer.json()
        except ValueError:
            raise Silent from None
        if not isinstance(told, dict) or answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise Silent
        if answer.status_code != httpx.codes.OK:
            raise Refusal(answer.status_code, told)
        return told

    def _send(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None,
        headers: Mapping[str, str],
    ) -> httpx.Response:
        try:
            return self._http.request(method, path, json=body, headers=headers)
        except httpx.HTTPError:
            raise Silent from None


def _card(reading: Reading) -> dict[str, Any]:
    told = {"number": reading.number, **reading.told()}
    if reading.issuer and reading.number_kind:
        told |= {"issuer": reading.issuer, "number_kind": reading.number_kind}
    return told

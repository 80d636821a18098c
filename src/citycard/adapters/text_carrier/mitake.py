"""Mitake's text message gateway (三竹簡訊 HTTP API, ``SmSend``), one request a message.

A message carries our key as ``clientid``: the gateway answers a repeated one with what it said
first and ``Duplicate=Y``, and charges it once.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Literal

import httpx

from citycard.notify.ports import TextMessage, TextResult

_SENT = frozenset("0124")
"""Booked, handed to the operator (twice), arrived."""

_FOR_GOOD = frozenset("vyxp")
"""No such number, a wrong field, too long, not allowed to this account."""


class MitakeGateway:
    """Behind ``TextCarrier``.

    :param url: the gateway's address, such as ``https://smsapi.mitake.com.tw``
    :param login: ``user:password``
    :param within_s: after so long no further message is begun; well below the port's time-out
    """

    def __init__(
        self, url: str, login: str, *, timeout_s: float = 10.0, within_s: float = 30.0
    ) -> None:
        user, _, password = login.partition(":")
        self._login = {"username": user, "password": password}
        self._within_s = within_s
        self._client = httpx.Client(base_url=url, timeout=timeout_s)

    def send(self, texts: Sequence[TextMessage]) -> Sequence[TextResult]:
        """Hand messages over; one result for each that was tried, in order.

        :raises OSError: the gateway can't be reached, or refuses the account, and took none
        """
        until = time.monotonic() + self._within_s
        results: list[TextResult] = []
        for one in texts:
            try:
                results.append(self._send_one(one))
            except OSError:
                if results:
                    break  # what it took is paid for, and is not sent again
                raise
            if time.monotonic() >= until:
                break
        return results

    def check(self) -> str:
        """Ask for what is left on the account.

        :raises OSError: the gateway can't be reached, or refuses the account
        """
        left = self._ask("/api/mtk/SmQuery", {}).get("AccountPoint")
        if left is None:
            raise OSError("the text message gateway refuses the account")
        return f"{left} messages left"

    def _send_one(self, one: TextMessage) -> TextResult:
        said = self._ask(
            "/api/mtk/SmSend?CharsetURL=UTF8",
            {"dstaddr": one.to, "smbody": one.body, "clientid": one.key},
        )
        status = said.get("statuscode", "")
        result: Literal["sent", "later", "refused"] = "later"
        if status in _SENT:
            result = "sent"
        elif status in _FOR_GOOD:
            result = "refused"
        return TextResult(key=one.key, result=result, why=f"mitake_{status or 'silent'}")

    def _ask(self, path: str, fields: Mapping[str, str]) -> dict[str, str]:
        try:
            answer = self._client.post(path, data={**self._login, **fields}).raise_for_status()
        except httpx.HTTPError as broken:
            raise OSError("the text message gateway can't be reached") from broken
        pairs = (line.partition("=") for line in answer.text.splitlines() if "=" in line)
        return {name.strip(): value.strip() for name, _, value in pairs}

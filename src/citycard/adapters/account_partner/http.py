"""A partner that credits accounts over HTTPS: one JSON batch, one answer a credit."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import httpx

from citycard.redemptions.ports import Credit, CreditAnswer


class HttpAccountPartner:
    """Posts ``{"credits": […]}`` to ``<url>/credits``; each carries its idempotency key. The list
    of a day is ``GET <url>/credits?partner=…&day=…``.

    :param token: sent as ``Authorization: Bearer …``
    """

    def __init__(self, url: str, token: str, *, timeout_s: float = 10.0) -> None:
        self._client = httpx.Client(
            base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=timeout_s
        )

    def credit(self, credits: Sequence[Credit]) -> Sequence[CreditAnswer]:
        """Send credits.

        :raises OSError: the partner can't be reached or answers something else
        """
        body = {"credits": [_plain(each) for each in credits]}
        try:
            return _answers(self._client.post("/credits", json=body).raise_for_status().json())
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as broken:
            raise OSError("the partner's answer can't be used") from broken

    def answers_of(self, partner: str, business_day: dt.date) -> Sequence[CreditAnswer]:
        """Ask for the list of a day.

        :raises OSError: the partner can't be reached or answers something else
        """
        asked = {"partner": partner, "day": business_day.isoformat()}
        try:
            return _answers(self._client.get("/credits", params=asked).raise_for_status().json())
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as broken:
            raise OSError("the partner's list can't be used") from broken

    def check(self) -> str:
        """Ask the service whether it is well.

        :raises OSError: it isn't
        """
        try:
            self._client.get("/health").raise_for_status()
        except httpx.HTTPError as broken:
            raise OSError("the partner can't be reached") from broken
        return "account partner, up"


def _plain(each: Credit) -> dict[str, str | int]:
    return {
        "key": each.key,
        "partner": each.partner,
        "account": each.account,
        "kind": each.kind,
        "ntd": each.ntd,
    }


def _answers(told: Any) -> list[CreditAnswer]:
    return [_answer(row) for row in told["answers"]]


def _answer(row: Any) -> CreditAnswer:
    if row["result"] not in ("credited", "refused"):
        raise ValueError(row["result"])
    return CreditAnswer(
        key=str(row["key"]),
        result=row["result"],
        receipt=str(row.get("receipt", "")),
        why=str(row.get("why", "")),
    )

"""The household register behind the city's exchange gateway: JSON over HTTPS, one request a batch.

What stands between the city and a national register differs from city to city (T-Road, an agency's
own service); the gateway speaks this small protocol and translates::

    POST <url>            Authorization: Bearer <token>      Idempotency-Key: <first question's key>
    {"questions": [{"key", "purpose", "ground", "id_number", "name", "birth_on"}]}
    200 {"answers": [{"key", "answer": "yes|no|unknown", "detail": {…}}]}
"""

import ssl
from collections.abc import Mapping, Sequence
from typing import Any, Final

import httpx

from citycard.people.ports import RegisterAnswer, RegisterQuestion

ANSWERS: Final = ("yes", "no", "unknown")


class GatewayTalksNonsense(ConnectionError):
    """The gateway answered something that is no answer."""


class GatewayHouseholdRegister:
    """Behind ``people.ports.HouseholdRegister``.

    :param url: where batches are posted to; ``https`` but for a gateway on the same machine
    :param token: what the gateway knows us by
    :param authority: PEM file of the certification authority to trust, instead of the system's
    """

    def __init__(self, url: str, token: str, authority: str = "", timeout_s: float = 10.0) -> None:
        self._url = url
        context = ssl.create_default_context(cafile=authority or None)
        headers = {"Authorization": f"Bearer {token}"}
        self._client = httpx.Client(headers=headers, timeout=timeout_s, verify=context)

    def look_up(self, questions: Sequence[RegisterQuestion]) -> Sequence[RegisterAnswer]:
        """Answer each question; those the gateway left out are left out here, too.

        :raises OSError: it cannot be reached, refuses, or talks nonsense
        """
        return self._ask(questions, {})

    def check(self) -> str:
        """Ask about nobody; raise when the gateway does not answer."""
        self._ask([], {})
        return "gateway answers"

    def _ask(
        self, questions: Sequence[RegisterQuestion], about: Mapping[str, str]
    ) -> list[RegisterAnswer]:
        body = {**about, "questions": [_question(one) for one in questions]}
        headers = {"Idempotency-Key": questions[0].key} if questions else {}
        try:
            response = self._client.post(self._url, json=body, headers=headers)
            response.raise_for_status()
            found = response.json()["answers"]
            return _answers(questions, found)
        except httpx.HTTPStatusError as refused:
            raise ConnectionError(f"the gateway says {refused.response.status_code}") from None
        except httpx.HTTPError as broken:
            raise ConnectionError(type(broken).__name__) from None
        except (ValueError, KeyError, TypeError) as nonsense:
            raise GatewayTalksNonsense(type(nonsense).__name__) from None


def _question(one: RegisterQuestion) -> dict[str, str]:
    return {
        "key": one.key,
        "purpose": one.purpose,
        "ground": one.ground,
        "id_number": one.id_number,
        "name": one.name,
        "birth_on": one.birth_on.isoformat(),
    }


def _answers(
    questions: Sequence[RegisterQuestion], found: Sequence[Mapping[str, Any]]
) -> list[RegisterAnswer]:
    """Return the answers to our own questions; one that is not makes all of them nonsense."""
    asked = {one.key: one.query_id for one in questions}
    answers = []
    for one in found:
        if one["key"] not in asked or one["answer"] not in ANSWERS:
            raise ValueError("an answer that was not asked for, or is none")
        detail = dict(one.get("detail") or {})
        answers.append(
            RegisterAnswer(query_id=asked[one["key"]], answer=one["answer"], detail=detail)
        )
    return answers

"""A card company that takes names over HTTPS: one JSON batch, one acknowledgement a name."""

from collections.abc import Sequence

import httpx

from citycard.issuing.ports import Acknowledgement, NameRegistration


class HttpCardCompany:
    """Posts ``{"registrations": […]}`` to ``<url>/registrations``; each carries its idempotency
    key.

    :param token: sent as ``Authorization: Bearer …``
    """

    def __init__(self, url: str, token: str, *, timeout_s: float = 10.0) -> None:
        self._client = httpx.Client(
            base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=timeout_s
        )

    def register_names(
        self, registrations: Sequence[NameRegistration]
    ) -> Sequence[Acknowledgement]:
        """Send names.

        :raises OSError: the company can't be reached or answers something else
        """
        body = {"registrations": [_plain(each) for each in registrations]}
        try:
            answer = self._client.post("/registrations", json=body).raise_for_status().json()
            return [
                Acknowledgement(
                    key=str(row["key"]),
                    accepted=bool(row["accepted"]),
                    receipt=str(row.get("receipt", "")),
                    why=str(row.get("why", "")),
                )
                for row in answer["acknowledgements"]
            ]
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as broken:
            raise OSError("the card company's answer can't be used") from broken

    def check(self) -> str:
        """Ask the service whether it is well.

        :raises OSError: it isn't
        """
        try:
            self._client.get("/health").raise_for_status()
        except httpx.HTTPError as broken:
            raise OSError("the card company can't be reached") from broken
        return "card company, up"


def _plain(each: NameRegistration) -> dict[str, str | None]:
    return {
        "key": each.key,
        "card_number": each.card_number,
        "name": each.name,
        "birth_on": each.birth_on.isoformat() if each.birth_on else None,
        "card_kind": each.card_kind,
        "handed_over_on": each.handed_over_on.isoformat() if each.handed_over_on else None,
    }

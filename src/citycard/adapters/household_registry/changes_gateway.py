"""The changes of registers behind the city's exchange gateway: JSON over HTTPS, a page a request.

::

    GET <url>/changes?register=household&cursor=…&limit=500   Authorization: Bearer <token>
    X-Purpose, X-Ground: why the city asks, percent-encoded; the register's own log shows it
    200 {"rows": [{"change_no": "100001", "kind": "moved", …}], "cursor": "…", "more": true}
"""

import ssl
from typing import Any
from urllib.parse import quote

import httpx

from citycard.adapters.household_registry.gateway import GatewayTalksNonsense
from citycard.people.ports import ChangePage


class GatewayRegisterChanges:
    """Behind ``people.ports.RegisterChanges``.

    :param url: the gateway; ``https`` but for one on the same machine
    """

    def __init__(self, url: str, token: str, authority: str = "", timeout_s: float = 15.0) -> None:
        self._url = url.rstrip("/")
        context = ssl.create_default_context(cafile=authority or None)
        headers = {"Authorization": f"Bearer {token}"}
        self._client = httpx.Client(headers=headers, timeout=timeout_s, verify=context)

    def changes_after(
        self, register: str, cursor: str, limit: int, purpose: str, ground: str
    ) -> ChangePage:
        """Return a page of changes.

        :raises OSError: it cannot be reached, refuses, or talks nonsense
        """
        asked: dict[str, str | int] = {"register": register, "cursor": cursor, "limit": limit}
        why = {"X-Purpose": quote(purpose), "X-Ground": quote(ground)}
        try:
            response = self._client.get(f"{self._url}/changes", params=asked, headers=why)
            response.raise_for_status()
            return _page(response.json())
        except httpx.HTTPStatusError as refused:
            raise ConnectionError(f"the gateway says {refused.response.status_code}") from None
        except httpx.HTTPError as broken:
            raise ConnectionError(type(broken).__name__) from None
        except (ValueError, KeyError, TypeError) as nonsense:
            raise GatewayTalksNonsense(type(nonsense).__name__) from None

    def check(self) -> str:
        """Ask for an empty page; raise when the gateway does not answer."""
        self.changes_after("household", "", 0, "check", "check")
        return "gateway answers"


def _page(found: dict[str, Any]) -> ChangePage:
    rows = [{str(key): str(value) for key, value in row.items()} for row in found["rows"]]
    return ChangePage(rows=rows, cursor=str(found["cursor"]), more=bool(found["more"]))

"""How a reader speaks to the gate: HTTP, kept alive; a trial reader may bring its own."""

import http.client
import urllib.parse
from collections.abc import Mapping
from typing import NamedTuple, Protocol

TIMEOUT_S = 10.0


class Reply(NamedTuple):
    """What the gate answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class CutOff(Exception):
    """There was no answer.

    :ivar nothing_sent: no byte left the reader: the city knows nothing of the request
    """

    def __init__(self, why: str, *, nothing_sent: bool) -> None:
        super().__init__(why)
        self.nothing_sent = nothing_sent


class Transport(Protocol):
    """Sends one request at a time."""

    def reach(self) -> None:
        """Have a line to the gate.

        :raises CutOff: there is none, and nothing was sent
        """

    def send(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Reply:
        """Return the gate's answer.

        :raises CutOff: there was none
        """

    def close(self) -> None:
        """Hang up."""


class Http:
    """The gate over HTTP or HTTPS, one connection."""

    def __init__(self, gate: str) -> None:
        self._gate = urllib.parse.urlsplit(gate)
        self._connection: http.client.HTTPConnection | None = None

    def reach(self) -> None:
        """Have a line to the gate.

        :raises CutOff: there is none, and nothing was sent
        """
        self._connected()

    def send(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Reply:
        """Return the gate's answer.

        :raises CutOff: there was none
        """
        connection = self._connected()
        try:
            address = f"{self._gate.path.rstrip('/')}{path}"
            connection.request(method, address, body, dict(headers))
            response = connection.getresponse()
            return Reply(response.status, dict(response.headers), response.read())
        except (OSError, http.client.HTTPException) as why:
            self.close()
            raise CutOff(type(why).__name__, nothing_sent=False) from why

    def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connected(self) -> http.client.HTTPConnection:
        if self._connection is None:
            secure = self._gate.scheme == "https"
            kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
            connection = kind(self._gate.netloc, timeout=TIMEOUT_S)
            try:
                connection.connect()
            except OSError as why:
                raise CutOff(type(why).__name__, nothing_sent=True) from why
            self._connection = connection
        return self._connection

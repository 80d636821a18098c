"""How a reader speaks to the gate: HTTP, kept alive; a trial reader may bring its own."""

import http.client
import ssl
import urllib.parse
from collections.abc import Mapping
from typing import NamedTuple, Protocol

TIMEOUT_S = 10.0
HUNG_UP = (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError)
"""How it shows that the other end had hung up."""


class Reply(NamedTuple):
    """What the gate answered.

    :ivar headers: by their names in lower case
    """

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
        self._has_answered = False

    def reach(self) -> None:
        """Have a line to the gate.

        :raises CutOff: there is none, and nothing was sent
        """
        self._connected()

    def send(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Reply:
        """Return the gate's answer.

        A line that was silent for a while may have been hung up at its other end, which shows only
        when something is sent. It goes out once more then, on a new line: whatever a reader asks
        may come twice.

        :raises CutOff: there was none
        """
        connection = self._connected()
        was_kept = self._has_answered
        try:
            return self._exchange(connection, method, path, headers, body)
        except (OSError, http.client.HTTPException) as why:
            self.close()
            if not (was_kept and isinstance(why, HUNG_UP)):
                raise CutOff(type(why).__name__, nothing_sent=False) from why
        try:
            return self.send(method, path, headers, body)
        except CutOff as why:
            raise CutOff(str(why), nothing_sent=False) from why

    def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
            self._has_answered = False

    def _exchange(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes | None,
    ) -> Reply:
        address = f"{self._gate.path.rstrip('/')}{path}"
        connection.request(method, address, body, dict(headers))
        response = connection.getresponse()
        named = {name.lower(): value for name, value in response.headers.items()}
        reply = Reply(response.status, named, response.read())
        self._has_answered = True
        return reply

    def _connected(self) -> http.client.HTTPConnection:
        if self._connection is not None and self._connection.sock is None:
            self.close()  # the last answer said that it was the last
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

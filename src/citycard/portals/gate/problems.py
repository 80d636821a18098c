"""Refusals of the gate: problem+json (RFC 9457) with a sentence that says what and where."""

import json
from typing import NamedTuple

PROBLEM_JSON = b"application/problem+json"


class Reply(NamedTuple):
    """An HTTP answer, ready to be sent."""

    status: int
    body: bytes
    content_type: bytes = b"application/json"
    headers: tuple[tuple[bytes, bytes], ...] = ()


class GateProblem(Exception):
    """A request that the gate doesn't take, as it will be told.

    :ivar field: what isn't as it should be, and ``facts`` what it should be: for doors that word it
        in another language
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        retry_s: int = 0,
        field: str = "",
        **facts: int,
    ) -> None:
        super().__init__(code)
        self.field = field
        self.facts = facts
        self.status = status
        self.code = code
        self.detail = detail
        self.retry_s = retry_s

    def reply(self) -> Reply:
        """Return the problem as an answer."""
        told = {
            "type": f"urn:citycard:problem:{self.code}",
            "title": _TITLES.get(self.status, "Refused"),
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
        }
        headers: tuple[tuple[bytes, bytes], ...] = ()
        if self.retry_s:
            headers += ((b"retry-after", str(self.retry_s).encode()),)
        if self.status == 401:
            headers += ((b"www-authenticate", b"Reader"),)
        return Reply(self.status, json.dumps(told).encode(), PROBLEM_JSON, headers)


_TITLES = {
    400: "The request cannot be read",
    401: "The reader is not known",
    403: "The reader is out of service",
    404: "There is nothing here",
    405: "This address is asked in another way",
    408: "The request came too slowly",
    413: "The request is too large",
    415: "The request is in a form the gate does not read",
    422: "A field is not as it should be",
    429: "Too many taps wait",
    500: "The tap could not be recorded",
    503: "The city cannot be reached for the moment",
}

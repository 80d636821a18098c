"""What an answer that takes nothing means to a reader: come again later, or not at all."""

import json

from citycard_reader.transport import Reply


class Refused(Exception):
    """The gate refuses this reader or its request; sending again doesn't help."""

    def __init__(self, status: int, detail: str, code: str = "") -> None:
        super().__init__(detail)
        self.status = status
        self.code = code


class Unreachable(Exception):
    """The city can't be reached at present; what waits stays in the journal.

    :ivar retry_after_s: how long the gate asks to be left alone
    """

    def __init__(self, why: str, retry_after_s: float, *, nothing_sent: bool = False) -> None:
        super().__init__(why)
        self.retry_after_s = retry_after_s
        self.nothing_sent = nothing_sent


def patience_s(reply: Reply) -> float:
    """Return how many seconds an answer asks to be left alone."""
    said = reply.headers.get("retry-after", "")
    return float(said) if said.isdigit() else 5.0


def refusal(reply: Reply) -> Unreachable | Refused:
    """Return what an answer that is none means: come again, or not."""
    try:
        told = json.loads(reply.body)
        detail, code = str(told["detail"]), str(told.get("code", ""))
    except (ValueError, KeyError, TypeError, AttributeError):
        detail, code = f"the gate answered {reply.status}", ""
    if reply.status in (404, 408, 429) or reply.status >= 500:
        return Unreachable(detail, patience_s(reply))
    return Refused(reply.status, detail, code)

"""What telling people needs from outside: somebody who carries text messages."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol


@dataclass(frozen=True, kw_only=True)
class TextMessage:
    """One text message; ``key`` stays the same when it is sent again, so that it arrives once.

    :ivar to: a mobile number as people write it, ``0912345678``
    """

    key: str
    to: str
    body: str

    def __repr__(self) -> str:
        return f"TextMessage(key={self.key!r})"


@dataclass(frozen=True, kw_only=True)
class TextResult:
    """What the carrier said about one message; ``refused`` is for good, ``later`` is not.

    :ivar why: a code for people who look, never personal data
    """

    key: str
    result: Literal["sent", "later", "refused"]
    why: str = ""


class TextCarrier(Protocol):
    """Hands text messages to a mobile carrier's gateway; each that it takes costs money."""

    def send(self, texts: Sequence[TextMessage]) -> Sequence[TextResult]:
        """Hand a batch over; one result for each message that was tried, in order.

        Those without one were not begun: they are handed over again at once.
        """
        ...

    def check(self) -> str:
        """Say how the carrier is; raise when it is down."""
        ...

"""What agencies need from outside: systems that are told of what happens."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from citycard.agencies.webhook_messages import MessageTry

__all__ = ["MessageTry", "WebhookCall", "WebhookReceivers"]


@dataclass(frozen=True, kw_only=True)
class WebhookCall:
    """One signed message for one address.

    :ivar webhook_id: whose messages go out one after the other
    """

    message_id: int
    webhook_id: int
    url: str
    headers: dict[str, str]
    body: bytes = field(repr=False)


class WebhookReceivers(Protocol):
    """Agencies' systems that are told of what happens."""

    def send(self, calls: Sequence[WebhookCall]) -> list[MessageTry]:
        """Post messages and tell what came of each that was tried.

        Those of one subscription go one after the other, and none after one that failed; a
        receiver that is slow or down holds up no other.
        """

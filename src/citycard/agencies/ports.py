"""What agencies need from outside: systems that are told of what happens."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from citycard.agencies.webhook_messages import MessageTry

__all__ = ["MessageTry", "WebhookCall", "WebhookReceivers"]


@dataclass(frozen=True, kw_only=True)
class WebhookCall:
    """One signed message for one address."""

    message_id: int
    url: str
    headers: dict[str, str]
    body: bytes = field(repr=False)


class WebhookReceivers(Protocol):
    """Agencies' systems that are told of what happens."""

    def send(self, calls: Sequence[WebhookCall]) -> list[MessageTry]:
        """Post messages side by side and tell what came of each that was begun.

        A receiver that is slow or down holds up no other; those without an answer here were not
        begun within the time.
        """

"""A city that tells agencies' systems on this machine, and one that listens."""

from collections.abc import Iterator
from ipaddress import ip_network

import pytest

from citycard.adapters.webhooks.http import HttpWebhooks
from citycard.agencies.ports import WebhookReceivers
from citycard.infra import ports
from citycard.infra.database import execute
from tests.harness.cities import City
from tests.webhooks.receiver import ANSWER_WITHIN_S, Receiver


@pytest.fixture(autouse=True)
def _receivers(city: City) -> Iterator[None]:
    """Let receivers be on this machine; what one test subscribed to ends with it."""
    networks = [ip_network("127.0.0.0/8")]
    adapter = HttpWebhooks(networks=networks, plain=True, timeout_s=ANSWER_WITHIN_S)
    ports.provide(WebhookReceivers, adapter, name="agencies' systems", timeout_s=60)
    yield
    execute("UPDATE agencies_webhook SET state = 'ended'")
    execute("UPDATE agencies_webhook_message SET state = 'dropped' WHERE state = 'waiting'")
    execute("UPDATE infra_outbox SET state = 'done' WHERE topic = 'systems.webhooks'")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """An agency's system that listens."""
    found = Receiver()
    yield found
    found.down()

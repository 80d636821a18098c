"""Gate and database are killed while packed batches and single taps come from all sides: what was
answered is there once, and whoever sends it again gets the same answer, byte for byte."""

import gzip
import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from citycard.activities import api as activities
from citycard.agencies import api as agencies
from citycard.infra.database import give_back_connection, rows, scalar
from citycard.ledger import api as ledger
from citycard.taps import api as taps
from tests.gate.serving import RunningGate, authorization, gate
from tests.harness.cities import DurableCity
from tests.harness.patience import PATIENCE_S, wait_until
from tests.taps.town import NOW, Town

pytestmark = pytest.mark.slow

BATCH = 40


class Sender:
    """A reader that sends packed batches and single taps, and keeps what it was answered."""

    def __init__(self, device: agencies.EnrolledDevice, numbers: list[str]) -> None:
        self.device, self.numbers = device, numbers
        self.seq = 0
        self.answered: list[tuple[bytes, bytes]] = []

    def send(self, url: str, stopped: threading.Event) -> None:
        """Send until told to stop, or until nobody answers any more."""
        with httpx.Client(base_url=url, timeout=PATIENCE_S) as client:
            while not stopped.is_set():
                size = BATCH if self.seq % 3 == 0 else 1
                body = json.dumps({"taps": [self._tap() for _ in range(size)]}).encode()
                try:
                    reply = self.post(client, body)
                except httpx.TransportError:
                    return
                if reply.status_code == 200:
                    self.answered.append((body, reply.content))

    def post(self, client: httpx.Client, body: bytes) -> httpx.Response:
        """Send a body packed."""
        headers = authorization(self.device) | {"Content-Encoding": "gzip"}
        return client.post("/taps", content=gzip.compress(body), headers=headers)

    def _tap(self) -> dict[str, Any]:
        self.seq += 1
        number = self.numbers[self.seq % len(self.numbers)]
        return {"epoch": 1, "seq": self.seq, "at": NOW.isoformat(), "number": number}


def load(senders: list[Sender], running: RunningGate, kill: Callable[[], None]) -> None:
    stopped = threading.Event()
    url = str(running.client.base_url)
    sending = [
        threading.Thread(target=sender.send, args=(url, stopped), daemon=True) for sender in senders
    ]
    for thread in sending:
        thread.start()
    enough = sum(len(sender.answered) for sender in senders) + 30
    wait_until(lambda: sum(len(sender.answered) for sender in senders) >= enough)
    kill()
    time.sleep(0.3)
    stopped.set()
    for thread in sending:
        thread.join(PATIENCE_S)


def test_what_was_answered_is_there_once(durable_city: DurableCity, tmp_path: Path) -> None:
    town = Town()
    numbers = town.cards(town.residents(20))
    devices = [town.reader("activity", "doit") for _ in range(4)]
    campaign = town.campaign(*devices, points=1, cap=100)
    senders = [Sender(device, numbers) for device in devices]
    log = tmp_path / "gate.log"
    with gate(durable_city.database, log) as running:
        load(senders, running, running.kill)
    with gate(durable_city.database, log) as running:
        load(senders, running, durable_city.cluster.kill)
    durable_city.cluster.start()
    give_back_connection()
    with gate(durable_city.database, log) as running:
        for sender in senders:
            for body, answer in sender.answered:
                assert sender.post(running.client, body).content == answer
    said = [
        (sender.device.device_id, one["seq"], one["points"])
        for sender in senders
        for _, answer in sender.answered
        for one in json.loads(answer)["answers"]
    ]
    stored = {
        (row.reader_id, row.seq): row.points
        for row in rows("SELECT reader_id, seq, points FROM pub.taps")
    }
    assert len({one[:2] for one in said}) == len(said)
    assert all(stored[reader, seq] == points for reader, seq, points in said)
    assert scalar("SELECT count(*) FROM pub.taps") == len(stored)
    assert activities.statistics(campaign_id=campaign.id).points == sum(stored.values())
    assert [*taps.verify(), *ledger.verify(), *activities.verify()] == []

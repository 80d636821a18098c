"""Many kiosks at once, over HTTP, on one balance: exactly as many succeed as it allows."""

import threading
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.db import connection

from citycard.ledger import api as ledger
from citycard.redemptions import api as redemptions
from tests.faults.rig import Programs, Rig, running
from tests.harness.patience import PATIENCE_S
from tests.kiosk.conftest import balance, enrol_kiosk, give_points, new_cards

POINTS = 50


class Client:
    """A kiosk as the city sees it, with a card."""

    def __init__(self, address: str, header: str, code: str, number: str) -> None:
        self.http = httpx.Client(
            base_url=f"{address}/kiosk/api/",
            headers={"Authorization": header, "Accept": "application/json"},
            timeout=PATIENCE_S,
        )
        self.code = code
        self.card: dict[str, Any] = {"number": number, "purse": 0, "counter": 1, "recent": []}

    def redeem(self, points: int) -> str:
        key = str(uuid.uuid4())
        with self.http:
            told = self.ask("reserve", **self.card, key=key, points=points)
            if "state" not in told:
                return str(told["code"])
            self.ask("writing", key=key)
            line = {"counter": 2, "amount_ntd": told["ntd"], "terminal": self.code}
            self.card |= {"purse": told["ntd"], "counter": 2, "recent": [line]}
            after = {name: self.card[name] for name in ("purse", "counter", "recent")}
            return str(self.ask("settle", key=key, **after)["state"])

    def ask(self, step: str, **body: Any) -> dict[str, Any]:
        told: dict[str, Any] = self.http.post(step, json=body).json()
        return told


@pytest.mark.parametrize("times", [20, pytest.param(500, marks=pytest.mark.slow)])
def test_parallel_redemptions_over_http(programs: Programs, tmp_path: Path, times: int) -> None:
    person = 5_000 + times
    give_points({person: POINTS})
    kiosks = [enrol_kiosk(f"CROWD-{times}-{n}") for n in range(2)]
    numbers = new_cards([person] * times)
    rig = Rig(tmp_path, programs, "", "", numbers[0])
    connection.close()
    threads = min(times, 32)
    begin = threading.Barrier(threads)
    started = threading.local()

    def one(n: int) -> tuple[str, int]:
        kiosk = kiosks[n % 2]
        address = f"http://127.0.0.1:{rig.door_port}"
        client = Client(address, kiosk.header, kiosk.code, numbers[n])
        if not hasattr(started, "yes"):
            started.yes = True
            begin.wait(PATIENCE_S)
        return client.redeem(3), client.card["purse"]

    with running(rig):
        rig.start_door()
        with ThreadPoolExecutor(threads) as pool:
            found = list(pool.map(one, range(times)))

    assert Counter(what for what, _ in found) == {
        "settled": 16,
        "ledger.not_enough_points": times - 16,
    }
    assert sum(purse for _, purse in found) == 48
    assert balance(person) == (2, 0)
    assert ledger.verify() == redemptions.verify() == []
    connection.close()

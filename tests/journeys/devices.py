"""A reader, and a person at the kiosk, as they work beside the city."""

import datetime as dt
import re
import sys
import time
from typing import Any

import httpx

from citycard.infra.postgres.place import project_root
from tests.harness.live import Device, LiveCity
from tests.harness.patience import PATIENCE_S, wait_until
from tests.harness.visiting import Page, Visitor


class Reader:
    """A reader: it numbers its taps and can send the last one again."""

    def __init__(self, city: LiveCity, device: Device) -> None:
        self.city = city
        self.device = device
        self.epoch = 1
        self.seq = int(time.time() * 10)  # beyond what the reader sent during the weeks before
        self._last: dict[str, Any] = {}

    def wait_until_known(self) -> "Reader":
        """Wait until the gate has heard of a reader that was enrolled just now."""
        wait_until(lambda: self._post("/taps", {}).status_code != 401)
        return self

    def tap(self, number: str) -> httpx.Response:
        """Send one tap of now."""
        self._last = self._one(number, dt.timedelta(0))
        return self.again()

    def again(self) -> httpx.Response:
        """Send the last tap once more, as a reader does that heard no answer."""
        return self._post("/taps", self._last)

    def taps(self, reads: list[tuple[str, dt.timedelta]]) -> list[dict[str, Any]]:
        """Send taps in a batch, each with its age, and return the answers."""
        sent = self._post("/taps", {"taps": [self._one(number, age) for number, age in reads]})
        assert sent.status_code == 200, sent.text
        answers: list[dict[str, Any]] = sent.json()["answers"]
        return answers

    def convert(self, number: str) -> httpx.Response:
        """Ask for the agency's own number of a card's holder."""
        return self._post("/convert", {"number": number})

    def _one(self, number: str, age: dt.timedelta) -> dict[str, Any]:
        self.seq += 1
        at = (dt.datetime.now(dt.UTC) - age).isoformat()
        return {"epoch": self.epoch, "seq": self.seq, "at": at, "number": number}

    def _post(self, path: str, body: dict[str, Any]) -> httpx.Response:
        return httpx.post(
            self.city.gate + path, json=body, headers=self.device.headers, timeout=PATIENCE_S
        )


class Kiosk:
    """Somebody with a card at the kiosk whose agent runs beside the city."""

    def __init__(self, city: LiveCity) -> None:
        root = project_root()
        assert root is not None
        sys.path.insert(0, str(root / "clients" / "kiosk" / "src"))
        from citycard_kiosk.writer import SimulatedWriter

        self.number = ""
        self._writer = SimulatedWriter(city.directory / "kiosk" / "cards.db", seconds=0)
        self._visitor = Visitor(city.kiosk)
        city.visitors.append(self._visitor)
        city.closing.append(self._writer._file.close)

    def put(self, number: str, *, kind: str, issuer: str = "easycard") -> None:
        """Bring a card and put it on the pad."""
        self.number = number
        card = {
            "number": number,
            "id": f"own-{number[-6:]}",
            "label": "自己的卡",
            "kind": kind,
            "issuer": issuer,
            "number_kind": "printed",
        }
        self._writer.lay_out([card])
        self.screen("感應區")
        self._do("/tray/put", card=card["id"])

    def take(self) -> None:
        """Take the card away."""
        self._do("/tray/take")

    def screen(self, words: str) -> str:
        """Wait for a screen with these words and return all of its words."""
        found: Page = wait_until(lambda: self._words(words))
        return found.text

    def choose(self, points: int) -> None:
        """Choose an amount and confirm it."""
        self._do("/choose", points=points)
        self.screen("確定加值")
        self._do("/confirm", points=points)

    def stop(self) -> None:
        """Touch the button that ends it."""
        self._do("/stop")

    def purse(self) -> int:
        """Return what is stored on the card."""
        return int(self._writer.look_at(self.number).purse)

    def _words(self, words: str) -> Page | None:
        page = self._visitor.open("/")
        return page if re.search(words, page.text) else None

    def _do(self, address: str, **fields: Any) -> None:
        response = self._visitor.client.post(address, data=fields)
        assert response.status_code == 200, response.text

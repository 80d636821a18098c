"""A demo carrier: writes text messages to a file beside the city."""

import json
import os
from collections.abc import Sequence
from pathlib import Path

from citycard.infra import clock
from citycard.notify.ports import TextMessage, TextResult


class DemoTextCarrier:
    """Behind ``TextCarrier``; refuses what is no mobile number, as a carrier does."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def send(self, texts: Sequence[TextMessage]) -> Sequence[TextResult]:
        """Write the messages down; each that goes to a mobile number counts as sent."""
        taken = [one for one in texts if is_mobile(one.to)]
        at = clock.now().isoformat()
        lines = [
            json.dumps(
                {"at": at, "key": one.key, "to": one.to, "body": one.body}, ensure_ascii=False
            )
            for one in taken
        ]
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        with os.fdopen(os.open(self._path, flags, 0o600), "ab") as file:
            file.write("".join(f"{line}\n" for line in lines).encode())
        return [
            TextResult(key=one.key, result="sent")
            if one in taken
            else TextResult(key=one.key, result="refused", why="no_mobile_number")
            for one in texts
        ]

    def check(self) -> str:
        """Say how the carrier is."""
        return "demo carrier, writes to a file"


def is_mobile(number: str) -> bool:
    """Tell whether a number is a mobile one of Taiwan."""
    return len(number) == 10 and number.isdigit() and number.startswith("09")

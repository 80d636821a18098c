"""How a demo's outside is switched: one small file that every process reads."""

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path

STATES: Mapping[str, tuple[str, ...]] = {
    "printer": ("up", "down", "hanging", "fault"),
    "company": ("up", "down", "hanging", "refusing"),
}
_HANGS_FOR_S = 120.0


class SwitchedDown(ConnectionError):
    """The demo's device is switched off."""


class Switches:
    """Behind ``issuing.ports.DemoOutside``; ``fault`` and the like last until switched back."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def switch(self, what: str, state: str) -> None:
        """Switch a device.

        :raises ValueError: there is no such device or state
        """
        if state not in STATES.get(what, ()):
            raise ValueError(f"{what!r} can't be switched to {state!r}; there is {dict(STATES)}")
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside = self._path.with_suffix(f".{os.getpid()}")
        beside.write_text(json.dumps(self.states() | {what: state}), encoding="utf-8")
        beside.replace(self._path)

    def states(self) -> dict[str, str]:
        """Return how each device is switched."""
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            found = {}
        return {what: str(found.get(what, "up")) for what in STATES}

    def behave(self, what: str, *, usual_s: float) -> str:
        """Take the device's usual time, be down, or hang; returns how it is switched.

        :raises SwitchedDown: it is off
        :raises TimeoutError: it hung until somebody mended it, or for two minutes
        """
        gives_up_at = time.monotonic() + _HANGS_FOR_S
        hung = False
        while self.states()[what] == "hanging" and time.monotonic() < gives_up_at:
            hung = True
            time.sleep(0.1)
        state = self.states()[what]
        if state == "down":
            raise SwitchedDown(f"the demo {what} is switched off")
        if hung:
            raise TimeoutError(f"the demo {what} hung")
        time.sleep(usual_s * float(os.environ.get("CITYCARD_DEMO_DELAY", "1") or "0"))
        return state

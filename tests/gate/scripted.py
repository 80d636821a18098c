"""A gate that a test scripts, at the other end of a reference reader's line."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from citycard_reader.transport import CutOff, Reply

Told = dict[str, Any]


def accepted(_tap: Told) -> Told:
    """Answer a tap as the city does that has nothing against it."""
    return {"code": "accepted", "points": 0}


def problem(status: int, code: str, **headers: str) -> Reply:
    """Return a refusal as the gate words it."""
    body = json.dumps({"status": status, "code": code, "detail": f"because {code}"}).encode()
    return Reply(status, headers, body)


class Scripted:
    """What a reader sends is kept, and answered as the test says.

    :ivar answer: what becomes of one tap
    :ivar instead: what a request gets, by its path, instead of answers to its taps
    """

    def __init__(self) -> None:
        self.is_up = True
        self.answer: Callable[[Told], Told] = accepted
        self.instead: Callable[[str, list[Told]], Reply | None] = lambda _path, _taps: None
        self.heard: list[tuple[str, list[Told]]] = []

    def reach(self) -> None:
        if not self.is_up:
            raise CutOff("down", nothing_sent=True)

    def close(self) -> None: ...

    def send(
        self, _method: str, path: str, _headers: Mapping[str, str], body: bytes | None = None
    ) -> Reply:
        self.reach()
        said = json.loads(body or b"{}")
        taps = said.get("taps", [said])
        self.heard.append((path, taps))
        reply = self.instead(path, taps)
        if reply is not None:
            return reply
        answers = [self.answer(tap) for tap in taps]
        told = {"answers": answers} if "taps" in said else answers[0]
        return Reply(200, {}, json.dumps(told).encode())

    @property
    def paths(self) -> list[str]:
        """What was asked, in order."""
        return [path for path, _ in self.heard]

"""What the city did not take is mended and waits again: once the firmware, the device or what it
said is put right."""

import argparse
import json
import re
from collections.abc import Mapping
from typing import Any

from citycard_reader.journal import Journal, NotToMend, Tap, may_be_mended

ALL = "all"
_TAIL = 4


def add_command(commands: Any) -> None:
    """Add the command ``mend`` to the reader's."""
    mend = commands.add_parser("mend", help="list what was not taken, or let it wait again")
    mend.add_argument("tap", nargs="?", default="", help="epoch:seq, or all; without it: a list")
    mend.add_argument("--number", help="the card's number, as it should have been read")
    mend.add_argument("--ride", type=_part, help="the ride as JSON, as it should have been said")
    mend.add_argument("--sale", type=_part, help="the price as JSON, as it should have been said")


def mend(journal: Journal, chosen: argparse.Namespace) -> str:
    """Do what the command asks; returns what to say.

    :raises NotToMend: there is no such tap, or the city keeps it apart
    :raises Misread: the number is no card's number
    """
    parts = {"number": chosen.number, "ride": chosen.ride, "sale": chosen.sale}
    if not chosen.tap:
        return "".join(_line(tap, answer) for tap, answer in journal.to_mend()) or "nothing\n"
    if chosen.tap == ALL:
        if any(part is not None for part in parts.values()):
            raise NotToMend("one tap at a time is told otherwise: name it as epoch:seq")
        own = [tap for tap, answer in journal.to_mend() if may_be_mended(answer)]
    else:
        own = [_named(chosen.tap)]
    for tap in own:
        journal.mended(*tap[:2], **parts)
    return f"{len(own)} wait again; upload sends them\n"


def _named(said: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d{1,10}):(\d{1,18})", said)
    if found is None:
        raise NotToMend(f"{said} names no tap: say epoch:seq, as the list has it")
    return int(found[1]), int(found[2])


def _line(tap: Tap, answer: str) -> str:
    told = json.loads(answer)
    apart = "" if may_be_mended(answer) else "the city keeps it apart"
    why = told.get("detail") or apart
    return f"{tap.epoch}:{tap.seq}  {tap.at}  …{tap.number[-_TAIL:]}  {told['code']}  {why}\n"


def _part(said: str) -> Mapping[str, Any]:
    part = json.loads(said)
    if not isinstance(part, dict):
        raise ValueError("an object is wanted")
    return part

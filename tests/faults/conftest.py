"""A city whose every part may be killed: a person with points, a card, a kiosk."""

import datetime as dt
import json
import os
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from citycard.flows import expiring
from citycard.infra import clock
from citycard.ledger import api as ledger
from citycard.redemptions import api as redemptions
from tests.faults.rig import Programs, Rig, kept_ready, running
from tests.harness.cities import DurableCity
from tests.harness.patience import wait_until
from tests.kiosk.conftest import activate, balance, enrol_kiosk, give_points, new_cards

START_POINTS, START_PURSE, STEP = 2_000, 100, 50
PERSON = 901


class SomethingLostOrDoubled(AssertionError):
    """What the rehearsals must never see."""


@dataclass
class Rehearsal:
    """A rig, its person, and what was found at each restart."""

    rig: Rig
    city: DurableCity
    confirmed: int = 0
    histogram: Counter[str] = field(default_factory=Counter)

    def redeem(self) -> str:
        """Let the person redeem once; returns the last screen, or nothing if the kiosk died."""
        before = {line.key for line in self.rig.journal()} if self._has_journal() else set()
        seen = self.rig.redeem(STEP)
        after = {line.key for line in self.rig.journal()}
        self.confirmed += len(after - before)
        return seen

    def note(self, where: str) -> None:
        """Keep what is found: the kiosk's word, the city's word, the card's word."""
        line = self.rig.journal()[-1] if self._has_journal() else None
        session = redemptions.by_key(key=line.key) if line else None
        card = "?" if line is None else self.rig.card().counter - line.counter_before
        said = f"journal {line.state if line else '-'}, city {session.state if session else '-'}"
        self.histogram[f"{where}: {said}, card +{card}"] += 1

    def time_passes(self) -> None:
        """Let ten minutes pass for the city's clock: what it may end, it ends."""
        expiring.expire(clock.now() + dt.timedelta(minutes=10))

    def come_to_rest(self) -> None:
        """Wait until kiosk and city have nothing open, with the card on the pad."""
        self.rig.touch("/tray/put", card="1")
        wait_until(
            lambda: self._rests() or self._is_contested(),
            what="the kiosk and the city to come to rest",
        )
        if self._is_contested():  # that never comes to rest by itself
            self.examine()

    def _rests(self) -> bool:
        open_lines = [line for line in self.rig.journal() if line.state != "closed"]
        return not open_lines and not redemptions.open_sessions()

    def _is_contested(self) -> bool:
        return any(one.contested for one in redemptions.open_sessions())

    def _has_journal(self) -> bool:
        return (self.rig.state / "journal.db").exists()

    def settled(self) -> int:
        """Return how many redemptions the city has settled."""
        states = [redemptions.by_key(key=line.key) for line in self.rig.journal()]
        return sum(1 for one in states if one and one.state == "settled")

    def examine(self) -> None:
        """Stop if anything was lost or doubled, anywhere.

        :raises SomethingLostOrDoubled: it says what
        """
        findings = ledger.verify() + redemptions.verify()
        loaded = self.rig.card().purse - START_PURSE
        available, held = balance(PERSON)
        spent = START_POINTS - available - held
        facts = {
            "findings": [f"{one.check} {one.about}: {one.says}" for one in findings],
            "loaded onto the card": loaded,
            "points spent": spent,
            "points held": held,
            "settled": self.settled() * STEP,
            "contested": [one.id for one in redemptions.open_sessions()],
            "lines on the card": self.rig.card().counter - 5,
            "confirmed": self.confirmed,
        }
        fine = (
            not findings
            and loaded == spent == self.settled() * STEP
            and held == 0
            and not facts["contested"]
            and self.rig.card().counter - 5 <= self.confirmed
        )
        if not fine:
            raise SomethingLostOrDoubled(json.dumps(facts, ensure_ascii=False, indent=1))


@pytest.fixture(scope="module")
def stage(durable_city: DurableCity) -> DurableCity:
    """A durable city with its agencies."""
    activate()
    return durable_city


@pytest.fixture(scope="module")
def programs(stage: DurableCity, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Programs]:
    """The doors of the city and its kiosks' agents, kept ready."""
    log = tmp_path_factory.mktemp("programs") / "log"
    with kept_ready(stage.database.environment(), log) as made:
        yield made


@pytest.fixture
def rehearsal(stage: DurableCity, programs: Programs, tmp_path: Path) -> Iterator[Rehearsal]:
    """A fresh person, card and kiosk on the durable city."""
    with _rehearsal(stage, programs, tmp_path) as made:
        yield made
    record(made.histogram)


def record(histogram: Counter[str]) -> None:
    """Say what was found at the restarts, and keep it where somebody asked for it."""
    lines = [f"{times:4} × {what}" for what, times in sorted(histogram.items())]
    print("\n".join(lines))
    if record := os.environ.get("CITYCARD_FAULT_RECORD"):
        with Path(record).open("a", encoding="utf-8") as file:
            file.write("".join(f"{line}\n" for line in lines))


class _rehearsal:  # noqa: N801 - reads as a statement
    def __init__(self, city: DurableCity, programs: Programs, directory: Path) -> None:
        global PERSON
        PERSON += 1
        kiosk = enrol_kiosk(f"KSK-{uuid.uuid4().hex[:8]}")
        (number,) = new_cards([PERSON])
        give_points({PERSON: START_POINTS})
        connection.close()
        self.rig = Rig(directory, programs, kiosk.code, kiosk.key, number)
        self.made = Rehearsal(self.rig, city)
        self.running = running(self.rig)

    def __enter__(self) -> Rehearsal:
        self.running.__enter__()
        return self.made

    def __exit__(self, *why: Any) -> None:
        self.running.__exit__(*why)
        connection.close()

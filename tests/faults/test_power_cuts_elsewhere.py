"""The power goes at every step of what has no kiosk: accounts, tills, the clock, agencies' files.

As at the kiosk, each place is hit by kill -9 of the process that is there, ten times (or as often
as ``CITYCARD_FAULT_ROUNDS`` says); whoever asked asks again under the same key, and everything
must be there once.
"""

import json
import os
import subprocess
import sys
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from citycard.adapters.account_partner.demo import DemoAccountPartner
from citycard.adapters.printer.switches import Switches
from citycard.agencies import api as agencies
from citycard.config import wiring
from citycard.infra import clock
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.ledger import api as ledger
from citycard.redemptions import api as redemptions
from tests.faults.conftest import record
from tests.faults.rig import PROJECT
from tests.harness.databases import Clone
from tests.harness.patience import PATIENCE_S
from tests.kiosk.conftest import activate, balance, give_points, new_cards
from tests.taps.town import Town

ROUNDS = int(os.environ.get("CITYCARD_FAULT_ROUNDS", "10"))
UNIT, START, STEP, TILL = "health-points", 10_000, 50, "TILL-7"
KILLED = -9
_members = iter(range(7_700_000, 7_800_000))


class Mortal:
    """A process whose children die where they are told to."""

    def __init__(self, city: str, environment: dict[str, str], outside: Path) -> None:
        self.outside = outside
        self.found: Counter[str] = Counter()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.mortal", city, str(outside)],
            env=environment | {"PYTHONPATH": str(PROJECT), "CITYCARD_DEMO_DELAY": "0"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._hear() == "ready"

    def do(self, deed: str, *, dies_at: str = "", **about: Any) -> None:
        """Have it done, or have it die at a place; any other end is a mistake."""
        assert self.process.stdin is not None
        print(
            json.dumps({"deed": deed, "place": dies_at, "about": about}),
            file=self.process.stdin,
            flush=True,
        )
        assert int(self._hear()) == (KILLED if dies_at else 0), (deed, dies_at)

    def note(self, place: str, key: uuid.UUID) -> None:
        """Keep what the city knows of a redemption after its process died."""
        session = redemptions.by_key(key=key)
        self.found[f"{place}: city {session.state if session else '-'}"] += 1

    def credited(self, member: int) -> int:
        """Return what the partner has credited to a member's account, in NT$."""
        partner = DemoAccountPartner(
            self.outside / "accounts.sqlite", Switches(self.outside / "switches.json")
        )
        account = redemptions.account_key(partner="transport-bureau", member_id=member)
        return partner.credited_ntd(account)

    def _hear(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def end(self) -> None:
        assert self.process.stdin is not None
        self.process.communicate(timeout=PATIENCE_S)
        record(self.found)


@pytest.fixture(scope="module")
def mortal(fresh_database: Clone, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mortal]:
    """Taoyuan: points become credits and purchases there."""
    with wiring.city("taoyuan"):
        activate()
        device = agencies.NewDevice(
            code=TILL, kind="till", agency="sports", place="", service="till"
        )
        with unit_of_work():
            agencies.enrol_devices(devices=[device], actor=SYSTEM, now=clock.now())
        made = Mortal("taoyuan", fresh_database.environment(), tmp_path_factory.mktemp("outside"))
        yield made
        made.end()


@pytest.fixture
def member(mortal: Mortal) -> Iterator[int]:
    """Somebody with points; in the end nothing of theirs hangs and the books agree."""
    made = next(_members)
    give_points({made: START}, unit=UNIT)
    yield made
    connection.close()
    assert ledger.verify() == redemptions.verify() == []
    assert balance(made, unit=UNIT)[1] == 0


@pytest.mark.parametrize("place", ["redeem.account.before_commit", "redeem.account.after_commit"])
def test_sending_points_to_an_account(mortal: Mortal, member: int, place: str) -> None:
    for _ in range(ROUNDS):
        key = uuid.uuid4()
        about: dict[str, Any] = {"member": member, "key": str(key), "points": STEP}
        mortal.do("account", dies_at=place, **about)
        mortal.note(place, key)
        mortal.do("account", **about)
        mortal.do("credit", minutes=0)
    assert mortal.credited(member) == ROUNDS * STEP
    assert balance(member, unit=UNIT)[0] == START - ROUNDS * STEP


@pytest.mark.parametrize(
    "place",
    ["redeem.credit.before_call", "redeem.credit.after_call", "redeem.credit.before_commit"],
)
def test_telling_a_partner_what_to_credit(mortal: Mortal, member: int, place: str) -> None:
    for n in range(ROUNDS):
        key = uuid.uuid4()
        mortal.do("account", member=member, key=str(key), points=STEP)
        mortal.do("credit", dies_at=place, minutes=5 * n)
        mortal.note(place, key)
        mortal.do("credit", minutes=5 * n + 1)  # the letter is still with the one that died
        assert _state(key) == "writing"
        mortal.do("credit", minutes=5 * n + 3)
        assert _state(key) == "settled"
    assert mortal.credited(member) == ROUNDS * STEP
    assert balance(member, unit=UNIT)[0] == START - ROUNDS * STEP


@pytest.mark.parametrize("place", ["redeem.till.before_commit", "redeem.till.after_commit"])
def test_paying_at_a_till(mortal: Mortal, member: int, place: str) -> None:
    (number,) = new_cards([member])
    for _ in range(ROUNDS):
        key = uuid.uuid4()
        about: dict[str, Any] = {"code": TILL, "number": number, "key": str(key), "points": STEP}
        mortal.do("till", dies_at=place, **about)
        mortal.note(place, key)
        mortal.do("till", **about)
        assert _state(key) == "settled"
    assert balance(member, unit=UNIT)[0] == START - ROUNDS * STEP


def test_giving_back_what_was_only_reserved(mortal: Mortal, member: int) -> None:
    place = "redeem.expire.before_commit"
    for n in range(ROUNDS):
        key = _reserve(member, n)
        mortal.do("expire", dies_at=place, minutes=10)
        mortal.note(place, key)
        mortal.do("expire", minutes=10)
        assert _state(key) == "released"
    assert balance(member, unit=UNIT)[0] == START


def test_an_agencys_own_file(fresh_database: Clone, tmp_path: Path) -> None:
    places = ["earning.take.before_commit", "earning.take.after_commit"]
    with wiring.city("taipei"):
        activate()
        town = Town()
        campaign, residents = town.campaign(points=5, cap=5 * 2 * ROUNDS), town.residents(3)
        about: dict[str, Any] = {
            "campaign": campaign.id,
            "numbers": [town.card(one) for one in residents],
        }
        mortal = Mortal("taipei", fresh_database.environment(), tmp_path)
        for n, place in enumerate(places * ROUNDS):
            sent = {**about, "key": f"file-{n}", "at": clock.now().isoformat()}
            mortal.do("earn", dies_at=place, **sent)
            mortal.do("earn", **sent)
        mortal.end()
        connection.close()
        for one in residents:
            assert balance(one, unit=campaign.unit)[0] == 5 * 2 * ROUNDS
        assert ledger.verify() == []


def _state(key: uuid.UUID) -> str:
    session = redemptions.by_key(key=key)
    assert session is not None
    return session.state


def _reserve(member: int, n: int) -> uuid.UUID:
    key = uuid.uuid4()
    kiosk = redemptions.Kiosk(device_id=1, code="KSK-01", place="kiosk-1", agency="health")
    asked = redemptions.Reservation(
        key=key,
        kiosk=kiosk,
        card_id=member,
        member_id=member,
        medium="easycard",
        points=STEP,
        reading=redemptions.CardReading(purse=100, counter=n + 1, recent=()),
    )
    with unit_of_work():
        redemptions.reserve(asked=asked, actor=SYSTEM, now=clock.now())
    return key

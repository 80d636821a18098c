"""People with points, kiosks and simulated cards for the tests of redemptions."""

import datetime as dt
import itertools
import uuid
from dataclasses import dataclass, field
from typing import Any

import pytest

from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM, Actor
from citycard.kernel.ids import fact_key
from citycard.ledger import api as ledger
from citycard.redemptions import api as redemptions

NOW = dt.datetime(2026, 11, 21, 3, 0, tzinfo=dt.UTC)
UNIT = "taipei-points"
DAHU = redemptions.Kiosk(device_id=1, code="KSK-01", place="kiosk-office-neihu", agency="doit")
DAAN = redemptions.Kiosk(device_id=2, code="KSK-02", place="kiosk-office-daan", agency="doit")
AGENT = Actor(id="device:KSK-01", kind="device", roles=frozenset({"kiosk"}))
OFFICER = Actor(id="staff:9", kind="staff", roles=frozenset({"officer"}))
_numbers = itertools.count(1)


@dataclass
class Card:
    """A card as a kiosk meets it."""

    id: int
    member: int
    purse: int = 100
    counter: int = 7
    recent: list[redemptions.Written] = field(default_factory=list)

    def reading(self) -> redemptions.CardReading:
        return redemptions.CardReading(
            purse=self.purse, counter=self.counter, recent=tuple(self.recent)
        )

    def write(self, amount: int, terminal: str = "KSK-01") -> None:
        self.purse += amount
        self.counter += 1
        line = redemptions.Written(counter=self.counter, amount_ntd=amount, terminal=terminal)
        self.recent = [*self.recent, line][-3:]


def give_points(
    member: int, points: int, expires_on: dt.date | None = None, unit: str = UNIT
) -> None:
    """Let a person have points from a fund of their own."""
    with unit_of_work():
        fund = ledger.open_fund(
            agency="health", campaign_ref="test", unit=unit, actor=SYSTEM, now=NOW
        )
        n = next(_numbers)
        ledger.raise_budget(
            fund_id=fund, amount=points, key=fact_key(NOW, "b", n), at=NOW, actor=SYSTEM, now=NOW
        )
        lot = ledger.member(holder=member, unit=unit, fund=fund, expires_on=expires_on)
        move = ledger.Move(
            key=fact_key(NOW, "award", n),
            kind="campaign.award",
            at=NOW,
            transfers=[
                ledger.Transfer(
                    source=ledger.budget(fund_id=fund, unit=unit), target=lot, amount=points
                )
            ],
        )
        assert ledger.move_many(moves=[move], actor=SYSTEM, now=NOW)[0].outcome == "posted"


def new_card(points: int = 300, member: int | None = None, **more: Any) -> Card:
    """Make a card whose holder has points."""
    n = next(_numbers)
    card = Card(id=n, member=member or 10_000 + n, **more)
    if points:
        give_points(card.member, points)
    return card


def asked(
    card: Card,
    points: int = 100,
    *,
    kiosk: redemptions.Kiosk = DAHU,
    key: uuid.UUID | None = None,
    medium: str = "easycard",
) -> redemptions.Reservation:
    return redemptions.Reservation(
        key=key or uuid.uuid4(),
        kiosk=kiosk,
        card_id=card.id,
        member_id=card.member,
        medium=medium,
        points=points,
        reading=card.reading(),
    )


def reserve(
    card: Card, points: int = 100, *, now: dt.datetime = NOW, **more: Any
) -> redemptions.Session:
    with unit_of_work():
        return redemptions.reserve(asked=asked(card, points, **more), actor=AGENT, now=now)


def mark_writing(
    session: redemptions.Session,
    *,
    now: dt.datetime = NOW,
    kiosk: redemptions.Kiosk = DAHU,
) -> redemptions.Session:
    with unit_of_work():
        return redemptions.mark_writing(key=session.key, kiosk=kiosk, actor=AGENT, now=now)


def settle(
    session: redemptions.Session, card: Card, *, now: dt.datetime = NOW
) -> redemptions.Session:
    with unit_of_work():
        return redemptions.settle(
            key=session.key, kiosk=DAHU, reading=card.reading(), actor=AGENT, now=now
        )


def release(
    session: redemptions.Session, card: Card | None = None, *, now: dt.datetime = NOW
) -> redemptions.Session:
    reading = card.reading() if card else None
    with unit_of_work():
        return redemptions.release(
            key=session.key, kiosk=DAHU, why="test", reading=reading, actor=AGENT, now=now
        )


def present(card: Card, *, now: dt.datetime = NOW) -> list[redemptions.Session]:
    with unit_of_work():
        return redemptions.present_card(
            card_id=card.id, reading=card.reading(), actor=AGENT, now=now
        )


def decide(session: redemptions.Session, *, written: bool, reason: str) -> redemptions.Session:
    with unit_of_work():
        return redemptions.decide_by_officer(
            session_id=session.id, written=written, reason=reason, actor=OFFICER, now=NOW
        )


def expire(now: dt.datetime) -> list[int]:
    with unit_of_work():
        return redemptions.expire_reserved(now=now)


def balance(card: Card, on: dt.date | None = None) -> tuple[int, int]:
    found = ledger.balances(holders=[card.member], unit=UNIT, on=on or NOW.date(), access=None)[
        card.member
    ]
    return found.available, found.held


@pytest.fixture
def clean_books(db: None) -> Any:
    """Check after the test that nothing was lost or doubled."""
    yield
    assert ledger.verify() == redemptions.verify() == []

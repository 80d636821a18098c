"""A city with a kiosk, and people with cards and points, for tests of kiosks."""

import datetime as dt
import itertools
from dataclasses import dataclass

from citycard.agencies import api as agencies
from citycard.cards import api as cards
from citycard.infra import clock
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.kernel.ids import fact_key
from citycard.ledger import api as ledger

UNIT = "taipei-points"
PLACE = "kiosk-office-daan"
_numbers = itertools.count(1)


@dataclass(frozen=True)
class KioskKey:
    """A kiosk's code and key, as its agent holds them."""

    code: str
    key: str
    device_id: int

    @property
    def header(self) -> str:
        return f"Reader {self.code}:{self.key}"


def activate() -> None:
    """Bring the pack's agencies into the tables."""
    with unit_of_work():
        agencies.activate(pack=current_pack(), now=clock.now())


def enrol_kiosk(code: str) -> KioskKey:
    """Enrol a kiosk at the district office of Daan."""
    new = agencies.NewDevice(
        code=code, kind="kiosk", agency="office-daan", place=PLACE, service="kiosk"
    )
    with unit_of_work():
        (done,) = agencies.enrol_devices(devices=[new], actor=SYSTEM, now=clock.now())
    assert done.device_id is not None
    assert done.key is not None
    return KioskKey(done.code, done.key, done.device_id)


def card_number() -> str:
    """Return a printed number that no other card has."""
    return f"{1_000_000_000_000_000 + next(_numbers):016d}"


def new_cards(members: list[int], *, bound: bool = True) -> list[str]:
    """Register a card for each member and bind it; returns the printed numbers."""
    numbers = [card_number() for _ in members]
    new = [
        cards.NewCard(kind="general", medium="easycard", numbers={"printed": number})
        for number in numbers
    ]
    with unit_of_work():
        made = cards.register_many(cards=new, actor=SYSTEM, now=clock.now())
        assert all(one.refusal is None for one in made)
        if bound:
            binds = [
                cards.Bind(card_id=one.card_id or 0, member_id=member)
                for one, member in zip(made, members, strict=True)
            ]
            done = cards.bind_many(binds=binds, actor=SYSTEM, now=clock.now())
            assert all(one.refusal is None for one in done), done
    return numbers


def give_points(
    points: dict[int, int], *, expires_on: dt.date | None = None, unit: str = UNIT
) -> None:
    """Let members have points, from a fund of their own."""
    now = clock.now()
    n = next(_numbers)
    with unit_of_work():
        fund = ledger.open_fund(
            agency="health", campaign_ref=f"test-{n}", unit=unit, actor=SYSTEM, now=now
        )
        ledger.raise_budget(
            fund_id=fund,
            amount=sum(points.values()),
            key=fact_key(now, "budget", fund),
            at=now,
            actor=SYSTEM,
            now=now,
        )
        moves = [
            ledger.Move(
                key=fact_key(now, "award", fund, member),
                kind="campaign.award",
                at=now,
                transfers=[
                    ledger.Transfer(
                        source=ledger.budget(fund_id=fund, unit=unit),
                        target=ledger.member(
                            holder=member, unit=unit, fund=fund, expires_on=expires_on
                        ),
                        amount=amount,
                    )
                ],
            )
            for member, amount in points.items()
        ]
        posted = ledger.move_many(moves=moves, actor=SYSTEM, now=now)
    assert all(one.outcome == "posted" for one in posted)


def balance(member: int, unit: str = UNIT) -> tuple[int, int]:
    """Return what a member may spend and what is on its way."""
    on = current_pack().time.day(clock.now())
    found = ledger.balances(holders=[member], unit=unit, on=on, access=None)[member]
    return found.available, found.held

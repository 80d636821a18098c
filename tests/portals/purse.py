"""A resident with a full purse: points from taps, hours worked, some of it on its way."""

import datetime as dt
import uuid
from dataclasses import dataclass

from django.test import Client

from citycard.activities import api as activities
from citycard.agencies import api as agencies
from citycard.cards import api as cards
from citycard.identity import api as identity
from citycard.infra.clock import now
from citycard.infra.packs import Text, current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.kernel.ids import fact_key
from citycard.ledger import api as ledger
from citycard.redemptions import api as redemptions
from tests.portals import seeding


@dataclass(frozen=True, kw_only=True)
class Purse:
    """What tests need to know: who has much, who has one thing, who has nothing."""

    members: list[int]
    points: str
    session: redemptions.Session

    @property
    def rich(self) -> int:
        """Who has something of everything."""
        return self.members[0]

    @property
    def poor(self) -> int:
        """Who has nothing at all."""
        return self.members[2]


def build(city) -> Purse:
    """Build it in a fresh city, every subscriber drained."""
    seeding.activate()
    members = seeding.residents(3)
    units = current_pack().table("points")["units"]
    points = next(unit for unit, row in units.items() if row["kind"] == "earned")
    _taps_for_points()
    _hours()
    city.settle()
    _older_points(members[0], points)
    return Purse(members=members, points=points, session=_hang(members[0]))


def resident(member_id: int, **headers: str) -> Client:
    """A browser in which a resident is signed in."""
    account = identity.account_of_member(member_id=member_id)
    if account is None:
        with unit_of_work():
            identity.open_accounts(
                accounts=[identity.NewAccount(member_id=member_id, level=2)],
                actor=SYSTEM,
                now=seeding.at_noon(30),
            )
        account = identity.account_of_member(member_id=member_id)
    assert account is not None
    browser = Client(headers={"accept-language": "zh-hant"} | headers)
    session = browser.session
    session["account_id"] = account.account_id
    session["level"] = account.level
    session.save()
    return browser


def _taps_for_points() -> None:
    readers = seeding.enrol_readers("sports-daan", "sports-xinyi")
    many = activities.NewCampaign(
        code="daan-sports",
        agency="sports",
        names=Text(zh="大安運動中心銀髮族健康促進與社區運動集點活動", en="Daan sports points"),
        unit=next(iter(current_pack().table("points")["units"])),
        points_per_tap=10,
        per_person_cap=2_000,
        budget=100_000,
        starts_at=seeding.at_noon(39),
        ends_at=seeding.at_noon(-40),
        devices=list(readers.values()),
        residents_only=False,
    )
    with unit_of_work():
        made = activities.create_campaign(new=many, actor=SYSTEM, now=seeding.at_noon(39))
        activities.open_campaign(campaign_id=made.id, actor=SYSTEM, now=seeding.at_noon(39))
    for day in range(38, 2, -1):  # more than a page of history
        seeding.take(seeding.tap(readers["sports-daan"], 0, seeding.at_noon(day)))
    seeding.take(seeding.tap(readers["sports-xinyi"], 1, seeding.at_noon(3)))


def _hours() -> None:
    """Three shifts, one of them without a sign-out, in two places of one organiser."""
    come, leave = volunteer_readers()
    at = seeding.at_noon
    hour = dt.timedelta(hours=1)
    for day in (9, 6):
        seeding.take(seeding.tap(come, 0, at(day)), seeding.tap(leave, 0, at(day) + 3.6 * hour))
    seeding.take(seeding.tap(come, 0, at(4)))
    seeding.take(seeding.tap(come, 1, at(5)), seeding.tap(leave, 1, at(5) + 2 * hour))


def volunteer_readers() -> tuple[int, int]:
    """Readers at the volunteers' desk: one for coming, one for leaving."""
    (place,) = [it for it in agencies.places() if it.code == "volunteer-center"]
    with unit_of_work():
        made = agencies.enrol_devices(
            devices=[
                agencies.NewDevice(
                    code=f"VOL-{way}".upper(),
                    kind="reader",
                    agency=place.agency,
                    place=place.code,
                    service=f"volunteer-{way}",
                )
                for way in ("in", "out")
            ],
            actor=SYSTEM,
            now=seeding.at_noon(40),
        )
    assert [one.refusal for one in made] == [None, None]
    return made[0].device_id, made[1].device_id


def _older_points(member_id: int, unit: str) -> None:
    """Points that lapse at the end of this year, and some with days of grace."""
    at = seeding.at_noon(2)
    year = current_pack().time.day(at).year
    with unit_of_work():
        fund = ledger.open_fund(
            agency="health", campaign_ref="older", unit=unit, actor=SYSTEM, now=at
        )
        key = fact_key(at, "older")
        ledger.raise_budget(fund_id=fund, amount=500, key=key, at=at, actor=SYSTEM, now=at)
        lots = {dt.date(year, 12, 31): 50, dt.date(year + 1, 1, 17): 12}
        moves = [
            ledger.Move(
                key=fact_key(at, "older", day),
                kind="redemption.returned" if amount == 12 else "campaign.award",
                at=at,
                transfers=[
                    ledger.Transfer(
                        source=ledger.budget(fund_id=fund, unit=unit),
                        target=ledger.member(
                            holder=member_id, unit=unit, fund=fund, expires_on=day
                        ),
                        amount=amount,
                    )
                ],
            )
            for day, amount in lots.items()
        ]
        posted = ledger.move_many(moves=moves, actor=SYSTEM, now=at)
    assert [one.outcome for one in posted] == ["posted", "posted"]


def charged(member_id: int, unit: str, amount: int, at: dt.datetime) -> uuid.UUID:
    """Give somebody points and charge them at once; returns the charge's key."""
    lot = ledger.member(holder=member_id, unit=unit, fund=_fund("charged", unit, at))
    assert lot.fund is not None
    award = ledger.Move(
        key=fact_key(at, "charged.award", member_id),
        kind="campaign.award",
        at=at,
        transfers=[
            ledger.Transfer(
                source=ledger.budget(fund_id=lot.fund, unit=unit), target=lot, amount=amount
            )
        ],
    )
    spend = ledger.Spend(
        key=fact_key(at, "charged.spend", member_id),
        kind="redemption.charged",
        at=at,
        holder=member_id,
        unit=unit,
        amount=amount,
        into=ledger.partner(code="easycard", unit=unit),
    )
    with unit_of_work():
        assert ledger.move_many(moves=[award], actor=SYSTEM, now=at)[0].refusal is None
        assert ledger.spend_many(spends=[spend], actor=SYSTEM, now=at)[0].refusal is None
    return spend.key


def _fund(name: str, unit: str, at: dt.datetime) -> int:
    with unit_of_work():
        fund = ledger.open_fund(agency="health", campaign_ref=name, unit=unit, actor=SYSTEM, now=at)
        key = fact_key(at, name)
        ledger.raise_budget(fund_id=fund, amount=500, key=key, at=at, actor=SYSTEM, now=at)
    return fund


def _hang(member_id: int) -> redemptions.Session:
    """A card on a kiosk, under writing at this moment."""
    place = next(it for it in agencies.places() if it.kind == "kiosk")
    with unit_of_work():
        (made,) = agencies.enrol_devices(
            devices=[
                agencies.NewDevice(
                    code="KSK-1",
                    kind="kiosk",
                    agency=place.agency,
                    place=place.code,
                    service="kiosk",
                )
            ],
            actor=SYSTEM,
            now=now(),
        )
    kiosk = redemptions.Kiosk(
        device_id=made.device_id, code="KSK-1", place=place.code, agency=place.agency
    )
    card = cards.find(issuer="easycard", number_kind="printed", number=seeding.card_number(0))
    assert card is not None
    key, at = uuid.uuid4(), now() - dt.timedelta(minutes=3)
    with unit_of_work():
        redemptions.reserve(
            asked=redemptions.Reservation(
                key=key,
                kiosk=kiosk,
                card_id=card.card_id,
                member_id=member_id,
                medium="easycard",
                points=20,
                reading=redemptions.CardReading(purse=100, counter=7),
            ),
            actor=SYSTEM,
            now=at,
        )
    with unit_of_work():
        redemptions.mark_writing(key=key, kiosk=kiosk, actor=SYSTEM, now=at)
    found = redemptions.by_key(key=key)
    assert found is not None
    return found

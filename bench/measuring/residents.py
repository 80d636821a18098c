"""Residents, cards, readers and campaigns for a benchmark, made through the faces in batches."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

CHUNK = 2_000
LONG_AGO = dt.datetime(2026, 1, 5, tzinfo=dt.UTC)
FIRST_NUMBER = 1_000_000_000_000_000


@dataclass(frozen=True, kw_only=True)
class Readers:
    """Readers with their keys, in parallel, and the campaigns that they serve."""

    ids: list[int]
    codes: list[str]
    keys: list[str] = field(repr=False)
    campaigns: list[int]


def id_number(serial: int) -> str:
    """Return a valid citizen's number for each serial below ten million."""
    from citycard.kernel.taiwan.national_id import LETTER_VALUE

    digits = f"1{serial:07d}"
    tens, ones = divmod(LETTER_VALUE["A"], 10)
    said = tens + 9 * ones + sum(w * int(d) for w, d in zip(range(8, 0, -1), digits, strict=True))
    return f"A{digits}{-said % 10}"


def make_residents(count: int) -> None:
    """Enrol residents of the city, decide their rights and bind a card to each.

    The printed numbers run from FIRST_NUMBER on without a gap.
    """
    from citycard.agencies import api as agencies
    from citycard.infra.packs import current_pack
    from citycard.infra.unit_of_work import unit_of_work

    with unit_of_work():
        agencies.activate(pack=current_pack(), now=LONG_AGO)
    for first in range(0, count, CHUNK):
        with unit_of_work():
            members = _members(range(first, min(first + CHUNK, count)))
            _cards(members, first)


def _members(serials: Sequence[int]) -> list[int]:
    from citycard.entitlements import api as entitlements
    from citycard.infra.packs import current_pack
    from citycard.kernel.actors import SYSTEM
    from citycard.people import api as people

    new = [
        people.NewMember(
            name=f"測試{serial}",
            birth_on=dt.date(1960, 1, 1) + dt.timedelta(days=serial % 15_000),
            sex="m",
            id_number=id_number(serial),
            source="import",
        )
        for serial in serials
    ]
    enrolled = people.enrol_many(people=new, actor=SYSTEM, now=LONG_AGO)
    members = [one.member_id for one in enrolled if one.member_id is not None]
    facts = [
        people.NewFact(
            member_id=member,
            name="registered_city",
            value=current_pack().code,
            valid_from=dt.date(2000, 1, 1),
            source="import",
            basis_kind="import",
        )
        for member in members
    ]
    people.record_facts(facts=facts, actor=SYSTEM, now=LONG_AGO)
    entitlements.decide(
        member_ids=members, on=LONG_AGO.date(), now=LONG_AGO, actor=SYSTEM, quiet=True
    )
    return members


def _cards(members: Sequence[int], first: int) -> None:
    from citycard.cards import api as cards
    from citycard.kernel.actors import SYSTEM

    new = [
        cards.NewCard(
            kind="general",
            medium="easycard",
            numbers={"printed": str(FIRST_NUMBER + first + i)},
        )
        for i in range(len(members))
    ]
    made = cards.register_many(cards=new, actor=SYSTEM, now=LONG_AGO)
    binds = [
        cards.Bind(card_id=one.card_id, member_id=member)
        for one, member in zip(made, members, strict=True)
        if one.card_id is not None
    ]
    bound = cards.bind_many(binds=binds, actor=SYSTEM, now=LONG_AGO)
    assert all(one.refusal is None for one in [*made, *bound])


def make_readers(count: int, *, name: str, campaigns: int, points: int = 1) -> Readers:
    """Enrol readers and open campaigns that they serve, as many readers each."""
    from citycard.agencies import api as agencies
    from citycard.infra.unit_of_work import unit_of_work
    from citycard.kernel.actors import SYSTEM

    new = [
        agencies.NewDevice(
            code=f"{name}-{n:03d}", kind="reader", agency="doit", place="", service="activity"
        )
        for n in range(count)
    ]
    with unit_of_work():
        made = agencies.enrol_devices(devices=new, actor=SYSTEM, now=LONG_AGO)
        ids = [one.device_id for one in made if one.device_id is not None]
        opened = [_campaign(name, n, ids[n::campaigns], points) for n in range(campaigns)]
    keys = [one.key for one in made if one.key is not None]
    return Readers(ids=ids, codes=[one.code for one in made], keys=keys, campaigns=opened)


def make_plain_readers(count: int, *, name: str, service: str) -> Readers:
    """Enrol readers of a service that no campaign asks at."""
    from citycard.agencies import api as agencies
    from citycard.infra.unit_of_work import unit_of_work
    from citycard.kernel.actors import SYSTEM

    new = [
        agencies.NewDevice(
            code=f"{name}-{n:03d}", kind="reader", agency="sports", place="", service=service
        )
        for n in range(count)
    ]
    with unit_of_work():
        made = agencies.enrol_devices(devices=new, actor=SYSTEM, now=LONG_AGO)
    ids = [one.device_id for one in made if one.device_id is not None]
    keys = [one.key for one in made if one.key is not None]
    return Readers(ids=ids, codes=[one.code for one in made], keys=keys, campaigns=[])


def _campaign(name: str, n: int, readers: Sequence[int], points: int) -> int:
    from citycard.activities import api as activities
    from citycard.infra.packs import Text, current_pack
    from citycard.kernel.actors import SYSTEM

    units = current_pack().table("points")["units"]
    new = activities.NewCampaign(
        code=f"{name}-{n}",
        agency="doit",
        names=Text("集點", "Points"),
        unit=next(code for code, unit in units.items() if unit["kind"] == "earned"),
        points_per_tap=points,
        per_person_cap=100_000,
        budget=1_000_000_000,
        starts_at=LONG_AGO,
        ends_at=dt.datetime(2100, 1, 1, tzinfo=dt.UTC),
        devices=readers,
    )
    made = activities.create_campaign(new=new, actor=SYSTEM, now=LONG_AGO)
    activities.open_campaign(campaign_id=made.id, actor=SYSTEM, now=LONG_AGO)
    return made.id

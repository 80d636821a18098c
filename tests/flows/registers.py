"""Residents with cards and rights, and a register's files about them, for the tests of the feed."""

import datetime as dt
import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from citycard.cards import api as cards
from citycard.infra import clock, journal, outbox, partitions
from citycard.infra.database import rows
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM, Actor
from citycard.people import api as people
from tests.flows.living import NOW, new_number

BORN = dt.date(1950, 3, 2)
TODAY = dt.date(2026, 11, 21)
_cards = itertools.count(1)
_numbers = itertools.count(100_001)
OFFICER = Actor(id="staff:901", kind="staff", roles=frozenset({"officer"}), agency="doit")
SECOND = Actor(id="staff:902", kind="staff", roles=frozenset({"officer"}), agency="doit")
OPERATOR = Actor(id="staff:903", kind="staff", roles=frozenset({"operator"}), agency="doit")


@dataclass(frozen=True, kw_only=True)
class Resident:
    member_id: int
    id_number: str
    card: str


def residents(
    count: int,
    *,
    approval: str = "senior-rides",
    kind: str = "senior",
    born: dt.date = BORN,
    **facts: object,
) -> list[Resident]:
    """Make residents who hold a right and a card each; the events are settled."""
    city = current_pack().code
    district = next(iter(current_pack().table("districts")))
    since = NOW - dt.timedelta(days=60)
    ids = [new_number() for _ in range(count)]
    with unit_of_work():
        partitions.ensure_months(since.date(), NOW.date())
    new = [
        people.NewMember(
            name=f"林長者{n}", birth_on=born, sex="f", id_number=number, district=district
        )
        for n, number in enumerate(ids)
    ]
    with clock.stopped_at(since), unit_of_work():
        members = [one.member_id for one in people.enrol_many(people=new, actor=SYSTEM, now=since)]
        told = {"registered_city": city, "resides_in_city": True, f"approval.{approval}": True}
        people.record_facts(
            facts=[
                fact(member, name, value)
                for member in members
                if member is not None
                for name, value in {**told, **facts}.items()
            ],
            actor=SYSTEM,
            now=since,
        )
    numbers = [f"{8_000_000_000 + next(_cards):010d}" for _ in ids]
    with clock.stopped_at(since), unit_of_work():
        made = cards.register_many(
            cards=[
                cards.NewCard(
                    kind=kind,
                    medium="easycard",
                    numbers={"printed": f"9{n:0>15}", "chip_id": n},
                )
                for n in numbers
            ],
            actor=SYSTEM,
            now=since,
        )
        binds = [
            cards.Bind(card_id=card.card_id, member_id=member)
            for card, member in zip(made, members, strict=True)
            if card.card_id is not None and member is not None
        ]
        cards.bind_many(binds=binds, actor=SYSTEM, now=since)
    settle(since)
    return [
        Resident(member_id=member or 0, id_number=number, card=card)
        for member, number, card in zip(members, ids, numbers, strict=True)
    ]


def fact(member_id: int, name: str, value: object, since: dt.date | None = None) -> people.NewFact:
    return people.NewFact(
        member_id=member_id,
        name=name,
        value=value,
        valid_from=since or dt.date(2020, 1, 1),
        source="test",
        basis_kind="test",
    )


def change(who: Resident, kind: str, on: dt.date, **says: str) -> people.RegisterChange:
    return people.RegisterChange(
        number=next(_numbers),
        kind=kind,
        on=on,
        id_number=who.id_number,
        birth_on=BORN,
        says=says,
    )


def last_number() -> int:
    (household, *_) = people.feed_states()
    return household.last_number


def file_of(changes: Sequence[people.RegisterChange], register: str = "household") -> bytes:
    after = next(one.last_number for one in people.feed_states() if one.register == register)
    return people.write_feed_file(register=register, changes=changes, after=after)


def list_of(who: Sequence[Resident], day: dt.date, status: str = "disability") -> bytes:
    listed = [
        people.RegisterChange(
            number=n,
            kind="listed",
            on=dt.date(2020, 1, 1),
            id_number=one.id_number,
            birth_on=BORN,
            says={"code": status},
        )
        for n, one in enumerate(who, 1)
    ]
    return people.write_feed_file(register="disability", changes=listed, listed_on=day)


def settle(now: dt.datetime = NOW) -> None:
    with clock.stopped_at(now):
        while journal.pump_until_idle() + outbox.drain_until_idle(now=lambda: now):
            pass


def standing() -> dict[str, list[tuple[object, ...]]]:
    """Everything that a run may touch, as we hold it now; what an undo has to restore."""
    return {
        "facts": [
            tuple(one)
            for one in rows(
                "SELECT member_id, name, value::text, valid::text, source, basis_kind"
                " FROM people_fact WHERE upper_inf(recorded) ORDER BY 1, 2, 4"
            )
        ],
        "rights": [
            tuple(one)
            for one in rows(
                "SELECT member_id, entitlement, valid::text FROM pub.rights ORDER BY 1, 2, 3"
            )
        ],
        "right_cards": [
            tuple(one)
            for one in rows(
                "SELECT member_id, entitlement, card_id, bound::text FROM pub.right_cards"
                " ORDER BY 1, 2, 3, 4"
            )
        ],
        "members": [
            tuple(one)
            for one in rows(
                "SELECT m.id, m.name, m.district, m.village, m.died_on::text, n.blind::text"
                " FROM people_member m JOIN people_member_number n ON n.member_id = m.id"
                " AND n.replaced_at IS NULL ORDER BY m.id"
            )
        ],
    }


def today() -> dt.date:
    return current_pack().time.day(NOW)

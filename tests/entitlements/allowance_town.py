"""People with rights to monthly points, and short ways to grant, use, correct and lapse them."""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

from citycard.entitlements import api as entitlements
from citycard.infra.database import rows
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.kernel.ids import fact_key
from citycard.ledger import api as ledger
from citycard.people import api as people

D = dt.date
START = D(2017, 1, 1)
UNIT = "ride-points"
TAXI = ledger.partner(code="taxi-company", unit=UNIT)
NUMBERS = ("A123456789", "A800000014", "FA12345689", "A100000001", "B120863158", "C121000000")


def local(*when: int) -> dt.datetime:
    """An instant by the city's own clock."""
    year, month, day, hour, minute, second = (*when, *[0] * (6 - len(when)))
    return dt.datetime(year, month, day, hour, minute, second, tzinfo=current_pack().time.zone)


def senior(number: int = 0, district: str = "zhongli", *, since: dt.date = START) -> int:
    """Enrol a resident of 66 whose application for the senior right was approved."""
    new = people.NewMember(
        name="王小美", birth_on=D(since.year - 66, 1, 1), sex="f", id_number=NUMBERS[number]
    )
    now = local(since.year, since.month, since.day, 12)
    with unit_of_work():
        (enrolled,) = people.enrol_many(people=[new], actor=SYSTEM, now=now)
    member = enrolled.member_id
    assert member is not None, enrolled.refusal
    city = current_pack().code
    say(member, "registered_city", city, since=since)
    say(member, "resides_in_city", True, since=since)
    say(member, "registered_district", district, since=since)
    say(member, "approval.senior-rides", True, since=since)
    decide(member, on=since)
    return member


def say(
    member: int,
    name: str,
    value: Any,
    *,
    since: dt.date,
    to: dt.date | None = None,
    now: dt.datetime | None = None,
) -> None:
    fact = people.NewFact(
        member_id=member,
        name=name,
        value=value,
        valid_from=since,
        valid_to=to,
        source="test",
        basis_kind="test",
    )
    with unit_of_work():
        people.record_facts(
            facts=[fact],
            actor=SYSTEM,
            now=now or local(since.year, since.month, since.day, 12),
        )


def decide(member: int, *, on: dt.date, today: dt.date | None = None) -> None:
    day = today or on
    with unit_of_work():
        entitlements.decide(
            member_ids=[member], on=on, now=local(day.year, day.month, day.day, 12), actor=SYSTEM
        )


def grant(
    month: dt.date, *members: int, now: dt.datetime | None = None, **more: Any
) -> entitlements.MonthGranted:
    with unit_of_work():
        return entitlements.grant_month(
            month=month,
            member_ids=list(members) or None,
            now=now or local(month.year, month.month, month.day, 9),
            actor=SYSTEM,
            **more,
        )


def use(
    member: int,
    points: int,
    at: dt.datetime,
    *what: object,
    category: str = "taxi",
    whole: bool = False,
) -> entitlements.AllowanceUse:
    return entitlements.AllowanceUse(
        key=fact_key(at, "test use", member, *what),
        at=at,
        member_id=member,
        unit=UNIT,
        category=category,
        points=points,
        into=TAXI,
        whole=whole,
    )


def put(
    *uses: entitlements.AllowanceUse, now: dt.datetime | None = None
) -> list[entitlements.UseSet]:
    with unit_of_work():
        return entitlements.set_uses(
            uses=uses, actor=SYSTEM, now=now or max(one.at for one in uses)
        )


def lapse(now: dt.datetime) -> int:
    """Let lapse what is over, as the nightly job does; returns the points that went back."""
    with unit_of_work():
        done = ledger.lapse_many(on=current_pack().time.day(now), now=now, actor=SYSTEM)
    return sum(one.amount for one in done.lapsed)


def lots(member: int) -> dict[dt.date, int]:
    """What lies in a person's lots of monthly points, by their last day."""
    found = ledger.balances(holders=[member], unit=UNIT, on=D(2000, 1, 1), access=None)[member]
    return {one.expires_on: one.amount for one in found.lots if one.expires_on and one.amount}


def partner_has() -> int:
    """What the taxi company was paid in points, by the books."""
    found = rows(
        "SELECT coalesce(sum(CASE WHEN to_class = 'partner' THEN amount ELSE -amount END), 0)"
        "::bigint AS points FROM pub.ledger_transfers"
        " WHERE unit = %s AND 'partner' IN (from_class, to_class)",
        [UNIT],
    )
    return int(found[0].points)


def moves() -> list[tuple[str, uuid.UUID, int]]:
    return [
        (one.kind, one.key, one.amount)
        for one in rows("SELECT kind, key, amount FROM pub.ledger_transfers ORDER BY key, line")
    ]


def given(answers: Sequence[entitlements.UseSet]) -> list[tuple[int, str]]:
    return [(one.points, one.why) for one in answers]

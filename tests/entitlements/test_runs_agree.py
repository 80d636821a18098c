"""Deciding a whole city in sets writes exactly what deciding one person after the other writes."""

import datetime as dt
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction

from bench.measuring.residents import id_number
from citycard.entitlements import api as entitlements
from citycard.entitlements.rulebook import rulebook
from citycard.infra.database import execute, rows
from citycard.infra.packs import find_pack, pack_codes
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.kernel.periods import DateSpan
from citycard.people import api as people
from tests.rules.boundaries import Facts, as_rows, people_at

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 11, 21)
BEFORE = TODAY - dt.timedelta(days=30)
CITIES = pack_codes()
PER_RULE = 10


def noon(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(4), dt.UTC)


class Undone(Exception):
    """Takes back what was tried."""


def tried(work: Any) -> dict[str, Any]:
    """Do something, look at what it wrote, and take it back."""
    found: dict[str, Any] = {}
    try:
        with transaction.atomic():
            with unit_of_work():
                work()
            found = written()
            raise Undone
    except Undone:
        return found


def written() -> dict[str, Any]:
    rights = rows(
        "SELECT member_id, entitlement, valid::text, recorded::text, rule_id, pack_hash,"
        " because::text, decided_by FROM entitlements_right"
    )
    standing = rows(
        "SELECT member_id, since, check_on, held, pack_hash FROM entitlements_next_check"
    )
    told = rows(
        "SELECT code, body::text AS body FROM infra_journal WHERE code LIKE 'entitlements.right.%%'"
        " AND recorded_at IS NOT NULL ORDER BY id"
    )
    events: dict[tuple[str, str], list[int]] = {}
    for one in told:
        body = json.loads(one.body)
        events.setdefault((one.code, body["entitlement"]), []).extend(body["member_ids"])
    return {
        "rights": sorted(map(tuple, rights)),
        "standing": sorted(map(tuple, standing)),
        "events": {key: sorted(members) for key, members in events.items()},
    }


@pytest.mark.parametrize("city", CITIES)
def test_a_run_writes_what_deciding_one_by_one_writes(
    city: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CITYCARD_CITY", city)
    find_pack(city)
    draw = random.Random(7)
    members = enrol(list(drawn(draw, BEFORE)), on=BEFORE)
    half = members[: len(members) // 2]
    with unit_of_work():
        entitlements.decide(member_ids=half, on=BEFORE, now=noon(BEFORE), actor=SYSTEM)
    again = dict(zip(members, drawn(draw, TODAY), strict=False))
    say({member: again[member] for member in again if member % 3}, draw, on=TODAY)
    for on in (TODAY, TODAY - dt.timedelta(days=20)):
        one_by_one = tried(
            lambda on=on: entitlements.decide(
                member_ids=members, on=on, now=noon(TODAY), actor=SYSTEM
            )
        )
        in_sets = tried(lambda on=on: run(on))
        for part in ("rights", "standing", "events"):
            assert in_sets[part] == one_by_one[part], f"{city} from {on}: {part}"


def test_many_at_once_are_decided_in_sets_with_the_same_changes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("citycard.entitlements.granting.IN_SETS", 5)
    draw = random.Random(11)
    members = enrol(list(drawn(draw, BEFORE)), on=BEFORE)
    with unit_of_work():
        entitlements.decide(member_ids=members, on=BEFORE, now=noon(BEFORE), actor=SYSTEM)
    again = dict(zip(members, drawn(draw, TODAY), strict=False))
    say({member: again[member] for member in again if member % 3}, draw, on=TODAY)
    told: dict[bool, list[entitlements.Change]] = {}
    for quiet in (False, True):

        def decide(quiet: bool = quiet) -> None:
            told[quiet] = entitlements.decide_again(
                member_ids=members, now=noon(TODAY), actor=SYSTEM, quiet=quiet
            )

        tried(decide)
    assert told[True]
    assert shown(told[True]) == shown(told[False])


def shown(changes: list[entitlements.Change]) -> list[Any]:
    """What changed for whom; that only past days did is told nobody."""
    found = [
        (one.member_id, one.entitlement, said(one.before)[:2], said(one.after), one.lost_on)
        for one in changes
    ]
    return sorted(one for one in found if one[2] or one[3])


def said(right: entitlements.Right | None) -> tuple[Any, ...]:
    if right is None:
        return ()
    because = json.dumps(right.because, sort_keys=True, default=str)
    return (str(right.valid_from), str(right.valid_to), because)


def run(on: dt.date) -> None:
    found = entitlements.preview(on=on, now=noon(TODAY), actor=SYSTEM)
    assert found.state == "previewed"
    done = entitlements.carry_out(run_id=found.run_id, now=noon(TODAY), actor=SYSTEM)
    assert (done.state, done.left) == ("carried_out", 0)


def drawn(draw: random.Random, on: dt.date) -> Iterator[Facts]:
    for rule in rulebook():
        for place, facts in enumerate(
            people_at(rule.rule, on, count=PER_RULE, seed=draw.randrange(10**6))
        ):
            if place == 0 or draw.random() < 0.07:
                yield facts


def enrol(some: list[Facts], *, on: dt.date) -> list[int]:
    new = [
        people.NewMember(
            name=f"測試{place}",
            birth_on=facts.get("birth_on", dt.date(1980, 2, 29)),
            sex=facts.get("sex", "f"),
            id_number=id_number(place),
            source="test",
        )
        for place, facts in enumerate(some)
    ]
    with unit_of_work():
        enrolled = people.enrol_many(people=new, actor=SYSTEM, now=noon(on))
    members = [one.member_id for one in enrolled if one.member_id is not None]
    say(dict(zip(members, some, strict=True)), random.Random(3), on=on)
    return members


def say(some: dict[int, Facts], draw: random.Random, *, on: dt.date) -> None:
    told = [
        people.NewFact(
            member_id=member,
            name=name,
            value=value,
            valid_from=days.start,
            valid_to=days.end,
            source="test",
            basis_kind="test",
        )
        for member, facts in some.items()
        for name, value, span in as_rows(facts)
        for days in [around(draw, on) if span == DateSpan() and draw.random() < 0.3 else span]
    ]
    with unit_of_work():
        people.record_facts(facts=told, actor=SYSTEM, now=noon(on))
        for member, facts in some.items():
            execute(
                "UPDATE people_member SET died_on = %s WHERE id = %s",
                [facts.get("died_on"), member],
            )


def around(draw: random.Random, on: dt.date) -> DateSpan:
    start = on + dt.timedelta(days=draw.randint(-60, 40))
    return DateSpan(start, draw.choice([None, start + dt.timedelta(days=draw.randint(1, 50))]))

"""Rights follow facts: on the very day, once, and with their reason."""

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any

import pytest

from citycard.entitlements import api as entitlements
from citycard.infra.database import rows, scalar
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.access import Access
from citycard.kernel.actors import SYSTEM
from citycard.people import api as people

pytestmark = pytest.mark.django_db
D = dt.date
TODAY = D(2026, 11, 21)
NUMBERS = ["A123456789", "A800000014", "FA12345689"]


def noon(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(4), dt.UTC)


def person(birth_on: dt.date, *, number: str = NUMBERS[0], on: dt.date = TODAY) -> int:
    new = people.NewMember(name="王小美", birth_on=birth_on, sex="f", id_number=number)
    with unit_of_work():
        (enrolled,) = people.enrol_many(people=[new], actor=SYSTEM, now=noon(on))
    assert enrolled.member_id is not None
    say(enrolled.member_id, "registered_city", "taipei", on=on)
    say(enrolled.member_id, "resides_in_city", True, on=on)
    return enrolled.member_id


def say(
    member_id: int,
    name: str,
    value: Any,
    *,
    on: dt.date = TODAY,
    since: dt.date | None = None,
    to: dt.date | None = None,
) -> None:
    fact = people.NewFact(
        member_id=member_id,
        name=name,
        value=value,
        valid_from=since or on,
        valid_to=to,
        source="test",
        basis_kind="test",
    )
    with unit_of_work():
        people.record_facts(facts=[fact], actor=SYSTEM, now=noon(on))


def decide(member_ids: Sequence[int], on: dt.date, *, today: dt.date | None = None) -> list[Any]:
    with unit_of_work():
        return entitlements.decide(
            member_ids=member_ids, on=on, now=noon(today or on), actor=SYSTEM
        )


def rights(member_id: int, on: dt.date) -> set[str]:
    found = entitlements.machine_rights_of(member_ids=[member_id], on=on)[member_id]
    return {right.entitlement for right in found}


def events(code: str) -> list[dict[str, Any]]:
    return [
        json.loads(one.body)
        for one in rows(
            "SELECT body::text AS body FROM infra_journal WHERE code = %s ORDER BY id", [code]
        )
    ]


def access(member_id: int) -> Access:
    return Access(
        subjects=frozenset({member_id}),
        fields=frozenset({"rights"}),
        purpose="counter-service",
        actor=SYSTEM,
        record_id=1,
    )


@pytest.mark.parametrize(
    ("born", "first_day"),
    [
        (D(1961, 11, 22), D(2026, 11, 22)),  # an ordinary birthday
        (D(1960, 2, 29), D(2025, 3, 1)),  # 29 February reaches an age on 1 March in a common year
        (D(1963, 2, 28), D(2028, 2, 28)),
        (D(1964, 2, 29), D(2029, 3, 1)),
    ],
)
def test_a_senior_has_the_right_from_the_65th_birthday_and_not_a_day_before(
    born: dt.date, first_day: dt.date
) -> None:
    before = first_day - dt.timedelta(days=2)
    member = person(born, on=before)
    say(member, "approval.senior-rides", True, on=before)
    decide([member], before)
    assert "senior-rides" not in rights(member, first_day)  # nothing is stored far ahead
    eve = first_day - dt.timedelta(days=1)
    assert entitlements.due(on=eve) == [member]
    with unit_of_work():
        entitlements.decide_due(now=noon(eve), actor=SYSTEM)
    assert "senior-rides" not in rights(member, eve)
    assert "senior-rides" in rights(member, first_day)
    assert entitlements.due(on=first_day) == []


def test_a_late_run_moves_no_boundary() -> None:
    member = person(D(1961, 11, 25))
    say(member, "approval.senior-rides", True)
    decide([member], TODAY)
    with unit_of_work():
        entitlements.decide_due(now=noon(D(2026, 12, 9)), actor=SYSTEM)
    assert "senior-rides" not in rights(member, D(2026, 11, 24))
    assert "senior-rides" in rights(member, D(2026, 11, 25))


def test_a_certificate_ends_the_right_on_its_day_and_not_the_member() -> None:
    member = person(D(1990, 5, 1))
    say(member, "status.disability", True, to=D(2027, 1, 1))
    say(member, "approval.disability-rides", True)
    (change,) = [each for each in decide([member], TODAY) if each.entitlement == "disability-rides"]
    assert change.before is None
    assert change.after is not None
    assert (change.after.valid_from, change.after.valid_to) == (TODAY, D(2027, 1, 1))
    assert "disability-rides" in rights(member, D(2026, 12, 31))
    assert rights(member, D(2027, 1, 1)) == {"library", "points"}
    with unit_of_work():
        (ended,) = entitlements.decide_due(now=noon(D(2027, 1, 1)), actor=SYSTEM)
    assert (ended.entitlement, ended.after) == ("disability-rides", None)
    assert [event["entitlement"] for event in events("entitlements.right.ended")] == [
        "disability-rides"
    ]


def test_a_prolonged_certificate_prolongs_the_right_without_a_gap() -> None:
    member = person(D(1990, 5, 1))
    say(member, "status.disability", True, to=D(2027, 1, 1))
    say(member, "approval.disability-rides", True)
    decide([member], TODAY)
    say(member, "status.disability", True, on=D(2026, 12, 1), since=D(2027, 1, 1))
    (change,) = decide([member], D(2026, 12, 1))
    assert change.before is not None
    assert change.after is not None
    assert (change.after.valid_from, change.after.valid_to) == (TODAY, None)
    assert len(events("entitlements.right.changed")) == 1


def test_a_child_grows_out_of_a_right_unless_another_ground_stands() -> None:
    member = person(D(2019, 12, 1))
    say(member, "approval.health-service", True)
    decide([member], TODAY)
    assert "health-service" in rights(member, D(2026, 11, 30))
    assert "health-service" not in rights(member, D(2026, 12, 1))
    say(member, "status.low-income", True, to=D(2027, 7, 1))
    decide([member], TODAY)
    assert "health-service" in rights(member, D(2027, 6, 30))
    assert "health-service" not in rights(member, D(2027, 7, 1))


def test_nothing_new_is_written_when_nothing_changed() -> None:
    member = person(D(1950, 1, 1))
    decide([member], TODAY)
    before = scalar("SELECT count(*) FROM entitlements_right")
    assert decide([member], TODAY) == []
    assert decide([member], D(2026, 11, 25)) == []
    assert scalar("SELECT count(*) FROM entitlements_right") == before
    assert len(events("entitlements.right.granted")) == 2  # library and points, once each


def test_a_correction_of_the_past_closes_and_adds() -> None:
    member = person(D(1950, 1, 1))
    decide([member], TODAY)
    moved_on, learned_on = D(2026, 12, 10), D(2027, 1, 15)
    say(member, "registered_city", "newtaipei", on=learned_on, since=moved_on)
    with unit_of_work():
        entitlements.decide_again(member_ids=[member], now=noon(learned_on), actor=SYSTEM)
    assert rights(member, D(2026, 12, 9)) == {"library", "points"}
    assert rights(member, moved_on) == set()
    closed = rows(
        "SELECT upper(valid) AS ends FROM entitlements_right WHERE NOT upper_inf(recorded)"
    )
    assert [one.ends for one in closed] == [None, None]  # what the city believed is kept


def test_a_companion_has_the_right_only_as_long_as_the_right_that_it_follows() -> None:
    member = person(D(1990, 5, 1))
    for name in ("status.disability", "status.disability-companion"):
        say(member, name, True)
    say(member, "approval.companion-rides", True)
    decide([member], TODAY)
    assert "companion-rides" not in rights(member, TODAY)
    say(member, "approval.disability-rides", True, to=D(2027, 3, 1))
    decide([member], TODAY)
    assert "companion-rides" in rights(member, D(2027, 2, 28))
    assert "companion-rides" not in rights(member, D(2027, 3, 1))


def test_the_reason_names_what_is_missing_and_what_was_read() -> None:
    member = person(D(1965, 1, 1))
    say(member, "approval.senior-rides", True)
    decide([member], TODAY)
    explanation = entitlements.explain(
        access=access(member), member_id=member, entitlement="senior-rides", on=TODAY
    )
    assert explanation.verdict == "unknown"  # 61: only indigenous status could make it a yes
    assert explanation.missing == {"status.indigenous"}
    assert "65" in explanation.because.text("zh-Hant")
    say(member, "status.indigenous", True)
    decide([member], TODAY)
    explained = entitlements.explain(
        access=access(member), member_id=member, entitlement="senior-rides", on=TODAY
    )
    assert explained.verdict == "yes"
    assert explained.right is not None
    assert explained.right.because["birth_on"] == "1965-01-01"
    assert explained.right.because["status.indigenous"] is True


def test_an_access_for_somebody_else_opens_nothing() -> None:
    member = person(D(1965, 1, 1))
    with pytest.raises(RuntimeError, match="these people"):
        entitlements.rights_of(access=access(member + 1), member_ids=[member], on=TODAY)


def test_an_unknown_entitlement_is_refused_by_name() -> None:
    member = person(D(1965, 1, 1))
    with pytest.raises(entitlements.NoSuchEntitlement, match="unheard-of"):
        entitlements.explain(
            access=access(member), member_id=member, entitlement="unheard-of", on=TODAY
        )


def test_others_join_the_published_relation_and_the_auditor_is_content() -> None:
    member = person(D(1950, 1, 1))
    decide([member], TODAY)
    found = rows(
        "SELECT entitlement FROM pub.rights WHERE member_id = %s AND valid @> %s::date",
        [member, TODAY],
    )
    assert {one.entitlement for one in found} == {"library", "points"}
    assert entitlements.verify(now=noon(TODAY)) == []
    assert [found.check for found in entitlements.verify(now=noon(D(2070, 1, 1)))] == []


def test_the_database_itself_refuses_a_right_twice_on_a_day() -> None:
    from django.db import IntegrityError

    member = person(D(1950, 1, 1))
    decide([member], TODAY)
    with pytest.raises(IntegrityError, match="entitlements_right_once"), unit_of_work():
        rows(
            "INSERT INTO entitlements_right (member_id, entitlement, valid, recorded, rule_id,"
            " pack_hash,"
            " because, decided_at, decided_by) SELECT member_id, entitlement, valid, recorded,"
            " rule_id,"
            " pack_hash, because, decided_at, decided_by FROM entitlements_right RETURNING id"
        )


def test_the_auditor_finds_a_right_that_stands_twice_on_a_day() -> None:
    member = person(D(1950, 1, 1))
    decide([member], TODAY)
    rows(
        "INSERT INTO entitlements_right (member_id, entitlement, valid, recorded, rule_id,"
        " pack_hash, because, decided_at, decided_by) SELECT member_id, entitlement,"
        " daterange(lower(valid) + 5, NULL), recorded, rule_id, pack_hash, because, decided_at,"
        " decided_by FROM entitlements_right WHERE entitlement = 'points' RETURNING id"
    )
    (found,) = entitlements.verify(now=noon(TODAY))
    assert (found.check, found.says) == ("entitlements.overlapping", "points stands twice on a day")

"""What begins is offered once, with its reason, and only to those who agreed to be told."""

import datetime as dt
from typing import Any

import pytest

from citycard.entitlements import api as entitlements
from citycard.flows import offering_rights
from citycard.infra import clock
from citycard.infra.database import rows
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM, Actor
from citycard.people import api as people
from tests.flows.living import NOW, new_number
from tests.flows.registers import TODAY, change, fact, file_of, settle
from tests.flows.test_following_register import Resident, take

pytestmark = pytest.mark.city("taipei")
DAY = dt.timedelta(days=1)


def member(birth_on: dt.date, *, agrees: bool) -> int:
    new = people.NewMember(name="陳美", birth_on=birth_on, sex="f", id_number=new_number())
    with unit_of_work():
        (one,) = people.enrol_many(people=[new], actor=SYSTEM, now=NOW)
        assert one.member_id is not None
        told = {"registered_city": current_pack().code, "resides_in_city": True}
        people.record_facts(
            facts=[fact(one.member_id, name, value, birth_on) for name, value in told.items()],
            actor=SYSTEM,
            now=NOW,
        )
    if agrees:
        agree(one.member_id)
    return one.member_id


def agree(member_id: int) -> int:
    me = Actor(id="account:1", kind="resident", roles=frozenset({"resident"}), member_id=member_id)
    with unit_of_work():
        return offering_rights.agree(member_id=member_id, actor=me, now=NOW)


def offered(member_id: int) -> list[str]:
    found = rows(
        "SELECT event_key FROM notify_message WHERE member_id = %s AND code = %s ORDER BY id",
        [member_id, offering_rights.MESSAGE],
    )
    return [one.event_key.split(":")[1] for one in found]


def live(days: int, start: dt.datetime = NOW) -> None:
    for n in range(days):
        with clock.stopped_at(start + n * DAY):
            offering_rights.offer_all(start + n * DAY)


def test_a_65th_birthday_is_offered_on_the_day_once_and_only_with_consent(city: Any) -> None:
    birth_on = dt.date(1961, 11, 23)
    told, silent = member(birth_on, agrees=True), member(birth_on, agrees=False)
    live(2)
    assert "senior-rides" not in offered(told)
    live(10, NOW + 2 * DAY)
    assert offered(told).count("senior-rides") == 1
    assert offered(silent) == []


def test_a_withdrawn_consent_stops_it_before_the_day(city: Any) -> None:
    one = member(dt.date(1961, 12, 1), agrees=False)
    ground = agree(one)
    assert agree(one) == ground
    with unit_of_work():
        people.withdraw_ground(ground_id=ground, member_id=one, actor=SYSTEM, now=NOW)
    live(30)
    assert offered(one) == []


def test_a_certificate_is_offered_as_soon_as_its_register_says_so(city: Any) -> None:
    one = member(dt.date(1980, 1, 1), agrees=True)
    with unit_of_work():
        people.record_facts(
            facts=[fact(one, "status.disability", True, dt.date(2026, 11, 1))],
            actor=SYSTEM,
            now=NOW,
        )
    settle()
    assert offered(one) == ["disability-rides"]


def test_what_is_held_only_with_another_is_offered_with_that(city: Any) -> None:
    """A companion's card goes with its holder's right."""
    table = current_pack().table("entitlements")
    followers = {code: row["follows"] for code, row in table.items() if "follows" in row}
    assert followers
    one = member(dt.date(1980, 1, 1), agrees=True)
    with unit_of_work():
        people.record_facts(
            facts=[
                fact(one, "status.disability", True, dt.date(2026, 11, 1)),
                fact(one, "status.disability-companion", True, dt.date(2026, 11, 1)),
            ],
            actor=SYSTEM,
            now=NOW,
        )
    settle()
    live(2)
    assert not set(offered(one)) & followers.keys()
    with unit_of_work():
        people.record_facts(
            facts=[fact(one, f"approval.{code}", True, TODAY) for code in followers.values()],
            actor=SYSTEM,
            now=NOW,
        )
    settle()
    live(1)
    assert set(offered(one)) & followers.keys()


def test_who_has_it_is_not_offered_it(city: Any) -> None:
    one = member(dt.date(1950, 1, 1), agrees=True)
    with unit_of_work():
        people.record_facts(facts=[fact(one, "approval.senior-rides", True)], actor=SYSTEM, now=NOW)
    settle()
    live(1)
    assert "senior-rides" not in offered(one)


def test_parents_are_told_at_birth_once(city: Any) -> None:
    parent_id = member(dt.date(1995, 5, 5), agrees=True)
    other_id = member(dt.date(1995, 5, 5), agrees=False)
    changes = []
    for member_id in (parent_id, other_id):
        changes.append(_birth(member_id))
    take(file_of(changes))
    settle()
    assert offered(parent_id).count("health-service") == 1
    assert offered(other_id) == []


def _birth(member_id: int) -> people.RegisterChange:
    from tests.flows.test_following_register import _known

    known = _known(member_id)
    who = Resident(member_id=member_id, id_number=known.id_number, card="")
    told = change(who, "born", dt.date(2026, 11, 2))
    return people.RegisterChange(**{**vars(told), "birth_on": dt.date(1995, 5, 5)})


def test_a_message_names_the_right_and_nothing_of_the_person(city: Any) -> None:
    found = rows(
        "SELECT params::text AS said FROM notify_message WHERE code = %s", [offering_rights.MESSAGE]
    )
    assert found
    for one in found:
        assert "right" in one.said
        assert not {"1961", "陳美", "disability_"} & set(one.said.split('"'))


def test_eighty_years_pass_every_threshold_with_an_offer_and_an_end(city: Any) -> None:
    """From birth to old age in steps of a month: what the law gives is offered in the month in
    which it becomes possible, and never while it is not."""
    birth_on = dt.date(2020, 3, 15)
    one = member(birth_on, agrees=True)
    possible: dict[str, list[dt.date]] = {}
    codes = [it.code for it in entitlements.catalogue(on=dt.date(2026, 11, 21))]
    for month in range(80 * 12):
        year, number = divmod(birth_on.month - 1 + month, 12)
        day = dt.date(birth_on.year + year, number + 1, 16)
        found = entitlements.eligibility(member_ids=[one], entitlements=codes, on=day)[one]
        for code, decision in found.items():
            if decision.verdict.value == "yes":
                possible.setdefault(code, []).append(day)
    assert possible["senior-rides"][0] == dt.date(2085, 3, 16)
    assert possible["child-fare"][0] == dt.date(2026, 3, 16)
    assert possible["child-fare"][-1] == dt.date(2032, 2, 16)
    assert possible["health-service"][-1] < dt.date(2027, 3, 16)

"""Rights follow facts by event and days by the clock."""

import datetime as dt
import itertools
from typing import Any

import pytest

from citycard.cards import api as cards
from citycard.entitlements import api as entitlements
from citycard.flows import keeping_rights
from citycard.infra import clock, journal
from citycard.infra.database import execute, rows, scalar
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.people import api as people
from citycard.people import events as people_events
from tests.flows.living import NOW, new_number

pytestmark = pytest.mark.city("taipei")
TODAY = dt.date(2026, 11, 21)
new_card = itertools.count(7_000_000_000_000_000).__next__


def enrolled(birth_on: dt.date) -> int:
    new = people.NewMember(name="王小美", birth_on=birth_on, sex="f", id_number=new_number())
    with unit_of_work():
        (one,) = people.enrol_many(people=[new], actor=SYSTEM, now=NOW)
    assert one.member_id is not None
    return one.member_id


def say(member_id: int, name: str, value: Any, since: dt.date = TODAY) -> None:
    fact = people.NewFact(
        member_id=member_id,
        name=name,
        value=value,
        valid_from=since,
        source="test",
        basis_kind="test",
    )
    with unit_of_work():
        people.record_facts(facts=[fact], actor=SYSTEM, now=NOW)


def rights(member_id: int, on: dt.date = TODAY) -> set[str]:
    found = entitlements.machine_rights_of(member_ids=[member_id], on=on)[member_id]
    return {right.entitlement for right in found}


def test_a_move_into_and_out_of_the_city_is_followed(city: Any) -> None:
    member = enrolled(dt.date(1980, 1, 1))
    with clock.stopped_at(NOW):
        say(member, "registered_city", "taipei")
        journal.pump_until_idle()
        assert rights(member) == {"library", "points"}
        say(member, "registered_city", "newtaipei", dt.date(2026, 12, 1))
        journal.pump_until_idle()
    assert rights(member, dt.date(2026, 11, 30)) == {"library", "points"}
    assert rights(member, dt.date(2026, 12, 1)) == set()


def test_the_clock_alone_begins_a_right_and_tells_of_it_once(city: Any) -> None:
    member = enrolled(dt.date(1961, 12, 24))
    with clock.stopped_at(NOW):
        for name in ("registered_city", "resides_in_city"):
            say(member, name, "taipei" if name == "registered_city" else True)
        say(member, "approval.senior-rides", True)
        journal.pump_until_idle()
    birthday = dt.date(2026, 12, 24)
    for days in range(40):
        keeping_rights.look_again(NOW + dt.timedelta(days=days))
    assert "senior-rides" not in rights(member, birthday - dt.timedelta(days=1))
    assert "senior-rides" in rights(member, birthday)
    told = rows(
        "SELECT body ->> 'on' AS on_day FROM infra_journal WHERE code ="
        " 'entitlements.right.granted'"
        " AND body ->> 'entitlement' = 'senior-rides' AND body -> 'member_ids' @> %s::jsonb",
        [str(member)],
    )
    assert len(told) == 1


def test_a_death_ends_everything(city: Any) -> None:
    member = enrolled(dt.date(1940, 1, 1))
    with clock.stopped_at(NOW):
        say(member, "registered_city", "taipei")
        journal.pump_until_idle()
        with unit_of_work():
            people.update_from_register(
                updates=[
                    people.RegisterUpdate(
                        member_id=member,
                        on=TODAY,
                        source="register:household",
                        died_on=dt.date(2026, 11, 20),
                    )
                ],
                actor=SYSTEM,
                now=NOW,
            )
            entitlements.decide_again(member_ids=[member], actor=SYSTEM, now=NOW)
    assert rights(member) == set()


def test_a_death_stops_the_cards_until_it_turns_out_wrong(city: Any) -> None:
    member = enrolled(dt.date(1940, 1, 1))
    own, stopped = (carded(member, kind) for kind in ("general", "general"))
    with clock.stopped_at(NOW), unit_of_work():
        cards.suspend(card_id=stopped, why="holder_asked", actor=SYSTEM, now=NOW)
    with clock.stopped_at(NOW + dt.timedelta(hours=1)):
        told_dead(member, dt.date(2026, 11, 20))
        journal.pump_until_idle()
    assert states(own, stopped) == ["suspended", "suspended"]
    with clock.stopped_at(NOW + dt.timedelta(hours=2)):
        told_dead(member, None)
        journal.pump_until_idle()
    assert states(own, stopped) == ["active", "suspended"], "only what the death had stopped"
    assert cards.verify() == []


def carded(member: int, kind: str) -> int:
    card = cards.NewCard(kind=kind, medium="easycard", numbers={"printed": f"{new_card():016d}"})
    with unit_of_work():
        [made] = cards.register_many(cards=[card], actor=SYSTEM, now=NOW)
        assert made.card_id is not None
        bind = cards.Bind(card_id=made.card_id, member_id=member)
        [bound] = cards.bind_many(binds=[bind], actor=SYSTEM, now=NOW)
        assert bound.refusal is None
    return made.card_id


def told_dead(member: int, on: dt.date | None) -> None:
    """Say what the household register says; a death taken back as an undone feed does."""
    with unit_of_work():
        execute("UPDATE people_member SET died_on = %s WHERE id = %s", [on, member])
        journal.announce(people_events.FactsChanged(member_ids=(member,)))


def states(*card_ids: int) -> list[str]:
    return [scalar("SELECT state FROM pub.cards WHERE card_id = %s", [card]) for card in card_ids]


def test_who_was_decided_today_as_of_what_is_known_is_passed_over(city: Any) -> None:
    member = enrolled(dt.date(1980, 1, 1))
    with clock.stopped_at(NOW):
        say(member, "registered_city", "taipei")
        journal.pump_until_idle()
        assert decided_at(member) == NOW
        later = NOW + dt.timedelta(hours=1)
        follow_again(member, later)
        assert decided_at(member) == NOW, "decided twice as of the same facts"
        say(member, "registered_city", "newtaipei")
        follow_again(member, later)
    assert decided_at(member) == later
    assert rights(member) == set()


def test_another_day_decides_again(city: Any) -> None:
    member = enrolled(dt.date(1980, 1, 1))
    with clock.stopped_at(NOW):
        say(member, "registered_city", "taipei")
        journal.pump_until_idle()
    tomorrow = NOW + dt.timedelta(days=1)
    follow_again(member, tomorrow)
    assert decided_at(member) == tomorrow


def follow_again(member: int, now: dt.datetime) -> None:
    with unit_of_work():
        entitlements.decide_again(member_ids=[member], actor=SYSTEM, now=now)


def decided_at(member: int) -> dt.datetime:
    [found] = rows("SELECT decided_at FROM entitlements_next_check WHERE member_id = %s", [member])
    at: dt.datetime = found.decided_at
    return at

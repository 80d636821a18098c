"""From stored taps to hours: by the journal, each tap once, over all cards of a person."""

import datetime as dt
from typing import Any

import pytest

from citycard.activities import api as activities
from citycard.cards import api as cards
from citycard.infra.clock import today
from citycard.infra.database import rows
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.ledger import api as ledger
from citycard.taps import api as taps
from tests.harness.cities import City
from tests.portals import purse, seeding

UNIT = "volunteer-minutes"
HOUR = dt.timedelta(hours=1)


@pytest.fixture(scope="module")
def town(city: City) -> dict[str, Any]:
    """Four residents, and readers for coming and leaving."""
    seeding.activate()
    members = seeding.residents(4)
    come, leave = purse.volunteer_readers()
    return {"city": city, "members": members, "in": come, "out": leave}


def minutes(member: int) -> int:
    found = ledger.balances(holders=[member], unit=UNIT, on=today(), access=None)
    return found[member].available


def test_hours_come_by_event_and_not_while_the_reader_waits(town: dict[str, Any]) -> None:
    at = seeding.at_noon(9)
    answers = seeding.take(
        seeding.tap(town["in"], 0, at), seeding.tap(town["out"], 0, at + 2 * HOUR)
    )
    assert [one.code for one in answers] == [taps.Code.ACCEPTED] * 2
    assert minutes(town["members"][0]) == 0
    town["city"].settle()
    assert minutes(town["members"][0]) == 120


def test_the_same_batches_told_again_change_nothing(town: dict[str, Any]) -> None:
    told = rows("SELECT DISTINCT batch_id, local_month FROM pub.taps")
    before = minutes(town["members"][0])
    with unit_of_work():
        again = activities.follow_volunteer_taps(
            batch_ids=[one.batch_id for one in told],
            months=[one.local_month for one in told],
            actor=SYSTEM,
            now=seeding.at_noon(),
        )
    assert (again, minutes(town["members"][0])) == (0, before)


def test_a_person_is_one_volunteer_over_all_cards(town: dict[str, Any]) -> None:
    at, member = seeding.at_noon(40) + HOUR, town["members"][1]
    number = "9129999999999999"
    with unit_of_work():
        (second,) = cards.register_many(
            cards=[cards.NewCard(kind="general", medium="easycard", numbers={"printed": number})],
            actor=SYSTEM,
            now=at,
        )
        cards.bind_many(
            binds=[cards.Bind(card_id=second.card_id, member_id=member)], actor=SYSTEM, now=at
        )
    begins = seeding.at_noon(7)
    leaves = seeding.tap(town["out"], 1, begins + 3 * HOUR)._replace(number=number)
    seeding.take(leaves)
    seeding.take(seeding.tap(town["in"], 1, begins))  # and late
    town["city"].settle()
    assert minutes(member) == 180


def test_a_card_that_is_refused_begins_no_shift(town: dict[str, Any]) -> None:
    card = cards.find(issuer="easycard", number_kind="printed", number=seeding.card_number(2))
    assert card is not None
    with unit_of_work():
        cards.report_lost(card_id=card.card_id, actor=SYSTEM, now=seeding.at_noon(8))
    at = seeding.at_noon(6)
    seeding.take(seeding.tap(town["in"], 2, at), seeding.tap(town["out"], 2, at + 2 * HOUR))
    town["city"].settle()
    assert minutes(town["members"][2]) == 0


def test_other_readers_begin_no_shift(town: dict[str, Any]) -> None:
    reader = seeding.enrol_readers("sports-daan", service="sports-visit")["sports-daan"]
    seeding.take(seeding.tap(reader, 3, seeding.at_noon(5)))
    town["city"].settle()
    assert activities.verify() == []
    members = {
        one.member_id
        for one in activities.volunteer_sums(
            organisers=["social-welfare", "sports"], now=seeding.at_noon()
        )
    }
    assert members == set(town["members"][:2])

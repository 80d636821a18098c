"""雙十公車: one card carries it. A mistake that is undone leaves it where it was; what ends it one
by one is listed for the bus operators."""

import csv
import datetime as dt
import io
from typing import Any

import pytest

from citycard.agencies import api as agencies
from citycard.cards import api as cards
from citycard.entitlements import api as entitlements
from citycard.flows import braking, cancelling, following_register, keeping_rights, listing_ends
from citycard.infra import clock, papers
from citycard.infra.database import scalar
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.people import api as people
from citycard.taps import api as taps
from tests.flows.living import NOW
from tests.flows.registers import (
    SECOND,
    TODAY,
    Resident,
    change,
    fact,
    file_of,
    residents,
    settle,
    standing,
)

pytestmark = pytest.mark.city("taichung")

RIGHT = "resident-bus"
MOVED_ON = dt.date(2026, 11, 2)
HOUR = dt.timedelta(hours=1)


def riders(count: int, **facts: object) -> list[Resident]:
    return residents(count, approval=RIGHT, kind="bus", **facts)


def take(content: bytes, name: str, now: dt.datetime = NOW) -> int:
    with clock.stopped_at(now):
        weighed = following_register.take_file(content=content, name=name, actor=SYSTEM, now=now)
    settle(now)
    assert not weighed.held
    return weighed.change_id


def holds(who: Resident, on: dt.date = TODAY) -> bool:
    found = entitlements.machine_rights_of(member_ids=[who.member_id], on=on)[who.member_id]
    return RIGHT in {one.entitlement for one in found}


def carries(who: Resident) -> bool:
    """Tell whether the resident's card opens the bus."""
    return bool(
        scalar(
            "SELECT count(*) FROM pub.holdings WHERE member_id = %s AND entitlement = %s"
            " AND valid @> %s::date",
            [who.member_id, RIGHT, TODAY],
        )
    )


def listed(change_id: int, what: str = "cancel") -> dict[str, str]:
    about = cancelling.about_list(change_id, what, "bus-operators")
    paper = papers.kept(kind=cancelling.PAPER, about=about)
    if paper is None:
        return {}
    lines = csv.DictReader(io.StringIO(paper.files[0].content.decode("utf-8-sig")))
    return {one["card_number"]: one["since"] for one in lines if one["right"] == RIGHT}


def list_the_day(now: dt.datetime) -> agencies.MassChange:
    settle(now)
    with clock.stopped_at(now):
        listing_ends.list_ends(now)
    settle(now)
    return agencies.mass_changes(kind=listing_ends.KIND, limit=1)[0]


def second_card(who: Resident) -> int:
    """Give somebody another card; what only one may carry stays on the first."""
    with clock.stopped_at(NOW), unit_of_work():
        [made] = cards.register_many(
            cards=[
                cards.NewCard(
                    kind="bus",
                    medium="easycard",
                    numbers={"printed": f"7{who.card:0>15}", "chip_id": f"7{who.card[1:]}"},
                )
            ],
            actor=SYSTEM,
            now=NOW,
        )
        assert made.card_id is not None
        first = cards.cards_carrying(member_ids=[who.member_id])[who.member_id, RIGHT]
        cards.bind_many(
            binds=[cards.Bind(card_id=made.card_id, member_id=who.member_id)],
            actor=SYSTEM,
            now=NOW,
        )
        cards.move_right(
            entitlement=RIGHT, card_id=first, seen_card_id=made.card_id, actor=SYSTEM, now=NOW
        )
    settle()
    return made.card_id


def test_a_reader_is_told_the_class_of_fare_of_the_card_that_carries_the_right(city: Any) -> None:
    """By the card that carried it when it was held to the reader, not by whose it is."""
    [who] = riders(1)
    other = second_card(who)
    first = cards.cards_carrying(member_ids=[who.member_id])[who.member_id, RIGHT]
    with unit_of_work():
        agencies.activate(pack=current_pack(), now=NOW)
        [bus] = agencies.enrol_devices(
            devices=[
                agencies.NewDevice(
                    code="BUS-1",
                    kind="reader",
                    agency="transport",
                    place="",
                    service="concession-ride",
                )
            ],
            actor=SYSTEM,
            now=NOW,
        )
        cards.move_right(
            entitlement=RIGHT, card_id=other, seen_card_id=first, actor=SYSTEM, now=NOW + HOUR
        )
    settle(NOW + HOUR)
    assert bus.device_id is not None
    reads = [
        taps.TapRead(bus.device_id, 1, seq, at, "easycard", "printed", f"{which}{who.card:0>15}")
        for seq, (at, which) in enumerate(
            [(NOW + n * HOUR, which) for n in (0.5, 1.5) for which in (9, 7)], 1
        )
    ]
    with unit_of_work():
        batch = taps.open_batch(
            columns=taps.columns_of(reads=reads), now=NOW + 2 * HOUR, classes={"bus": RIGHT}
        )
        assert batch.profile.tolist() == [1, 0, 0, 1]


def test_a_wrong_feed_that_is_undone_leaves_the_right_on_its_card(city: Any) -> None:
    one, other = riders(2)
    second_card(other)
    before = standing()
    assert carries(one)
    assert carries(other)
    change_id = take(
        file_of([change(it, "moved", MOVED_ON, city="65000") for it in (one, other)]), "wrong.csv"
    )
    assert not carries(one)
    assert listed(change_id)[one.card] == MOVED_ON.isoformat()
    braking.undo(change_id=change_id, actor=SECOND, now=NOW + HOUR)
    settle(NOW + HOUR)
    assert standing() == before
    assert carries(one)
    # of two cards the one that carries it works again, and no other
    assert set(listed(change_id, "restore")) == {one.card, other.card}
    assert cards.verify() == []


def test_what_ends_one_by_one_is_listed_for_the_operators(city: Any) -> None:
    graduate, still = riders(2, registered_city="taipei", school=school("2026-06-30"))
    stayed = still.member_id
    with unit_of_work():
        people.record_facts(
            facts=[fact(stayed, "school", school("2027-06-30"))], actor=SYSTEM, now=NOW
        )
    settle()
    senior, corrected, moved = riders(3)
    weighed = take(file_of([change(moved, "moved", MOVED_ON, city="65000")]), "moves.csv")
    with unit_of_work():
        people.record_facts(
            facts=[
                fact(senior.member_id, "approval.senior-rides", True, TODAY),
                fact(corrected.member_id, "registered_city", "taipei", TODAY),
            ],
            actor=SECOND,
            now=NOW,
        )
    settle()
    with clock.stopped_at(NOW):
        keeping_rights.look_again(NOW)
    assert not holds(graduate)
    assert holds(still)
    day = list_the_day(NOW)
    found = listed(day.id)
    assert set(found) == {graduate.card, senior.card, corrected.card}
    assert found[graduate.card] == "2026-11-01"
    assert found[senior.card] == TODAY.isoformat()
    assert set(listed(weighed)) == {moved.card}, "a mass change has a list of its own"
    (figure,) = day.figures
    assert (day.state, figure.entitlement, figure.ended) == ("carried_out", RIGHT, 3)
    assert list_the_day(NOW + HOUR) == day, "once"
    with pytest.raises(braking.EndedByItself):
        braking.undo(change_id=day.id, actor=SECOND, now=NOW + HOUR)


def test_who_has_it_again_before_the_list_is_made_is_not_on_it(city: Any) -> None:
    one, other = riders(2)
    for value in ("taipei", "taichung"):
        with unit_of_work():
            people.record_facts(
                facts=[fact(one.member_id, "registered_city", value, TODAY)], actor=SECOND, now=NOW
            )
            if value == "taipei":
                people.record_facts(
                    facts=[fact(other.member_id, "registered_city", value, TODAY)],
                    actor=SECOND,
                    now=NOW,
                )
        settle()
    assert holds(one)
    assert set(listed(list_the_day(NOW + 2 * HOUR).id)) == {other.card}


def school(graduates_on: str) -> dict[str, object]:
    return {"level": "university", "in_city": True, "graduates_on": graduates_on}

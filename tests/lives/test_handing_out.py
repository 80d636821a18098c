"""不記名發放: one a person, nobody written down, two counters in the same second."""

import datetime as dt
import json

import pytest

from citycard.cards import api as cards
from citycard.flows import handing_out
from citycard.infra import clock
from citycard.infra.database import rows, scalar
from citycard.issuing import api as issuing
from tests.flows import living
from tests.flows.living import at_once, new_number
from tests.harness.cities import City
from tests.lives import people as lives
from tests.portals import counter_desk as desk
from tests.portals.counter_desk import sentences

NOW = dt.datetime(2026, 11, 21, 2, tzinfo=dt.UTC)
COUNTERS = ("office-taoyuan", "office-zhongli")


@pytest.fixture(scope="module", autouse=True)
def _blanks(town: City) -> None:
    for counter in COUNTERS:
        desk.blanks(20, counter)


def seen(number: str = "", **changes: object) -> handing_out.Seen:
    about = {"id_number": number or new_number(), "birth_on": dt.date(1970, 1, 1)}
    return handing_out.Seen(**{**about, "is_resident": True, **changes})


def hand_out(one: handing_out.Seen, counter: str = COUNTERS[0]) -> issuing.HandedOut:
    return handing_out.hand_out(card_kind="expo", seen=one, actor=living.clerk(counter), now=NOW)


def test_a_second_pickup_anywhere_is_refused_also_after_losing_the_card() -> None:
    """已領取但遺失者不重複發放."""
    one = seen()
    handed = hand_out(one)
    known = cards.find(issuer="easycard", number_kind="printed", number=handed.numbers["printed"])
    assert known is not None
    assert (known.state, known.member_id) == ("active", None)
    for counter in COUNTERS:
        with pytest.raises(issuing.AlreadyPickedUp):
            hand_out(one, counter)


def test_two_counters_trying_the_same_person_at_once() -> None:
    """兩個窗口同一秒：exactly one hands out a card."""
    one = seen()
    before = issued()

    def at(number: int) -> str:
        hand_out(one, COUNTERS[number])
        return "handed"

    assert sorted(at_once(at)) == ["handed", "issuing.already_picked_up"]
    assert issued() == before + 1
    assert issuing.verify(now=NOW) == []


def test_nothing_but_a_keyed_mark_is_left_of_the_person() -> None:
    one = seen()
    handed = hand_out(one)
    told = json.dumps(
        [
            [str(value) for value in found]
            for table in ("issuing_unnamed_pickup", "issuing_blank_move", "cards_card_history")
            for found in rows(f"SELECT * FROM {table}")
        ]
    )
    assert one.id_number not in told
    assert handed.numbers["printed"] not in told
    columns = rows(
        "SELECT column_name AS name FROM information_schema.columns"
        " WHERE table_name = 'issuing_unnamed_pickup'"
    )
    assert {column.name for column in columns} == {"card_kind", "mark"}
    assert scalar("SELECT count(*) FROM cards_binding b JOIN cards_card c ON c.id = b.card_id"
                  " WHERE c.kind = 'expo'") == 0  # fmt: skip


def test_who_may_not_have_one_is_told_why() -> None:
    with pytest.raises(handing_out.MayNotHaveOne) as told:
        hand_out(seen(is_resident=False))
    assert "設籍" in told.value.facts["why"] or "registered" in told.value.facts["why"]
    _, number = lives.member(
        dt.date(1970, 1, 1), since=dt.date(2020, 1, 1), registered_city="elsewhere"
    )
    with pytest.raises(handing_out.MayNotHaveOne):  # the city knows better than the paper
        hand_out(seen(number))
    with pytest.raises(issuing.NotUnnamed):
        handing_out.hand_out(
            card_kind="general", seen=seen(), actor=living.clerk(COUNTERS[0]), now=NOW
        )


@pytest.mark.parametrize("number", ["A123456789", "A800000014", "AB12345677", "A900000016"])
def test_id_numbers_of_every_kind(number: str) -> None:
    from citycard.kernel.taiwan.national_id import with_check_digit

    valid = with_check_digit(number[:9])
    assert hand_out(seen(valid)).card_kind == "expo"
    with pytest.raises(issuing.AlreadyPickedUp):
        hand_out(seen(valid.lower()))


def test_over_http_at_the_counter(town: City) -> None:
    clerk = desk.clerk_at(COUNTERS[0])
    about = {
        "card_kind": "expo",
        "id_number": new_number(),
        "birth_on": "1980-02-03",
        "is_resident": "on",
    }
    with clock.stopped_at(NOW):
        assert "不記名發放" in sentences(clerk.get("/counter/"))
        first = clerk.post("/counter/hand-out/", about)
        assert (first.status_code, "請交給民眾" in sentences(first)) == (200, True)
        assert about["id_number"] not in first.content.decode()
        again = desk.clerk_at(COUNTERS[1]).post("/counter/hand-out/", about)
        assert (again.status_code, "不重複發放" in sentences(again)) == (422, True)


def issued() -> int:
    return sum(one.issued for one in issuing.stock())

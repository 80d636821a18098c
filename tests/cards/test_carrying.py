"""One card a right (MISSION C07), and a companion's card that follows its holder's (A05)."""

import datetime as dt
import threading
from collections.abc import Callable
from dataclasses import replace

import psycopg
import pytest

from citycard.cards import api as cards
from citycard.cards import following, kinds
from citycard.infra.database import give_back_connection, rows
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.kernel.periods import DateSpan
from tests.cards.conftest import NOW
from tests.harness.cities import City

RIGHT = "resident-bus"
LATER = NOW + dt.timedelta(hours=1)
NewCard = Callable[..., int]


@pytest.fixture(autouse=True)
def _one_card_a_right(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pack whose general card carries a right that only one card of a person may."""
    table = kinds.card_table()
    general = table.kinds["general"]
    carries = replace(general, functions={**general.functions, RIGHT: DateSpan()})
    monkeypatch.setitem(
        kinds._tables,
        current_pack().hash,
        replace(
            table,
            kinds={**table.kinds, "general": carries},
            single_rights=frozenset({RIGHT}),
        ),
    )


def carrier(member: int = 1) -> int | None:
    return cards.cards_carrying(member_ids=[member]).get((member, RIGHT))


def move(card: int, seen: int | None, now: dt.datetime = LATER) -> cards.RightMoved:
    with unit_of_work():
        return cards.move_right(
            entitlement=RIGHT, card_id=card, seen_card_id=seen, actor=SYSTEM, now=now
        )


def test_binding_a_second_card_moves_the_right_to_it(new_card: NewCard) -> None:
    first = new_card(member=1)
    assert carrier() == first
    second = new_card(member=1)
    assert carrier() == second
    assert carrier(2) is None
    assert cards.verify() == []


def test_a_counter_moves_it_back_and_one_that_saw_something_else_does_not(
    new_card: NewCard,
) -> None:
    first, second = new_card(member=1), new_card(member=1)
    with pytest.raises(cards.RightMovedMeanwhile):
        move(first, seen=None)
    assert move(first, seen=second) == cards.RightMoved(
        entitlement=RIGHT, card_id=first, from_card_id=second
    )
    assert move(first, seen=second).already
    with pytest.raises(cards.RightMovedMeanwhile):
        move(second, seen=second)
    found = rows(
        "SELECT card_id, upper_inf(bound) AS now FROM pub.right_cards"
        " WHERE member_id = 1 ORDER BY lower(bound), upper(bound)"
    )
    assert [(one.card_id, one.now) for one in found] == [(second, False), (first, True)]


def test_a_card_that_is_nobody_s_or_of_another_kind_carries_nothing(new_card: NewCard) -> None:
    for card in (new_card(), new_card(member=1, kind="senior"), 999_999):
        with pytest.raises(cards.CannotCarry):
            move(card, seen=None)


@pytest.mark.parametrize("end", ["lost", "unbound"])
def test_the_end_of_the_card_frees_it(new_card: NewCard, end: str) -> None:
    first = new_card(member=1)
    with unit_of_work():
        if end == "lost":
            cards.report_lost(card_id=first, actor=SYSTEM, now=LATER)
        else:
            cards.unbind(card_id=first, actor=SYSTEM, now=LATER)
    assert carrier() is None
    assert cards.verify() == []


def test_the_database_itself_allows_one_card_at_any_instant(new_card: NewCard) -> None:
    first = new_card(member=1)
    with pytest.raises(Exception, match="cards_right_card_one"), unit_of_work():
        rows(
            "INSERT INTO cards_right_card (member_id, entitlement, card_id, bound, recorded)"
            " VALUES (1, %s, %s, tstzrange(%s, NULL), tstzrange(%s, NULL)) RETURNING id",
            [RIGHT, first + 1, LATER, LATER],
        )


def suspend(card: int) -> None:
    with unit_of_work():
        cards.suspend(card_id=card, why="holder_asked", actor=SYSTEM, now=LATER)


def state(card: int) -> str:
    return str(rows("SELECT state FROM pub.cards WHERE card_id = %s", [card])[0].state)


def test_a_companion_s_card_exists_only_with_its_holder_s(new_card: NewCard) -> None:
    alone = new_card(kind="companion")
    with unit_of_work():
        bind = cards.Bind(card_id=alone, member_id=1)
        [bound] = cards.bind_many(binds=[bind], actor=SYSTEM, now=NOW)
    assert isinstance(bound.refusal, cards.NothingToFollow)
    new_card(member=1, kind="disability")
    with unit_of_work():
        [bound] = cards.bind_many(binds=[bind], actor=SYSTEM, now=NOW)
    assert bound.binding_id is not None


def test_it_stops_and_works_again_with_the_holder_s(new_card: NewCard) -> None:
    main, companion = new_card(member=1, kind="disability"), new_card(member=1, kind="companion")
    suspend(main)
    assert state(companion) == "suspended"
    with unit_of_work():
        cards.resume(card_id=main, actor=SYSTEM, now=LATER)
    assert state(companion) == "active"
    assert cards.verify() == []


def test_one_that_was_stopped_for_itself_stays_stopped(new_card: NewCard) -> None:
    main, companion = new_card(member=1, kind="disability"), new_card(member=1, kind="companion")
    suspend(companion)
    suspend(main)
    with unit_of_work():
        cards.resume(card_id=main, actor=SYSTEM, now=LATER)
    assert state(companion) == "suspended"


@pytest.mark.parametrize("end", ["suspended", "lost", "unbound"])
def test_none_is_let_work_again_without_the_holder_s(new_card: NewCard, end: str) -> None:
    main, companion = new_card(member=1, kind="disability"), new_card(member=1, kind="companion")
    with unit_of_work():
        if end == "suspended":
            cards.suspend(card_id=main, why="holder_asked", actor=SYSTEM, now=LATER)
        elif end == "lost":
            cards.report_lost(card_id=main, actor=SYSTEM, now=LATER)
        else:
            cards.unbind(card_id=main, why="not_used", actor=SYSTEM, now=LATER)
    assert state(companion) == "suspended"
    with pytest.raises(cards.LeaderStopped), unit_of_work():
        cards.resume(card_id=companion, actor=SYSTEM, now=LATER)
    assert state(companion) == "suspended"
    assert cards.verify() == []


def test_unbound_from_its_holder_s_it_waits_for_the_next(new_card: NewCard) -> None:
    main, companion = new_card(member=1, kind="disability"), new_card(member=1, kind="companion")
    with unit_of_work():
        cards.unbind(card_id=main, actor=SYSTEM, now=LATER)
    new_card(member=1, kind="disability")
    assert state(companion) == "active"
    assert cards.verify() == []


def test_the_next_one_must_work_for_it_to_work(new_card: NewCard) -> None:
    main, companion = new_card(member=1, kind="disability"), new_card(member=1, kind="companion")
    found = new_card(kind="disability")
    suspend(found)
    with unit_of_work():
        cards.report_lost(card_id=main, actor=SYSTEM, now=LATER)
        cards.bind_many(binds=[cards.Bind(card_id=found, member_id=1)], actor=SYSTEM, now=LATER)
    assert state(companion) == "suspended"
    with unit_of_work():
        cards.resume(card_id=found, actor=SYSTEM, now=LATER)
    assert state(companion) == "active"
    assert cards.verify() == []


def test_handed_over_behind_a_stopped_one_it_works_from_when_that_does(new_card: NewCard) -> None:
    main = new_card(member=1, kind="disability")
    suspend(main)
    companion = new_card(member=1, kind="companion")
    assert state(companion) == "suspended"
    assert cards.verify() == []
    with unit_of_work():
        cards.resume(card_id=main, actor=SYSTEM, now=LATER)
    assert state(companion) == "active"
    assert cards.verify() == []


def test_the_auditor_names_one_that_works_after_its_holder_s_was_unbound(
    new_card: NewCard, monkeypatch: pytest.MonkeyPatch
) -> None:
    main, companion = new_card(member=1, kind="disability"), new_card(member=1, kind="companion")
    monkeypatch.setattr(following, "stop_followers", lambda **_: None)
    with unit_of_work():
        cards.unbind(card_id=main, actor=SYSTEM, now=LATER)
    (found,) = cards.verify()
    assert (found.check, found.about) == ("cards.companion_follows", f"card {companion}")


def test_it_follows_the_card_that_replaces_a_lost_one(new_card: NewCard) -> None:
    main, companion = new_card(member=1, kind="disability"), new_card(member=1, kind="companion")
    with unit_of_work():
        cards.report_lost(card_id=main, actor=SYSTEM, now=LATER)
    assert state(companion) == "suspended"
    replacement = new_card(member=1, kind="disability")
    assert state(companion) == "active"
    suspend(replacement)
    assert state(companion) == "suspended"
    assert cards.verify() == []


def test_many_peoples_follow_those_that_replace_lost_ones_at_once(new_card: NewCard) -> None:
    mains = {n: new_card(member=n, kind="disability") for n in (1, 2, 3)}
    companions = {n: new_card(member=n, kind="companion") for n in (1, 2)}
    with unit_of_work():
        for n in (1, 3):
            cards.report_lost(card_id=mains[n], actor=SYSTEM, now=LATER)
    with unit_of_work():
        new = [
            cards.NewCard(kind="disability", medium="easycard", numbers={"printed": f"{n:016d}"})
            for n in (81, 83, 84)
        ]
        made = cards.register_many(cards=new, actor=SYSTEM, now=LATER)
        ids = [one.card_id for one in made if one.card_id is not None]
        binds = [
            cards.Bind(card_id=card, member_id=n) for card, n in zip(ids, (1, 3, 4), strict=True)
        ]
        assert all(
            one.refusal is None for one in cards.bind_many(binds=binds, actor=SYSTEM, now=LATER)
        )
    assert (state(companions[1]), state(companions[2])) == ("active", "active")
    suspend(ids[0])
    assert state(companions[1]) == "suspended"
    assert state(companions[2]) == "active", "another's card doesn't lead it"
    assert cards.verify() == []


def test_two_counters_in_the_same_second_one_wins(city: City) -> None:
    with unit_of_work():
        new = [
            cards.NewCard(kind="general", medium="easycard", numbers={"printed": f"{n:016d}"})
            for n in (71, 72, 73)
        ]
        made = cards.register_many(cards=new, actor=SYSTEM, now=NOW)
        ids = [one.card_id for one in made if one.card_id is not None]
        cards.bind_many(
            binds=[cards.Bind(card_id=card, member_id=7) for card in ids], actor=SYSTEM, now=NOW
        )
    before = carrier(7)
    others = [card for card in ids if card != before]
    ready = threading.Barrier(2)
    won: list[int] = []
    lost: list[int] = []

    def counter(card: int) -> None:
        ready.wait()
        try:
            won.append(move(card, seen=before).card_id)
        except (cards.RightMovedMeanwhile, psycopg.Error):
            lost.append(card)
        give_back_connection()

    threads = [threading.Thread(target=counter, args=[card]) for card in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(won), len(lost)) == (1, 1)
    assert carrier(7) == won[0]
    assert cards.verify() == []

"""一日免費參觀三園區、當日不限次數, later 半價: parks that are cut off from each other."""

import dataclasses
import datetime as dt
import itertools
import random
import threading
from collections.abc import Sequence

import pytest
from django.db import connection

from citycard.cards import api as cards
from citycard.flows import entering
from citycard.infra.database import scalar
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM, Actor
from citycard.offers import api as offers
from citycard_reader.visits import Park, Terms
from tests.lives import people as lives

pytestmark = pytest.mark.usefixtures("town")

EXPO = Actor(id="agency_client:1", kind="agency_client", agency="culture")
PARKS = ("park-east", "park-west", "park-north")
TERMS = Terms(first_class="free-day", first_ntd=0, later_class="half", later_ntd=176)
_numbers = itertools.count(7_300_000_000_000_000)


def at(day: int, hour: int = 10, minute: int = 0, month: int = 11) -> dt.datetime:
    return dt.datetime(2026, month, day, hour - 8, minute, tzinfo=dt.UTC)


NOW = at(28, 20)


def new_cards(many: int, kind: str = "expo") -> list[str]:
    """Register cards that are nobody's; return their printed numbers."""
    numbers = [str(next(_numbers)) for _ in range(many)]
    with unit_of_work():
        made = cards.register_many(
            cards=[
                cards.NewCard(kind=kind, medium="easycard", numbers={"printed": one})
                for one in numbers
            ],
            actor=SYSTEM,
            now=at(1),
        )
    assert all(one.refusal is None for one in made)
    return numbers


def card(number: str) -> offers.CardNumber:
    return offers.CardNumber(issuer="easycard", number_kind="printed", number=number)


def park(venue: str) -> Park:
    return Park(device=f"GATE-{venue}-{next(_numbers)}", venue=venue, terms=TERMS)


def uploaded(visits: Sequence[tuple[Park, object]]) -> list[offers.NewEntry]:
    return [
        offers.NewEntry(
            device=where.device,
            epoch=where.epoch,
            seq=visit.seq,
            offer="expo-entry",
            venue=where.venue,
            card=card(visit.number),
            at=visit.at,
            price_class=visit.price_class,
            charged_ntd=visit.charged_ntd,
        )
        for where, visit in visits
    ]


def take(entries: Sequence[offers.NewEntry], now: dt.datetime = NOW) -> list[offers.Merged]:
    return entering.take(entries=entries, agencies=["culture"], actor=EXPO, now=now)


def test_the_first_day_is_free_in_all_parks_and_other_days_cost_half() -> None:
    """第一天在任一園區入場即為免費日，當日三園區不限次數；其他日半價。"""
    (number,) = new_cards(1)
    east, west = park("park-east"), park("park-west")
    visits = [(east, east.enter(number, at(5, 9))), (west, west.enter(number, at(5, 11)))]
    visits += [(east, east.enter(number, at(5, 15))), (east, east.enter(number, at(6)))]
    assert [one.price_class for _, one in visits] == ["free-day", "free-day", "free-day", "half"]
    assert [one.charged_ntd for _, one in visits] == [0, 0, 0, 176]
    answers = take(uploaded(visits))
    assert [(one.outcome, one.finding) for one in answers] == [("stored", "")] * 4
    assert {one.first_day for one in answers} == {dt.date(2026, 11, 5)}


def test_a_second_free_day_at_a_park_that_knew_nothing_is_named_and_never_billed() -> None:
    """園區彼此斷線：重複的免費日在合併時指名（卡、園區、時間），不計費。"""
    (number,) = new_cards(1)
    east, north = park("park-east"), park("park-north")
    first, again = east.enter(number, at(7, 9)), north.enter(number, at(9, 14))
    assert (first.price_class, again.price_class) == ("free-day", "free-day")
    (told,) = take(uploaded([(north, again)]))
    assert (told.finding, told.first_day) == ("", dt.date(2026, 11, 9))  # nobody knows better yet
    (told,) = take(uploaded([(east, first)]))
    assert (told.finding, told.first_day) == ("", dt.date(2026, 11, 7))
    (told,) = take(uploaded([(north, again)]))
    assert (told.outcome, told.finding) == ("again", "double_free_day")
    (named,) = [
        one
        for one in offers.double_days(offer="expo-entry")
        if one.masked_number.endswith(number[-4:])
    ]
    assert (named.first_day, named.day) == (dt.date(2026, 11, 7), dt.date(2026, 11, 9))
    assert named.free_at == (("park-east", at(7, 9)),)
    assert named.double_at == (("park-north", at(9, 14)),)
    assert number not in named.masked_number
    charged = "SELECT sum(charged_ntd) FROM offers_entry WHERE card_id = %s"
    assert scalar(charged, [named.card_id]) == 0
    assert scalar("SELECT count(*) FROM ledger_transfer") == 0


def test_a_park_that_was_told_of_the_other_day_takes_half() -> None:
    (number,) = new_cards(1)
    east, west = park("park-east"), park("park-west")
    take(uploaded([(east, east.enter(number, at(10)))]))
    told = offers.free_days(offer="expo-entry")
    west.learn({one.numbers["printed"]: one.day for one in told})
    assert west.enter(number, at(11)).price_class == "half"


def test_what_was_charged_on_the_day_that_proves_to_be_the_first_is_due_back() -> None:
    (number,) = new_cards(1)
    east, west = park("park-east"), park("park-west")
    east.learn({number: dt.date(2026, 11, 12)})  # a clock at another park ran ahead
    charged = east.enter(number, at(13))
    free = west.enter(number, at(13, 8))
    before = offers.report(offer="expo-entry")
    told = take(uploaded([(east, charged), (west, free)]))
    assert [one.finding for one in told] == ["due_back", ""]
    after = offers.report(offer="expo-entry")
    assert after.due_back_ntd - before.due_back_ntd == 176


def test_any_order_of_arrival_ends_in_the_same_days_and_findings() -> None:
    numbers = new_cards(12)
    chance = random.Random(8)
    parks = {venue: park(venue) for venue in PARKS}
    visits = []
    for day in range(14, 20):
        for number in chance.sample(numbers, 8):
            where = parks[chance.choice(PARKS)]
            visits.append((where, where.enter(number, at(day, chance.randrange(9, 18)))))
    endings = set()
    for _ in range(4):
        # the same visits under other readers' names and other cards, sent in another order
        fresh = dict(zip(numbers, new_cards(12), strict=True))
        entries = [
            dataclasses.replace(
                one,
                device=f"{one.device}-{len(endings)}-{chance.random()}",
                card=card(fresh[one.card.number]),
            )
            for one in uploaded(visits)
        ]
        sent = [*entries, *chance.sample(entries, 10)]
        chance.shuffle(sent)
        for start in range(0, len(sent), 7):
            take(sent[start : start + 7])
        back = {new: old for old, new in fresh.items()}
        told = take(entries)
        assert {one.outcome for one in told} == {"again"}
        endings.add(
            tuple(
                (back[entry.card.number], entry.at, one.finding, one.first_day)
                for entry, one in zip(entries, told, strict=True)
            )
        )
    assert len(endings) == 1
    assert any(finding == "double_free_day" for _, _, finding, _ in endings.pop())
    assert offers.verify() == []


def test_an_entry_is_counted_once_and_another_under_its_number_is_kept_apart() -> None:
    (number,) = new_cards(1)
    east = park("park-east")
    (entry,) = uploaded([(east, east.enter(number, at(20)))])
    assert [one.outcome for one in take([entry, entry])] == ["stored", "again"]
    other = dataclasses.replace(entry, charged_ntd=176, price_class="half")
    assert [one.outcome for one in take([other])] == ["conflict"]
    assert [one.outcome for one in take([other])] == ["conflict"]
    assert offers.report(offer="expo-entry").conflicts == 1


def test_entries_of_others_venues_unknown_cards_and_impossible_times() -> None:
    east = park("park-east")
    (unknown,) = uploaded([(east, east.enter("1111222233334444", at(20)))])
    (told,) = take([unknown])
    assert (told.outcome, told.finding) == ("stored", "unknown_card")
    (future,) = uploaded([(east, east.enter("1111222233334444", at(29)))])
    assert [one.outcome for one in take([future])] == ["impossible_time"]
    elsewhere = dataclasses.replace(unknown, venue="museum", seq=900)
    assert [one.outcome for one in take([elsewhere])] == ["no_offer"]
    stranger = entering.take(entries=[unknown], agencies=["library"], actor=EXPO, now=NOW)
    assert [one.outcome for one in stranger] == ["no_offer"]


@pytest.mark.parametrize(
    ("day", "kind", "expected"),
    [
        (dt.datetime(2026, 11, 2, 15, 59, tzinfo=dt.UTC), "expo", ("no_offer", "", 0)),
        (dt.datetime(2026, 11, 2, 16, 0, tzinfo=dt.UTC), "expo", ("ok", "free-day", 0)),
        (dt.datetime(2026, 12, 31, 4, 0, tzinfo=dt.UTC), "general", ("ok", "full", 351)),
        (dt.datetime(2027, 1, 1, 4, 0, tzinfo=dt.UTC), "general", ("ok", "half", 176)),
        (dt.datetime(2027, 4, 24, 15, 59, tzinfo=dt.UTC), "expo", ("ok", "free-day", 0)),
        (dt.datetime(2027, 4, 24, 16, 0, tzinfo=dt.UTC), "expo", ("no_offer", "", 0)),
    ],
)
def test_an_offer_has_its_days_and_is_attached_to_another_kind_by_data(
    day: dt.datetime, kind: str, expected: tuple[str, str, int]
) -> None:
    """107-11-03 至 108-04-24 般的期間；優惠可改附在另一種卡（H08）。"""
    (number,) = new_cards(1, kind)
    found = offers.price_at(offer="expo-entry", venue="park-east", card=card(number), now=day)
    assert (found.code, found.price_class, found.ntd) == expected


def test_a_lost_card_and_an_unknown_one_have_no_price() -> None:
    (number,) = new_cards(1)
    known = cards.find(issuer="easycard", number_kind="printed", number=number)
    assert known is not None
    with unit_of_work():
        cards.report_lost(card_id=known.card_id, actor=SYSTEM, now=at(2))
    for one, code in ((number, "card_not_valid"), ("9999888877776666", "unknown_card")):
        found = offers.price_at(offer="expo-entry", venue="park-east", card=card(one), now=NOW)
        assert (found.code, found.price_class, found.ntd) == (code, "", 0)


def test_who_is_asked_about_sees_it_and_who_is_not_anybodys_leaves_nothing() -> None:
    member, _ = lives.member(dt.date(1980, 5, 12), since=dt.date(2026, 9, 1))
    card_id = lives.card(member, "expo", dt.date(2026, 9, 1))
    number = scalar("SELECT number FROM cards_card_number WHERE card_id = %s", [card_id])
    venue = dataclasses.replace(EXPO, roles=frozenset({"agency_client", "device"}))
    records = (
        "SELECT count(*) FROM people_access_record WHERE purpose = 'agency-verification'"
        " AND agency = 'culture'"
    )
    before = scalar(records)

    def asked(one: str) -> offers.Price:
        return entering.price(
            offer="expo-entry", venue="park-east", card=card(one), actor=venue, now=NOW
        )

    assert asked(new_cards(1)[0]).code == "ok"
    assert asked("0000000000000000").code == "unknown_card"
    assert scalar(records) == before
    assert asked(str(number)).code == "ok"
    assert scalar(f"{records} AND %s = ANY(subjects)", [member]) == 1


def test_first_days_are_read_on_without_a_gap() -> None:
    """One upload's first days share their place: a page never ends amid them."""
    east, after = park("park-east"), 0
    while told := offers.free_days(offer="expo-entry", after=after):
        after = told[-1].change
    batches = [new_cards(3) for _ in range(3)]
    for numbers in batches:
        take(uploaded([(east, east.enter(one, at(12))) for one in numbers]))
    read: list[str] = []
    while told := offers.free_days(offer="expo-entry", after=after, limit=2):
        assert len(told) == 3
        read += [one.numbers["printed"] for one in told]
        after = told[-1].change
    assert sorted(read) == sorted(one for numbers in batches for one in numbers)


def test_an_upload_that_began_earlier_and_is_kept_later_is_read_all_the_same() -> None:
    east, after = park("park-east"), 0
    while told := offers.free_days(offer="expo-entry", after=after):
        after = told[-1].change
    slow, quick = new_cards(2)
    began, go_on = threading.Event(), threading.Event()

    def upload_slowly() -> None:
        with unit_of_work():
            offers.merge_entries(
                entries=uploaded([(east, east.enter(slow, at(13)))]), agencies=["culture"],
                actor=EXPO, now=NOW - dt.timedelta(seconds=5),
            )  # fmt: skip
            began.set()
            go_on.wait(20)
        connection.close()

    def upload_quickly() -> None:
        take(uploaded([(park("park-west"), park("park-west").enter(quick, at(13)))]))
        connection.close()

    first, second = threading.Thread(target=upload_slowly), threading.Thread(target=upload_quickly)
    first.start()
    assert began.wait(20)
    second.start()
    second.join(1)  # without its place in the line it would be through by now
    read = offers.free_days(offer="expo-entry", after=after)
    after = read[-1].change if read else after
    go_on.set()
    first.join()
    second.join()
    read += offers.free_days(offer="expo-entry", after=after)
    assert [one.numbers["printed"] for one in read] == [slow, quick]

"""Which class of fare a reader is told (MISSION X11): what the pack lets its service answer, by the
name that the snapshot has for it too, and nothing of why."""

import datetime as dt

import numpy as np

from citycard.cards import api as cards
from citycard.entitlements import api as entitlements
from citycard.fares import api as fares
from citycard.flows import snapshotting, tapping
from citycard.infra.database import scalar
from citycard.infra.packs import current_pack, find_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.kernel.periods import DateSpan
from citycard.taps import api as taps
from citycard.taps.api import Code
from citycard.taps.deciding import Found, profiles
from citycard.taps.service_table import ServiceTable
from tests.entitlements.allowance_town import D, say
from tests.taps.test_paying import senior
from tests.taps.town import NOW, Town, tap

DAY = dt.timedelta(days=1)
RIDE = ("concession-ride", "public-transport")


def take(*reads: taps.TapRead, now: dt.datetime = NOW) -> list[taps.TapAnswer]:
    return tapping.take(reads=reads, now=now)


def test_a_service_that_answers_the_profile_tells_the_class_and_others_do_not(town: Town) -> None:
    [entitled], [other] = senior(town), town.residents(1)
    number, plain = town.card(entitled), town.card(other)
    bus, pool = town.reader(*RIDE), town.reader("sports-visit", "sports")
    assert take(tap(bus, 1, number), tap(bus, 2, plain), tap(pool, 1, number)) == [
        taps.TapAnswer(Code.ACCEPTED, profile="disability"),
        taps.TapAnswer(Code.ACCEPTED),
        taps.TapAnswer(Code.ACCEPTED),
    ]


def test_the_same_tap_is_told_the_same_class_whatever_changed_since(town: Town) -> None:
    [member] = senior(town)
    number, bus = town.card(member), town.reader(*RIDE)
    first = take(tap(bus, 1, number), tap(bus, 1, number), tap(bus, 2, number))
    assert [one.profile for one in first] == ["disability"] * 3
    say(member, "status.disability", False, since=D(2026, 1, 5))
    with unit_of_work():
        entitlements.decide(member_ids=[member], on=D(2026, 1, 5), now=NOW, actor=SYSTEM)
    again = take(tap(bus, 2, number), tap(bus, 1, number), tap(bus, 3, number))
    assert [one.profile for one in again] == ["disability", "disability", ""]
    assert scalar("SELECT count(*) FROM taps_tap WHERE profile_id IS NOT NULL") == 2
    assert taps.verify() == []


def test_a_right_that_ends_on_one_of_a_batchs_days_names_the_class_until_then(town: Town) -> None:
    ended, stays = senior(town, 2)
    numbers, bus = town.cards([ended, stays]), town.reader(*RIDE)
    last = NOW.date() - DAY
    say(ended, "status.disability", False, since=last)
    with unit_of_work():
        entitlements.decide(member_ids=[ended], on=last, now=NOW, actor=SYSTEM)
    told = take(*(
        tap(bus, 2 * n + k, number, at=NOW - n * DAY)
        for n in range(3)
        for k, number in enumerate(numbers, 1)
    ))  # fmt: skip
    assert [one.profile for one in told] == ["", "disability"] * 2 + ["disability"] * 2


def test_who_is_refused_is_told_no_class(town: Town) -> None:
    [member] = senior(town)
    number, bus = town.card(member), town.reader(*RIDE)
    with unit_of_work():
        cards.report_lost(card_id=town.card_id(number), actor=SYSTEM, now=NOW - DAY)
    answers = take(tap(bus, 1, number), tap(bus, 2, number, at=NOW - 2 * DAY))
    assert answers == [
        taps.TapAnswer(Code.BLOCKED),
        taps.TapAnswer(Code.ACCEPTED, profile="disability"),
    ]


def test_a_card_that_does_not_carry_the_right_names_no_class(town: Town) -> None:
    """A companion's card opens only what its kind names, whoever holds it."""
    [member] = senior(town)
    bus = town.reader(*RIDE)
    [own, companion] = take(
        tap(bus, 1, town.card(member, kind="disability")),
        tap(bus, 2, town.card(member, kind="companion")),
    )
    assert own.profile == "disability"
    assert (companion.code, companion.profile) == (Code.ACCEPTED, "")


def test_readers_are_told_the_names_that_their_snapshot_has(town: Town) -> None:
    town.reader(*RIDE)
    town.reader("sports-visit", "sports")
    classes = {
        plan.service: set(plan.sets) - {snapshotting.ACCEPT} for plan in snapshotting.plans()
    }
    assert classes == {
        "concession-ride": set(fares.card_classes(pack=current_pack())),
        "sports-visit": set(),
    }


def test_a_class_that_the_card_alone_does_not_settle_is_not_told(town: Town) -> None:
    """Pupils pay a half or three quarters by their school: nobody guesses it from the card."""
    assert set(fares.card_classes(pack=find_pack("taoyuan"))) == {
        "companion",
        "disability",
        "senior",
    }


def found(*, kind: int, classes: int) -> Found:
    """A good card of a kind whose holder has the rights of some classes."""
    one = np.array([1])
    return Found(one, one, one, np.array([kind]), one, one, one * 0, np.array([classes]))


def test_the_first_class_that_the_card_carries_that_day_counts() -> None:
    classes = {"disability": "disability-rides", "senior": "senior-rides"}
    table = ServiceTable(
        pack_hash="",
        services={},
        narrow_kinds={"companion": frozenset({"senior-rides"})},
        dated={("student", "disability-rides"): DateSpan(D(2026, 11, 18), None)},
    )
    day = (D(2026, 11, 18) - D(1970, 1, 1)).days
    companion, student = 1, 2  # places, from 1, of the kinds that carry not everything
    for kind, held, on, place in (
        (0, 0b11, day, 1),
        (0, 0b10, day, 2),
        (0, 0b00, day, 0),
        (companion, 0b11, day, 2),
        (companion, 0b01, day, 0),
        (student, 0b11, day - 1, 2),  # it carries the first from the day after
        (student, 0b11, day, 1),
    ):
        told = profiles(found(kind=kind, classes=held), table, classes, np.array([on]))
        assert told.tolist() == [place]

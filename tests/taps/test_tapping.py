"""The whole flow: a tap, its points, the agency's own number, and what a reader learns."""

import datetime as dt
import random
import threading
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from citycard.activities import api as activities
from citycard.flows import tapping
from citycard.infra.database import give_back_connection, rows, scalar
from citycard.ledger import api as ledger
from citycard.taps import api as taps
from citycard.taps.api import Code
from tests.harness.cities import City
from tests.taps.town import NOW, Town, tap

MINUTE = dt.timedelta(minutes=1)


def take(*reads: taps.TapRead, now: dt.datetime = NOW) -> list[taps.TapAnswer]:
    return tapping.take(reads=reads, now=now)


def given_in_all() -> int:
    return int(scalar("SELECT coalesce(sum(points), 0) FROM pub.taps") or 0)


def test_a_tap_at_a_campaign_s_reader_gives_points_that_stand_in_the_ledger(town: Town) -> None:
    [member] = town.residents(1)
    reader = town.reader("activity", "doit")
    campaign = town.campaign(reader, points=5)
    [answer] = take(tap(reader, 1, town.card(member)))
    assert answer == taps.TapAnswer(Code.ACCEPTED_POINTS, 5)
    balance = ledger.balances(access=None, holders=[member], unit=campaign.unit, on=NOW.date())[
        member
    ]
    assert balance.available == 5
    assert activities.statistics(campaign_id=campaign.id).points == 5


def test_several_taps_of_a_person_in_a_batch_stop_at_the_cap_in_their_own_order(
    town: Town,
) -> None:
    [member] = town.residents(1)
    reader = town.reader("activity", "doit")
    town.campaign(reader, points=5, cap=12)
    one, other = town.card(member), town.card(member)
    answers = take(
        tap(reader, 1, one, at=NOW - MINUTE),
        tap(reader, 2, other, at=NOW - 4 * MINUTE),
        tap(reader, 3, one, at=NOW - 3 * MINUTE),
        tap(reader, 4, other, at=NOW - 2 * MINUTE),
    )
    assert [answer.points for answer in answers] == [0, 5, 5, 2]
    assert answers[0].code == Code.NO_POINTS_LEFT


def test_a_budget_is_never_overdrawn(town: Town) -> None:
    members = town.residents(4)
    reader = town.reader("activity", "doit")
    town.campaign(reader, points=5, budget=12)
    answers = take(*(tap(reader, seq, number) for seq, number in enumerate(town.cards(members), 1)))
    assert [answer.points for answer in answers] == [5, 5, 2, 0]
    assert answers[3].code == Code.NO_POINTS_LEFT


def test_who_is_refused_gets_no_points(town: Town) -> None:
    [outsider] = town.residents(1, registered=False)
    reader = town.reader("activity", "doit")
    town.campaign(reader)
    [answer] = take(tap(reader, 1, town.card(outsider)))
    assert answer == taps.TapAnswer(Code.NOT_ENTITLED)


def test_a_library_reader_gets_the_library_s_own_number_and_a_repeat_the_same(town: Town) -> None:
    one, other = town.residents(2)
    reader = town.reader("library-loan", "library")
    town.library_numbers("library", (one, "L100000017"))
    town.library_numbers("hospital", (one, "20000014"), (other, "20000015"))
    first, second = tap(reader, 1, town.card(one)), tap(reader, 2, town.card(other))
    answers = take(first, second)
    assert answers == [
        taps.TapAnswer(Code.ACCEPTED, 0, "L100000017"),
        taps.TapAnswer(Code.NOT_LINKED),
    ]
    town.library_numbers("library", (one, "L100000099"), (other, "L100000018"))
    assert take(second, first) == answers[::-1]
    [newer] = take(tap(reader, 3, town.card(one)))
    assert newer.agency_number == "L100000099"


def test_other_services_answer_no_number(town: Town) -> None:
    [member] = town.residents(1)
    town.library_numbers("sports", (member, "S-1"))
    [answer] = take(tap(town.reader("sports-visit", "sports"), 1, town.card(member)))
    assert answer == taps.TapAnswer(Code.ACCEPTED)


def test_the_same_upload_twice_gives_the_same_answers_and_points_once(town: Town) -> None:
    members = town.residents(3)
    reader = town.reader("activity", "doit")
    campaign = town.campaign(reader, points=5)
    numbers = town.cards(members)
    reads = [tap(reader, seq, numbers[seq % 3]) for seq in range(1, 10)]
    first = take(*reads)
    assert take(*reads) == first
    assert take(*reads[4:6], tap(reader, 10, numbers[0]))[:2] == first[4:6]
    assert given_in_all() == 50
    assert activities.statistics(campaign_id=campaign.id).points == 50
    assert taps.verify() == []


@given(data=st.data())
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_order_of_uploads_stores_the_same_taps_and_gives_the_same_points(
    town: Town, data: st.DataObject
) -> None:
    """Readers that were cut off upload late, twice, in pieces and out of order."""
    members = town.residents(3)
    readers = [town.reader("activity", "doit") for _ in range(3)]
    campaign = town.campaign(*readers, points=4, cap=18)
    numbers = [*town.cards(members), town.card(), "0000111122223333"]
    reads = [
        tap(reader, seq, numbers[(seq * 3 + r) % len(numbers)], at=NOW - (seq * 7 + r) * MINUTE)
        for r, reader in enumerate(readers)
        for seq in range(1, 9)
    ]
    seed = data.draw(st.integers(0, 2**32))
    uploads = _uploads(reads, random.Random(seed))
    answers: dict[taps.TapRead, taps.TapAnswer] = {}
    for n, upload in enumerate(uploads):
        for read, answer in zip(upload, take(*upload, now=NOW + n * MINUTE), strict=True):
            assert answers.setdefault(read, answer) == answer
    stored = rows(
        "SELECT reader_id, seq, card_id IS NULL AS unknown, member_id,"
        " code <= 3 AS accepted, points FROM pub.taps WHERE reader_id = ANY(%s)",
        [[reader.device_id for reader in readers]],
    )
    assert {(row.reader_id, row.seq) for row in stored} == {
        (read.device_id, read.seq) for read in reads
    }
    assert len(stored) == len(reads)
    by_member: dict[int | None, list[int]] = {}
    for row in stored:
        assert row.accepted == (row.member_id is not None)
        by_member.setdefault(row.member_id, []).append(row.points)
    expected = {
        member: min(18, 4 * len(points))
        for member, points in by_member.items()
        if member is not None
    }
    assert {m: sum(p) for m, p in by_member.items() if m is not None} == expected
    assert activities.statistics(campaign_id=campaign.id).points == sum(expected.values())


def _uploads(reads: Sequence[taps.TapRead], chance: random.Random) -> list[list[taps.TapRead]]:
    waiting = list(reads) + chance.choices(reads, k=len(reads) // 3)
    chance.shuffle(waiting)
    uploads = []
    while waiting:
        size = chance.randint(1, 9)
        uploads.append(waiting[:size])
        waiting = waiting[size:]
    return uploads


@pytest.mark.parametrize("threads", [4])
def test_the_same_batch_at_once_from_several_sides(city: City, threads: int) -> None:
    """Real commits: who comes second waits for the epoch and gets the stored answers."""
    town = Town()
    members = town.residents(5)
    reader, other = town.reader("activity", "doit"), town.reader("activity", "doit")
    campaign = town.campaign(reader, other, points=3, cap=7)
    numbers = town.cards(members)
    reads = [tap(one, seq, numbers[seq % 5]) for one in (reader, other) for seq in range(1, 21)]
    answers: list[list[taps.TapAnswer]] = []
    gate = threading.Barrier(threads)

    def upload(order: Sequence[taps.TapRead]) -> None:
        gate.wait()
        try:
            taken = dict(zip(order, take(*order), strict=True))
            answers.append([taken[read] for read in reads])
        finally:
            give_back_connection()

    running = [
        threading.Thread(target=upload, args=(reads if n % 2 else reads[::-1],))
        for n in range(threads)
    ]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    assert len(answers) == threads
    assert all(each == answers[0] for each in answers)
    assert scalar("SELECT count(*) FROM pub.taps") == len(reads)
    assert given_in_all() == 5 * 7
    assert activities.statistics(campaign_id=campaign.id).points == 5 * 7
    assert [*taps.verify(), *ledger.verify(), *activities.verify()] == []

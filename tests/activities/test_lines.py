"""An agency's own system sends who took part: the same decision as for taps, each fact once."""

import datetime as dt
import itertools
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from citycard.activities import api as activities
from citycard.cards import api as cards
from citycard.flows import earning, tapping
from citycard.infra.database import rows
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM, Actor
from citycard.ledger import api as ledger
from tests.harness.patience import PATIENCE_S
from tests.taps.town import NOW, Town, tap

SENDER = Actor(id="client:HIS-1", kind="agency_client", agency="doit")
_keys = itertools.count()
_references = itertools.count()


@pytest.fixture
def town(db: None) -> Town:
    return Town()


def line(campaign: activities.Campaign, number: str = "", **facts: Any) -> activities.EarningLine:
    said: dict[str, Any] = {"reference": f"visit-{next(_references)}", "at": NOW}
    said |= {"number": number} | facts
    return activities.EarningLine(campaign_id=campaign.id, **said)


def send(
    *lines: activities.EarningLine, key: str | None = None, actor: Actor = SENDER
) -> activities.StoredUpload:
    upload = activities.Upload(
        agency="doit", route="api", key=key or f"batch-{next(_keys)}", lines=lines
    )
    return earning.take(upload=upload, actor=actor, now=NOW + dt.timedelta(minutes=1))


def told(taken: activities.StoredUpload) -> list[tuple[str, int, bool]]:
    return [(one.code, one.points, one.again) for one in taken.told]


def available(campaign: activities.Campaign, members: Sequence[int]) -> list[int]:
    found = ledger.balances(holders=members, unit=campaign.unit, on=NOW.date(), access=None)
    return [found[member].available for member in members]


def test_each_line_is_answered_and_the_points_are_posted(town: Town) -> None:
    campaign, over = town.campaign(points=5, cap=5), town.campaign()
    with unit_of_work():
        activities.close_campaign(campaign_id=over.id, actor=SYSTEM, now=NOW)
    here, away = town.residents(1), town.residents(1, registered=False)
    mine, theirs = town.card(here[0]), town.card(away[0])
    nobodys, lost = town.card(), town.card(here[0])
    with unit_of_work():
        cards.report_lost(card_id=town.card_id(lost), actor=SYSTEM, now=NOW - dt.timedelta(days=1))
    taken = send(
        line(campaign, mine),
        line(campaign, mine),
        line(campaign, theirs),
        line(campaign, "0000000000000000"),
        line(campaign, nobodys),
        line(campaign, lost),
        line(campaign, lost, at=NOW - dt.timedelta(days=2)),
        line(over, mine),
    )
    # the lost card's line is the earliest, so it takes the one share of its holder
    assert [one.code for one in taken.told] == [
        "limit", "limit", "not_resident", "unknown_number", "not_valid", "not_valid", "points",
        "no_campaign",
    ]  # fmt: skip
    assert available(campaign, here) == [5]
    assert activities.verify() == ledger.verify() == []


def test_a_line_sent_again_gives_nothing_more_and_gets_its_answer(town: Town) -> None:
    campaign = town.campaign()
    [member] = town.residents(1)
    one = line(campaign, town.card(member))
    assert told(send(one, key="k")) == [("points", 5, False)]
    same_batch = send(one, key="k")
    assert (same_batch.again, told(same_batch)) == (True, [("points", 5, False)])
    assert told(send(one)) == [("points", 5, True)]
    assert told(send(one, one)) == [("points", 5, True)] * 2
    assert available(campaign, [member]) == [5]


def test_the_same_line_twice_in_one_batch_counts_once(town: Town) -> None:
    campaign = town.campaign()
    [member] = town.residents(1)
    one = line(campaign, town.card(member))
    assert told(send(one, one)) == [("points", 5, False), ("points", 5, True)]
    assert available(campaign, [member]) == [5]


def test_a_reference_stands_for_one_fact_and_a_key_for_one_batch(town: Town) -> None:
    campaign = town.campaign()
    [member] = town.residents(1)
    number = town.card(member)
    one = line(campaign, number, reference="A-1")
    other = line(campaign, number, reference="A-1", at=NOW - dt.timedelta(hours=1))
    send(one, key="k")
    assert told(send(other)) == [("conflict", 0, False)]
    assert told(send(one, other))[1][0] == "conflict"
    with pytest.raises(activities.UploadKeyUsed):
        send(other, key="k")
    # a key is its sender's own: somebody else's batch of that name is another batch
    assert told(send(line(campaign, number), key="k", actor=SYSTEM)) == [("points", 5, False)]


def test_the_agencys_own_number_says_who_and_another_agencys_says_nothing(town: Town) -> None:
    campaign = town.campaign()
    member, other, outsider = *town.residents(2), *town.residents(1, registered=False)
    town.library_numbers("doit", (member, "D-7"), (outsider, "D-9"))
    town.library_numbers("library", (other, "L-8"))
    taken = send(
        line(campaign, member_number="D-7"),
        line(campaign, member_number="L-8"),
        line(campaign, member_number="D-9"),
    )
    assert [one.code for one in taken.told][:2] == ["points", "unknown_number"]
    assert taken.told[2].code == "not_resident"
    assert available(campaign, [member, other]) == [5, 0]


def test_lines_and_taps_share_one_cap(town: Town) -> None:
    """Over cards and ways alike: a tap, a line by card and one by number are one person's."""
    reader = town.reader(service="activity", place="")
    campaign = town.campaign(reader, points=5, cap=12)
    [member] = town.residents(1)
    first, second = town.cards([member, member])
    town.library_numbers("doit", (member, "D-7"))
    [answer] = tapping.take(reads=[tap(reader, 1, first)], now=NOW)
    taken = send(line(campaign, second), line(campaign, member_number="D-7"))
    assert answer.points == 5
    assert sorted(one.points for one in taken.told) == [2, 5]
    assert available(campaign, [member]) == [12]


def test_the_order_of_a_file_does_not_matter(town: Town) -> None:
    """The earlier fact gets the last of a share, wherever it stands."""
    campaign = town.campaign(points=5, cap=7)
    [member] = town.residents(1)
    number = town.card(member)
    earlier = line(campaign, number, at=NOW - dt.timedelta(hours=2))
    later = line(campaign, number, at=NOW - dt.timedelta(hours=1))
    assert [one.points for one in send(later, earlier).told] == [2, 5]


def test_a_late_file_is_judged_by_its_own_day_and_taken_once(town: Town) -> None:
    campaign = town.campaign()
    [member] = town.residents(1)
    number = town.card(member)
    old = line(campaign, number, at=NOW - dt.timedelta(days=80))
    with unit_of_work():
        cards.report_lost(card_id=town.card_id(number), actor=SYSTEM, now=NOW)
    assert [told(send(old)), told(send(old))] == [[("points", 5, False)], [("points", 5, True)]]


def test_nothing_of_the_agencys_names_is_kept_in_clear(town: Town) -> None:
    campaign = town.campaign()
    [member] = town.residents(1)
    number = town.card(member)
    send(line(campaign, number, reference="A123456789"), key="my-key")
    for table in ("activities_line", "activities_upload", "activities_upload_answer"):
        kept = str([tuple(map(bytes_or_text, row)) for row in rows(f"SELECT * FROM {table}")])
        assert not any(word in kept for word in ("A123456789", number, "my-key"))


def bytes_or_text(value: Any) -> str:
    return bytes(value).decode("latin-1") if isinstance(value, memoryview | bytes) else str(value)


class TestACrowd:
    """Eight systems send the same and other lines at once, while readers tap."""

    @pytest.fixture(autouse=True)
    def _real(self, fresh_database: Any) -> None:
        """Real commits."""

    def test_the_budget_is_given_exactly_and_each_line_once(self) -> None:
        town = Town()
        reader = town.reader(service="activity")
        campaign = town.campaign(reader, points=7, cap=40, budget=503)
        members = town.residents(20)
        numbers = town.cards(members)
        shared = [line(campaign, number) for number in numbers]
        begin = threading.Barrier(12)

        def upload(n: int) -> int:
            begin.wait(PATIENCE_S)
            own = [line(campaign, number) for number in numbers]
            taken = send(*shared, *own)
            connection.close()
            return sum(one.points for one in taken.told if not one.again)

        def touch(n: int) -> int:
            begin.wait(PATIENCE_S)
            reads = [tap(reader, 100 * n + i, number) for i, number in enumerate(numbers)]
            answers = tapping.take(reads=reads, now=NOW)
            connection.close()
            return sum(one.points for one in answers)

        with ThreadPoolExecutor(12) as pool:
            jobs = [pool.submit(upload, n) for n in range(8)]
            jobs += [pool.submit(touch, n) for n in range(4)]
            given = sum(job.result(60) for job in jobs)

        assert given == 503
        assert sum(available(campaign, members)) == 503
        assert max(available(campaign, members)) <= 40
        assert activities.statistics(campaign_id=campaign.id).budget_left == 0
        assert activities.verify() == ledger.verify() == []

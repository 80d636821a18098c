"""What operators are told of a month stays as it was told; what changes is told with the next."""

import datetime as dt
from typing import Any

import pytest
from django.db import ProgrammingError, transaction

from citycard.fares import api as fares
from citycard.flows import closing, riding, riding_statements
from citycard.infra import clock, papers, partitions
from citycard.infra.database import execute
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import Actor
from citycard.ledger import api as ledger
from tests.fares.riding_town import MONTH, NOW, Town, at

pytestmark = pytest.mark.django_db
APRIL = dt.date(2026, 4, 1)
MAY = dt.datetime(2026, 5, 1, 2, tzinfo=dt.UTC)
OFFICER = Actor(id="staff:2", kind="staff", roles=frozenset({"finance"}), agency="rdec")


@pytest.fixture(autouse=True)
def _taoyuan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITYCARD_CITY", "taoyuan")
    monkeypatch.setattr(papers, "pdf_of", lambda document: b"%PDF " + document.title.encode())


@pytest.fixture
def town(db: None) -> Town:
    with unit_of_work():
        partitions.ensure_months(APRIL, MAY.date())
    return Town()


def ride(town: Town, number: str, day: int, *, month: int = 3) -> list[Any]:
    """A senior's bus ride of one section, paid in points."""
    return [
        town.tap(number, at(day, 8, month=month), "in", ticket="senior"),
        town.tap(
            number, at(day, 9, month=month), "out", metres=8_000, charged_ntd=0, points_taken=9
        ),
    ]


def close(month: dt.date, now: dt.datetime) -> ledger.Closing:
    """Close the books up to a month, as two officers and the worker do."""
    for each in sorted({it.month for it in ledger.months() if it.state == "open"} | {month}):
        if each > month:
            break
        with clock.stopped_at(now), unit_of_work():
            number = ledger.begin_closing(
                month=each, made_by="staff:1", reason="月結", actor=OFFICER, now=now
            )
        closing.finish(closing_id=number, now=now)
    return ledger.closing(closing_id=number)


def senior(town: Town) -> tuple[int, str]:
    member = town.resident("senior-rides")
    return member, town.card(member)


def told(month: dt.date) -> list[tuple[str, int, int, int]]:
    found = fares.operator_statement(month=month)
    return [(it.operator, it.rides, it.due_micro // 1_000_000, it.points) for it in found.lines]


def test_a_closed_month_s_statement_stays_and_a_late_tap_is_told_in_the_next(town: Town) -> None:
    _, number = senior(town)
    town.take(*ride(town, number, 5), *ride(town, number, 6))
    assert fares.operator_statement(month=MONTH).version is None
    march = close(MONTH, NOW)
    assert told(MONTH) == [("taoyuan-bus", 2, 36, 18)]
    about = riding_statements.about(MONTH, march.version)
    before = papers.kept(kind=riding_statements.KIND, about=about)

    town.take(*ride(town, number, 7))  # it lay in its bus for weeks
    assert told(MONTH) == [("taoyuan-bus", 2, 36, 18)]
    assert [(it.rides, it.points) for it in fares.since_told(month=MONTH)] == [(1, 9)]
    town.take(*ride(town, number, 1, month=4))
    close(APRIL, MAY)
    april = fares.operator_statement(month=APRIL)
    assert told(APRIL) == [("taoyuan-bus", 1, 18, 9)]
    assert {
        month: [(it.operator, it.rides, it.points) for it in lines]
        for month, lines in april.earlier.items()
    } == {MONTH: [("taoyuan-bus", 1, 9)]}
    [points] = april.bookings
    assert (points.opening, points.points, points.booked, points.carried) == (0, 18, 18, 0)
    assert fares.since_told(month=MONTH) == []
    after = papers.kept(kind=riding_statements.KIND, about=about)
    assert before is not None
    assert before == after
    assert fares.verify() == []
    assert ledger.verify() == []


def test_each_operator_has_a_paper_of_its_own_with_the_corrections(town: Town) -> None:
    _, number = senior(town)
    town.take(*ride(town, number, 5))
    taxi = {"operator": "love-taxi", "route": "", "fare_ntd": 101, "charged_ntd": 29}
    town.take(town.tap(number, at(9, 10), "whole", points_taken=72, **taxi))
    close(MONTH, NOW)
    town.take(*ride(town, number, 7))
    close(APRIL, MAY)
    about = riding_statements.about(APRIL, 1, "taoyuan-bus")
    paper = papers.kept(kind=riding_statements.KIND, about=about)
    assert paper is not None
    names = [file.name for file in paper.files]
    assert names == [f"operators-2026-04-v1-taoyuan-bus.{one}" for one in ("csv", "pdf", "xlsx")]
    text = paper.files[0].content.decode("utf-8-sig")
    assert "2026-03,桃園客運 Taoyuan Bus,5053" in text
    assert "桃園客運" in text
    assert papers.kept(kind=riding_statements.KIND, about=about.replace("bus", "taxi")) is None


def test_what_is_not_booked_yet_is_carried_over(town: Town) -> None:
    _, number = senior(town)
    with clock.stopped_at(NOW):
        town.take(*ride(town, number, 5))
    town.take(*ride(town, number, 6), settle=False)  # decided a moment before the books close
    late = [event for event in town._events() if event.code == "fares.readings.kept"]
    with clock.stopped_at(NOW), unit_of_work():
        riding.follow_readings(late)
    close(MONTH, NOW)
    [points] = fares.operator_statement(month=MONTH).bookings
    assert (points.points, points.booked, points.carried) == (18, 9, 9)
    town.settle()
    close(APRIL, MAY)
    [points] = fares.operator_statement(month=APRIL).bookings
    assert (points.opening, points.points, points.booked, points.carried) == (9, 0, 9, 0)
    assert fares.verify() == []


def test_a_month_opened_again_is_told_anew_beside_its_first_version(town: Town) -> None:
    _, number = senior(town)
    town.take(*ride(town, number, 5))
    close(MONTH, NOW)
    with unit_of_work():
        ledger.reopen_closed(month=MONTH, reason="補登", actor=OFFICER, now=NOW)
    assert fares.operator_statement(month=MONTH).version is None
    town.take(*ride(town, number, 6))
    assert close(MONTH, NOW).version == 2
    assert told(MONTH) == [("taoyuan-bus", 2, 36, 18)]
    first = fares.frozen_statement(month=MONTH, version=1, frozen_at=NOW)
    assert [it.rides for it in first.lines] == [1]
    assert fares.verify() == []


def test_a_step_done_twice_is_done_once(town: Town) -> None:
    _, number = senior(town)
    town.take(*ride(town, number, 5))
    found = close(MONTH, NOW)
    town.take(*ride(town, number, 6))
    riding_statements.tell(found, MAY)
    assert told(MONTH) == [("taoyuan-bus", 1, 18, 9)]


BOOKING = (
    "INSERT INTO fares_statement_booking (closing_month, version, operator, opening, points,"
    " booked, carried) VALUES ('2026-03-01', 1, 'ferry-7', {})"
)


@pytest.mark.parametrize(("change", "check"), [
    (
        "INSERT INTO fares_statement_line SELECT closing_month, version, month, operator, 'none',"
        " ticket, rides, taps, due_micro, collected_micro, difference_micro, points, subsidies"
        " FROM fares_statement_line",
        "fares.statement_is_its_lines",
    ),
    (BOOKING.format("0, 0, 9, -9"), "fares.statement_is_booked"),
    (BOOKING.format("5, 0, 0, 5"), "fares.statement_carries_over"),
    (BOOKING.format("0, 5, 0, 5"), "fares.statement_carries_over"),
])  # fmt: skip
def test_what_does_not_add_up_is_found(town: Town, change: str, check: str) -> None:
    _, number = senior(town)
    town.take(*ride(town, number, 5))
    close(MONTH, NOW)
    assert fares.verify() == []
    execute(change)
    assert [finding.check for finding in fares.verify()] == [check]


def test_what_was_told_can_t_be_changed(town: Town) -> None:
    _, number = senior(town)
    town.take(*ride(town, number, 5))
    close(MONTH, NOW)
    for table in ("closing", "statement", "statement_line", "statement_booking"):
        for change in (f"DELETE FROM fares_{table}", f"UPDATE fares_{table} SET version = 2"):
            with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
                execute(change)


def test_a_closed_month_without_a_statement_is_found(town: Town) -> None:
    _, number = senior(town)
    town.take(*ride(town, number, 5))
    with clock.stopped_at(NOW), unit_of_work():
        for month in (it.month for it in ledger.months() if it.month <= MONTH):
            closing_id = ledger.begin_closing(
                month=month, made_by="staff:1", reason="月結", actor=OFFICER, now=NOW
            )
            ledger.freeze_closing(closing_id=closing_id, now=NOW)
            ledger.finish_closing(closing_id=closing_id, now=NOW)
    assert [finding.check for finding in fares.verify()] == ["fares.closed_month_is_told"]

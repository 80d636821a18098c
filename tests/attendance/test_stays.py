"""Who came and who left: late, doubled and reordered taps end in the same stays."""

import datetime as dt
import itertools
import json
import random
import uuid
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import ProgrammingError, connection, transaction

from citycard.attendance import api as attendance
from citycard.attendance.queries import stay_by_key
from citycard.attendance.working_out import work_out
from citycard.infra.database import rows, scalar
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.access import Access
from citycard.kernel.actors import SYSTEM, Actor
from citycard.kernel.ids import fact_key

NOW = dt.datetime(2026, 11, 21, 3, 0, tzinfo=dt.UTC)
DAY = dt.datetime(2026, 11, 9, 16, 0, tzinfo=dt.UTC)  # midnight in Taipei, of the 10th
OFFICER = Actor(id="staff:7", kind="staff", roles=frozenset({"organiser"}), agency="personnel")
_members = itertools.count(80_000)
Tap = tuple[float, str]


@dataclass
class Person:
    """Somebody whose taps arrive one by one."""

    kind: str = "staff"
    member_id: int = field(default_factory=lambda: next(_members))

    def tap(self, *taps: Tap, now: dt.datetime = NOW) -> None:
        """Let taps arrive, in the order given, in one batch."""
        ids = [self._insert(*tap) for tap in taps]
        with unit_of_work():
            work_out(
                {(self.member_id, self.kind, "personnel"): [one for one in ids if one]},
                actor=SYSTEM,
                now=now,
            )

    def _insert(self, hours: float, direction: str) -> int | None:
        at = DAY + dt.timedelta(hours=hours)
        key = fact_key(at, self.member_id, direction)
        found = scalar(
            """
            INSERT INTO attendance_mark (key, member_id, card_id, kind, agency, at, direction,
                place, reader_id, epoch, seq, service, received_at, recorded_at)
            VALUES (%s, %s, 1, %s, 'personnel', %s, %s, 'hall', 1, 1, %s, 'staff-attendance',
                    %s, %s)
            ON CONFLICT (key) DO NOTHING RETURNING id
            """,
            [key, self.member_id, self.kind, at, direction, int(hours * 60), NOW, NOW],
        )
        return int(found) if found else None

    @property
    def stays(self) -> list[attendance.AttendanceStay]:
        access = Access(
            subjects=frozenset({self.member_id}), fields=frozenset({"attendance"}),
            purpose="attendance", actor=OFFICER, record_id=1,
        )  # fmt: skip
        found = attendance.stays_of(access=access, member_id=self.member_id, kind=self.kind)
        return sorted(found, key=lambda one: (one.starts_at or one.ends_at or NOW, one.id))

    @property
    def told(self) -> list[tuple[int, str, int]]:
        """Day, state and minutes of each stay."""
        return [(one.day.day, one.state, one.minutes) for one in self.stays]


@pytest.fixture
def person(db: None) -> Person:
    return Person()


def passed() -> list[tuple[bool, ...]]:
    """Which passings were announced, event by event: False came, True left."""
    found = rows(
        "SELECT body::text AS body FROM infra_journal WHERE code = 'attendance.pupil.passed'"
        " ORDER BY id"
    )
    return [tuple(json.loads(one.body)["left"]) for one in found]


def test_two_taps_are_a_stay_and_the_night_belongs_to_the_day_it_began(person: Person) -> None:
    person.tap((9, "either"), (18.5, "either"), (22, "either"), (30, "either"))
    assert person.told == [(10, "whole", 570), (10, "whole", 480)]
    assert attendance.verify() == []


def test_a_second_tap_within_a_moment_is_the_same_one(person: Person) -> None:
    person.tap((9, "either"), (9.02, "either"), (18, "either"), (18.03, "either"))
    assert person.told == [(10, "whole", 540)]


def test_what_misses_an_end_is_flagged_and_nobody_guesses(person: Person) -> None:
    person.tap((9, "in"), (33, "in"), (42, "out"), (60, "out"))
    assert person.told == [(10, "no_out", 0), (11, "whole", 540), (12, "no_in", 0)]


def test_a_forgotten_end_is_no_shift_of_a_day_and_a_night(person: Person) -> None:
    person.tap((9, "either"), (33, "either"))  # a day apart: longer than any shift
    assert person.told == [(10, "no_out", 0), (11, "no_out", 0)]


@pytest.mark.parametrize("seed", range(12))
def test_any_order_of_arrival_ends_in_the_same_stays(db: None, seed: int) -> None:
    chance = random.Random(seed)
    taps: list[Tap] = [
        (day * 24 + hour + chance.random() / 2, chance.choice(["in", "out", "either", "either"]))
        for day in range(4)
        for hour in (8, 12, 13, 18)
        if chance.random() < 0.8
    ]
    at_once, one_by_one, shuffled = Person(), Person(), Person()
    at_once.tap(*taps)
    for tap in taps:
        one_by_one.tap(tap)
    chance.shuffle(taps)
    for i in range(0, len(taps), 3):
        shuffled.tap(*taps[i : i + 3], *taps[:1])
    expected = [one for one in at_once.told if one[1] != "gone"]
    assert one_by_one.told == shuffled.told == expected
    assert attendance.verify() == []


def test_a_pupil_who_passes_just_now_is_announced_once(db: None) -> None:
    pupil, before = Person(kind="school"), len(passed())
    morning = DAY + dt.timedelta(hours=7.7)
    pupil.tap((7.7, "either"), now=morning + dt.timedelta(seconds=2))
    pupil.tap((7.71, "either"), now=morning + dt.timedelta(seconds=40))  # waved twice
    assert passed()[before:] == [(False,)]
    pupil.tap((16, "either"), now=DAY + dt.timedelta(hours=16.1))
    assert passed()[before:] == [(False,), (True,)]


def test_a_tap_that_comes_hours_late_alarms_nobody(db: None) -> None:
    pupil, before = Person(kind="school"), len(passed())
    pupil.tap((7.7, "either"), now=DAY + dt.timedelta(hours=11))
    assert passed()[before:] == []
    assert pupil.told == [(10, "no_out", 0)]


def correct(person: Person, n: int, starts: float, ends: float | None, **more: Any) -> None:
    found = person.stays[n]
    fields: dict[str, Any] = {"reason": "忘了刷退，主管證明"} | more
    with unit_of_work():
        attendance.correct_stay(
            stay_id=found.id,
            version=fields.pop("version", found.version),
            words=attendance.StayWords(
                starts_at=DAY + dt.timedelta(hours=starts),
                ends_at=None if ends is None else DAY + dt.timedelta(hours=ends),
                **fields,
            ),
            key=uuid.uuid4(),
            actor=OFFICER,
            now=NOW,
        )


def test_a_word_stands_with_its_reason_whatever_comes_later(person: Person) -> None:
    person.tap((9, "in"))
    correct(person, 0, 9, 18)
    person.tap((17, "out"), (18, "out"))  # the taps that were missing come after all
    assert person.told == [(10, "whole", 540)]
    (stay,) = person.stays
    access = Access(
        subjects=frozenset({person.member_id}), fields=frozenset({"attendance"}),
        purpose="attendance", actor=OFFICER, record_id=1,
    )  # fmt: skip
    newest, first = attendance.versions_of(access=access, stay_id=stay.id)
    assert (newest.state, newest.reason, newest.by) == ("whole", "忘了刷退，主管證明", "staff:7")
    assert (first.state, first.reason) == ("no_out", "")
    assert attendance.verify() == []


@pytest.mark.parametrize(
    ("why", "starts", "ends", "more"),
    [
        (attendance.StayReasonMissing, 9, 18, {"reason": "  "}),
        (attendance.StayTimesWrong, 18, 9, {}),
        (attendance.StayTimesWrong, 9, 40, {}),  # longer than any shift
        (attendance.StayTimesWrong, 9, 24 * 30, {}),  # not yet
        (attendance.StayChanged, 9, 18, {"version": 7}),
    ],
)
def test_words_that_make_no_sense_are_refused(
    person: Person, why: Any, starts: float, ends: float, more: dict[str, Any]
) -> None:
    person.tap((9, "in"))
    with pytest.raises(why):
        correct(person, 0, starts, ends, **more)
    assert person.told == [(10, "no_out", 0)]


def test_what_was_seen_and_said_is_never_edited(person: Person) -> None:
    person.tap((9, "in"))
    (stay,) = person.stays
    assert stay_by_key(stay.key) == stay
    for statement in (
        "UPDATE attendance_mark SET at = now()",
        "DELETE FROM attendance_version",
        "DELETE FROM attendance_stay",
    ):
        refused = pytest.raises(ProgrammingError, match="permission denied")
        with refused, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_a_stay_that_says_otherwise_than_its_version_is_found(
    person: Person, owner_sql: Any
) -> None:
    person.tap((9, "in"), (18, "out"))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE attendance_stay SET ends_at = ends_at + interval '1 hour'")
    assert [one.check for one in attendance.verify()] == ["attendance.versions"]

"""Volunteers' hours: first, late or twice, taps end in the same minutes in the ledger."""

import datetime as dt
import itertools
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
from django.db import ProgrammingError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from citycard.activities import api as activities
from citycard.activities.volunteering_deciding import decide
from citycard.activities.volunteering_queries import shifts_where
from citycard.activities.volunteering_rule import ShiftRule
from citycard.activities.volunteering_working_out import work_out
from citycard.infra.database import scalar
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM, Actor
from citycard.kernel.ids import fact_key
from citycard.kernel.pairing import Mark, Word
from citycard.ledger import api as ledger

NOW = dt.datetime(2026, 11, 21, 3, 0, tzinfo=dt.UTC)
DAY = dt.datetime(2026, 11, 9, 16, 0, tzinfo=dt.UTC)  # midnight in Taipei, of the 10th
UNIT = "volunteer-minutes"
ORGANISER = "social-welfare"
RULE = ShiftRule(step=30, round="down", shortest=30, longest=720, same_tap=3)
OFFICER = Actor(id="staff:7", kind="staff", roles=frozenset({"organiser"}), agency=ORGANISER)
_numbers = itertools.count(70_000)


def at(hours: float) -> dt.datetime:
    return DAY + dt.timedelta(hours=hours)


def mark(hours: float, direction: Any, reader: int = 1) -> Mark:
    when = at(hours)
    key = fact_key(when, "tap", reader, 1, int(hours * 60))
    return Mark(when, reader, 1, int(hours * 60), key, direction, "hall")


def word(about: Mark, starts: float, ends: float | None, **more: Any) -> Word:
    fields: dict[str, Any] = {
        "id": 1,
        "stay_key": about.key,
        "place": "hall",
        "starts_at": at(starts),
        "ends_at": at(ends) if ends is not None else None,
        "struck": False,
        "covers_from": at(starts),
        "covers_to": at(ends if ends is not None else starts),
    }
    return Word(**(fields | more))


def told(marks: Sequence[Mark], *words: Word) -> list[tuple[str, int]]:
    found = decide(marks, words, lambda _: RULE)
    return sorted((one.state, one.minutes) for one in found)


class TestDeciding:
    @pytest.mark.parametrize(
        ("marks", "expected"),
        [
            ([mark(9, "in"), mark(12, "out")], [("counted", 180)]),
            ([mark(9, "either"), mark(12, "either")], [("counted", 180)]),
            ([mark(9, "in"), mark(12, "either")], [("counted", 180)]),
            # rounded down to the half hour
            ([mark(9, "in"), mark(11.9, "out")], [("counted", 150)]),
            ([mark(9, "in"), mark(9.4, "out")], [("too_short", 0)]),
            # a second tap within three minutes is the same one
            ([mark(9, "either"), mark(9.03, "either"), mark(12, "either")], [("counted", 180)]),
            ([mark(9, "in"), mark(12, "out"), mark(12.02, "out")], [("counted", 180)]),
            # overnight: one shift
            ([mark(22, "in"), mark(29, "out")], [("counted", 420)]),
            # what is missing is flagged, never guessed
            ([mark(9, "in")], [("no_out", 0)]),
            ([mark(12, "out")], [("no_in", 0)]),
            ([mark(9, "in"), mark(33, "in"), mark(36, "out")], [("counted", 180), ("no_out", 0)]),
            # one reader for both: a forgotten sign-out doesn't turn the next day round
            (
                [mark(9, "either"), mark(33, "either"), mark(36, "either")],
                [("counted", 180), ("no_out", 0)],
            ),
            ([mark(9, "in"), mark(30, "out")], [("no_in", 0), ("no_out", 0)]),
        ],
    )
    def test_from_taps(self, marks: list[Mark], expected: list[tuple[str, int]]) -> None:
        assert told(marks) == expected

    def test_the_organisers_word_stands_over_the_taps_that_it_covers(self) -> None:
        come = mark(9, "in")
        said = word(come, 9, 12)
        assert told([come], said) == [("counted", 180)]
        # a sign-out that arrives late, inside what was said, begins and ends nothing
        assert told([come, mark(11, "out")], said) == [("counted", 180)]
        # one outside of it is flagged for the organiser to look at
        assert told([come, mark(13, "out")], said) == [("counted", 180), ("no_in", 0)]

    def test_the_newest_word_counts_and_a_struck_shift_gives_nothing(self) -> None:
        come, gone = mark(9, "in"), mark(12, "out")
        first = word(come, 9, 11, covers_to=at(12))
        assert told([come, gone], first) == [("counted", 120)]
        struck = first._replace(id=2, struck=True)
        assert told([come, gone], struck, first) == [("struck", 0)]

    @pytest.mark.parametrize(
        ("way", "minutes", "counted"),
        [("down", 89, 60), ("nearest", 75, 90), ("nearest", 74, 60), ("up", 61, 90)],
    )
    def test_rounding_is_the_packs(self, way: Any, minutes: int, counted: int) -> None:
        assert replace(RULE, round=way).minutes(dt.timedelta(minutes=minutes)) == counted


@dataclass
class Volunteer:
    """A volunteer whose taps arrive one by one."""

    member_id: int
    organiser: str = ORGANISER

    def tap(self, *hours_and_directions: tuple[float, Any]) -> None:
        """Let taps arrive, in the order given, in one batch."""
        with unit_of_work():
            self.take(*hours_and_directions)

    def take(self, *hours_and_directions: tuple[float, Any]) -> None:
        """Take taps in the open unit of work."""
        marks = [mark(hours, direction) for hours, direction in hours_and_directions]
        ids = [self._insert(one) for one in marks]
        group = (self.member_id, self.organiser)
        work_out({group: [number for number in ids if number]}, actor=SYSTEM, now=NOW)

    def _insert(self, one: Mark) -> int | None:
        found = scalar(
            """
            INSERT INTO activities_volunteer_mark
                (key, member_id, organiser, at, direction, place, reader_id, epoch, seq,
                 recorded_at)
            VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
            ON CONFLICT (key) DO NOTHING RETURNING id
            """,
            [
                fact_key(one.at, self.member_id, self.organiser, one.seq, one.direction),
                self.member_id,
                self.organiser,
                one.at,
                one.direction,
                one.place,
                one.reader_id,
                one.epoch,
                one.seq,
                NOW,
            ],
        )
        return int(found) if found else None

    @property
    def balance(self) -> int:
        on = dt.date(2026, 11, 21)
        found = ledger.balances(holders=[self.member_id], unit=UNIT, on=on, access=None)
        return found[self.member_id].available

    @property
    def owed(self) -> int:
        (found,) = [
            one
            for one in activities.volunteer_sums(organisers=[self.organiser], now=NOW)
            if one.member_id == self.member_id
        ]
        return found.owed

    @property
    def shifts(self) -> list[activities.Shift]:
        return shifts_where("s.member_id = %s ORDER BY s.id", self.member_id)

    def correct(self, starts: float, ends: float | None, **more: Any) -> activities.Shift:
        (found,) = [one for one in self.shifts if one.state != "gone"][:1]
        with unit_of_work():
            return activities.correct_shift(
                shift_id=found.id,
                version=found.version,
                words=words(starts, ends, **more),
                key=uuid.uuid4(),
                actor=OFFICER,
                now=NOW,
            )

    def spend(self, minutes: int) -> None:
        spend = ledger.Spend(
            key=fact_key(NOW, "spent", self.member_id),
            kind="test.spent",
            at=NOW,
            holder=self.member_id,
            unit=UNIT,
            amount=minutes,
            into=ledger.city(code="test", unit=UNIT),
        )
        with unit_of_work():
            (posted,) = ledger.spend_many(spends=[spend], actor=SYSTEM, now=NOW)
        assert posted.outcome == "posted"


def words(starts: float, ends: float | None, **more: Any) -> activities.ShiftWords:
    fields: dict[str, Any] = {
        "starts_at": at(starts),
        "ends_at": at(ends) if ends is not None else None,
        "reason": "忘了簽退，現場核對",
    }
    return activities.ShiftWords(**(fields | more))


@pytest.fixture
def volunteer(db: None) -> Volunteer:
    return Volunteer(next(_numbers))


def clean() -> None:
    assert activities.verify() == []
    assert ledger.verify() == []


class TestHours:
    def test_a_shift_is_minutes_in_the_ledger(self, volunteer: Volunteer) -> None:
        volunteer.tap((9, "in"))
        assert volunteer.balance == 0
        volunteer.tap((12, "out"))
        assert volunteer.balance == 180
        (shift,) = volunteer.shifts
        assert (shift.state, shift.day, shift.version) == ("counted", dt.date(2026, 11, 10), 2)
        clean()

    def test_an_overnight_shift_belongs_to_the_day_it_started(self, volunteer: Volunteer) -> None:
        volunteer.tap((22, "in"), (29, "out"))
        assert [(one.day.day, one.minutes) for one in volunteer.shifts] == [(10, 420)]

    def test_the_first_hours_are_booked_when_they_were_worked(self, volunteer: Volunteer) -> None:
        volunteer.tap((9, "in"), (12, "out"))
        (entry,) = ledger.history(holder=volunteer.member_id, unit=UNIT, access=None)
        assert (entry.kind, entry.at, entry.amount) == ("volunteer.hours", at(12), 180)

    def test_a_missing_sign_out_is_corrected_by_a_new_entry(self, volunteer: Volunteer) -> None:
        volunteer.tap((9, "in"))
        corrected = volunteer.correct(9, 12.5)
        assert (corrected.state, corrected.minutes, corrected.corrected) == ("counted", 210, True)
        assert volunteer.balance == 210
        volunteer.correct(9, 11, reason="提早離開")
        assert volunteer.balance == 120
        kinds = [
            (entry.kind, entry.amount)
            for entry in ledger.history(holder=volunteer.member_id, unit=UNIT, access=None)
        ]
        assert kinds == [("volunteer.corrected", -90), ("volunteer.corrected", 210)]
        clean()

    def test_words_are_never_changed(self, volunteer: Volunteer) -> None:
        volunteer.tap((9, "in"))
        volunteer.correct(9, 12)
        for table in ("word", "version", "mark", "gift"):
            for statement in ("DELETE FROM {}", "UPDATE {} SET {} = {}"):
                column = "minutes" if table in ("version", "gift") else "member_id"
                name = f"activities_volunteer_{table}"
                with (
                    pytest.raises(ProgrammingError, match="permission denied"),
                    transaction.atomic(),
                    connection.cursor() as cursor,
                ):
                    cursor.execute(statement.format(name, column, column))

    def test_a_struck_out_shift_takes_its_hours_back(self, volunteer: Volunteer) -> None:
        volunteer.tap((9, "in"), (12, "out"))
        struck = volunteer.correct(9, 12, struck=True)
        assert (struck.state, volunteer.balance) == ("struck", 0)
        clean()

    def test_what_was_spent_is_owed_and_made_good_by_later_hours(
        self, volunteer: Volunteer
    ) -> None:
        volunteer.tap((9, "in"), (12, "out"))
        volunteer.spend(150)
        volunteer.correct(9, 12, struck=True)
        assert (volunteer.balance, volunteer.owed) == (0, 150)
        clean()
        [owed] = [it for it in ledger.city_accounts() if it.account_class == "loss"]
        assert owed.code is not None  # it stands in the month's papers
        assert str(volunteer.member_id) not in owed.code.split(":")
        volunteer.tap((33, "in"), (37, "out"))
        assert (volunteer.balance, volunteer.owed) == (90, 0)
        clean()

    def test_a_shift_by_the_organisers_list(self, volunteer: Volunteer) -> None:
        key = uuid.uuid4()
        for _ in range(2):  # sent twice, entered once
            with unit_of_work():
                made = activities.add_shift(
                    member_id=volunteer.member_id,
                    organiser=ORGANISER,
                    place="hall",
                    words=words(9, 11, reason="忘了帶卡"),
                    key=key,
                    actor=OFFICER,
                    now=NOW,
                )
        assert (made.minutes, volunteer.balance) == (120, 120)
        clean()

    @pytest.mark.parametrize(
        ("said", "refusal"),
        [
            (words(9, 12, reason="  "), activities.ReasonMissing),
            (words(12, 9), activities.ShiftTimesWrong),
            (words(9, 9 + 24 * 30), activities.ShiftTimesWrong),
            (words(9, 22), activities.ShiftTooLong),
            (words(14, 16), activities.ShiftOverlaps),
        ],
    )
    def test_words_that_make_no_sense(
        self, volunteer: Volunteer, said: activities.ShiftWords, refusal: type[Exception]
    ) -> None:
        volunteer.tap((9, "in"), (13, "in"), (15, "out"))
        first = volunteer.shifts[0]
        assert first.state == "no_out"
        with pytest.raises(refusal), unit_of_work():
            activities.correct_shift(
                shift_id=first.id,
                version=first.version,
                words=said,
                key=uuid.uuid4(),
                actor=OFFICER,
                now=NOW,
            )

    def test_nobody_corrects_what_has_changed_since_they_looked(self, volunteer: Volunteer) -> None:
        volunteer.tap((9, "in"))
        looked = volunteer.shifts[0]
        volunteer.tap((12, "out"))
        with pytest.raises(activities.ShiftChanged), unit_of_work():
            activities.correct_shift(
                shift_id=looked.id,
                version=looked.version,
                words=words(9, 11),
                key=uuid.uuid4(),
                actor=OFFICER,
                now=NOW,
            )

    def test_another_organisers_taps_never_pair(self, volunteer: Volunteer) -> None:
        volunteer.tap((9, "in"))
        elsewhere = Volunteer(volunteer.member_id, "library")
        elsewhere.tap((12, "out"))
        assert [one.state for one in volunteer.shifts] == ["no_out", "no_in"]


# Sign-ins and sign-outs of some days, with holes, doubles and one reader for both.
_HOURS = st.integers(0, 24 * 20).map(lambda quarter: 6 + quarter / 4)
_TAPS = st.lists(
    st.tuples(_HOURS, st.sampled_from(["in", "out", "either"])),
    min_size=1,
    max_size=14,
    unique_by=lambda tap: tap[0],
)


@settings(max_examples=60)
@given(taps=_TAPS, data=st.data())
def test_any_order_of_arrival_ends_in_the_same_hours(
    django_db_setup: Any, django_db_blocker: Any, taps: list[tuple[float, Any]], data: Any
) -> None:
    order = data.draw(st.permutations(taps))
    sizes = data.draw(st.lists(st.integers(1, 4), min_size=len(taps), max_size=len(taps)))
    with django_db_blocker.unblock(), transaction.atomic():
        at_once, bit_by_bit = Volunteer(next(_numbers)), Volunteer(next(_numbers))
        at_once.tap(*sorted(taps))
        rest = list(order)
        for size in sizes:
            arriving, rest = rest[:size], rest[size:]
            if arriving:
                bit_by_bit.tap(*arriving)
                bit_by_bit.tap(*arriving)  # and once more: nothing happens twice
        assert _standing(bit_by_bit) == _standing(at_once)
        assert bit_by_bit.balance == at_once.balance == sum(m for *_, m in _standing(at_once))
        assert activities.verify() == []
        transaction.set_rollback(True)


@settings(max_examples=30)
@given(taps=_TAPS, spent=st.integers(1, 400), data=st.data())
def test_spending_meanwhile_changes_nothing_in_the_end(
    django_db_setup: Any,
    django_db_blocker: Any,
    taps: list[tuple[float, Any]],
    spent: int,
    data: Any,
) -> None:
    """What is left, less what is owed, is always: worked less spent."""
    order = data.draw(st.permutations(taps))
    with django_db_blocker.unblock(), transaction.atomic():
        one = Volunteer(next(_numbers))
        gone = 0
        for tap in order:
            one.tap(tap)
            if not gone and one.balance:
                gone = min(spent, one.balance)
                one.spend(gone)
        worked = sum(minutes for *_, minutes in _standing(one))
        assert one.balance - one.owed == worked - gone
        assert 0 in (one.balance, one.owed)
        assert activities.verify() == []
        transaction.set_rollback(True)


def _standing(one: Volunteer) -> list[tuple[Any, ...]]:
    return sorted(
        (
            (it.starts_at or it.ends_at, it.state, it.minutes)
            for it in one.shifts
            if it.state != "gone"
        ),
        key=str,
    )


class TestGiving:
    def test_both_see_the_same_move(self, db: None) -> None:
        giver, receiver = Volunteer(next(_numbers)), Volunteer(next(_numbers))
        giver.tap((9, "in"), (12, "out"))
        key = uuid.uuid4()
        for _ in range(2):  # a double click gives once
            with unit_of_work():
                activities.give_hours(
                    giver_id=giver.member_id,
                    receiver_id=receiver.member_id,
                    minutes=60,
                    key=key,
                    actor=SYSTEM,
                    now=NOW,
                )
        assert (giver.balance, receiver.balance) == (120, 60)
        newest = [
            ledger.history(holder=it.member_id, unit=UNIT, access=None)[0]
            for it in (giver, receiver)
        ]
        assert [entry.amount for entry in newest] == [-60, 60]
        assert newest[0].key == newest[1].key
        clean()

    @pytest.mark.parametrize(
        ("minutes", "to_self", "refusal"),
        [
            (0, False, activities.MinutesWrong),
            (500, False, ledger.NotEnoughPoints),
            (60, True, activities.GivenToOneself),
        ],
    )
    def test_refusals(self, db: None, minutes: int, to_self: bool, refusal: Any) -> None:
        giver = Volunteer(next(_numbers))
        giver.tap((9, "in"), (12, "out"))
        receiver = giver.member_id if to_self else next(_numbers)
        with pytest.raises(refusal), unit_of_work():
            activities.give_hours(
                giver_id=giver.member_id,
                receiver_id=receiver,
                minutes=minutes,
                key=uuid.uuid4(),
                actor=SYSTEM,
                now=NOW,
            )

    def test_only_where_the_pack_allows_it(self, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CITYCARD_CITY", "taoyuan")
        with pytest.raises(activities.GivingNotAllowed), unit_of_work():
            activities.give_hours(
                giver_id=1, receiver_id=2, minutes=5, key=uuid.uuid4(), actor=SYSTEM, now=NOW
            )


def test_the_organiser_is_the_agency_that_pays(db: None) -> None:
    assert activities.organiser_of(agency="sports-daan") == "sports"
    assert activities.organiser_of(agency="library") == "library"

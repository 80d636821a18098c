"""Two times: a new fact counts on its days, old ones elsewhere, and the past stays told."""

import datetime as dt
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycard.infra.database import rows, scalar
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.kernel.periods import DateSpan
from citycard.people import api as people
from citycard.people.deciding import Held, lay_over

FIRST = dt.date(2026, 1, 1)
NOW = dt.datetime(2026, 11, 21, 1, 0, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
DAYS = [FIRST + dt.timedelta(days=n) for n in range(12)]

spans = st.tuples(
    st.one_of(st.none(), st.integers(0, 9)), st.one_of(st.none(), st.integers(1, 10))
).filter(lambda pair: None in pair or pair[0] < pair[1])
statements = st.lists(st.tuples(spans, st.sampled_from(["x", "y"])), max_size=8)


def held(span: tuple[int | None, int | None], value: str) -> Held:
    start, end = (None if n is None else FIRST + dt.timedelta(days=n) for n in span)
    return Held(days=DateSpan(start, end), value=value, source="s", basis_kind="b", basis_id="")


def told(facts: tuple[Held, ...]) -> dict[dt.date, list[str]]:
    return {day: [one.value for one in facts if day in one.days] for day in DAYS}


@given(statements)
def test_on_every_day_at_most_one_value_holds(given_: list) -> None:
    facts: tuple[Held, ...] = ()
    for span, value in given_:
        facts = lay_over(facts, held(span, value)).held
    assert all(len(values) <= 1 for values in told(facts).values())


@given(statements, spans, st.sampled_from(["x", "y"]))
def test_the_newest_statement_counts_on_its_days_and_leaves_other_values_elsewhere(
    given_: list, span: tuple, value: str
) -> None:
    facts: tuple[Held, ...] = ()
    for earlier_span, earlier in given_:
        facts = lay_over(facts, held(earlier_span, earlier)).held
    new = held(span, value)
    before, after = told(facts), told(lay_over(facts, new).held)
    for day in DAYS:
        if day in new.days:
            assert after[day] == [value]
        elif before[day] != [value]:
            assert after[day] == before[day]
        else:  # an equal value may end where the source now says that it ends, and only there
            assert after[day] == [value] or (new.days.end is not None and day >= new.days.end)


@given(statements, spans, st.sampled_from(["x", "y"]))
def test_saying_it_again_changes_nothing(given_: list, span: tuple, value: str) -> None:
    facts: tuple[Held, ...] = ()
    for earlier_span, earlier in given_:
        facts = lay_over(facts, held(earlier_span, earlier)).held
    once = lay_over(facts, held(span, value)).held
    again = lay_over(once, held(span, value))
    assert not again.added
    assert not again.closed
    assert again.held == once


# -- in the database ---


def record(
    member_id: int, name: str, value: object, start: int, end: int | None, at: dt.datetime
) -> bool:
    fact = people.NewFact(
        member_id=member_id,
        name=name,
        value=value,
        valid_from=FIRST + dt.timedelta(days=start),
        valid_to=None if end is None else FIRST + dt.timedelta(days=end),
        source="register:disability",
        basis_kind="register_query",
        basis_id="1",
    )
    with unit_of_work():
        return people.record_facts(facts=[fact], actor=SYSTEM, now=at)[0]


def has(member_id: int, on: dt.date, known_at: dt.datetime | None = None) -> bool | None:
    known = people.facts_of(member_ids=[member_id], names=["statuses"], on=on, known_at=known_at)
    return known[member_id].get("statuses", {}).get("disability")


def test_a_correction_closes_and_adds_and_the_past_is_still_told(enrol: Callable[..., int]) -> None:
    member_id = enrol()
    record(member_id, "status.disability", True, 0, None, NOW)
    record(member_id, "status.disability", False, 5, None, NOW + HOUR)
    assert has(member_id, DAYS[4]) is True
    assert has(member_id, DAYS[5]) is False
    assert has(member_id, DAYS[5], known_at=NOW) is True
    assert has(member_id, DAYS[5], known_at=NOW - HOUR) is None
    assert scalar("SELECT count(*) FROM people_fact") == 3
    assert people.verify() == []


def test_two_recordings_in_one_instant_follow_each_other(enrol: Callable[..., int]) -> None:
    member_id = enrol()
    for value in ("taipei", "taoyuan", "taipei"):
        record(member_id, "registered_city", value, 0, None, NOW)
    (known,) = people.facts_of(
        member_ids=[member_id], names=["registered_city"], on=DAYS[0]
    ).values()
    assert known == {"registered_city": "taipei"}
    assert people.verify() == []


def test_a_status_that_ended_is_false_another_fact_is_then_missing(
    enrol: Callable[..., int],
) -> None:
    member_id = enrol()
    record(member_id, "status.disability", True, 0, 5, NOW)
    record(member_id, "registered_city", "taipei", 0, 5, NOW)
    (known,) = people.facts_of(member_ids=[member_id], names=None, on=DAYS[5]).values()
    assert known["statuses"] == {"disability": False}
    assert "registered_city" not in known
    assert known["birth_on"] == dt.date(1950, 3, 2)
    assert known["id_kind"] == "citizen"
    assert people.days_of_change(member_ids=[member_id], after=FIRST) == {member_id: [DAYS[5]]}


def test_only_the_facts_that_are_asked_for_come(enrol: Callable[..., int]) -> None:
    member_id = enrol()
    record(member_id, "status.disability", True, 0, None, NOW)
    record(member_id, "status.indigenous", True, 0, None, NOW)
    record(member_id, "school", {"level": "primary", "graduates_on": "2030-06-30"}, 0, None, NOW)
    found = people.facts_of(
        member_ids=[member_id], names=["status.disability", "school"], on=DAYS[0]
    )
    assert found == {
        member_id: {
            "statuses": {"disability": True},
            "school": {"level": "primary", "graduates_on": dt.date(2030, 6, 30)},
        }
    }


def test_what_is_known_already_is_neither_written_nor_announced(
    enrol: Callable[..., int],
) -> None:
    member_id = enrol()
    assert record(member_id, "status.disability", True, 0, None, NOW)
    assert not record(member_id, "status.disability", True, 3, None, NOW + HOUR)
    assert scalar("SELECT count(*) FROM people_fact") == 1
    bodies = rows(
        "SELECT body::text AS body FROM infra_journal WHERE code = 'people.facts.changed'"
    )
    assert len(bodies) == 1


def test_a_bad_fact_stops_the_batch(enrol: Callable[..., int]) -> None:
    member_id = enrol()
    with pytest.raises(people.EmptyPeriod):
        record(member_id, "status.disability", True, 5, 5, NOW)
    with pytest.raises(people.NoSuchMember):
        record(0, "status.disability", True, 0, None, NOW)
    assert scalar("SELECT count(*) FROM people_fact") == 0


def test_a_members_own_columns_keep_what_they_said_before(enrol: Callable[..., int]) -> None:
    member_id = enrol()
    update = people.RegisterUpdate(
        member_id=member_id,
        on=FIRST,
        source="register:household",
        basis_id="7",
        birth_on=dt.date(1949, 3, 2),
        name="王曉明",
        registered_city="taipei",
    )
    with unit_of_work():
        assert people.update_from_register(updates=[update], actor=SYSTEM, now=NOW + HOUR) == [True]
    with unit_of_work():
        assert people.update_from_register(updates=[update], actor=SYSTEM, now=NOW + HOUR) == [
            False
        ]

    def birth(known_at: dt.datetime | None) -> dt.date:
        found = people.facts_of(
            member_ids=[member_id], names=["birth_on"], on=FIRST, known_at=known_at
        )
        return found[member_id]["birth_on"]

    assert birth(None) == birth(NOW + HOUR) == dt.date(1949, 3, 2)
    assert birth(NOW) == dt.date(1950, 3, 2)
    assert scalar("SELECT count(*) FROM people_member_was") == 1


def test_a_death_or_a_corrected_birth_is_announced_as_rules_read_it(
    enrol: Callable[..., int],
) -> None:
    member = enrol()
    for told, announced in (
        ({"died_on": dt.date(2026, 5, 20)}, 1),
        ({"died_on": dt.date(2026, 5, 20)}, 1),  # said again: nothing new
        ({"district": "datong"}, 1),  # no rule reads it there
    ):
        update = people.RegisterUpdate(member_id=member, on=dt.date(2026, 6, 1), source="t", **told)
        with unit_of_work():
            people.update_from_register(updates=[update], actor=SYSTEM, now=NOW)
        found = rows(
            "SELECT count(*) AS times FROM infra_journal WHERE code = 'people.facts.changed'"
            " AND body::text LIKE %s",
            [f"%{member}%"],
        )
        assert found[0].times == announced

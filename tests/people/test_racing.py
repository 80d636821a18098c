"""Two at once: a number enrolled twice is one member, and facts follow each other."""

import datetime as dt
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from citycard.infra.database import scalar
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.kernel.taiwan.national_id import with_check_digit
from citycard.people import api as people

NOW = dt.datetime(2026, 11, 21, 1, 0, tzinfo=dt.UTC)
NUMBERS = [with_check_digit(f"A1{n:07d}") for n in range(1, 41)]

pytestmark = pytest.mark.usefixtures("fresh_database")


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Run works in threads that start together; return what each returned or raised."""
    results: list[Any] = [None] * len(works)
    start = threading.Barrier(len(works))

    def run(place: int, work: Callable[[], Any]) -> None:
        start.wait()
        try:
            results[place] = work()
        except Exception as raised:  # noqa: BLE001 - the test looks at what was raised
            results[place] = raised
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def enrol(numbers: list[str]) -> list[people.Enrolled]:
    born = dt.date(1950, 1, 1)
    new = [
        people.NewMember(name="王小明", birth_on=born, sex="m", id_number=number)
        for number in numbers
    ]
    with unit_of_work():
        return people.enrol_many(people=new, actor=SYSTEM, now=NOW)


def test_one_number_in_two_batches_at_once_is_one_member() -> None:
    forward, backward = at_once(lambda: enrol(NUMBERS), lambda: enrol(NUMBERS[::-1]))
    assert [one.member_id for one in forward] == [one.member_id for one in backward[::-1]]
    assert sum(one.created for one in [*forward, *backward]) == len(NUMBERS)
    assert scalar("SELECT count(*) FROM people_member") == len(NUMBERS)
    assert people.verify() == []


def test_facts_recorded_at_once_follow_each_other() -> None:
    members = [one.member_id for one in enrol(NUMBERS) if one.member_id is not None]

    def record(city: str, ids: list[int]) -> Callable[[], Any]:
        def work() -> None:
            facts = [
                people.NewFact(
                    member_id=member_id,
                    name="registered_city",
                    value=city,
                    valid_from=dt.date(2026, 1, 1),
                    source="import",
                    basis_kind="import",
                )
                for member_id in ids
            ]
            with unit_of_work():
                people.record_facts(facts=facts, actor=SYSTEM, now=NOW)

        return work

    works = [record(city, members[:: 1 - 2 * (n % 2)]) for n, city in enumerate("abcdef")]
    assert at_once(*works) == [None] * len(works)
    known = people.facts_of(member_ids=members, names=["registered_city"], on=NOW.date())
    assert all(facts["registered_city"] in "abcdef" for facts in known.values())
    assert people.verify() == []


def test_a_number_given_to_two_members_at_once_is_ones() -> None:
    first, second = [one.member_id for one in enrol(NUMBERS[:2])]
    new_number = "A800000014"

    def give(member_id: int | None) -> Callable[[], Any]:
        def work() -> None:
            assert member_id is not None
            with unit_of_work():
                people.replace_number(
                    member_id=member_id, new_number=new_number, actor=SYSTEM, now=NOW
                )

        return work

    results = at_once(give(first), give(second))
    assert sorted(type(result).__name__ for result in results) == ["NoneType", "NumberTaken"]
    assert people.verify() == []

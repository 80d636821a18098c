"""A child's guardian: recorded in two times, ended by an entry or by majority, and let in alone."""

import datetime as dt
from collections.abc import Callable

import pytest
from django.utils.translation import override

from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import Actor
from citycard.people import api as people
from tests.people.conftest import NOW

TODAY = dt.date(2026, 11, 21)
FIELDS = {"name", "attendance"}


def guardian_of(parent: int) -> Actor:
    return Actor(id=f"member:{parent}", kind="resident", roles=frozenset({"resident"}),
                 member_id=parent)  # fmt: skip


@pytest.fixture
def child(enrol: Callable[..., int]) -> int:
    return enrol(name="林小安", birth_on=dt.date(2016, 2, 29))


@pytest.fixture
def parent(enrol: Callable[..., int], child: int, clerk: Actor) -> int:
    found = enrol(name="林怡君", birth_on=dt.date(1984, 5, 10))
    with unit_of_work():
        people.record_guardian(
            child_id=child, guardian_id=found, basis="household", actor=clerk, now=NOW
        )
    return found


def open_child(child: int, parent: int) -> frozenset[int] | None:
    return people.open_access(
        subject=child, fields=FIELDS, purpose="guardian", actor=guardian_of(parent), now=NOW
    ).subjects


def test_a_guardian_opens_their_child_and_the_child_sees_it_in_the_log(
    child: int, parent: int
) -> None:
    assert open_child(child, parent) == {child}
    access = people.open_access(
        subject=child, fields={"access_log"}, purpose="own-data", actor=guardian_of(child), now=NOW
    )
    entries = people.access_log(access=access, member_id=child)
    (entry,) = (entry for entry in entries if entry.purpose == "guardian")
    assert entry.who == "法定代理人"
    with override("en"):
        entries = people.access_log(access=access, member_id=child)
    assert "Legal guardian" in [entry.who for entry in entries]


def test_nobody_else_opens_a_child(
    enrol: Callable[..., int], child: int, parent: int, clerk: Actor
) -> None:
    stranger = enrol(birth_on=dt.date(1980, 1, 1))
    with pytest.raises(people.NotTheirGuardian):
        open_child(child, stranger)
    with pytest.raises(people.PurposeNotAllowed):  # nor does a clerk by this purpose
        people.open_access(subject=child, fields=FIELDS, purpose="guardian", actor=clerk, now=NOW)


def test_what_was_ended_stays_known_for_the_days_it_held(
    child: int, parent: int, clerk: Actor
) -> None:
    later = NOW + dt.timedelta(days=30)
    with unit_of_work():
        people.end_guardian(
            child_id=child, guardian_id=parent, reason="court", actor=clerk, now=later
        )
    with pytest.raises(people.NotTheirGuardian), unit_of_work():
        people.end_guardian(
            child_id=child, guardian_id=parent, reason="again", actor=clerk, now=later
        )
    assert people.children_of(guardian_id=parent, on=later.date()) == []
    (held,) = people.guardians_of(child_ids=[child], on=TODAY)
    assert held.guardian_id == parent


@pytest.mark.parametrize(
    ("on", "guarded"),
    [(dt.date(2034, 2, 28), True), (dt.date(2034, 3, 1), False)],  # eighteen on 1 March
)
def test_majority_ends_it_by_itself(child: int, parent: int, on: dt.date, guarded: bool) -> None:
    assert bool(people.children_of(guardian_id=parent, on=on)) is guarded


def test_a_grown_up_has_no_guardian(enrol: Callable[..., int], parent: int, clerk: Actor) -> None:
    grown = enrol(birth_on=dt.date(2008, 11, 21))  # eighteen today
    for one, other in ((grown, parent), (parent, parent)):
        with pytest.raises(people.NotAChild), unit_of_work():
            people.record_guardian(
                child_id=one, guardian_id=other, basis="household", actor=clerk, now=NOW
            )

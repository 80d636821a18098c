"""Enrolling: every valid number is accepted, one number is one member, nothing is overwritten."""

import datetime as dt

import pytest

from citycard.infra.database import rows, scalar
from citycard.infra.unit_of_work import UnitOfWorkMisused, unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.kernel.taiwan.national_id import BadIdNumber
from citycard.people import api as people

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 21, 1, 0, tzinfo=dt.UTC)


def new(number: str = "A123456789", **changes: object) -> people.NewMember:
    values = {"name": "王小明", "birth_on": dt.date(1960, 2, 29), "sex": "m", "id_number": number}
    return people.NewMember(**{**values, **changes})


def enrol(*members: people.NewMember) -> list[people.Enrolled]:
    with unit_of_work():
        return people.enrol_many(people=members, actor=SYSTEM, now=NOW)


@pytest.mark.parametrize(
    "number",
    [
        "A123456789",  # a citizen
        "A800000014",  # a resident certificate of the new form
        "FA12345689",  # … and of the old one
    ],
)
def test_every_kind_of_number_is_accepted_and_found_again(number: str) -> None:
    (first,) = enrol(new(number))
    (again,) = enrol(new(number.lower()))
    assert first.created
    assert again == people.Enrolled(member_id=first.member_id, created=False)


def test_a_passport_is_read_as_one_only_when_told() -> None:
    refused, taken = enrol(new("X1234567"), new("X1234567", passport=True))
    assert isinstance(refused.refusal, BadIdNumber)
    assert taken.created


def test_a_row_refused_leaves_the_others_and_saves_nothing_of_itself() -> None:
    results = enrol(
        new("A123456788"),
        new("A123456789"),
        new("A800000014", name=" "),
        new("FA12345689", birth_on=dt.date(2027, 1, 1)),
    )
    assert [one.created for one in results] == [False, True, False, False]
    assert isinstance(results[0].refusal, BadIdNumber)
    assert results[2].refusal == people.MemberIncomplete(field="name")
    assert results[3].refusal == people.MemberIncomplete(field="birth_on")
    assert scalar("SELECT count(*) FROM people_member") == 1


def test_one_number_twice_in_a_batch_is_one_member() -> None:
    first, second = enrol(new(), new(name="王大明"))
    assert (first.created, second.created) == (True, False)
    assert first.member_id == second.member_id
    assert scalar("SELECT name FROM people_member") == "王小明"


def test_an_unverified_source_overwrites_nothing() -> None:
    enrol(new(phone="0912345678"))
    enrol(new(name="改名", phone="0987654321", source="application"))
    assert scalar("SELECT name FROM people_member") == "王小明"


def test_a_name_beyond_the_basic_plane_survives() -> None:
    enrol(new(name="陳𡍼𠅤"))
    assert scalar("SELECT name FROM people_member") == "陳𡍼𠅤"


def test_nothing_secret_stands_in_clear() -> None:
    enrol(new(phone="0912345678", email="ming@example.test", address="仁愛路一段1號"))
    for table in ("people_member", "people_member_number"):
        dump = str(rows(f"SELECT t::text AS row FROM {table} t"))
        for secret in ("A123456789", "0912345678", "ming@example.test", "仁愛路"):
            assert secret not in dump
            assert secret.encode().hex() not in dump


def test_new_members_are_announced_by_id() -> None:
    (first,) = enrol(new())
    bodies = rows(
        "SELECT body::json->>'member_ids' AS body FROM infra_journal"
        " WHERE code = 'people.member.enrolled'"
    )
    assert [one.body for one in bodies] == [f"[{first.member_id}]"]


def test_it_needs_a_unit_of_work() -> None:
    with pytest.raises(UnitOfWorkMisused):
        people.enrol_many(people=[new()], actor=SYSTEM, now=NOW)

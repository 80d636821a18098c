"""How somebody is reached: changed field by field, kept sealed, found by no other."""

import datetime as dt

import pytest

from citycard.infra.database import row
from citycard.infra.unit_of_work import UnitOfWorkMisused, unit_of_work
from citycard.kernel.access import Access
from citycard.kernel.actors import SYSTEM
from citycard.people import api as people

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 21, 4, tzinfo=dt.UTC)
FIELDS = ("phone", "email", "address")


@pytest.fixture
def member() -> int:
    new = people.NewMember(
        name="王小美",
        birth_on=dt.date(1990, 1, 1),
        sex="f",
        id_number="A123456789",
        phone="0912345678",
        email="mei@example.org",
        address="信義路一段 1 號",
    )
    with unit_of_work():
        (made,) = people.enrol_many(people=[new], actor=SYSTEM, now=NOW)
    assert made.member_id is not None
    return made.member_id


def change(member_id: int, **values: str | None) -> None:
    with unit_of_work():
        people.change_contact(
            member_id=member_id, contact=people.Contact(**values), actor=SYSTEM, now=NOW
        )


def known(member_id: int) -> tuple[str, ...]:
    access = Access(
        subjects=frozenset({member_id}),
        fields=frozenset(FIELDS),
        purpose="counter-service",
        actor=SYSTEM,
        record_id=1,
    )
    profile = people.profile(access=access, member_id=member_id)
    return tuple(getattr(profile, name) for name in FIELDS)


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ({}, ("0912345678", "mei@example.org", "信義路一段 1 號")),
        ({"phone": "0987654321"}, ("0987654321", "mei@example.org", "信義路一段 1 號")),
        ({"email": "new@example.org"}, ("0912345678", "new@example.org", "信義路一段 1 號")),
        ({"address": ""}, ("0912345678", "mei@example.org", "")),
        ({"phone": "", "email": "", "address": ""}, ("", "", "")),
    ],
)
def test_what_is_named_changes_and_the_rest_stays(
    member: int, values: dict[str, str], wanted: tuple[str, ...]
) -> None:
    change(member, **values)
    assert known(member) == wanted


def test_nothing_of_it_stands_in_clear(member: int) -> None:
    change(member, phone="0987654321", email="hidden@example.org", address="無名巷 7 號")
    stored = row("SELECT m::text AS text FROM people_member m WHERE id = %s", [member])
    assert stored is not None
    for plain in ("0987654321", "hidden@example.org", "無名巷"):
        assert plain not in stored.text


def test_the_new_telephone_finds_them_and_the_old_one_no_more(member: int) -> None:
    from citycard.people import sealed

    change(member, phone="0987-654-321")
    found = row("SELECT phone_blind FROM people_member WHERE id = %s", [member])
    assert found is not None
    assert bytes(found.phone_blind) == sealed.blind_phone("0987654321")
    assert bytes(found.phone_blind) != sealed.blind_phone("0912345678")
    change(member, phone="")
    found = row("SELECT phone_blind FROM people_member WHERE id = %s", [member])
    assert found is not None
    assert found.phone_blind is None


def test_nobody_and_no_unit_of_work_are_refused(member: int) -> None:
    with pytest.raises(people.NoSuchMember):
        change(member + 1000, phone="0987654321")
    with pytest.raises(UnitOfWorkMisused):
        people.change_contact(
            member_id=member, contact=people.Contact(phone="1"), actor=SYSTEM, now=NOW
        )

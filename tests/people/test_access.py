"""The gate: purposes × roles × fields from the pack, and a record before data leaves."""

import datetime as dt
from collections.abc import Callable

import pytest
from django.db import InternalError, ProgrammingError, transaction
from django.utils.translation import override

from citycard.infra.database import execute, rows, scalar
from citycard.infra.unit_of_work import UnitOfWorkMisused, unit_of_work
from citycard.kernel.access import AccessTooNarrow
from citycard.kernel.actors import SYSTEM, Actor
from citycard.people import api as people

NOW = dt.datetime(2026, 11, 21, 2, 0, tzinfo=dt.UTC)


def open_(subject: object, actor: Actor, *fields: str, purpose: str = "counter-service") -> object:
    return people.open_access(
        subject=subject, fields=fields or ("name",), purpose=purpose, actor=actor, now=NOW
    )


def resident(member_id: int) -> Actor:
    return Actor(
        id="account:1", kind="resident", roles=frozenset({"resident"}), member_id=member_id, level=2
    )


def log_of(member_id: int) -> list[people.AccessEntry]:
    access = open_(member_id, resident(member_id), "access_log")
    return people.access_log(access=access, member_id=member_id)


def test_only_what_was_opened_is_seen(enrol: Callable[..., int], clerk: Actor) -> None:
    member_id = enrol(phone="0912345678", email="ming@example.test")
    seen = people.profile(access=open_(member_id, clerk, "name", "phone"), member_id=member_id)
    assert (seen.name, seen.phone) == ("王小明", "0912345678")
    assert (seen.birth_on, seen.email, seen.id_masked, seen.id_number) == (None,) * 4


def test_number_in_full_or_masked(enrol: Callable[..., int], clerk: Actor) -> None:
    member_id = enrol(id_number="A123456789")
    masked = people.profile(access=open_(member_id, clerk, "id_masked"), member_id=member_id)
    full = people.profile(access=open_(member_id, clerk, "id_number"), member_id=member_id)
    assert (masked.id_masked, masked.id_number) == ("A12****789", None)
    assert full.id_number == "A123456789"


def test_entries_of_one_instant_are_all_seen_a_page_at_a_time(
    enrol: Callable[..., int], clerk: Actor
) -> None:
    member_id = enrol()
    for _ in range(5):
        open_(member_id, clerk)
    access = open_(member_id, resident(member_id), "access_log")
    seen, before = [], None
    while page := people.access_log(access=access, member_id=member_id, limit=2, before=before):
        seen += [entry.reference for entry in page]
        before = (page[-1].at, page[-1].entry_id)
    assert seen == [f"staff:1/{n}" for n in (5, 4, 3, 2, 1)]


def test_an_access_reaches_its_own_people_only(enrol: Callable[..., int], clerk: Actor) -> None:
    one, other = enrol(), enrol()
    with pytest.raises(AccessTooNarrow):
        people.profile(access=open_(one, clerk), member_id=other)


def test_the_resident_sees_who_looked_why_and_at_what(
    enrol: Callable[..., int], clerk: Actor
) -> None:
    member_id = enrol()
    open_(member_id, clerk, "name", "phone")
    with override("zh-hant"):
        (entry,) = log_of(member_id)
    assert entry.who == "櫃台人員 · 臺北市大安區公所"
    assert entry.purpose_text == "臨櫃受理與領卡"
    assert set(entry.fields) == {"姓名", "電話"}
    assert entry.reference == "staff:1/1"
    with override("en"):
        assert log_of(member_id)[0].who == "Counter clerk · Daan District Office"


def test_ones_own_data_opens_without_a_record(enrol: Callable[..., int]) -> None:
    member_id = enrol()
    access = open_(member_id, resident(member_id), "name", "id_number", "access_log", purpose="own")
    assert access.record_id is None
    assert scalar("SELECT count(*) FROM people_access_record") == 0


def test_a_resident_opens_nobody_elses(enrol: Callable[..., int]) -> None:
    mine, other = enrol(), enrol()
    for subject in (other, [mine, other], people.Population(description="all")):
        with pytest.raises(people.PurposeNotAllowed):
            open_(subject, resident(mine))


@pytest.mark.parametrize(
    ("purpose", "fields", "refusal"),
    [
        ("nonsense", ("name",), people.PurposeNotAllowed),  # the pack has no such purpose
        ("audit", ("name",), people.PurposeNotAllowed),  # it has, but not for clerks
        ("counter-search", ("phone",), people.FieldNotAllowed),  # for clerks, but not this field
    ],
)
def test_what_the_pack_does_not_list_is_refused_and_leaves_no_record(
    enrol: Callable[..., int], clerk: Actor, purpose: str, fields: tuple, refusal: type
) -> None:
    member_id = enrol()
    with pytest.raises(refusal):
        open_(member_id, clerk, *fields, purpose=purpose)
    assert scalar("SELECT count(*) FROM people_access_record") == 0


def test_a_purpose_for_one_person_is_not_for_two(enrol: Callable[..., int], clerk: Actor) -> None:
    members = [enrol(), enrol()]
    with pytest.raises(people.TooManyPeople):
        open_(members, clerk)
    open_(members, clerk, purpose="counter-search")
    with pytest.raises(people.TooManyPeople):
        open_(people.Population(description="all"), clerk, purpose="counter-search")


def test_a_population_is_one_record_that_everybody_it_covered_sees(
    enrol: Callable[..., int],
) -> None:
    covered, left_out = enrol(), enrol()
    run = people.Population(description="65歲以上", member_ids=[covered])
    access = open_(run, SYSTEM, "birth_on", purpose="entitlement-run")
    assert access.subjects == {covered}
    assert [entry.population for entry in log_of(covered)] == ["65歲以上"]
    assert log_of(left_out) == []
    open_(people.Population(description="全體"), SYSTEM, "birth_on", purpose="entitlement-run")
    assert len(log_of(left_out)) == 1
    assert scalar("SELECT count(*) FROM people_access_record") == 2


def test_the_record_comes_before_the_unit_of_work(enrol: Callable[..., int], clerk: Actor) -> None:
    member_id = enrol()
    with unit_of_work(), pytest.raises(UnitOfWorkMisused):
        open_(member_id, clerk)


def test_each_actor_counts_without_gaps(
    enrol: Callable[..., int], clerk: Actor, officer: Actor
) -> None:
    member_id = enrol()
    for actor in (clerk, officer, clerk, clerk):
        open_(member_id, actor, purpose="counter-search")
    found = rows("SELECT actor_id, actor_seq FROM people_access_record ORDER BY id")
    assert [tuple(one) for one in found] == [
        ("staff:1", 1),
        ("staff:2", 1),
        ("staff:1", 2),
        ("staff:1", 3),
    ]
    assert people.verify() == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE people_access_record SET purpose = 'other'",
        "DELETE FROM people_access_record",
        "TRUNCATE people_access_record",
        "UPDATE people_access_seal SET root = ''",
        "DELETE FROM people_fact",
        "UPDATE people_fact SET value = 'false'",
        "DELETE FROM people_member_was",
        "UPDATE people_ground SET kind = 'law'",
        "DELETE FROM people_register_query",
        "UPDATE people_register_query SET ground_id = 1",
        "UPDATE people_member_number SET blind = ''",
        "DELETE FROM people_member",
    ],
)
def test_the_application_may_not_rewrite_what_was_written(db: None, statement: str) -> None:
    with (
        pytest.raises((ProgrammingError, InternalError), match="permission denied"),
        transaction.atomic(),
    ):
        execute(statement)


# -- searching ---


def found(text: str, actor: Actor) -> list[str | None]:
    matches = people.search(text=text, purpose="counter-search", actor=actor, now=NOW)
    return [one.name for one in matches]


def test_a_name_is_found_by_any_part(enrol: Callable[..., int], clerk: Actor) -> None:
    for name in ("王小明", "王大明", "陳小明", "Nguyễn Thị Minh", "歐陽台生", "陳𡍼𠅤"):
        enrol(name=name)
    assert found("小明", clerk) == ["王小明", "陳小明"]
    assert found("王", clerk) == ["王大明", "王小明"]
    assert found("王小明", clerk) == ["王小明"]
    assert found("thị m", clerk) == ["Nguyễn Thị Minh"]
    assert found("臺生", clerk) == ["歐陽台生"]  # 臺 and 台 are one
    assert found("𡍼𠅤", clerk) == ["陳𡍼𠅤"]
    assert found("", clerk) == []
    assert found("無此人", clerk) == []


def test_a_person_is_found_by_number_or_telephone(enrol: Callable[..., int], clerk: Actor) -> None:
    enrol(name="王小明", id_number="A123456789", phone="0912-345-678")
    enrol(name="NGUYEN", id_number="B1234567", passport=True)
    assert found(" a123456789 ", clerk) == ["王小明"]
    assert found("0912 345678", clerk) == ["王小明"]
    assert found("+886 912 345 678", clerk) == ["王小明"]
    assert found("B1234567", clerk) == ["NGUYEN"]
    assert found("A123456788", clerk) == []


def test_a_search_is_recorded_with_everybody_it_showed(
    enrol: Callable[..., int], clerk: Actor
) -> None:
    shown, not_shown = enrol(name="王小明"), enrol(name="李四")
    found("小明", clerk)
    found("無此人", clerk)
    assert [entry.purpose for entry in log_of(shown)] == ["counter-search"]
    assert log_of(not_shown) == []
    assert scalar("SELECT count(*) FROM people_access_record") == 2
    assert "小明" not in str(rows("SELECT * FROM people_access_record"))


def test_who_may_not_search_does_not(enrol: Callable[..., int]) -> None:
    organiser = Actor(id="staff:9", kind="staff", roles=frozenset({"organiser"}), agency="sports")
    enrol(name="王小明")
    with pytest.raises(people.PurposeNotAllowed):
        found("小明", organiser)

"""The seal: whoever alters, deletes or reorders a sealed access record is found out."""

import datetime as dt
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from citycard.infra.database import rows, scalar
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM, Actor
from citycard.kernel.taiwan.national_id import with_check_digit
from citycard.people import api as people
from citycard.people import merkle

NOW = dt.datetime(2026, 11, 21, 1, 0, tzinfo=dt.UTC)
CLERK = Actor(id="staff:1", kind="staff", roles=frozenset({"clerk"}), agency="office-daan")


@pytest.fixture(scope="module")
def member(fresh_database: Any) -> int:
    number = with_check_digit("A10000001")
    person = people.NewMember(
        name="王小明", birth_on=dt.date(1950, 1, 1), sex="m", id_number=number
    )
    with unit_of_work():
        (found,) = people.enrol_many(people=[person], actor=SYSTEM, now=NOW)
    assert found.member_id is not None
    return found.member_id


@pytest.fixture
def log(member: int, fresh_database: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh log of two seals over three and two records, published."""
    monkeypatch.setenv("CITYCARD_SEALS", str(tmp_path / "elsewhere" / "access.jsonl"))
    fresh_database.owner_sql(
        "TRUNCATE people_access_record, people_access_seal, people_access_counter RESTART IDENTITY"
    )
    for count in (3, 2):
        look(member, count)
        assert people.seal_access_records(now=NOW) == count
    return tmp_path / "elsewhere" / "access.jsonl"


def look(member: int, times: int) -> None:
    for _ in range(times):
        people.open_access(
            subject=member, fields={"name"}, purpose="counter-service", actor=CLERK, now=NOW
        )


def checks() -> set[str]:
    return {finding.check for finding in people.verify()}


def test_an_untouched_log_is_clean(log: Path) -> None:
    assert people.verify() == []
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [(line["number"], line["records"]) for line in lines] == [(1, 3), (2, 2)]


def test_without_new_records_nothing_is_sealed(log: Path) -> None:
    assert people.seal_access_records(now=NOW) == 0
    assert scalar("SELECT count(*) FROM people_access_seal") == 2


@pytest.mark.parametrize(
    ("tampering", "found"),
    [
        ("UPDATE people_access_record SET purpose = 'audit' WHERE id = 2", {"people.access_seal"}),
        ("UPDATE people_access_record SET subjects = '{}' WHERE id = 2", {"people.access_seal"}),
        (
            "UPDATE people_access_record SET opened_at = opened_at - interval '1 day' WHERE id = 4",
            {"people.access_seal"},
        ),
        (  # two records change places
            "UPDATE people_access_record SET actor_seq = 3 - actor_seq + 100 WHERE id IN (1, 2)",
            {"people.access_seal", "people.access_counter"},
        ),
        (
            "DELETE FROM people_access_record WHERE id = 5",
            {"people.access_seal", "people.access_counter"},
        ),
        (  # with the counter put right: the root still tells
            "DELETE FROM people_access_record WHERE id = 5;"
            " UPDATE people_access_counter SET last_seq = 4",
            {"people.access_seal"},
        ),
        (  # the last seal goes, too: the file outside tells
            "DELETE FROM people_access_record WHERE id > 3; DELETE FROM people_access_seal"
            " WHERE number = 2; UPDATE people_access_counter SET last_seq = 3",
            {"people.published_seal"},
        ),
        ("UPDATE people_access_seal SET root = '\\x00' WHERE number = 1", {"people.access_seal"}),
        (
            "INSERT INTO people_access_record SELECT 4000, actor_id, 99, actor_kind, roles, agency,"
            " counter, purpose, fields, subjects, population, opened_at FROM people_access_record"
            " WHERE id = 1; UPDATE people_access_record SET id = 0 WHERE id = 4000",
            {"people.access_counter"},
        ),
    ],
)
def test_tampering_by_the_owner_of_the_tables_is_found(
    log: Path, owner_sql: Callable[..., Any], tampering: str, found: set[str]
) -> None:
    connection.close()
    for statement in tampering.split("; "):
        owner_sql(statement)
    assert checks() == found


def test_a_seal_made_anew_with_the_right_key_differs_from_the_published_one(
    log: Path, owner_sql: Callable[..., Any]
) -> None:
    owner_sql("UPDATE people_access_record SET purpose = 'audit' WHERE id = 5")
    owner_sql("DELETE FROM people_access_seal WHERE number = 2")
    connection.close()
    published = log.read_text()
    assert people.seal_access_records(now=NOW) == 2
    assert log.read_text() == published  # nothing published is ever replaced
    assert checks() == {"people.published_seal"}


def test_a_seal_that_a_crash_kept_from_the_file_is_published_by_the_next_run(
    log: Path, member: int
) -> None:
    lines = log.read_text().splitlines()
    log.write_text(lines[0] + "\n" + lines[1][:40])  # torn in the middle of a line
    look(member, 1)
    assert people.seal_access_records(now=NOW) == 1
    assert people.verify() == []
    whole = [line for line in log.read_text().splitlines() if line.endswith("}")]
    assert [json.loads(line)["number"] for line in whole] == [1, 2, 3]


def test_a_hole_in_the_file_is_found(log: Path) -> None:
    log.write_text(log.read_text().splitlines()[1] + "\n")
    assert checks() == {"people.published_seal"}


def test_no_record_slips_under_a_seal_while_many_are_written(log: Path, member: int) -> None:
    """Writers and the sealer at once: every record ends under exactly one seal."""

    def write() -> None:
        look(member, 25)
        connection.close()

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        people.seal_access_records(now=NOW)
    people.seal_access_records(now=NOW)
    assert people.verify() == []
    sealed = scalar("SELECT sum(record_count) FROM people_access_seal")
    assert sealed == scalar("SELECT count(*) FROM people_access_record") == 105
    assert [tuple(one) for one in rows("SELECT last_seq FROM people_access_counter")] == [(105,)]


@given(st.lists(st.binary(max_size=4), min_size=1, max_size=20, unique=True), st.data())
def test_a_root_changes_with_any_leaf_its_order_and_its_number(
    contents: list[bytes], data: st.DataObject
) -> None:
    leaves = [merkle.leaf(content) for content in contents]
    root = merkle.root(leaves)
    place = data.draw(st.integers(0, len(leaves) - 1))
    assert merkle.root([*leaves[:place], *leaves[place + 1 :]]) != root
    assert merkle.root([*leaves[:place], merkle.leaf(b"other"), *leaves[place + 1 :]]) != root
    assert merkle.root([*leaves, leaves[-1]]) != root
    if len(leaves) > 1:
        assert merkle.root(leaves[::-1]) != root


def undo_the_second_seal(fresh_database: Any) -> None:
    """Leave the database as a restore to before the second seal does."""
    fresh_database.owner_sql(
        "DELETE FROM people_access_seal WHERE number = 2;"
        "DELETE FROM people_access_record WHERE id > 3;"
        "UPDATE people_access_counter SET last_seq = 3"
    )


def test_a_restore_says_so_in_the_published_file_and_the_log_goes_on(
    log: Path, member: int, fresh_database: Any
) -> None:
    before = log.read_text()
    undo_the_second_seal(fresh_database)
    assert checks() == {"people.published_seal"}, "without a word it is a loss"
    people.note_restore(now=NOW)
    assert people.verify() == []
    people.note_restore(now=NOW)
    assert log.read_text().startswith(before), "what was undone stays to be seen"
    assert len(log.read_text().splitlines()) == 3, "said once"
    look(member, 1)
    people.seal_access_records(now=NOW)
    assert people.verify() == []
    assert json.loads(log.read_text().splitlines()[-1])["number"] == 2
    fresh_database.owner_sql("UPDATE people_access_record SET purpose = 'audit' WHERE id = 2")
    assert "people.access_seal" in checks()


def test_only_the_city_can_say_that_it_was_restored(log: Path, fresh_database: Any) -> None:
    undo_the_second_seal(fresh_database)
    line = json.loads(log.read_text().splitlines()[0])
    forged = {"log": line["log"], "restored_after": 1, "at": NOW.isoformat(), "signature": "00"}
    with log.open("a") as file:
        file.write(json.dumps(forged) + "\n")
    assert checks() == {"people.published_seal"}


def test_without_anything_undone_there_is_nothing_to_say(log: Path) -> None:
    before = log.read_text()
    people.note_restore(now=NOW)
    assert log.read_text() == before

"""No register is asked without a ground in force; a withdrawn consent stops those that wait."""

import datetime as dt
from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction

from citycard.infra.database import execute, rows, scalar
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM, Actor
from citycard.kernel.taiwan.national_id import BadIdNumber
from citycard.people import api as people

NOW = dt.datetime(2026, 11, 21, 1, 0, tzinfo=dt.UTC)
PURPOSE = "register-check"


def consent(member_id: int, kind: str = "consent", purpose: str = PURPOSE) -> int:
    with unit_of_work():
        return people.give_ground(
            member_id=member_id,
            purpose=purpose,
            kind=kind,
            text_version="2014-10",
            actor=SYSTEM,
            now=NOW,
        )


def ask(*asks: tuple[int, int], purpose: str = PURPOSE) -> list[int]:
    with unit_of_work():
        return people.open_register_queries(
            asks=[
                people.RegisterAsk(
                    member_id=member_id, register="household", purpose=purpose, ground_id=ground_id
                )
                for member_id, ground_id in asks
            ],
            actor=SYSTEM,
            now=NOW,
        )


def withdraw(member_id: int, ground_id: int) -> list[int]:
    with unit_of_work():
        return people.withdraw_ground(
            ground_id=ground_id, member_id=member_id, actor=SYSTEM, now=NOW
        )


def test_a_question_goes_out_and_comes_back(enrol: Callable[..., int], clerk: Actor) -> None:
    member_id = enrol(id_number="A123456789")
    (query_id,) = ask((member_id, consent(member_id)))
    (question,) = people.questions(query_ids=[query_id], now=NOW)
    assert (question.id_number, question.name, question.birth_on) == (
        "A123456789",
        "王小明",
        dt.date(1950, 3, 2),
    )
    assert question.ground == "consent:2014-10"
    assert "A123456789" not in repr(question)
    answer = people.RegisterAnswer(
        query_id=query_id, answer="yes", detail={"registered_city": "taipei", "village": "南福里"}
    )
    for expected in ([query_id], []):  # answered twice is once
        with unit_of_work():
            assert (
                people.close_register_queries(answers=[answer], actor=SYSTEM, now=NOW) == expected
            )
    access = people.open_access(
        subject=member_id, fields={"checks"}, purpose="counter-service", actor=clerk, now=NOW
    )
    (result,) = people.register_results(access=access, query_ids=[query_id])
    assert (result.answer, result.detail) == ("yes", answer.detail)
    assert "南福里" not in str(rows("SELECT t::text AS row FROM people_register_query t"))
    assert people.questions(query_ids=[query_id], now=NOW) == []


def test_asking_is_itself_recorded(enrol: Callable[..., int]) -> None:
    member_id = enrol()
    people.questions(query_ids=ask((member_id, consent(member_id))), now=NOW)
    (record,) = rows("SELECT purpose, fields, subjects FROM people_access_record")
    assert record.purpose == "register-check"
    assert record.subjects == [member_id]
    assert sorted(record.fields) == ["birth_on", "id_number", "name"]


def test_without_a_ground_in_force_nothing_is_opened(enrol: Callable[..., int]) -> None:
    member_id, other = enrol(), enrol()
    mine, theirs = consent(member_id), consent(other)
    for_else = consent(member_id, purpose="counter-service")
    withdrawn = consent(member_id)
    withdraw(member_id, withdrawn)
    for ground_id in (theirs, for_else, withdrawn, 0):
        with pytest.raises(people.NoGround):
            ask((member_id, mine), (member_id, ground_id))
    assert scalar("SELECT count(*) FROM people_register_query") == 0


def test_the_database_itself_wants_a_ground(enrol: Callable[..., int]) -> None:
    member_id = enrol()
    with pytest.raises(IntegrityError), transaction.atomic():
        execute(
            "INSERT INTO people_register_query (member_id, register, purpose, actor_id, asked_at,"
            " answer) VALUES (%s, 'household', 'x', 'y', now(), 'waiting')",
            [member_id],
        )


def test_withdrawing_stops_what_waits_and_what_would_follow(enrol: Callable[..., int]) -> None:
    member_id = enrol()
    ground_id = consent(member_id)
    (waiting,) = ask((member_id, ground_id))
    assert people.ground_for(member_id=member_id, purpose=PURPOSE) == ground_id
    assert withdraw(member_id, ground_id) == [waiting]
    assert withdraw(member_id, ground_id) == []
    assert people.questions(query_ids=[waiting], now=NOW) == []
    assert people.ground_for(member_id=member_id, purpose=PURPOSE) is None
    with pytest.raises(people.NoGround):
        ask((member_id, ground_id))
    late = people.RegisterAnswer(query_id=waiting, answer="yes", detail={"village": "x"})
    with unit_of_work():
        assert people.close_register_queries(answers=[late], actor=SYSTEM, now=NOW) == []
    (ground,) = people.grounds_of(member_id=member_id)
    assert ground.withdrawn_at == NOW


def test_what_cannot_be_withdrawn_is_not(enrol: Callable[..., int]) -> None:
    member_id, other = enrol(), enrol()
    law, others_consent = consent(member_id, kind="law"), consent(other)
    with pytest.raises(people.LawIsNotWithdrawn):
        withdraw(member_id, law)
    with pytest.raises(people.GroundNotFound):
        withdraw(member_id, others_consent)
    with pytest.raises(people.UnknownGroundKind):
        consent(member_id, kind="curiosity")


# -- a new number ---


def replace(member_id: int, number: str) -> None:
    with unit_of_work():
        people.replace_number(member_id=member_id, new_number=number, actor=SYSTEM, now=NOW)


def test_a_new_number_finds_the_same_member_and_the_old_one_nobody(
    enrol: Callable[..., int],
) -> None:
    member_id = enrol(id_number="FA12345689")  # an old resident certificate …
    replace(member_id, "A800000014")  # … exchanged for a new one
    assert people.member_ids_by_number(id_numbers=["A800000014", "FA12345689", "x"]) == [
        member_id,
        None,
        None,
    ]
    old = people.NewMember(name="他", birth_on=dt.date(1950, 1, 1), sex="m", id_number="FA12345689")
    with unit_of_work():
        (refused,) = people.enrol_many(people=[old], actor=SYSTEM, now=NOW)
    assert refused.refusal == people.NumberNoLongerValid()
    known = people.facts_of(member_ids=[member_id], names=["id_kind"], on=NOW.date())
    assert known == {member_id: {"id_kind": "resident_new"}}
    replace(member_id, "A800000014")  # again: nothing
    replace(member_id, "FA12345689")  # a mistake is taken back
    assert people.member_ids_by_number(id_numbers=["FA12345689"]) == [member_id]
    assert people.verify() == []


def test_a_number_of_somebody_else_now_or_before_is_refused(enrol: Callable[..., int]) -> None:
    one, other = enrol(id_number="A123456789"), enrol(id_number="FA12345689")
    replace(other, "A800000014")
    for number in ("A800000014", "FA12345689"):
        with pytest.raises(people.NumberTaken):
            replace(one, number)
    with pytest.raises(BadIdNumber):
        replace(one, "A123456788")
    with pytest.raises(people.NoSuchMember):
        replace(0, "B123456780")

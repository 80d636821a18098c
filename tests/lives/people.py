"""Residents of the park town, with facts and cards, for tests of what a card does."""

import datetime as dt
import itertools
from typing import Any

from citycard.cards import api as cards
from citycard.entitlements import api as entitlements
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.people import api as people
from tests.flows.living import new_number

_printed = itertools.count(6_100_000_000_000_000)


def noon(on: dt.date) -> dt.datetime:
    return dt.datetime(on.year, on.month, on.day, 4, tzinfo=dt.UTC)


def member(
    born: dt.date, *, since: dt.date, number: str = "", passport: bool = False, **facts: Any
) -> tuple[int, str]:
    """Enrol somebody with facts that hold from a day; return their id and ID number."""
    number = number or new_number()
    with unit_of_work():
        (enrolled,) = people.enrol_many(
            people=[
                people.NewMember(
                    name="河岸人", birth_on=born, sex="f", id_number=number, passport=passport,
                    district="taoyuan",
                )
            ],
            actor=SYSTEM,
            now=noon(since),
        )  # fmt: skip
        assert enrolled.member_id is not None, enrolled.refusal
        told(enrolled.member_id, since, **facts)
    return enrolled.member_id, number


def told(who: int, on: dt.date, **facts: Any) -> None:
    """Record facts from a day on, inside a unit of work, and decide by them."""
    people.record_facts(
        facts=[
            people.NewFact(
                member_id=who, name=name.replace("__", "."), value=value, valid_from=on,
                source="test", basis_kind="import",
            )
            for name, value in facts.items()
        ],
        actor=SYSTEM,
        now=noon(on),
    )  # fmt: skip
    entitlements.decide(member_ids=[who], on=on, now=noon(on), actor=SYSTEM)


def card(who: int, kind: str, on: dt.date) -> int:
    """Give somebody a card; return its id."""
    with unit_of_work():
        (made,) = cards.register_many(
            cards=[
                cards.NewCard(
                    kind=kind, medium="easycard", numbers={"printed": str(next(_printed))}
                )
            ],
            actor=SYSTEM,
            now=noon(on),
        )
        assert made.card_id is not None, made.refusal
        (bound,) = cards.bind_many(
            binds=[cards.Bind(card_id=made.card_id, member_id=who)], actor=SYSTEM, now=noon(on)
        )
    assert bound.refusal is None
    return made.card_id

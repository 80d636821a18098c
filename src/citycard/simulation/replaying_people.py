"""The people of a replay: members with what registers say of them, and their cards, in batches.

Everything goes by the contexts' own batch faces, a few thousand people a unit of work; rights then
follow from the recorded facts by the pack's rules, as they always do.
"""

import datetime as dt
import random
from collections.abc import Iterator, Sequence
from typing import Any

from citycard.cards import api as cards
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.taiwan.national_id import with_check_digit
from citycard.people import api as people
from citycard.simulation.replaying_days import has_number
from citycard.simulation.replaying_plan import Kind, Plan
from citycard.simulation.world import BUILDER

A_CHUNK = 4_000
SOURCE = "household-register"
_LETTERS = "HFABCDEG"
_SCHOOLS = ((12, "primary"), (15, "junior"), (18, "senior"), (99, "university"))


def chunks(plan: Plan) -> list[tuple[str, int, int]]:
    """Cut the people into chunks: kind of their first card, first place among all, and after it."""
    return [
        (kind.code, first, min(first + A_CHUNK, kind.first_member + kind.cards))
        for kind in plan.kinds.values()
        if not kind.beside
        for first in range(kind.first_member, kind.first_member + kind.cards, A_CHUNK)
    ]


def settle(*, plan: Plan, chunk: tuple[str, int, int]) -> int:
    """Make a chunk of people members with their facts, cards and agencies' numbers; returns how
    many; done again it changes nothing."""
    code, first, after = chunk
    places = range(first, after)
    now = plan.opening
    with unit_of_work():
        enrolled = people.enrol_many(
            people=[_person(plan, plan.kinds[code], n) for n in places], actor=BUILDER, now=now
        )
        members = [_sure(one.member_id, one) for one in enrolled]
        facts = [
            fact
            for n, member in zip(places, members, strict=True)
            for fact in _facts(plan, code, n, member)
        ]
        people.record_facts(facts=facts, actor=BUILDER, now=now)
        _hand_out(plan, code, places, members, now)
        _link(plan, places, members, now)
    return len(members)


def is_settled(*, plan: Plan, chunk: tuple[str, int, int]) -> bool:
    """Tell whether a chunk was settled: its last person's card is known."""
    kind = plan.kinds[chunk[0]]
    last = number(plan, kind, chunk[2] - 1)
    return cards.find(issuer=plan.issuer, number_kind=plan.number_kind, number=last) is not None


def holdings(plan: Plan, code: str, n: int) -> Iterator[Kind]:
    """Yield the kinds of card that a person holds, by place among all members."""
    own = plan.kinds[code]
    yield own
    for kind in plan.kinds.values():
        if kind.beside == code and n < kind.first_member + kind.cards:
            yield kind


def _person(plan: Plan, kind: Kind, n: int) -> people.NewMember:
    names, sex = plan.pack.table("names"), "mf"[n % 2]
    given = names["given_male" if sex == "m" else "given_female"]
    surname = names["surnames"][n * 31 % len(names["surnames"])]
    districts = list(plan.pack.table("districts"))
    number = f"{_LETTERS[n // 10_000_000]}{1 + n % 2}{n % 10_000_000:07d}"
    return people.NewMember(
        name=surname + given[n * 17 % len(given)],
        birth_on=_born(plan, kind, n),
        sex=sex,
        id_number=with_check_digit(number),
        district=districts[n * 7 % len(districts)],
        source="import",
    )


def _born(plan: Plan, kind: Kind, n: int) -> dt.date:
    low, high = kind.ages
    days = (high - low + 1) * 365 - 60
    back = random.Random(f"{plan.seed}:{n}").randrange(30, days)  # noqa: S311 - repeatable
    return plan.first_day - dt.timedelta(days=low * 366 + back)


def _facts(plan: Plan, code: str, n: int, member: int) -> Iterator[people.NewFact]:
    districts = list(plan.pack.table("districts").values())
    known: dict[str, Any] = {
        "registered_city": plan.pack.code,
        "registered_district": districts[n * 7 % len(districts)]["name"]["zh-Hant"],
    }
    for kind in holdings(plan, code, n):
        known |= kind.facts
        if kind.at_school:
            known["school"] = _school(plan, kind, n)
    for name, value in known.items():
        yield people.NewFact(
            member_id=member,
            name=name,
            value=value,
            valid_from=plan.first_day - dt.timedelta(days=365),
            source=SOURCE,
            basis_kind="import",
        )


def _school(plan: Plan, kind: Kind, n: int) -> dict[str, Any]:
    age = (plan.first_day - _born(plan, kind, n)).days // 365
    return {"level": next(level for below, level in _SCHOOLS if age < below), "in_city": True}


def _hand_out(
    plan: Plan, code: str, places: Sequence[int], members: Sequence[int], now: dt.datetime
) -> None:
    """Register and bind everybody's cards; the printed numbers follow the cards' places."""
    medium = _medium(plan)
    wanted = [
        (kind, n, member)
        for n, member in zip(places, members, strict=True)
        for kind in holdings(plan, code, n)
    ]
    new = [
        cards.NewCard(
            kind=kind.code, medium=medium, numbers={plan.number_kind: number(plan, kind, n)}
        )
        for kind, n, _ in wanted
    ]
    made = cards.register_many(cards=new, actor=BUILDER, now=now)
    binds = [
        cards.Bind(card_id=_sure(one.card_id, one), member_id=member)
        for one, (_, _, member) in zip(made, wanted, strict=True)
    ]
    for bound in cards.bind_many(binds=binds, actor=BUILDER, now=now):
        _sure(bound.binding_id, bound)


def number(plan: Plan, kind: Kind, n: int) -> str:
    """Return the number of somebody's card of a kind, by the place among all members."""
    return str(plan.first_number + kind.first + n - kind.first_member)


def _medium(plan: Plan) -> str:
    media = plan.pack.table("cards")["media"]
    return str(next(code for code, row in media.items() if row.get("issuer") == plan.issuer))


def _link(plan: Plan, places: Sequence[int], members: Sequence[int], now: dt.datetime) -> None:
    """Note agencies' own numbers of those who have one."""
    agencies = plan.pack.table("agencies")["agencies"]
    for agency, percent in plan.linked_percent.items():
        example = str(agencies[agency]["member_number"]["example"])
        prefix = example.rstrip("0123456789")
        width = len(example) - len(prefix)
        links = [
            (member, f"{prefix}{10 ** (width - 1) + n}")
            for n, member in zip(places, members, strict=True)
            if has_number(n, percent)
        ]
        cards.link_agency_numbers(agency=agency, links=links, actor=BUILDER, now=now)


def _sure(made: int | None, result: Any) -> int:
    assert made is not None, f"refused: {result.refusal}"
    return made

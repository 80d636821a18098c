"""An invented month of rides, for trying policies where none are stored.

People are drawn from the register's figures; what they may have follows from the rules of either
pack, so that a proposal may change who holds a right, too. How often they ride is assumed, in the
proportions of the seed's figures: what comes out is an order of size, and says so.

Source of the proportions: 桃園市市民卡整合服務, rides by mode 2015-09 to 2017-01.
"""

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from citycard.fares import api as fares
from citycard.infra.packs import Pack
from citycard.kernel.periods import next_month
from citycard.rules import api as rules
from citycard.simulation.drawing import Person, draw

SHARES = {"bus": 885, "tra": 56, "metro": 49, "bike": 9, "taxi": 1}
"""Rides of a thousand by mode; a mode that isn't here gets as many as taxis."""
RIDES_A_MONTH = ((0, 0.5), (6, 10.0), (18, 9.0), (25, 4.0), (65, 12.0), (80, 6.0))
"""Mean rides by first year of age."""
KILOMETRES = {"bus": 6.0, "metro": 11.0, "tra": 24.0, "taxi": 4.0}
"""Median distances; half as much again or less in two of three rides."""
HOLDS_A_CARD = 0.6
EPOCH = dt.date(1970, 1, 1)


class Invented(NamedTuple):
    """A month: people, and rides in canonical order; ``rider`` is the place among the people."""

    people: list[Person]
    rides: fares.RideColumns
    mode: list[str]


def invent(*, pack: Pack, month: dt.date, people: int, seed: int) -> Invented:
    """Draw people and their rides."""
    drawn = draw(pack=pack, count=people, on=month, seed=seed)
    random = np.random.default_rng(seed)
    book = fares.book(pack=pack)
    ages = np.array([person.age(month) for person in drawn])
    place = np.searchsorted([first for first, _ in RIDES_A_MONTH], ages, side="right") - 1
    mean = np.array([often for _, often in RIDES_A_MONTH])[place]
    often = random.poisson(random.gamma(0.8, mean / 0.8))
    rider = np.repeat(np.arange(len(drawn)), often)
    lines = [n for n, line in enumerate(book.lines) if book.line_is_ride[n] and not line.named]
    served = Counter(book.lines[n].mode for n in lines)
    weights = np.array(
        [
            SHARES.get(book.modes[line.mode], 1) / served[line.mode]
            for line in (book.lines[n] for n in lines)
        ]
    )
    chosen = np.array(lines)[random.choice(len(lines), len(rider), p=weights / weights.sum())]
    mode = [book.modes[book.lines[n].mode] for n in chosen]
    return Invented(drawn, _rides(pack, month, rider, chosen, mode, random), mode)


def _rides(
    pack: Pack, month: dt.date, rider: Any, line: Any, mode: list[str], random: Any
) -> fares.RideColumns:
    begins = dt.datetime.combine(month, dt.time(6), pack.zone)
    offset = begins.utcoffset() or dt.timedelta()
    day = random.integers(0, (next_month(month) - month).days, len(rider))
    at = int(begins.timestamp()) + day * 86_400 + random.integers(0, 57_600, len(rider))
    order = np.lexsort([at, rider])
    at, rider, line = at[order], rider[order], line[order]
    mode[:] = [mode[n] for n in order]
    median = np.array([KILOMETRES.get(each, 5.0) for each in mode])
    metres = np.maximum(400, median * 1000 * random.lognormal(0, 0.5, len(rider))).astype(np.int64)
    nothing, zero = np.full(len(rider), fares.NONE), np.zeros(len(rider), np.int64)
    return fares.RideColumns(
        person=rider, boarded_at=at, alighted_at=at + 120 + metres // 6,
        day=(at + int(offset.total_seconds())) // 86_400, line=line, origin=nothing,
        destination=nothing, metres=metres, told_ntd=_told(mode, metres), marks=zero,
        medium=nothing, ended=zero, points_open=zero, purse_ntd=nothing, charged_ntd=nothing,
        date=nothing, before=zero,
    )  # fmt: skip


def told_ntd(mode: str, metres: int) -> int:
    """Return what a gate or a meter would tell: about NT$1.5 a kilometre by train, 24 by taxi."""
    return 85 + metres * 24 // 1000 if mode == "taxi" else max(15, metres * 3 // 2000)


def _told(mode: list[str], metres: Any) -> Any:
    return np.array([told_ntd(one, far) for one, far in zip(mode, metres.tolist(), strict=True)])


def of_age(mark: fares.Mark, age: int) -> bool:
    """Tell whether a mark holds by age alone."""
    if mark.age_from is None and mark.age_below is None:
        return False
    return (mark.age_from or 0) <= age < (mark.age_below or 1_000)


def standing(*, pack: Pack, month: dt.date, invented: Invented, seed: int) -> tuple[Any, Any]:
    """Return each person's marks and allowance by a pack: who may have a right has it, if they
    hold a card."""
    book, table = fares.book(pack=pack), _rules(pack)
    holds = np.random.default_rng(seed + 1).random(len(invented.people)) < HOLDS_A_CARD
    marks = np.zeros(len(holds), np.int64)
    points = np.zeros(len(holds), np.int64)
    gift = pack.table("points")["units"].get(book.points.unit, {}).get("monthly", {}).get("gift")
    for n, person in enumerate(invented.people):
        if holds[n] or person.age(month) < 12:
            facts = _facts(person, pack, table)
            own = {rule.code: rule for rule in table.in_force(month) if _has(rule, facts, month)}
            marks[n] = _marks(book, pack, person, own, facts, month)
            points[n] = _points(own, gift, facts, month)
    return marks, points


def _rules(pack: Pack) -> rules.RuleTable:
    return rules.read_rules(pack.table("entitlements"), names=rules.vocabulary_of(pack))


def _facts(person: Person, pack: Pack, table: rules.RuleTable) -> Mapping[str, Any]:
    statuses = pack.table("statuses")["statuses"]
    return {
        "birth_on": person.birth_on, "sex": person.sex, "id_kind": "citizen",
        "registered_city": pack.code, "registered_district": person.district,
        "resides_in_city": person.resides_in_city, "employer_agency": "",
        "statuses": {code: code in person.statuses for code in statuses},
        "relations": {code: True for code in person.relations},
        "school": person.school or {},
        "approvals": {rule.code: False for rule in table},
    }  # fmt: skip


def _has(rule: rules.Rule, facts: Mapping[str, Any], on: dt.date) -> bool:
    return rule.may_have(facts, on).verdict is rules.Verdict.YES


def _marks(
    book: fares.Book,
    pack: Pack,
    person: Person,
    own: Mapping[str, rules.Rule],
    facts: Mapping[str, Any],
    on: dt.date,
) -> int:
    age = person.age(on)
    kinds = {pack.table("entitlements")[code].get("card_kind") for code in own}
    found = 0
    for place, mark in enumerate(book.marks):
        rule = own.get(mark.entitlement or "")
        by_right = rule is not None and all(
            _given(rule, name, facts, on) == value for name, value in mark.gift.items()
        )
        if by_right or of_age(mark, age) or kinds & set(mark.card_kinds):
            found |= 1 << place
    return found


def _given(rule: rules.Rule, gift: str, facts: Mapping[str, Any], on: dt.date) -> Any:
    if gift not in rule.gives:
        return None
    payload = rule.gift(gift, facts, on).payload
    return None if payload is None else payload.get("amount")


def _points(
    own: Mapping[str, rules.Rule], gift: str | None, facts: Mapping[str, Any], on: dt.date
) -> int:
    amounts = [_given(rule, gift, facts, on) for rule in own.values()] if gift else []
    return max((int(amount) for amount in amounts if amount is not None), default=0)


def try_on_invented(
    *,
    city: Pack,
    proposal: Pack,
    month: dt.date,
    people: int,
    guesses: Sequence[fares.Guess],
    shown: fares.Shown,
    seed: int = 1,
) -> fares.PolicyTrial:
    """Price an invented month by the pack in force and by a proposal, and tell the difference.

    :param people: how many residents to draw; the city's figures are that part of its people
    """
    invented = invent(pack=city, month=month, people=people, seed=seed)
    before, after = (_tried(pack, month, invented, seed) for pack in (city, proposal))
    return fares.compare_policies(
        before=before, after=after, guesses=guesses, today=month, shown=shown,
        groups_of=lambda riders: _groups(invented, riders),
    )  # fmt: skip


def _tried(pack: Pack, month: dt.date, invented: Invented, seed: int) -> fares.TriedMonth:
    marks, points = standing(pack=pack, month=month, invented=invented, seed=seed)
    rides = invented.rides
    mine = fares.RideColumns(
        **{**vars(rides), "marks": marks[rides.person], "points_open": points[rides.person]}
    )
    riders = np.unique(rides.person)
    book = fares.book(pack=pack)
    return fares.sum_rides(
        book=book,
        lines=rides.line,
        rider=np.searchsorted(riders, rides.person),
        riders=riders,
        priced=fares.price(book=book, rides=mine),
    )


def _groups(invented: Invented, riders: Any) -> fares.Groups:
    names = tuple(sorted({person.district for person in invented.people}))
    own = [invented.people[n] for n in riders.tolist()]
    return fares.Groups(
        names,
        np.array([names.index(person.district) for person in own]),
        np.array([(person.birth_on - EPOCH).days for person in own]),
    )

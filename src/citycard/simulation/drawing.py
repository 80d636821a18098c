"""Drawing a population: who lives where, how old, in which family, with which number and statuses.

The same pack, count, day and seed always draw the same people. District, age and sex follow the
register's figures exactly as far as whole people allow.
"""

import datetime as dt
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count as counted
from typing import Any

from citycard.infra.packs import Pack
from citycard.kernel.periods import birthday
from citycard.kernel.taiwan.national_id import LETTER_VALUE, with_check_digit

_OLDEST = 108
_NEWBORN_DAYS = 30
"""The youngest are born before the weeks of life that a demo city looks back on."""
_SERIALS = 10_000_000
_RESERVED = 9_900_000
"""Serials from here on are the personas': theirs never meet a drawn person's."""
_PARENT_AGES = range(25, 56)
_SHARE_LIVING_ELSEWHERE = 0.03
_RARE_GIVEN_NAMES = ("\U00020bb7明", "\U000248e9恩")
"""Characters beyond the basic plane: real names hold them, so a demo city does, too."""


@dataclass(frozen=True, kw_only=True)
class Person:
    """A drawn resident.

    :ivar n: place in the draw, from 0; stable for the same arguments
    :ivar district: the pack's slug
    :ivar passport: ``id_number`` is a passport's
    :ivar household: people with the same number are one family
    :ivar school: level and city of the school they attend, when they do
    """

    n: int
    name: str
    sex: str
    birth_on: dt.date
    district: str
    id_number: str
    passport: bool
    household: int
    statuses: frozenset[str]
    relations: frozenset[str]
    resides_in_city: bool
    school: Mapping[str, Any] | None = field(default=None)

    def age(self, on: dt.date) -> int:
        """Return the age in full years on a day."""
        years = on.year - self.birth_on.year
        return years - (birthday(self.birth_on, years) > on)


def draw(*, pack: Pack, count: int, on: dt.date, seed: int) -> list[Person]:
    """Draw a population of a city.

    :param count: how many people
    :param on: the day on which the register's ages hold
    """
    chance = random.Random(f"{pack.code}:{seed}")  # noqa: S311 - a repeatable draw, no secret
    statuses = _shares(pack.table("statuses")["statuses"])
    names = _Names(pack.table("names"), chance)
    numbers = _Numbers(chance)
    people = []
    for n, (district, sex, age) in enumerate(_cells(pack, count)):
        birth_on = _birth_day(chance, age, on)
        number, passport, foreign = numbers.draw(sex)
        person = Person(
            n=n,
            name=names.draw(sex),
            sex=sex,
            birth_on=birth_on,
            district=district,
            id_number=number,
            passport=passport,
            household=n,
            statuses=frozenset(
                code for code, share in statuses.items() if chance.random() < share and not foreign
            ),
            relations=frozenset({"spouse_of_resident"} if foreign else ()),
            resides_in_city=chance.random() >= _SHARE_LIVING_ELSEWHERE,
        )
        people.append(replace(person, school=_school(person, on)))
    return _with_families(people, on, chance)


def draw_personas(*, pack: Pack, on: dt.date, seed: int, first: int) -> dict[str, list[Person]]:
    """Draw the residents among the personas, each with their children after them.

    :param first: the place in the draw from which they are numbered
    """
    chance = random.Random(f"{pack.code}:{seed}:personas")  # noqa: S311 - a repeatable draw
    numbers = _Numbers(chance, reserve=True)
    families: dict[str, list[Person]] = {}
    n = first
    for code, persona in pack.table("personas")["personas"].items():
        if persona["kind"] != "resident":
            continue
        parent = _persona(persona["person"], numbers, chance, on, n, n)
        children = [
            _persona(_child_row(persona, child), numbers, chance, on, n + 1 + place, n)
            for place, child in enumerate(persona.get("children", ()))
        ]
        families[code] = [parent, *children]
        n += 1 + len(children)
    return families


def _child_row(persona: Mapping[str, Any], child: Mapping[str, Any]) -> dict[str, Any]:
    """Return a child's row: as its own, with what it takes from the parent."""
    person = persona["person"]
    given = {"f": "小美", "m": "小明"}[child["sex"]]
    return {**person, "statuses": [], "name": person["name"][0] + given, **child}


def _persona(
    row: Mapping[str, Any],
    numbers: "_Numbers",
    chance: random.Random,
    on: dt.date,
    n: int,
    household: int,
) -> Person:
    number, passport, _foreign = numbers.draw(row["sex"], citizen=True)
    person = Person(
        n=n,
        name=row["name"],
        sex=row["sex"],
        birth_on=_birth_day(chance, int(row["age"]), on),
        district=row["district"],
        id_number=number,
        passport=passport,
        household=household,
        statuses=frozenset(row.get("statuses", ())),
        relations=frozenset(),
        resides_in_city=bool(row.get("resides_in_city", True)),
    )
    return replace(person, school=_school(person, on))


def _cells(pack: Pack, count: int) -> list[tuple[str, str, int]]:
    """Return (district, sex, age) for each of ``count`` people, spread evenly over the figures."""
    slugs = {str(row["code"]): slug for slug, row in pack.table("districts").items()}
    cells = [
        (slugs[str(row.district)], row.sex, age, people)
        for row in pack.population()
        for age, people in enumerate(row.by_age)
    ]
    total = sum(people for *_, people in cells)
    drawn: list[tuple[str, str, int]] = []
    passed = 0
    for district, sex, age, people in cells:
        passed += people
        until = passed * count // total
        drawn += [(district, sex, age)] * (until - len(drawn))
    return drawn


def _birth_day(chance: random.Random, age: int, on: dt.date) -> dt.date:
    if age == 100:
        age = chance.randint(100, _OLDEST)
    youngest = _NEWBORN_DAYS if age == 0 else 0
    day = on - dt.timedelta(days=chance.randrange(youngest, 365))
    try:
        return day.replace(year=day.year - age)
    except ValueError:
        return dt.date(day.year - age, 2, 28)


def _shares(statuses: Mapping[str, Any]) -> dict[str, float]:
    return {code: float(row.get("share_percent", 0)) / 100 for code, row in statuses.items()}


def _school(person: Person, on: dt.date) -> Mapping[str, Any] | None:
    """Say which school a child attends: a school year begins on 1 September (age on that day)."""
    first_day = dt.date(on.year if on.month >= 9 else on.year - 1, 9, 1)
    age = person.age(first_day)
    for level, first, years in (("primary", 6, 6), ("junior", 12, 3), ("senior", 15, 3)):
        if first <= age < first + years:
            leaves = dt.date(first_day.year + first + years - age, 7, 31)
            return {"level": level, "in_city": True, "graduates_on": leaves}
    return None


def _with_families(people: list[Person], on: dt.date, chance: random.Random) -> list[Person]:
    """Give each child a parent in its district, and the parent's surname."""
    parents: dict[str, list[Person]] = defaultdict(list)
    for person in people:
        if person.age(on) in _PARENT_AGES:
            parents[person.district].append(person)
    return [
        _child_of(chance.choice(parents[person.district]), person)
        if person.age(on) < 20 and parents[person.district]
        else person
        for person in people
    ]


def _child_of(parent: Person, child: Person) -> Person:
    return replace(
        child,
        household=parent.household,
        name=parent.name[0] + child.name[1:],
        resides_in_city=parent.resides_in_city,
    )


class _Names:
    """Surnames by rank (a common one is commoner), given names by sex."""

    def __init__(self, names: Mapping[str, Any], chance: random.Random) -> None:
        self._surnames: Sequence[str] = names["surnames"]
        self._weights = [1 / (rank + 3) for rank in range(len(self._surnames))]
        self._given = {"m": names["given_male"], "f": names["given_female"]}
        self._chance = chance

    def draw(self, sex: str) -> str:
        (surname,) = self._chance.choices(self._surnames, self._weights)
        if self._chance.random() < 0.001:
            return surname + self._chance.choice(_RARE_GIVEN_NAMES)
        return surname + str(self._chance.choice(self._given[sex]))


class _Numbers:
    """ID numbers of every kind, no two alike: a stride ending in 3 visits every serial."""

    def __init__(self, chance: random.Random, *, reserve: bool = False) -> None:
        self._chance = chance
        start, stride = chance.randrange(_SERIALS), 10 * chance.randrange(_SERIALS // 10) + 3
        every = ((start + n * stride) % _SERIALS for n in counted())
        self._serials: Iterator[int] = (it for it in every if (it >= _RESERVED) is reserve)
        self._letters = sorted(LETTER_VALUE)

    def draw(self, sex: str, *, citizen: bool = False) -> tuple[str, bool, bool]:
        """Return a number, whether it is a passport's, and whether its holder is a foreigner."""
        kind = 1.0 if citizen else self._chance.random()
        serial = next(self._serials)
        if kind < 0.002:
            return f"X{serial:07d}", True, True
        letter = self._chance.choice(self._letters)
        second = self._second(kind, sex)
        return with_check_digit(f"{letter}{second}{serial:07d}"), False, second not in "12"

    def _second(self, kind: float, sex: str) -> str:
        if kind < 0.006:
            return {"m": "A", "f": "B"}[sex]
        if kind < 0.020:
            return {"m": "8", "f": "9"}[sex]
        return {"m": "1", "f": "2"}[sex]

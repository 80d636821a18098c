"""One family over eighty years: who they are, and what happens to them, as a city's registers tell.

Everything is data: a happening is a day, a person and the facts that hold from it on. What follows
(which service is offered, which right begins and ends) is the city's own affair.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Relative:
    """Somebody of the family.

    :ivar id_number: any kind that the city accepts; the check digit is put right
    """

    key: str
    name: str
    birth_on: dt.date
    sex: str
    id_number: str


@dataclass(frozen=True, kw_only=True)
class Happening:
    """Something that a register tells on a day.

    :ivar what: in Chinese and in English
    :ivar facts: name → value from that day on; ``died_on`` and addresses among them
    :ivar until: the first day on which these facts no longer hold, where it is known beforehand
    """

    on: dt.date
    who: str
    what: tuple[str, str]
    facts: Mapping[str, Any] = field(default_factory=dict)
    until: dt.date | None = None


@dataclass(frozen=True, kw_only=True)
class Family:
    """The people and their happenings, in order of time."""

    people: Mapping[str, Relative]
    happenings: tuple[Happening, ...]

    def end_of(self, who: str) -> dt.date | None:
        """Return the day on which somebody dies, None where the story ends before."""
        deaths = [one.on for one in self.happenings if one.who == who and "died_on" in one.facts]
        return deaths[0] if deaths else None


def family(*, city: str, district: str, first_serial: int = 1) -> Family:
    """Return a family of a city: a grandmother, a child of a leap day, a foreign spouse, a son.

    :param first_serial: ID numbers begin here; another one for each run over one register
    """
    here = {"registered_city": city, "registered_district": district, "resides_in_city": True}
    away = {"registered_city": "elsewhere", "registered_district": "", "resides_in_city": False}
    people = {
        one.key: one
        for one in (
            _person("grandmother", "林月桃", dt.date(1961, 7, 1), "f", "A2", first_serial),
            _person("child", "林小安", dt.date(2016, 2, 29), "f", "A2", first_serial + 1),
            _person("spouse", "Nguyen Van An", dt.date(2014, 6, 15), "m", "A80", first_serial + 2),
            _person("son", "阮小河", dt.date(2048, 8, 31), "m", "A1", first_serial + 3),
        )
    }
    day = dt.date
    told = (
        Happening(
            on=day(2015, 12, 1),
            who="grandmother",
            what=("設籍本市，具原住民身分", "registered here, indigenous"),
            facts=here | {"status.indigenous": True},
        ),
        Happening(
            on=day(2016, 2, 29), who="child", what=("出生登記", "birth is registered"), facts=here
        ),
        _school(2022, 2028, "primary", ("國小入學", "primary school")),
        _school(2028, 2031, "junior", ("國中入學", "junior high school")),
        _school(2031, 2034, "senior", ("高中入學", "senior high school")),
        _school(2034, 2038, "university", ("大學入學", "university")),
        Happening(on=day(2040, 5, 10), who="child", what=("遷出", "moves away"), facts=away),
        Happening(on=day(2045, 3, 15), who="child", what=("遷回", "moves back"), facts=here),
        Happening(
            on=day(2046, 10, 10),
            who="spouse",
            what=("結婚（外籍配偶，持居留證）", "marries; a foreigner with a residence permit"),
            facts={"relation.spouse_of_resident": True, "registered_city": "elsewhere"},
        ),
        Happening(
            on=day(2048, 8, 31), who="son", what=("出生登記", "birth is registered"), facts=here
        ),
        Happening(
            on=day(2050, 12, 31),
            who="grandmother",
            what=("死亡登記", "death is registered"),
            facts={"died_on": "2050-12-31"},
        ),
        Happening(
            on=day(2060, 4, 1),
            who="child",
            what=(
                "領得身心障礙證明（必要陪伴者）",
                "disability certificate for five years, needs a companion",
            ),
            facts={"status.disability": True, "status.disability-companion": True},
            until=day(2065, 4, 1),
        ),
        Happening(
            on=day(2070, 1, 5),
            who="spouse",
            what=("婚姻關係消滅", "the marriage ends"),
            facts={"relation.spouse_of_resident": False},
        ),
        Happening(on=day(2072, 9, 16), who="son", what=("遷出", "moves away"), facts=away),
        Happening(
            on=day(2096, 5, 20),
            who="child",
            what=("死亡登記", "death is registered"),
            facts={"died_on": "2096-05-20"},
        ),
    )
    return Family(people=people, happenings=told)


def _school(first: int, last: int, level: str, what: tuple[str, str]) -> Happening:
    return Happening(
        on=dt.date(first, 9, 1),
        who="child",
        what=what,
        facts={"school": {"level": level, "in_city": True, "graduates_on": f"{last}-06-30"}},
    )


def _person(key: str, name: str, birth_on: dt.date, sex: str, head: str, serial: int) -> Relative:
    digits = f"{head}{serial:0{9 - len(head)}d}"
    return Relative(key=key, name=name, birth_on=birth_on, sex=sex, id_number=digits)

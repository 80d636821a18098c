"""Reads a condition from a pack. An unknown word, name or argument is refused with the nearest
known one."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from citycard.infra.packs.texts import Text
from citycard.kernel.periods import DateSpan
from citycard.rules.condition import AllOf, AnyOf, Anyone, Condition, Not
from citycard.rules.mistakes import BadRule, Path, nearest_word
from citycard.rules.vocabulary import District, Vocabulary
from citycard.rules.words_adult import Adult
from citycard.rules.words_age import (
    AgeAtLeast,
    AgeBelow,
    Alive,
    BornBefore,
    BornOnOrAfter,
    Sex,
)
from citycard.rules.words_place import (
    EmployedBy,
    EnrolledAt,
    IdKind,
    LivesIn,
    RegisteredForMonths,
    RegisteredIn,
    ResidesIn,
)
from citycard.rules.words_school import Attends, StudentThrough
from citycard.rules.words_standing import (
    Approved,
    During,
    HasRelation,
    HasStatus,
    SpouseOfResident,
    StatusGrade,
)
from citycard.rules.words_workday import AgeFromFirstWorkday

SEXES = ("f", "m")


@dataclass(frozen=True)
class Node:
    """A piece of a pack with the way that leads to it."""

    value: Any
    path: Path
    names: Vocabulary

    def below(self, key: str | int) -> "Node":
        """Step down to a member."""
        return Node(self.value[key], (*self.path, key), self.names)

    def refuse(self, message: str, *, word: object = "", known: Iterable[str] = ()) -> NoReturn:
        """Say what is wrong here, and which known word comes nearest."""
        raise BadRule(message, self.path, nearest_word(word, known))

    def years(self) -> int:
        """Read a whole number of years or months."""
        if not isinstance(self.value, int) or isinstance(self.value, bool) or self.value < 0:
            self.refuse(f"“{self.value}” is not a whole number")
        return self.value

    def day(self) -> dt.date:
        """Read a date."""
        if not isinstance(self.value, dt.date):
            self.refuse(f"“{self.value}” is not a date such as 2015-09-01")
        return self.value

    def one(self, kind: str, known: Mapping[str, Any] | Iterable[str]) -> str:
        """Read a name that must be known."""
        if self.value not in (names := list(known)):
            self.refuse(f"there is no {kind} “{self.value}”", word=self.value, known=names)
        return str(self.value)

    def some(self, kind: str, known: Mapping[str, Any]) -> tuple[str, ...]:
        """Read one name or a list of them."""
        return tuple(each.one(kind, known) for each in self.each())

    def each(self) -> list["Node"]:
        """Read one thing or a list of things."""
        if not isinstance(self.value, list):
            return [self]
        if not self.value:
            self.refuse("the list is empty")
        return [self.below(index) for index in range(len(self.value))]

    def members(self, required: set[str], optional: set[str] = frozenset()) -> None:  # type: ignore[assignment]  # a frozenset is only read
        """Check that this is a mapping with these keys and no others."""
        if not isinstance(self.value, Mapping):
            self.refuse(f"“{self.value}” should be a mapping of {', '.join(sorted(required))}")
        for key in self.value:
            if key not in required | optional:
                self.refuse(f"unknown key “{key}”", word=key, known=required | optional)
        for key in required - set(self.value):
            self.refuse(f"“{key}” is missing")

    def true(self) -> None:
        """Check that the argument is ``true``."""
        if self.value is not True:
            self.refuse(f"“{self.value}” should be true; use “not” for the opposite")


Reader = Callable[[Node], Condition]


def read_condition(value: Any, *, names: Vocabulary, path: Path = ()) -> Condition:
    """Read a condition.

    :raises BadRule: with the path to what can't be read.
    """
    return _condition(Node(value, path, names))


def _condition(node: Node) -> Condition:
    if not isinstance(node.value, Mapping) or len(node.value) != 1:
        node.refuse("a condition is one word with its argument, such as {age_at_least: 65}")
    (word,) = node.value
    reader = _READERS.get(word)
    if reader is None:
        node.refuse(f"unknown condition word “{word}”", word=word, known=_READERS)
    return reader(node.below(word))


def _list(node: Node) -> tuple[Condition, ...]:
    if not isinstance(node.value, list):
        node.refuse("this should be a list of conditions")
    return tuple(_condition(each) for each in node.each())


def _not(node: Node) -> Condition:
    return Not((_condition(node),))


def _anyone(node: Node) -> Condition:
    node.true()
    return Anyone()


def _alive(node: Node) -> Condition:
    node.true()
    return Alive()


def _from_first_workday(node: Node) -> Condition:
    return AgeFromFirstWorkday(node.years(), node.names.leap_day, node.names.workdays)


def _adult(node: Node) -> Condition:
    node.true()
    if not node.names.adulthood:
        node.refuse("pack.yaml has no “adulthood”: from when which age is majority")
    return Adult(node.names.adulthood, node.names.leap_day)


def _registered_in(node: Node) -> Condition:
    city = node.one("city", node.names.cities)
    return RegisteredIn(city, node.names.cities[city])


def _resides_in(node: Node) -> Condition:
    city = node.one("city", [node.names.city])
    return ResidesIn(node.names.cities[city])


def _lives_in(node: Node) -> Condition:
    return LivesIn(tuple(_district(each) for each in node.each()))


def _district(node: Node) -> District:
    found = node.names.district(str(node.value))
    if found is None:
        known = {spelling for each in node.names.districts.values() for spelling in each.spellings}
        node.refuse(f"there is no district “{node.value}”", word=node.value, known=sorted(known))
    return found


def _id_kind(node: Node) -> Condition:
    kinds = node.some("kind of identity document", node.names.id_kinds)
    return IdKind(kinds, _called(kinds, node.names.id_kinds))


def _enrolled_at(node: Node) -> Condition:
    node.members({"level"}, {"in_city"})
    levels = node.below("level").some("school level", node.names.levels)
    in_city = node.value.get("in_city", True)
    if not isinstance(in_city, bool):
        node.below("in_city").refuse(f"“{in_city}” should be true or false")
    return EnrolledAt(levels, _called(levels, node.names.levels), in_city)


def _attends(node: Node) -> Condition:
    schools = node.some("named school", node.names.schools)
    return Attends(schools, _called(schools, node.names.schools))


def _student_through(node: Node) -> Condition:
    node.members({"level", "last_day"}, {"in_city"})
    levels = node.below("level").some("school level", node.names.levels)
    in_city = node.value.get("in_city", True)
    if not isinstance(in_city, bool):
        node.below("in_city").refuse(f"“{in_city}” should be true or false")
    last = node.value["last_day"]
    try:
        day = dt.date.fromisoformat(f"2001-{last}")
    except ValueError:
        node.below("last_day").refuse(f"“{last}” is not a month and day such as 10-31")
    names = _called(levels, node.names.levels)
    return StudentThrough(levels, names, in_city, day.month, day.day)


def _employed_by(node: Node) -> Condition:
    if node.value == "city":
        return EmployedBy((), ())
    agencies = node.some("agency", node.names.agencies)
    return EmployedBy(agencies, _called(agencies, node.names.agencies))


def _has_status(node: Node) -> Condition:
    code = node.one("status", node.names.statuses)
    return HasStatus(code, node.names.statuses[code])


def _has_relation(node: Node) -> Condition:
    code = node.one("relation", node.names.relations)
    return HasRelation(code, node.names.relations[code])


def _spouse_of_resident(node: Node) -> Condition:
    node.true()
    code = "spouse_of_resident"
    if code not in node.names.relations:
        node.refuse("statuses.yaml has no relation “spouse_of_resident”")
    return SpouseOfResident(code, node.names.relations[code])


def _approved(node: Node) -> Condition:
    code = node.one("entitlement", node.names.entitlements)
    return Approved(code, node.names.entitlements[code])


def _status_grade(node: Node) -> Condition:
    node.members({"status", "one_of"})
    code = node.below("status").one("status with grades", node.names.grades)
    known = dict.fromkeys(node.names.grades[code])
    grades = node.below("one_of").some("grade", known)
    return StatusGrade(code, node.names.statuses[code], grades)


def _during(node: Node) -> Condition:
    node.members(set(), {"from", "until"})
    start = node.below("from").day() if "from" in node.value else None
    end = node.below("until").day() if "until" in node.value else None
    if start is not None and end is not None and start >= end:
        node.refuse(f"the season ends on {end} before it starts on {start}")
    return During(DateSpan(start, end))


def _called(codes: Iterable[str], names: Mapping[str, Text]) -> tuple[Text, ...]:
    return tuple(names[code] for code in codes)


_READERS: dict[str, Reader] = {
    "all": lambda node: AllOf(_list(node)),
    "any": lambda node: AnyOf(_list(node)),
    "not": _not,
    "anyone": _anyone,
    "age_at_least": lambda node: AgeAtLeast(node.years(), node.names.leap_day),
    "age_below": lambda node: AgeBelow(node.years(), node.names.leap_day),
    "age_from_first_workday": _from_first_workday,
    "adult": _adult,
    "born_before": lambda node: BornBefore(node.day()),
    "born_on_or_after": lambda node: BornOnOrAfter(node.day()),
    "sex": lambda node: Sex(node.one("sex", SEXES)),
    "alive": _alive,
    "registered_in": _registered_in,
    "registered_for_months": lambda node: RegisteredForMonths(node.years()),
    "lives_in": _lives_in,
    "resides_in": _resides_in,
    "id_kind": _id_kind,
    "enrolled_at": _enrolled_at,
    "student_through": _student_through,
    "attends": _attends,
    "employed_by": _employed_by,
    "has_status": _has_status,
    "status_grade": _status_grade,
    "has_relation": _has_relation,
    "spouse_of_resident": _spouse_of_resident,
    "approved": _approved,
    "during": _during,
}

WORDS: tuple[type[Condition], ...] = (
    AllOf,
    AnyOf,
    Not,
    Anyone,
    AgeAtLeast,
    AgeBelow,
    AgeFromFirstWorkday,
    Adult,
    BornBefore,
    BornOnOrAfter,
    Sex,
    Alive,
    RegisteredIn,
    RegisteredForMonths,
    LivesIn,
    ResidesIn,
    IdKind,
    EnrolledAt,
    StudentThrough,
    Attends,
    EmployedBy,
    HasStatus,
    StatusGrade,
    HasRelation,
    SpouseOfResident,
    Approved,
    During,
)
assert {kind.word for kind in WORDS} == set(_READERS)

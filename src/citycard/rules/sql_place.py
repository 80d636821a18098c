"""SQL forms of the words about where a person is registered, lives, learns and works."""

from collections.abc import Iterable

from citycard.rules.sql_days import Known, is_known, is_one_of, is_truthy, union, writes
from citycard.rules.words_place import (
    EmployedBy,
    EnrolledAt,
    LivesIn,
    RegisteredForMonths,
    RegisteredIn,
    ResidesIn,
)
from citycard.rules.words_school import Attends, StudentThrough


@writes(RegisteredIn)
def _registered_in(condition: RegisteredIn, known: Known, wanted: bool) -> str:
    return _one_of(known, "registered_city", [condition.city], wanted)


@writes(LivesIn)
def _lives_in(condition: LivesIn, known: Known, wanted: bool) -> str:
    spellings = sorted(frozenset[str]().union(*(each.spellings for each in condition.districts)))
    return _one_of(known, "registered_district", spellings, wanted)


@writes(ResidesIn)
def _resides_in(condition: ResidesIn, known: Known, wanted: bool) -> str:
    return _truthy(known, "resides_in_city", wanted)


@writes(EmployedBy)
def _employed_by(condition: EmployedBy, known: Known, wanted: bool) -> str:
    if not condition.agencies:
        return _truthy(known, "employer_agency", wanted)
    return _one_of(known, "employer_agency", condition.agencies, wanted)


def _one_of(known: Known, name: str, values: Iterable[str], wanted: bool) -> str:
    test = is_one_of(values)
    return known.days(name, test if wanted else f"NOT ({test}) AND {is_known()}")


def _truthy(known: Known, name: str, wanted: bool) -> str:
    test = is_truthy() if wanted else f"NOT ({is_truthy()}) AND {is_known()}"
    return known.days(name, test)


@writes(RegisteredForMonths)
def _registered_for(condition: RegisteredForMonths, known: Known, wanted: bool) -> str:
    since = "(f.value #>> '{}')::date"
    later = f"({since} + interval '{condition.months} months')"
    # no such day in that month: the period ended with the month's last day
    full_on = f"({later}::date + (date_part('day', {later}) <> date_part('day', {since}))::int)"
    within = f"daterange({full_on}, NULL)" if wanted else f"daterange(NULL, {full_on})"
    return known.days("registered_since", is_known(), within=within)


@writes(EnrolledAt, StudentThrough)
def _enrolled_at(condition: EnrolledAt | StudentThrough, known: Known, wanted: bool) -> str:
    level = is_one_of(condition.levels, field="f.value -> 'level'")
    over_on = _over_on(condition)
    if wanted:
        inside = f" AND {is_truthy(_IN_CITY)}" if condition.in_city else ""
        return _at_school(known, f"{level}{inside}", f"daterange(NULL, {over_on})")
    otherwise = [_at_school(known, f"({level}) IS NOT TRUE")]
    otherwise.append(_at_school(known, level, f"daterange(({over_on}), NULL)", over_on))
    if condition.in_city:
        outside = f"NOT ({is_truthy(_IN_CITY)}) AND {is_known(_IN_CITY)}"
        otherwise.append(_at_school(known, f"{level} AND {outside}"))
    return union(otherwise)


@writes(Attends)
def _attends(condition: Attends, known: Known, wanted: bool) -> str:
    code = is_one_of(condition.schools, field="f.value -> 'code'")
    over = f"daterange(NULL, {_GRADUATES_ON})"
    if wanted:
        return _at_school(known, code, over)
    otherwise = [_at_school(known, "f.value = '{}'::jsonb")]
    otherwise.append(_at_school(known, "true", f"daterange({_GRADUATES_ON}, NULL)", _GRADUATES_ON))
    told = is_known("f.value -> 'code'")
    otherwise.append(_at_school(known, f"NOT ({code}) AND {told}"))
    return union(otherwise)


_IN_CITY = "(f.value -> 'in_city')"
_GRADUATES_ON = "(f.value ->> 'graduates_on')::date"


def _over_on(condition: EnrolledAt | StudentThrough) -> str:
    if isinstance(condition, EnrolledAt):
        return _GRADUATES_ON
    year = f"date_part('year', {_GRADUATES_ON})::int"
    return f"greatest({_GRADUATES_ON}, make_date({year}, {condition.month}, {condition.day}) + 1)"


def _at_school(known: Known, test: str, within: str = "", given: str = "") -> str:
    when = f"{is_known()} AND ({test})" + (f" AND {given} IS NOT NULL" if given else "")
    return known.days("school", when, within=within)

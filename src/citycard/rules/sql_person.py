"""SQL forms of the words about age, birth, life and documents."""

from citycard.rules.sql_days import (
    ALWAYS,
    NEVER,
    Known,
    before,
    date,
    span,
    starting,
    text,
    union,
    unless_null,
    without,
    writes,
)
from citycard.rules.words_adult import Adult
from citycard.rules.words_age import (
    MARCH_1,
    AgeAtLeast,
    AgeBelow,
    Alive,
    BornBefore,
    BornOnOrAfter,
    Sex,
)
from citycard.rules.words_place import IdKind


@writes(AgeAtLeast, AgeBelow)
def _aged(condition: AgeAtLeast | AgeBelow, known: Known, wanted: bool) -> str:
    day = birthday("m.birth_on", condition.years, condition.leap_day)
    reached = isinstance(condition, AgeAtLeast) is wanted
    return known.worked_out(unless_null("m.birth_on", starting(day) if reached else before(day)))


def birthday(birth_on: str, years: int, leap_day: str) -> str:
    """Return SQL for the day on which an age is reached.

    An interval of years ends a year of 29 February on the 28th; where the law says 1 March, the
    day that was lost is added again.
    """
    later = f"({birth_on} + interval '{years} years')"
    if leap_day != MARCH_1:
        return f"{later}::date"
    return f"({later}::date + (date_part('day', {birth_on}) <> date_part('day', {later}))::int)"


@writes(Adult)
def _adult(condition: Adult, known: Known, wanted: bool) -> str:
    starts = [None, *(starts_on for starts_on, _ in condition.ages[1:])]
    ends = [*(starts_on for starts_on, _ in condition.ages[1:]), None]
    days = union(
        f"({starting(birthday('m.birth_on', years, condition.leap_day))} * {span(start, end)})"
        for (_, years), start, end in zip(condition.ages, starts, ends, strict=True)
    )
    return known.worked_out(unless_null("m.birth_on", days if wanted else without(days)))


@writes(BornBefore, BornOnOrAfter)
def _born(condition: BornBefore | BornOnOrAfter, known: Known, wanted: bool) -> str:
    earlier = isinstance(condition, BornBefore) is wanted
    return _if(known, "birth_on", f"{'<' if earlier else '>='} {date(condition.day)}")


@writes(Sex)
def _sex(condition: Sex, known: Known, wanted: bool) -> str:
    return _if(known, "sex", f"{'=' if wanted else '<>'} {text(condition.code)}")


@writes(IdKind)
def _id_kind(condition: IdKind, known: Known, wanted: bool) -> str:
    kinds = ", ".join(text(kind) for kind in condition.kinds)
    return _if(known, "id_kind", f"{'' if wanted else 'NOT '}IN ({kinds})")


def _if(known: Known, column: str, test: str) -> str:
    """Return every day where a test of a column holds; null passes none and stays unknown."""
    return known.worked_out(f"(CASE WHEN m.{column} {test} THEN {ALWAYS} ELSE {NEVER} END)")


@writes(Alive)
def _alive(condition: Alive, known: Known, wanted: bool) -> str:
    if wanted:
        return known.worked_out(unless_null("m.died_on", before("m.died_on + 1"), ALWAYS))
    return known.worked_out(unless_null("m.died_on", starting("m.died_on + 1")))

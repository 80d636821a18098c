"""SQL forms of the words about what registers and the city say of a person, and of seasons."""

from citycard.rules.sql_days import (
    Known,
    is_one_of,
    is_truthy,
    span,
    unless_null,
    without,
    writes,
)
from citycard.rules.words_standing import (
    Approved,
    During,
    HasRelation,
    HasStatus,
    SpouseOfResident,
    StatusGrade,
)


@writes(HasStatus, HasRelation, SpouseOfResident)
def _held(condition: HasStatus | HasRelation, known: Known, wanted: bool) -> str:
    name = f"{condition.singular}.{condition.code}"
    held = known.days(name, is_truthy())
    if wanted:
        return held
    # on record at all: what it doesn't cover is a no; otherwise nothing is known
    return unless_null(known.on_record(name), without(held))


@writes(Approved)
def _approved(condition: Approved, known: Known, wanted: bool) -> str:
    held = known.days(f"{condition.singular}.{condition.code}", is_truthy())
    return held if wanted else without(held)


@writes(StatusGrade)
def _grade(condition: StatusGrade, known: Known, wanted: bool) -> str:
    name = f"status.{condition.code}"
    grade = "f.value -> 'grade'"
    graded = known.days(name, is_one_of(condition.grades, field=grade))
    if wanted:
        return graded
    others = f"NOT ({is_one_of(condition.grades, field=grade)}) AND {grade} <> 'null'::jsonb"
    held = known.days(name, is_truthy())
    otherwise = f"({without(held)} + {known.days(name, others)})"
    return unless_null(known.on_record(name), otherwise)


@writes(During)
def _during(condition: During, known: Known, wanted: bool) -> str:
    season = span(condition.span.start, condition.span.end)
    return season if wanted else without(season)

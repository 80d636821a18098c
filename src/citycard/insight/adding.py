"""Add a batch's sums to the tables, in the unit of work that also moves the cursor."""

from collections import Counter
from typing import Any

from citycard.infra.database import execute, statement
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.insight.counting import Additions


def add(sums: Additions) -> None:
    """Add sums to usage and to the people behind it."""
    require_unit_of_work()
    seen = sorted(sums.uses.keys() | sums.refusals.keys())
    if not seen:
        return
    execute(
        statement(__file__, "add_usage"),
        {
            **_columns(seen, "days", "services", "agencies", "places"),
            "uses": [sums.uses[key] for key in seen],
            "refusals": [sums.refusals[key] for key in seen],
        },
    )
    _add_people("add_person_days", sums.person_days, "days", "services", "agencies", "pseudonyms")
    _add_people(
        "add_person_months",
        sums.person_months,
        *("days", "services", "agencies", "places", "pseudonyms"),
    )


def _add_people(name: str, uses: Counter[Any], *columns: str) -> None:
    keys = sorted(uses)
    if keys:
        execute(
            statement(__file__, name),
            {**_columns(keys, *columns), "uses": [uses[key] for key in keys]},
        )


def _columns(keys: list[Any], *names: str) -> dict[str, list[Any]]:
    columns = zip(*keys, strict=True)
    return {name: list(column) for name, column in zip(names, columns, strict=True)}

"""What the figures are over history, written once in Ibis: DuckDB runs it, and Spark runs it
unchanged.

Each function takes and returns tables of expressions. Results have the columns of the figures kept:
service, agency (empty: all of them), month (year * 12 + month - 1), what, key, n.
"""

import ibis
import ibis.expr.types as ir

CELL = ["service", "agency", "month"]
_DAYS = 31


@ibis.udf.scalar.builtin  # type: ignore[untyped-decorator]  # Ibis has no types
def bit_count(x: int) -> int:
    """Count the bits of a number; every engine has it under this name."""
    raise NotImplementedError


@ibis.udf.agg.builtin  # type: ignore[untyped-decorator]  # Ibis has no types
def bit_or(x: int) -> int:
    """Put the bits of a group's numbers together; every engine has it under this name."""
    raise NotImplementedError


def uses(history: ir.Table, *, month: int, by_agency: bool = False) -> ir.Table:
    """Count accepted taps of a month's history, of each agency or of all together."""
    counted = history.filter(history.served).group_by(_apart(by_agency)).agg(n=ibis._.count())
    return _shown(_in_month(counted, month, by_agency), "uses")


def people(history: ir.Table, *, month: int, by_agency: bool = False) -> ir.Table:
    """Return who came in a month's history, with the days of the month as bits."""
    known = history.filter(history.served & history.pseudonym.notnull())
    bit = ibis.literal(1, "int32") << (known.day.day() - 1).cast("int32")
    found = known.group_by([*_apart(by_agency), "pseudonym"]).agg(days=bit_or(bit).cast("int32"))
    return _in_month(found, month, by_agency)


def _apart(by_agency: bool) -> list[str]:
    return ["service", "agency"] if by_agency else ["service"]


def _in_month(found: ir.Table, month: int, by_agency: bool) -> ir.Table:
    number = ibis.literal(month, "int32")
    agency = found.agency if by_agency else ibis.literal("")
    others = [name for name in found.columns if name not in CELL]
    return found.select("service", *others, agency=agency, month=number)


def patterns(people: ir.Table) -> ir.Table:
    """Count people by their days: what frequency and interval are worked out from."""
    return people.group_by([*CELL, "days"]).agg(people=ibis._.count())


def distinct_people(patterns: ir.Table) -> ir.Table:
    """Count different people."""
    return _shown(patterns.group_by(CELL).agg(n=patterns.people.sum()), "people")


def frequency(patterns: ir.Table) -> ir.Table:
    """Count people by the number of days they came on."""
    found = patterns.mutate(key=bit_count(patterns.days).cast("int32"))
    return _shown(found.group_by([*CELL, "key"]).agg(n=found.people.sum()), "days")


def interval(patterns: ir.Table) -> ir.Table:
    """Count people by the median of the days from one day of use to the next, of two middle ones
    the smaller.

    A day is followed within k days where any of the k bits after it is set. The median is the
    smallest k within which half of the days that are followed at all are.
    """
    came = patterns.days
    followed = bit_count(came).cast("int32") - 1
    later = came >> 1
    median = ibis.literal(1, "int32")
    for k in range(1, _DAYS - 1):
        within = bit_count((came & later).cast("int32")).cast("int32")
        median = median + (within * 2 < followed).cast("int32")
        later = later | (came >> (k + 1))
    found = patterns.filter(followed > 0).mutate(key=median)
    return _shown(found.group_by([*CELL, "key"]).agg(n=found.people.sum()), "interval")


def new_people(people: ir.Table, everywhere: ir.Table) -> ir.Table:
    """Count people whose first use of the service ever, at any agency, lies in the month.

    :param everywhere: people of all agencies together, of all months
    """
    first = everywhere.group_by(["service", "pseudonym"]).agg(month=everywhere.month.min())
    if people is everywhere:
        came = first.select("service", "month", agency=ibis.literal(""))
    else:
        came = people.semi_join(first, ["service", "pseudonym", "month"])
    return _shown(came.group_by(CELL).agg(n=ibis._.count()), "new")


def _shown(found: ir.Table, what: str) -> ir.Table:
    key = found.key if "key" in found.columns else ibis.literal(0)
    return found.select(
        *CELL, what=ibis.literal(what), key=key.cast("int32"), n=found.n.cast("int64")
    )

"""Bringing what SQL must know of the kinds of card up to what the pack says."""

import datetime as dt

from citycard.cards.kinds import read_table, single_rights
from citycard.infra.database import execute
from citycard.infra.packs import Pack
from citycard.infra.unit_of_work import require_unit_of_work


def activate(*, pack: Pack, now: dt.datetime) -> None:
    """Bring kinds of card and their functions up to a pack: ``pub.holdings`` follows at once.

    No card is touched: a function that a kind gains is on every card of it already. Repeating
    changes nothing.
    """
    require_unit_of_work()
    kinds = read_table(pack.table("cards")).kinds
    execute("DELETE FROM cards_function")
    execute("DELETE FROM cards_kind")
    execute(
        "INSERT INTO cards_kind (kind, narrow) SELECT * FROM unnest(%s::text[], %s::bool[])",
        [list(kinds), [kind.narrow for kind in kinds.values()]],
    )
    execute("DELETE FROM cards_single_right")
    execute(
        "INSERT INTO cards_single_right (entitlement) SELECT unnest(%s::text[])",
        [sorted(single_rights(pack.table("entitlements")))],
    )
    functions = [
        (code, name, span.start, span.end)
        for code, kind in kinds.items()
        for name, span in kind.functions.items()
    ]
    execute(
        "INSERT INTO cards_function (kind, entitlement, carried)"
        " SELECT kind, entitlement, daterange(starts, ends) FROM unnest(%s::text[], %s::text[],"
        " %s::date[], %s::date[]) AS f(kind, entitlement, starts, ends)",
        [[row[column] for row in functions] for column in range(4)],
    )

"""Which cards a door lets in, from when to when; and the unit under which a roster has somebody."""

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from citycard.infra import crypto
from citycard.infra.database import execute, rows
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.access import Access
from citycard.kernel.actors import Actor

_UNIT = "cards.roster_unit"


@dataclass(frozen=True, kw_only=True, order=True)
class DoorCard:
    """A card that a door lets in, by number.

    :ivar until: the first day on which it doesn't any more; None: no end is known
    """

    issuer: str
    number_kind: str
    number: str = field(repr=False)
    member_id: int
    since: dt.date | None
    until: dt.date | None


_OPEN = """
SELECT n.issuer, n.number_kind, n.number, h.member_id,
       min(lower(h.valid)) AS since,
       nullif(max(least(coalesce(upper(h.valid), 'infinity'), coalesce(c.expires_on, 'infinity'))),
              'infinity'::date) AS until
FROM pub.holdings h
JOIN cards_card c ON c.id = h.card_id
JOIN cards_card_number n ON n.card_id = h.card_id
WHERE h.entitlement = ANY(%(entitlements)s::text[]) AND h.valid @> %(on)s::date
  AND h.member_id = ANY(%(members)s::bigint[])
  AND c.state = 'active' AND (c.expires_on IS NULL OR c.expires_on > %(on)s::date)
  AND (%(profiles)s::text[] = '{}' OR n.issuer || '_' || n.number_kind = ANY(%(profiles)s::text[]))
GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3
"""


def door_cards(
    *, access: Access, entitlements: Sequence[str], profiles: Sequence[str], on: dt.date
) -> list[DoorCard]:
    """Return the cards in force that open one of these on a day, of the people that the access
    covers; sorted, so that two lists of one day are equal.

    :param profiles: which numbers its readers read, as ``<issuer>_<number kind>``; none: all
    :param access: must cover the field ``cards`` of people who are named
    :raises AccessTooNarrow: it does not
    """
    access.require("cards")
    return _open(sorted(access.subjects or ()), entitlements, profiles, on)


def door_digest(
    *, member_ids: Sequence[int], entitlements: Sequence[str], profiles: Sequence[str], on: dt.date
) -> str:
    """Return a text that changes when the list of these people's cards does; it tells nothing else.

    For flows that ask whether there is a new list; opens nothing.
    """
    said = [
        f"{one.issuer} {one.number_kind} {one.number} {one.since} {one.until}"
        for one in _open(member_ids, entitlements, profiles, on)
    ]
    return hashlib.sha256("\n".join(said).encode()).hexdigest()[:16]


def note_units(*, relation: str, units: Mapping[int, str], actor: Actor, now: dt.datetime) -> None:
    """Note under which unit a roster has members; a unit noted again replaces the one before."""
    require_unit_of_work()
    ids = sorted(units)
    execute(
        """
        INSERT INTO cards_roster_unit (relation, member_id, unit_sealed, noted_at, noted_by)
        SELECT %s, member_id, unit, %s, %s
        FROM unnest(%s::bigint[], %s::bytea[]) AS u(member_id, unit)
        ON CONFLICT (relation, member_id) DO UPDATE
        SET unit_sealed = excluded.unit_sealed, noted_at = excluded.noted_at,
            noted_by = excluded.noted_by
        """,
        [
            relation,
            now,
            actor.id,
            ids,
            [crypto.seal(_UNIT, units[id_], row=f"{relation}:{id_}") for id_ in ids],
        ],
    )


def forget_units(*, relation: str, member_ids: Sequence[int]) -> None:
    """Forget the units of members who are off a roster."""
    require_unit_of_work()
    execute(
        "DELETE FROM cards_roster_unit WHERE relation = %s AND member_id = ANY(%s::bigint[])",
        [relation, list(member_ids)],
    )


def units_of(*, access: Access, relation: str) -> dict[int, str]:
    """Return member id → unit of a roster, of the people that the access covers.

    :param access: must cover the field ``cards``: the unit stands beside the card on the roster
    :raises AccessTooNarrow: it does not
    """
    access.require("cards")
    found: list[Any] = rows(
        "SELECT member_id, unit_sealed FROM cards_roster_unit"
        " WHERE relation = %s AND member_id = ANY(%s::bigint[])",
        [relation, sorted(access.subjects or ())],
    )
    return {
        one.member_id: crypto.unseal(_UNIT, one.unit_sealed, row=f"{relation}:{one.member_id}")
        for one in found
    }


def _open(
    member_ids: Sequence[int], entitlements: Sequence[str], profiles: Sequence[str], on: dt.date
) -> list[DoorCard]:
    asked = {
        "entitlements": list(entitlements),
        "members": list(member_ids),
        "profiles": list(profiles),
        "on": on,
    }
    return [DoorCard(**one._asdict()) for one in rows(_OPEN, asked)]

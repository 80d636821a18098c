"""Agencies' own numbers of members, and the conversion that their readers and systems ask for.

The row is keyed by an HMAC under the agency's key, so that the links of two agencies share no equal
value; rows are inserted in the order of that key, so that their order tells nothing either.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from citycard.cards import events
from citycard.cards.values import AgencyNumber, Linked, NumberStatus
from citycard.infra import crypto
from citycard.infra.database import execute, rows
from citycard.infra.journal import announce
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.access import Access
from citycard.kernel.actors import Actor
from citycard.kernel.errors import Refused

_SEALED = "cards.agency_link.number"
_MEMBER = "cards.agency_link.member"


class AgencyNumberTaken(Refused):
    """The agency gave this number to another member."""

    code = "cards.agency_number_taken"


def link_agency_numbers(
    *,
    agency: str,
    links: Sequence[tuple[int, str]],
    actor: Actor,
    now: dt.datetime,
    statuses: Sequence[NumberStatus | None] | None = None,
) -> list[Linked]:
    """Note an agency's own numbers of members; a member's new number replaces the old one.

    :param links: pairs of member id and number; the last of a member counts
    :param statuses: how the agency serves each; None leaves what it said last (``active`` at first)
    :raises UnitOfWorkMisused: called outside a unit of work
    """
    require_unit_of_work()
    keys = [member_key(agency, member_id) for member_id, _ in links]
    number_keys = [crypto.keyed_hmac("agency_number", agency, number) for _, number in links]
    said = statuses or [None] * len(links)
    last = {key: i for i, key in enumerate(keys)}
    standing = _lock_standing(agency, keys, number_keys)
    same = {
        key: standing[key].id
        for key, i in last.items()
        if _says(standing, key, number_keys[i], said[i])
    }
    taken = _taken(standing, last, number_keys)
    fresh = sorted((key, i) for key, i in last.items() if key not in same and key not in taken)
    close_links(agency, [key for key, _ in fresh if key in standing], "", now)
    made = _insert(
        agency, [(key, number_keys[i], *links[i], said[i] or "active") for key, i in fresh], now
    )
    if len(made) < len(fresh):
        raise AgencyNumberTaken()  # somebody else committed the number since: nothing is saved
    if made:
        announce(events.AgencyNumbersLinked(agency=agency, count=len(made)))
    return [_result(key, same, made) for key in keys]


def convert(*, access: Access, agency: str, member_ids: Sequence[int]) -> list[AgencyNumber | None]:
    """Return the agency's own numbers of members with how it serves them, None where it has none.

    For the conversion door, which answers that agency alone (轉換模組); one look-up for all.

    :param access: must cover the field ``agency_number`` of these members
    :raises AccessTooNarrow: it does not
    """
    access.require("agency_number", members=member_ids)
    return _numbers(agency, member_ids)


def agency_numbers(*, agency: str, member_ids: Sequence[int]) -> list[AgencyNumber | None]:
    """Return like `convert`, of those whom the agency serves.

    For the tapping flow alone: a tap stands in the resident's own history and needs no access
    record.
    """
    found = _numbers(agency, member_ids)
    return [one if one is not None and one.status == "active" else None for one in found]


def _numbers(agency: str, member_ids: Sequence[int]) -> list[AgencyNumber | None]:
    keys = [member_key(agency, member_id) for member_id in member_ids]
    found = rows(
        """
        SELECT id, member_key, number_sealed, state FROM cards_agency_link
        WHERE agency = %s AND member_key = ANY(%s::bytea[]) AND upper_inf(recorded)
        """,
        [agency, list(set(keys))],
    )
    by_key = {bytes(link.member_key): _opened(agency, link) for link in found}
    return [by_key.get(key) for key in keys]


def members_of_numbers(*, agency: str, numbers: Sequence[str]) -> list[int | None]:
    """Return whose each of an agency's own numbers is, None for one that it never linked.

    For flows that act on what the agency's own system reports; the member's id never goes back.
    """
    keys = [crypto.keyed_hmac("agency_number", agency, number) for number in numbers]
    found = rows(
        """
        SELECT number_key, member_key, member_sealed FROM cards_agency_link
        WHERE agency = %s AND number_key = ANY(%s::bytea[]) AND state = 'active'
          AND upper_inf(recorded) AND member_sealed IS NOT NULL
        """,
        [agency, list(set(keys))],
    )
    members = {
        bytes(link.number_key): int(
            crypto.unseal(_MEMBER, link.member_sealed, row=_row(agency, bytes(link.member_key)))
        )
        for link in found
    }
    return [members.get(key) for key in keys]


def numbers_of_links(*, link_ids: Sequence[int]) -> dict[int, str]:
    """Return the numbers of links by id, holding or not: for an answer that was given before."""
    found = rows(
        "SELECT id, agency, member_key, number_sealed, state FROM cards_agency_link"
        " WHERE id = ANY(%s::bigint[])",
        [list(set(link_ids))],
    )
    return {link.id: _opened(link.agency, link).number for link in found}


def member_key(agency: str, member_id: int) -> bytes:
    """Return the pseudonym of a member within one agency."""
    return crypto.keyed_hmac("agency_member", agency, member_id)


def _opened(agency: str, link: Any) -> AgencyNumber:
    row = _row(agency, bytes(link.member_key))
    number = crypto.unseal(_SEALED, link.number_sealed, row=row)
    return AgencyNumber(link_id=link.id, number=number, status=link.state)


def _row(agency: str, key: bytes) -> str:
    return f"{agency}:{key.hex()}"


def _lock_standing(
    agency: str, keys: Sequence[bytes], number_keys: Sequence[bytes]
) -> dict[bytes, Any]:
    """Lock and return the links that hold now of these members or of these numbers."""
    found = rows(
        """
        SELECT id, member_key, number_key, state FROM cards_agency_link
        WHERE agency = %s AND upper_inf(recorded)
          AND (member_key = ANY(%s::bytea[]) OR number_key = ANY(%s::bytea[]))
        ORDER BY member_key FOR UPDATE
        """,
        [agency, list(keys), list(number_keys)],
    )
    return {bytes(link.member_key): link for link in found}


def _says(
    standing: Mapping[bytes, Any], key: bytes, number_key: bytes, status: NumberStatus | None
) -> bool:
    return (
        key in standing
        and bytes(standing[key].number_key) == number_key
        and status in (None, standing[key].state)
    )


def _taken(
    standing: Mapping[bytes, Any], last: Mapping[bytes, int], number_keys: Sequence[bytes]
) -> set[bytes]:
    """Return the members whose new number is another's, in the table or earlier in the batch."""
    owners = {bytes(link.number_key): key for key, link in standing.items()}
    taken = set()
    for key, i in last.items():
        if owners.setdefault(number_keys[i], key) != key:
            taken.add(key)
    return taken


def close_links(agency: str, keys: Sequence[bytes], why: str, now: dt.datetime) -> int:
    """Close the links that hold now of members, by their keys; for the verbs of this context."""
    return execute(
        """
        UPDATE cards_agency_link
        SET recorded = tstzrange(
            lower(recorded), greatest(%s, lower(recorded) + interval '1 microsecond')),
            ended_why = %s
        WHERE agency = %s AND member_key = ANY(%s::bytea[]) AND upper_inf(recorded)
        """,
        [now, why, agency, list(keys)],
    )


def _insert(
    agency: str, links: Sequence[tuple[bytes, bytes, int, str, NumberStatus]], now: dt.datetime
) -> dict[bytes, int]:
    inserted = rows(
        """
        INSERT INTO cards_agency_link
            (agency, member_key, number_key, number_sealed, member_sealed, state, recorded)
        SELECT %s, member_key, number_key, number_sealed, member_sealed, state, tstzrange(%s, NULL)
        FROM unnest(%s::bytea[], %s::bytea[], %s::bytea[], %s::bytea[], %s::text[])
             AS l(member_key, number_key, number_sealed, member_sealed, state)
        ON CONFLICT DO NOTHING RETURNING id, member_key
        """,
        [
            agency,
            now,
            [key for key, *_ in links],
            [number_key for _, number_key, *_ in links],
            [crypto.seal(_SEALED, number, row=_row(agency, key)) for key, _, _, number, _ in links],
            [crypto.seal(_MEMBER, str(id_), row=_row(agency, key)) for key, _, id_, *_ in links],
            [status for *_, status in links],
        ],
    )
    return {bytes(link.member_key): link.id for link in inserted}


def _result(key: bytes, same: dict[bytes, int], made: dict[bytes, int]) -> Linked:
    if key in same:
        return Linked(link_id=same[key], already=True)
    if key in made:
        return Linked(link_id=made[key])
    return Linked(refusal=AgencyNumberTaken())

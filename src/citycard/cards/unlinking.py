"""Taking back an agency's own numbers, and how one of them stands: asked by the number alone."""

import datetime as dt
from collections.abc import Sequence

from citycard.cards import events
from citycard.cards.linking import close_links
from citycard.cards.values import NumberStanding
from citycard.infra import crypto
from citycard.infra.database import rows
from citycard.infra.journal import announce
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor


def unlink_agency_numbers(
    *, agency: str, numbers: Sequence[str], why: str, actor: Actor, now: dt.datetime
) -> list[bool]:
    """Take an agency's own numbers back; one result a number: whether it was linked till now.

    What was answered before stays known by its link.

    :param why: a code of the agency's, such as ``left`` or ``mistake``
    :raises UnitOfWorkMisused: called outside a unit of work
    """
    require_unit_of_work()
    keys = [_number_key(agency, number) for number in numbers]
    found = rows(
        "SELECT member_key, number_key FROM cards_agency_link"
        " WHERE agency = %s AND number_key = ANY(%s::bytea[]) AND upper_inf(recorded)"
        " ORDER BY member_key FOR UPDATE",
        [agency, list(set(keys))],
    )
    if found:
        close_links(agency, [bytes(link.member_key) for link in found], why, now)
        announce(events.AgencyNumbersUnlinked(agency=agency, count=len(found)))
    linked = {bytes(link.number_key) for link in found}
    return [key in linked for key in keys]


def number_standings(*, agency: str, numbers: Sequence[str]) -> list[NumberStanding | None]:
    """Return how each of an agency's own numbers stands, None for one that it has not linked.

    Nothing about whose it is: an agency learns no more than what it said itself.
    """
    keys = [_number_key(agency, number) for number in numbers]
    found = rows(
        "SELECT number_key, state, lower(recorded) AS since FROM cards_agency_link"
        " WHERE agency = %s AND number_key = ANY(%s::bytea[]) AND upper_inf(recorded)",
        [agency, list(set(keys))],
    )
    by_key = {
        bytes(link.number_key): NumberStanding(status=link.state, since=link.since)
        for link in found
    }
    return [by_key.get(key) for key in keys]


def number_counts(*, agency: str) -> dict[str, int]:
    """Return how many of an agency's own numbers are linked, by status."""
    found = rows(
        "SELECT state, count(*) AS numbers FROM cards_agency_link"
        " WHERE agency = %s AND upper_inf(recorded) GROUP BY state ORDER BY state",
        [agency],
    )
    return {one.state: one.numbers for one in found}


def _number_key(agency: str, number: str) -> bytes:
    return crypto.keyed_hmac("agency_number", agency, number)

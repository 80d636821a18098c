"""Visits to venues: priced for a reader, and the entries of venues that were cut off taken in."""

import datetime as dt
from collections.abc import Collection, Sequence

from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import Actor
from citycard.offers import api as offers
from citycard.people import api as people

PURPOSE = "agency-verification"


def price(
    *, offer: str, venue: str, card: offers.CardNumber, actor: Actor, now: dt.datetime
) -> offers.Price:
    """Price a visit by a card; its holder sees that the venue asked."""
    found = offers.price_at(offer=offer, venue=venue, card=card, now=now)
    if found.member_id is not None:
        people.open_access(
            subject=[found.member_id], fields=("rights",), purpose=PURPOSE, actor=actor, now=now
        )
    return found


def take(
    *,
    entries: Sequence[offers.NewEntry],
    agencies: Collection[str],
    actor: Actor,
    now: dt.datetime,
) -> list[offers.Merged]:
    """Take in what venues let in, whole, in any order and any number of times."""
    with unit_of_work():
        return offers.merge_entries(entries=entries, agencies=agencies, actor=actor, now=now)

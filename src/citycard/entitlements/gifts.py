"""What a right gives its holders on a day, for flows that decide."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from citycard.entitlements.rulebook import rulebook
from citycard.people import api as people
from citycard.rules.api import NotYetInForce


def gifts_of(
    *, member_ids: Sequence[int], entitlement: str, gifts: Sequence[str], on: dt.date
) -> dict[int, dict[str, Any]]:
    """Return the amount of each named gift of a right by member, if they hold it; for a flow's own
    decision, never for a page. A gift whose amount isn't certain, or not yet in force, is left out.

    :raises NoSuchEntitlement: the city has none of this code
    """
    rule = rulebook().rule(entitlement)
    named = [(name, rule.gives[name]) for name in gifts if name in rule.gives]
    reads = frozenset[str]().union(*(gift.reads for _, gift in named))
    facts = people.facts_of(member_ids=member_ids, names=reads, on=on) if reads else {}
    picks = []
    for name, gift in named:
        try:
            picks.append((name, gift.at(on)))
        except NotYetInForce:
            continue
    known: dict[str, dict[str, Any]] = {}
    found = {}
    for member in member_ids:
        own = facts.get(member, {})
        looks = repr(own)  # few differ of many people's
        if looks not in known:
            valued = {name: pick(own) for name, pick in picks}
            known[looks] = {
                name: value.payload["amount"]
                for name, value in valued.items()
                if value.payload is not None and "amount" in value.payload
            }
        found[member] = known[looks]
    return found

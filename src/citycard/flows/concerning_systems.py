"""Which happenings concern which agency's system, and what may be said of them: ids and codes of
the agency's own services, nothing of anybody else's."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from citycard.agencies import api as agencies
from citycard.cards import api as cards
from citycard.flows import handing_cases_on
from citycard.infra.journal import Announced
from citycard.infra.packs import current_pack
from citycard.taps import api as taps

Noted = Iterator[agencies.Happening]
Webhooks = Sequence[agencies.Webhook]


def taps_counted(events: Sequence[Announced], webhooks: Webhooks) -> Noted:
    """Say how many taps each of an agency's readers had, and of which service: counts alone."""
    of_webhook = {
        one.webhook_id: frozenset(current_pack().agencies_under(one.agency)) for one in webhooks
    }
    counts = taps.batch_counts(
        batch_ids=[event.body["batch_id"] for event in events],
        months={dt.date.fromisoformat(month) for event in events for month in event.body["months"]},
        agencies=frozenset().union(*of_webhook.values()),
    )
    devices = {
        one: agencies.device(device_id=one).code for one in sorted({c.reader_id for c in counts})
    }
    for (reader, service, agency), (number, first, last) in _summed(counts).items():
        about = {
            "reader": devices[reader],
            "service": service,
            "taps": number,
            "from": first.isoformat(),
            "to": last.isoformat(),
        }
        for webhook_id, own in of_webhook.items():
            if agency in own:
                yield agencies.Happening(
                    webhook_id=webhook_id, kind="tap.counted", at=events[-1].at, about=about
                )


def _summed(
    counts: Sequence[taps.BatchCount],
) -> dict[tuple[int, str, str], tuple[int, dt.datetime, dt.datetime]]:
    found: dict[tuple[int, str, str], tuple[int, dt.datetime, dt.datetime]] = {}
    for one in counts:
        key = (one.reader_id, one.service, one.agency)
        n, first, last = found.get(key, (0, one.first_at, one.last_at))
        found[key] = (n + one.taps, min(first, one.first_at), max(last, one.last_at))
    return found


def rights_began(events: Sequence[Announced], webhooks: Webhooks) -> Noted:
    """Say that a member of the agency's own may use something of its services from a day on."""
    return _rights("right.began", events, webhooks)


def rights_ended(events: Sequence[Announced], webhooks: Webhooks) -> Noted:
    """Say from which day a member of the agency's own may no longer."""
    return _rights("right.ended", events, webhooks)


def _rights(kind: str, events: Sequence[Announced], webhooks: Webhooks) -> Noted:
    rights = {event.body["entitlement"] for event in events}
    concerned = {
        right: [one for one in webhooks if right in _rights_of(one.agency)] for right in rights
    }
    return _of_members(
        kind,
        [
            _Told(
                event,
                event.body["member_ids"],
                concerned[event.body["entitlement"]],
                {"entitlement": event.body["entitlement"], "on": event.body["on"]},
            )
            for event in events
        ],
    )


def _rights_of(agency: str) -> set[str]:
    """Return the entitlements that an agency's services need, or that are the agency's own."""
    pack = current_pack()
    own = set(pack.agencies_under(agency))
    services = pack.table("services")["services"].values()
    needed = {row["needs"].get("entitlement") for row in services if row["agency"] in own}
    owned = {
        code
        for code, row in pack.table("entitlements").items()
        if isinstance(row, Mapping) and row.get("agency") in own
    }
    return (needed | owned) - {None}


def cards_lost(events: Sequence[Announced], webhooks: Webhooks) -> Noted:
    """Say that a card of a member of the agency's own was reported lost."""
    owners = [(event, event.body["member_id"]) for event in events]
    told = [_Told(event, [member], webhooks, {}) for event, member in owners if member]
    return _of_members("card.lost", told)


def cards_bound(events: Sequence[Announced], webhooks: Webhooks) -> Noted:
    """Say that a member of the agency's own has another card."""
    told = [
        _Told(event, list(dict.fromkeys(event.body["member_ids"])), webhooks, {})
        for event in events
    ]
    return _of_members("card.bound", told)


class _Told(NamedTuple):
    """What an event would tell of members, and whom."""

    event: Announced
    members: Sequence[int]
    webhooks: Webhooks
    about: Mapping[str, Any]


def _of_members(kind: str, told: Sequence[_Told]) -> Noted:
    """Tell each agency of those members alone whom it has a number of its own for; all events'
    members are looked up together."""
    asked: dict[str, set[int]] = {}
    for one in told:
        for webhook in one.webhooks:
            asked.setdefault(webhook.agency, set()).update(one.members)
    linked = {agency: _linked(agency, sorted(members)) for agency, members in asked.items()}
    for one in told:
        for webhook in one.webhooks:
            for member in one.members:
                if member in linked[webhook.agency]:
                    yield agencies.Happening(
                        webhook_id=webhook.webhook_id,
                        kind=kind,
                        at=one.event.at,
                        about={**one.about, "member_id": member},
                    )


def _linked(agency: str, member_ids: Sequence[int]) -> set[int]:
    """Return those members whom an agency has a number of its own for."""
    numbers = cards.agency_numbers(agency=agency, member_ids=member_ids)
    return {member for member, own in zip(member_ids, numbers, strict=True) if own is not None}


def proposals_decided(events: Sequence[Announced], webhooks: Webhooks) -> Noted:
    """Say what became of what an agency's own officer proposed."""
    for event in events:
        found = agencies.proposal(proposal_id=event.body["proposal_id"])
        about = {
            "proposal_id": found.proposal_id,
            "kind": found.kind,
            "state": event.body["state"],
        }
        for webhook in webhooks:
            if found.agency in current_pack().agencies_under(webhook.agency):
                yield agencies.Happening(
                    webhook_id=webhook.webhook_id,
                    kind="proposal.decided",
                    at=event.at,
                    about=about,
                )


CONCERNS: dict[str, tuple[str, Callable[[Sequence[Announced], Webhooks], Noted]]] = {
    "taps.batch.stored": ("tap.counted", taps_counted),
    "entitlements.right.granted": ("right.began", rights_began),
    "entitlements.right.ended": ("right.ended", rights_ended),
    "cards.card.reported_lost": ("card.lost", cards_lost),
    "cards.card.bound": ("card.bound", cards_bound),
    "agencies.proposal.ended": ("proposal.decided", proposals_decided),
    "applications.part.approved": (handing_cases_on.KIND, handing_cases_on.concerned),
}
"""Event → the kind that a system may ask for, and whom it concerns."""

"""Reading campaigns, their lists and their numbers."""

import json
from collections.abc import Sequence
from typing import Any

from citycard.activities.values import Campaign, Participant, Statistics
from citycard.infra.database import row, rows
from citycard.infra.packs import Text
from citycard.kernel.access import Access
from citycard.kernel.errors import NotFound
from citycard.ledger import api as ledger

_CAMPAIGN = """
SELECT c.id, c.code, c.agency, c.names::text AS names, c.unit, c.fund_id, c.points_per_tap,
       c.per_person_cap, c.per_day_cap, c.starts_at, c.ends_at, c.residents_only, c.trigger,
       c.state, c.closed_at, c.settled_at,
       ARRAY(SELECT device_id FROM activities_campaign_device d WHERE d.campaign_id = c.id
             ORDER BY device_id) AS devices
FROM activities_campaign c
"""


def campaign(*, campaign_id: int) -> Campaign:
    """Return a campaign.

    :raises NotFound: there is none of this number
    """
    found = rows(f"{_CAMPAIGN} WHERE c.id = %s", [campaign_id])
    if not found:
        raise NotFound(what="campaign")
    return _campaign(found[0])


def campaigns_by_id(*, campaign_ids: Sequence[int]) -> dict[int, Campaign]:
    """Return campaigns by their numbers; a number that there is none of is left out."""
    found = rows(f"{_CAMPAIGN} WHERE c.id = ANY (%s::bigint[])", [list(campaign_ids)])
    return {one.id: _campaign(one) for one in found}


def campaigns(*, agency: str | None = None) -> list[Campaign]:
    """Return an agency's campaigns, or everybody's, newest first."""
    found = rows(
        f"{_CAMPAIGN} WHERE %(agency)s::text IS NULL OR c.agency = %(agency)s"
        " ORDER BY c.starts_at DESC, c.id DESC",
        {"agency": agency},
    )
    return [_campaign(one) for one in found]


def campaigns_of_devices(device_ids: Sequence[int]) -> list[Campaign]:
    """Return the campaigns that have been opened at some readers, oldest first."""
    serving = (
        "SELECT campaign_id FROM activities_campaign_device WHERE device_id = ANY (%s::bigint[])"
    )
    found = rows(
        f"{_CAMPAIGN} WHERE c.state <> 'draft' AND c.id IN ({serving}) ORDER BY c.id",
        [list(device_ids)],
        prepare=True,
    )
    return [_campaign(one) for one in found]


def campaigns_of_trigger(trigger: str) -> list[Campaign]:
    """Return the campaigns that have been opened for an event, oldest first."""
    found = rows(
        f"{_CAMPAIGN} WHERE c.state <> 'draft' AND c.trigger = %s ORDER BY c.id", [trigger]
    )
    return [_campaign(one) for one in found]


def _campaign(found: Any) -> Campaign:
    fields = found._asdict()
    fields["names"] = Text.read(json.loads(found.names))
    fields["devices"] = tuple(found.devices)
    return Campaign(**fields)


def participant_ids(*, campaign_id: int) -> list[int]:
    """Return who takes part, by number only; the door opens access to them before it reads the
    list.
    """
    found = rows(
        "SELECT member_id FROM activities_participation WHERE campaign_id = %s AND taps > 0"
        " ORDER BY member_id",
        [campaign_id],
    )
    return [one.member_id for one in found]


def participants_list(*, access: Access, campaign_id: int) -> list[Participant]:
    """Return a campaign's list, one line a person: what they got, and what they redeemed of it
    less what came back.

    :param access: must cover the people and the field ``points``
    :raises NotFound: there is no such campaign
    """
    fund_id = campaign(campaign_id=campaign_id).fund_id
    found = rows(
        """
        SELECT p.member_id, p.taps, p.points, coalesce(r.redeemed, 0)::bigint AS redeemed,
               p.first_at, p.last_at
        FROM activities_participation p
        LEFT JOIN (
            SELECT m.holder, sum(m.amount) AS redeemed FROM (
                SELECT from_holder AS holder, amount FROM pub.ledger_transfers
                WHERE from_fund = %(fund)s AND from_class IN ('member', 'held')
                  AND to_class = 'partner'
                UNION ALL
                SELECT to_holder, -amount FROM pub.ledger_transfers
                WHERE to_fund = %(fund)s AND to_class IN ('member', 'held')
                  AND from_class = 'partner') m
            GROUP BY m.holder) r ON r.holder = p.member_id
        WHERE p.campaign_id = %(campaign)s AND p.taps > 0
        ORDER BY p.first_at, p.member_id
        """,
        {"fund": fund_id, "campaign": campaign_id},
    )
    access.require("points", members=[one.member_id for one in found])
    return [Participant(**one._asdict()) for one in found]


def statistics(*, campaign_id: int) -> Statistics:
    """Return a campaign in numbers; its points are the ledger's own.

    :raises NotFound: there is no such campaign
    """
    fund_id = campaign(campaign_id=campaign_id).fund_id
    people = row(
        "SELECT coalesce(sum(taps), 0)::bigint AS taps, count(*) AS people"
        " FROM activities_participation WHERE campaign_id = %s AND taps > 0",
        [campaign_id],
    )
    assert people is not None
    totals = ledger.fund_totals(fund_ids=[fund_id])[fund_id]
    return Statistics(
        taps=people.taps,
        people=people.people,
        points=totals.awarded,
        redeemed=totals.redeemed,
        held=totals.held,
        budget_left=totals.budget,
    )

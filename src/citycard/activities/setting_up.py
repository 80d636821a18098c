"""Setting up a campaign: its terms, its fund, its readers; opening and closing it."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any

from citycard.activities.budgeting import check_alone
from citycard.activities.events import CampaignClosed, CampaignOpened
from citycard.activities.queries import campaign as campaign_of
from citycard.activities.states import MAY_BECOME, State
from citycard.activities.values import Campaign, NewCampaign
from citycard.infra.database import execute, rows, scalar
from citycard.infra.journal import announce
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.errors import Refused
from citycard.kernel.ids import fact_key
from citycard.ledger import api as ledger

MOST_POINTS = 10**12
MOST_EACH_TIME = 10**9
"""Most points that one tap gives: a tap's row and a reader's answer carry four bytes of them."""


class NumberWrong(Refused):
    """The {field} must be a whole number above zero, and {value} is not."""

    code = "activities.number_wrong"


class PeriodWrong(Refused):
    """A campaign must end after it starts; this one starts {starts_at} and ends {ends_at}."""

    code = "activities.period_wrong"


class NamesMissing(Refused):
    """A campaign needs a name in Chinese and in English."""

    code = "activities.names_missing"


class UnitUnknown(Refused):
    """There is no unit “{unit}” that activities may give."""

    code = "activities.unit_unknown"


class CampaignCodeUsed(Refused):
    """There is a campaign “{campaign}” already."""

    code = "activities.code_used"


class DeviceBusy(Refused):
    """The reader serves the campaign “{campaign}” in the same period."""

    code = "activities.device_busy"


class NotAllowedNow(Refused):
    """A campaign that is {state} can't become {wanted}."""

    code = "activities.not_allowed_now"


def create_campaign(*, new: NewCampaign, actor: Actor, now: dt.datetime) -> Campaign:
    """Set up a campaign as a draft: open its fund, put its budget aside, name its readers.

    :raises NumberWrong, PeriodWrong, NamesMissing, UnitUnknown: the terms make no sense
    :raises BudgetNeedsSecond: the budget is more than one officer may put aside alone
    :raises CampaignCodeUsed: the code is taken
    :raises DeviceBusy: one of its readers serves another campaign then
    """
    require_unit_of_work()
    _check(new)
    check_alone(new.budget, actor, now)
    fund_id = ledger.open_fund(
        agency=new.agency, campaign_ref=new.code, unit=new.unit, actor=actor, now=now
    )
    campaign_id = _insert(new, fund_id, actor, now)
    key = fact_key(now, "campaign.budget", campaign_id)
    posted = ledger.raise_budget(
        fund_id=fund_id, amount=new.budget, key=key, at=now, actor=actor, now=now
    )
    if posted.refusal:
        raise posted.refusal
    serve_devices(campaign_id=campaign_id, devices=new.devices, actor=actor, now=now)
    return campaign_of(campaign_id=campaign_id)


def _check(new: NewCampaign) -> None:
    numbers: Mapping[str, Any] = {
        "points_per_tap": new.points_per_tap,
        "per_person_cap": new.per_person_cap,
        "per_day_cap": 1 if new.per_day_cap is None else new.per_day_cap,
        "budget": new.budget,
    }
    for field, value in numbers.items():
        most = MOST_EACH_TIME if field == "points_per_tap" else MOST_POINTS
        if type(value) is not int or not 0 < value <= most:
            raise NumberWrong(field=field, value=value)
    if not new.starts_at < new.ends_at:
        raise PeriodWrong(starts_at=new.starts_at, ends_at=new.ends_at)
    if not (new.names.zh.strip() and new.names.en.strip()):
        raise NamesMissing()
    unit = current_pack().table("points")["units"].get(new.unit)
    if unit is None or unit["kind"] != "earned":
        raise UnitUnknown(unit=new.unit)


def _insert(new: NewCampaign, fund_id: int, actor: Actor, now: dt.datetime) -> int:
    made = scalar(
        """
        INSERT INTO activities_campaign (code, agency, names, unit, fund_id, points_per_tap,
            per_person_cap, per_day_cap, starts_at, ends_at, residents_only, trigger, state,
            created_at, created_by)
        VALUES (%s, %s, %s::jsonb, %s, %s, %s, %s, %s, %s, %s, %s, %s, 'draft', %s, %s)
        ON CONFLICT (code) DO NOTHING RETURNING id
        """,
        [
            new.code,
            new.agency,
            json.dumps({"zh-Hant": new.names.zh.strip(), "en": new.names.en.strip()}),
            new.unit,
            fund_id,
            new.points_per_tap,
            new.per_person_cap,
            new.per_day_cap,
            new.starts_at,
            new.ends_at,
            new.residents_only,
            new.trigger,
            now,
            actor.id,
        ],
    )
    if made is None:
        raise CampaignCodeUsed(campaign=new.code)
    return int(made)


def serve_devices(
    *, campaign_id: int, devices: Sequence[int], actor: Actor, now: dt.datetime
) -> None:
    """Let readers serve a campaign, besides those that do.

    :raises DeviceBusy: a reader serves another campaign in the same period
    """
    require_unit_of_work()
    wanted = sorted(set(devices))
    # Readers are few and set up by hand: one lock for all of them is calm enough.
    execute("SELECT pg_advisory_xact_lock(hashtext('activities_campaign_device'))")
    busy = rows(
        """
        SELECT c.code FROM activities_campaign n
        JOIN activities_campaign c ON c.id <> n.id AND c.state <> 'closed'
             AND c.starts_at < n.ends_at AND n.starts_at < c.ends_at
        JOIN activities_campaign_device d ON d.campaign_id = c.id AND d.device_id = ANY (%s)
        WHERE n.id = %s ORDER BY c.id LIMIT 1
        """,
        [wanted, campaign_id],
    )
    if busy:
        raise DeviceBusy(campaign=busy[0].code)
    execute(
        """
        INSERT INTO activities_campaign_device (device_id, campaign_id)
        SELECT unnest(%s::bigint[]), %s ON CONFLICT DO NOTHING
        """,
        [wanted, campaign_id],
    )


def open_campaign(*, campaign_id: int, actor: Actor, now: dt.datetime) -> Campaign:
    """Let a campaign give points, within its period.

    :raises NotAllowedNow: it isn't a draft
    :raises NotFound: there is none of this number
    """
    opened = _become(campaign_id, "open", None)
    announce(CampaignOpened(campaign_id=campaign_id))
    return opened


def close_campaign(*, campaign_id: int, actor: Actor, now: dt.datetime) -> Campaign:
    """End a campaign; taps made before now still count when they arrive late.

    :raises NotAllowedNow: it is closed already
    :raises NotFound: there is none of this number
    """
    closed = _become(campaign_id, "closed", now)
    announce(CampaignClosed(campaign_id=campaign_id))
    return closed


def _become(campaign_id: int, wanted: State, closed_at: dt.datetime | None) -> Campaign:
    require_unit_of_work()
    execute("SELECT 1 FROM activities_campaign WHERE id = %s FOR UPDATE", [campaign_id])
    before = campaign_of(campaign_id=campaign_id)
    if wanted not in MAY_BECOME[before.state]:
        raise NotAllowedNow(state=before.state, wanted=wanted)
    execute(
        "UPDATE activities_campaign SET state = %s, closed_at = %s WHERE id = %s",
        [wanted, closed_at, campaign_id],
    )
    return campaign_of(campaign_id=campaign_id)

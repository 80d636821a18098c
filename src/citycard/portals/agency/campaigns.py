"""An agency's activities: how each stands, its budget, opening and closing it."""

import datetime as dt
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from citycard.activities import api as activities
from citycard.agencies import api as agencies
from citycard.infra.clock import city_time, now
from citycard.infra.unit_of_work import unit_of_work
from citycard.infra.web import charts
from citycard.insight import api as insight
from citycard.kernel.errors import NotFound
from citycard.kernel.ids import fact_key
from citycard.portals.agency.campaign_forms import unit_name
from citycard.portals.agency.shell import own_agencies, page
from citycard.portals.doors import actor_of, door
from citycard.portals.naming import in_language, name_of

READS = {"organiser", "finance"}
A_DAY = dt.timedelta(days=1)


@door(roles=READS)
def list_campaigns(request: HttpRequest) -> HttpResponse:
    """List the activities of the agency and those under it, newest first."""
    rows = [campaign_line(campaign) for campaign in _own(request)]
    return page(request, "campaigns", rows=rows)


@door(roles=READS)
def campaign(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Show how one activity stands."""
    return _campaign_page(request, own_campaign(request, campaign_id))


@door(roles={"organiser"})
def change(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Open an activity, end it, or put more points aside for it."""
    found = own_campaign(request, campaign_id)
    wanted = request.POST.get("do", "") if request.method == "POST" else ""
    actor, at = actor_of(request), now()
    if wanted == "raise":
        return _raise(request, found, at)
    if wanted in ("open", "close"):
        act = activities.open_campaign if wanted == "open" else activities.close_campaign
        with unit_of_work():
            act(campaign_id=found.id, actor=actor, now=at)
        said = _("活動已開放。") if wanted == "open" else _("活動已結束。")
        messages.success(request, said)
    return HttpResponseRedirect(reverse("agency:campaign", args=[found.id]))


def _raise(request: HttpRequest, found: activities.Campaign, at: dt.datetime) -> HttpResponse:
    text = request.POST.get("amount", "").replace(",", "").strip()
    if not text.isdecimal() or not 0 < int(text) <= 1_000_000_000:
        said = _("請填寫大於 0 的整數，例如 50000。")
        return _campaign_page(request, found, amount_error=said, status=422)
    # the page that was sent names the click, so that sending it twice raises once
    asked_at = _shown_at(request.POST.get("once", ""), at)
    key = fact_key(asked_at, "campaign.raise", found.id, text)
    with unit_of_work():
        posted = activities.raise_campaign_budget(
            campaign_id=found.id,
            amount=int(text),
            key=key,
            actor=actor_of(request),
            now=asked_at,
        )
    if posted.refusal:
        raise posted.refusal
    messages.success(request, _("已追加 %(n)s 點預算。") % {"n": f"{int(text):,}"})
    return HttpResponseRedirect(reverse("agency:campaign", args=[found.id]))


def _shown_at(text: str, at: dt.datetime) -> dt.datetime:
    """Return when the form that was sent was shown; now where it doesn't say so credibly."""
    try:
        shown_at = dt.datetime.fromisoformat(text)
    except ValueError:
        return at
    if shown_at.tzinfo is None or not dt.timedelta(0) <= at - shown_at < A_DAY:
        return at
    return shown_at


def own_campaign(request: HttpRequest, campaign_id: int) -> activities.Campaign:
    """Return a campaign of the reader's agency or one under it.

    :raises NotFound: there is none, or it is another agency's
    """
    found = activities.campaign(campaign_id=campaign_id)
    if found.agency not in own_agencies(request):
        raise NotFound(what="campaign")
    return found


def last_day(found: activities.Campaign) -> dt.date:
    """Return the last local day on which the activity gives points."""
    return city_time().day(found.ends_at - dt.timedelta(microseconds=1))


def _campaign_page(
    request: HttpRequest, found: activities.Campaign, status: int = 200, **facts: Any
) -> HttpResponse:
    statistics = activities.statistics(campaign_id=found.id)
    days = insight.budget_by_day(fund_id=found.fund_id)
    return page(
        request,
        "campaign",
        status=status,
        **campaign_line(found),
        statistics=statistics,
        terms=_terms(found),
        readers=_readers(found),
        burn_down=_burn_down(found, days, statistics),
        given_by_day=_given(days),
        once=now().isoformat(),
        **facts,
    )


def _own(request: HttpRequest) -> list[activities.Campaign]:
    return [
        found for agency in own_agencies(request) for found in activities.campaigns(agency=agency)
    ]


def campaign_line(found: activities.Campaign) -> dict[str, Any]:
    return {
        "campaign": found,
        "name": in_language({"zh-Hant": found.names.zh, "en": found.names.en}),
        "starts_on": city_time().day(found.starts_at),
        "ends_on": last_day(found),
        "is_over": found.ends_at <= now(),
        "unit": unit_name(found.unit),
    }


def _terms(found: activities.Campaign) -> list[tuple[str, str]]:
    def points(amount: int | None) -> str:
        return _("%(n)s 點") % {"n": f"{amount:,}"} if amount else _("不限")

    return [
        (_("每次刷卡"), points(found.points_per_tap)),
        (_("每人每日上限"), points(found.per_day_cap)),
        (_("每人上限"), points(found.per_person_cap)),
        (_("對象"), _("設籍本市") if found.residents_only else _("不限設籍")),
        (_("主辦機關"), name_of("agency", found.agency)),
        (_("活動代碼"), found.code),
    ]


def _readers(found: activities.Campaign) -> list[dict[str, Any]]:
    devices = [agencies.device(device_id=device_id) for device_id in found.devices]
    return [{"device": one, "place": name_of("place", one.place)} for one in devices]


def _burn_down(
    found: activities.Campaign, days: list[insight.BudgetDay], statistics: activities.Statistics
) -> charts.Figure | None:
    if not days:
        return None
    return charts.burn_down(
        _("預算還剩多少"),
        [(day.day, day.left) for day in days],
        budget=sum(day.added for day in days),
        ends_on=max(last_day(found), days[-1].day),
        unit=_("點"),
        about=_("撥入的點數減去已發出的點數，依帳本計算。"),
    )


def _given(days: list[insight.BudgetDay]) -> charts.Figure | None:
    given = [(f"{day.day.month}/{day.day.day}", day.given) for day in days if day.given]
    if not given:
        return None
    return charts.columns(
        _("每日發出點數"),
        given[-60:],
        unit=_("點"),
        label=_("日期"),
        tone="points",
        about=_("當日刷卡與活動給出的點數，依帳本計算。"),
    )

"""An agency's activities: how each stands, its budget, opening and closing it."""

import datetime as dt
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from citycard.activities import api as activities
from citycard.agencies import api as agencies
from citycard.infra.clock import city_time, now, today
from citycard.infra.unit_of_work import unit_of_work
from citycard.infra.web.refusals import refusal_text
from citycard.kernel.errors import NotFound
from citycard.kernel.ids import fact_key
from citycard.ledger import api as ledger
from citycard.portals.agency import campaign_figures as figures
from citycard.portals.agency.campaign_forms import unit_name
from citycard.portals.agency.shell import attachment, own_agencies, page
from citycard.portals.clicks import shown_at
from citycard.portals.doors import actor_of, door
from citycard.portals.naming import in_language, name_of

READS = {"organiser", "finance"}
A_DAY = dt.timedelta(days=1)
RAISING = "ledger.budget"
_CHANGES = {
    "open": (activities.open_campaign, gettext_lazy("活動已開放。")),
    "close": (activities.close_campaign, gettext_lazy("活動已結束。")),
    "settle": (activities.settle_campaign, gettext_lazy("未用的預算已退回。")),
}


@door(roles=READS)
def list_campaigns(request: HttpRequest) -> HttpResponse:
    """List the activities of the agency and those under it, newest first."""
    rows = [campaign_line(campaign) for campaign in _own(request)]
    return page(request, "campaigns", rows=rows)


@door(roles=READS)
def campaign(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Show how one activity stands."""
    return _campaign_page(request, own_campaign(request, campaign_id))


@door(roles=READS)
def budget_csv(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Download the days of the budget as CSV."""
    found = own_campaign(request, campaign_id)
    content = figures.days_csv(ledger.fund_days(fund_id=found.fund_id))
    name = f"{found.code}-budget.csv"
    return attachment(content, name=name, media_type="text/csv; charset=utf-8")


@door(roles={"organiser"})
def change(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Open an activity, end it, raise its budget, or give back what is left of it."""
    found = own_campaign(request, campaign_id)
    wanted = request.POST.get("do", "") if request.method == "POST" else ""
    actor, at = actor_of(request), now()
    if wanted == "raise":
        return _raise(request, found, at)
    if wanted in _CHANGES:
        act, said = _CHANGES[wanted]
        with unit_of_work():
            act(campaign_id=found.id, actor=actor, now=at)
        messages.success(request, str(said))
    return HttpResponseRedirect(reverse("agency:campaign", args=[found.id]))


def _raise(request: HttpRequest, found: activities.Campaign, at: dt.datetime) -> HttpResponse:
    """Raise the budget, or propose it where that takes a second officer."""
    text = request.POST.get("amount", "").replace(",", "").strip()
    if not text.isdecimal() or not 0 < int(text) <= 1_000_000_000:
        said = _("請填寫大於 0 的整數，例如 50000。")
        return _campaign_page(request, found, amount_error=said, status=422)
    try:
        _raise_alone(request, found, int(text), at)
        messages.success(request, _("已追加 %(n)s 點預算。") % {"n": f"{int(text):,}"})
    except activities.BudgetNeedsSecond as needs:
        reason = request.POST.get("reason", "").strip()
        if not reason:
            said = refusal_text(needs)
            return _campaign_page(
                request, found, status=422, amount=text, amount_error=said, needs_reason=True
            )
        _propose(request, found, int(text), reason)
        messages.success(request, _("已送出追加預算的申請，由另一位主管核准後生效。"))
    return HttpResponseRedirect(reverse("agency:campaign", args=[found.id]))


def _raise_alone(
    request: HttpRequest, found: activities.Campaign, amount: int, at: dt.datetime
) -> None:
    # the page that was sent names the click, so that sending it twice raises once
    asked_at = shown_at(request.POST.get("once", ""), at)
    with unit_of_work():
        posted = activities.raise_campaign_budget(
            campaign_id=found.id,
            amount=amount,
            key=fact_key(asked_at, "campaign.raise", found.id, str(amount)),
            actor=actor_of(request),
            now=asked_at,
        )
    if posted.refusal:
        raise posted.refusal


def _propose(request: HttpRequest, found: activities.Campaign, amount: int, reason: str) -> None:
    with unit_of_work():
        agencies.propose(
            kind=RAISING,
            about=f"fund:{found.fund_id}",
            content={"fund": found.fund_id, "amount": amount},
            reason=reason,
            actor=actor_of(request),
            now=now(),
        )


def _waiting(found: activities.Campaign) -> agencies.Proposal | None:
    """Return the raise that waits for a second officer, if one does."""
    waiting = agencies.proposals(kind=RAISING, state="waiting")
    return next((one for one in waiting if one.about == f"fund:{found.fund_id}"), None)


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
    days = ledger.fund_days(fund_id=found.fund_id)
    runs_out_on = activities.runs_out_on(days=days, on=today()) if found.gives_at(now()) else None
    return page(
        request,
        "campaign",
        status=status,
        **campaign_line(found),
        statistics=statistics,
        terms=_terms(found),
        readers=_readers(found),
        burn_down=figures.burn_down(found, days, last_day(found), runs_out_on),
        given_by_day=figures.given_by_day(days),
        runs_out_on=runs_out_on,
        runs_out_early=runs_out_on is not None and runs_out_on <= last_day(found),
        returned=sum(day.returned for day in days),
        returns_on=city_time().day(activities.returns_at(campaign=found)),
        is_settling=found.state == "closed" or (found.state == "open" and found.ends_at <= now()),
        waiting=_waiting(found),
        draws=[(draw, in_language(draw.names)) for draw in activities.draws(campaign_id=found.id)],
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
        (_("點數種類"), unit_name(found.unit)),
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

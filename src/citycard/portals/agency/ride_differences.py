"""Differences between devices and the city's rule: a queue that officers work off, ride by ride."""

from collections.abc import Sequence

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from citycard.fares import api as fares
from citycard.flows import refunding_rides
from citycard.infra.clock import now, today
from citycard.infra.packs import Text
from citycard.infra.unit_of_work import unit_of_work
from citycard.infra.web.refusals import refusal_text
from citycard.kernel.errors import NotFound, Refused
from citycard.ledger import api as ledger
from citycard.portals.agency.book_words import is_city_wide
from citycard.portals.agency.refund_forms import fund_words
from citycard.portals.agency.refunds import sends_words
from citycard.portals.agency.ride_words import difference_line, difference_name, dollars
from citycard.portals.agency.shell import own_agencies, page
from citycard.portals.doors import actor_of, door

SEES = {"finance", "officer", "auditor"}
ENDS = {"finance", "officer"}
SHOWN, ENDED_SHOWN = 50, 20
LARGEST_ID = 2**63 - 1


class EndForm(forms.Form):
    """What becomes of the chosen differences, and why."""

    outcome = forms.ChoiceField(choices=[(one, one) for one in ("refund", "operator", "kept")])
    note = forms.CharField(max_length=200)
    note_en = forms.CharField(max_length=200, required=False)
    fund = forms.IntegerField(required=False, min_value=1, max_value=LARGEST_ID)


@door(roles=SEES)
def queue(request: HttpRequest) -> HttpResponse:
    """List what is open, by kind, and what was seen to of late."""
    refused, status = "", 200
    if request.method == "POST":
        try:
            return _ended(request)
        except NotFound:
            raise
        except Refused as no:
            refused, status = refusal_text(no), 422
    kind, whose = _kind(request), whose_rides(request)
    sums = fares.difference_sums(agencies=whose)
    return page(
        request,
        "ride_differences",
        status=status,
        refused=refused,
        lines=[
            difference_line(it) for it in fares.differences(kind=kind, agencies=whose, limit=SHOWN)
        ],
        shown=SHOWN,
        kinds=[
            {
                "number": int(one.kind),
                "name": difference_name(one.kind),
                "count": one.count,
                "amount": dollars(one.amount_micro),
                "chosen": one.kind == kind,
            }
            for one in sums
        ],
        open_count=sum(one.count for one in sums),
        ended=[
            difference_line(it)
            for it in fares.differences(agencies=whose, open_only=False, limit=ENDED_SHOWN)
        ],
        kind=int(kind) if kind else "",
        ends=bool(actor_of(request).roles & ENDS),
        funds=[(fund.id, fund_words(fund)) for fund in _funds(request)],
        given=request.POST,
    )


def whose_rides(request: HttpRequest) -> list[str] | None:
    """Return whose devices' rides the reader sees: all (None), or their own agencies'."""
    if is_city_wide(request) or actor_of(request).has_any_role("auditor"):
        return None
    return own_agencies(request)


def _kind(request: HttpRequest) -> fares.Difference | None:
    wanted = request.GET.get("kind", "")
    known = {str(int(kind)): kind for kind in fares.Difference if kind}
    return known.get(wanted)


def _funds(request: HttpRequest) -> list[ledger.FundLeft]:
    """Return the funds that may pay: the reader's own, for the agency that runs the card any."""
    agencies = None if is_city_wide(request) else own_agencies(request)
    return refunding_rides.may_pay(ledger.funds_left(agencies=agencies), on=today())


def _ended(request: HttpRequest) -> HttpResponse:
    """End the chosen differences, or make a refund run of them."""
    actor = actor_of(request)
    if not actor.roles & ENDS:
        raise NotFound(what="difference")
    form = EndForm(request.POST)
    ids = [int(one) for one in request.POST.getlist("difference") if one.isdecimal()]
    if form.has_error("fund") or any(one > LARGEST_ID for one in ids):
        raise NotFound(what="fund")
    _check_own(request, ids)
    if not form.is_valid():
        raise fares.NoteMissing(most=200)
    said = form.cleaned_data
    if said["outcome"] == "refund":
        return _refunded(request, ids, said)
    with unit_of_work():
        fares.end_differences(
            ids=ids, outcome=said["outcome"], note=said["note"], actor=actor, now=now()
        )
    messages.success(request, _("差異已處理，理由已留存。"))
    return HttpResponseRedirect(reverse("agency:ride_differences"))


def _check_own(request: HttpRequest, ids: Sequence[int]) -> None:
    """Let an agency end differences of its own rides alone; an auditor ends none.

    :raises NotFound: one of them is of another agency's device
    """
    if is_city_wide(request):
        return
    known = fares.differences(ids=ids, limit=len(ids))
    own = fares.differences(ids=ids, agencies=own_agencies(request), limit=len(ids))
    if len(own) < len(known):
        raise NotFound(what="difference")


def _refunded(request: HttpRequest, ids: Sequence[int], said: dict[str, str]) -> HttpResponse:
    if not said["fund"] or not ids:
        raise refunding_rides.NothingToRefund()
    fund = ledger.fund_of(fund_id=int(said["fund"]))
    if not is_city_wide(request) and fund.agency not in own_agencies(request):
        raise NotFound(what="fund")
    with unit_of_work():
        run = refunding_rides.draft(
            ids=ids,
            fund_id=fund.id,
            why=Text(zh=said["note"], en=said["note_en"] or said["note"]),
            actor=actor_of(request),
            now=now(),
        )
    messages.success(request, _("已做成退點清單，核准以前不會動用經費。") + sends_words(request))
    return HttpResponseRedirect(reverse("agency:refund", args=[run]))

"""Using points for a credit with a partner, say a transit subsidy: ask, check, send once."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from citycard.flows import redeeming
from citycard.infra import clock
from citycard.infra.web import wording
from citycard.infra.web.parts import Row
from citycard.infra.web.refusals import refusal_text
from citycard.kernel.errors import Refused
from citycard.portals.clicks import key_of, once
from citycard.portals.doors import actor_of, door
from citycard.portals.naming import name_of
from citycard.portals.resident import own, units
from citycard.portals.resident.amounts import MOST, AmountForm
from citycard.redemptions import api as redemptions


@door(roles={"resident"}, member=True, level=1)
def credit(request: HttpRequest, unit: str, kind: str) -> HttpResponse:
    """Ask how much, show what comes of it, and send it to the partner when that is confirmed."""
    view = _kind(request, unit, kind)
    data = request.POST or (request.GET if "amount" in request.GET else None)
    # what was confirmed is answered as before when it is sent again, whatever is left by now
    most = MOST if request.method == "POST" else view.most
    form = AmountForm(data, unit=unit, least=view.least, step=view.step, most=most)
    context = {
        "view": view,
        "unit": unit,
        "heading": name_of("conversion", kind),
        "partner": name_of("partner", view.partner),
        "available": units.amount(unit, view.points),
        "why_not": _why_not(view),
        "form": form,
    }
    if not form.is_bound or not form.is_valid():
        status = 422 if form.is_bound else 200
        return render(request, "resident/credit.html", context, status=status)
    points = form.cleaned_data["amount"]
    if request.method == "POST":
        try:
            return _do(request, view, points)
        except Refused as refusal:
            form.add_error("amount", refusal_text(refusal))
            return render(request, "resident/credit.html", context, status=422)
    context |= {"rows": _rows(view, points), "once": once(request), "typed": request.GET["amount"]}
    return render(request, "resident/credit_check.html", context)


def _do(request: HttpRequest, view: redemptions.KindView, points: int) -> HttpResponse:
    member_id = own.member_of(request)
    redeeming.redeem_to_account(
        member_id=member_id,
        kind=view.kind,
        points=points,
        key=key_of(request, "redemption.account", member_id, view.kind, points),
        actor=actor_of(request),
        now=clock.now(),
    )
    said = _("已送出 %(points)s，對方入帳後會顯示完成。")
    messages.success(request, said % {"points": units.amount(view.unit, points)})
    return redirect("resident:points_of", view.unit)


def _kind(request: HttpRequest, unit: str, kind: str) -> redemptions.KindView:
    found = redeeming.kinds_for(
        member_id=own.member_of(request), actor=actor_of(request), now=clock.now()
    )
    view = next((one for one in found if one.kind == kind), None)
    if view is None or view.unit != unit or view.way != "account":
        raise Http404
    return view


def _why_not(view: redemptions.KindView) -> str:
    said = {
        "no_points": _("目前的點數還不到最低的 %(least)s。"),
        "day_limit": _("今天的額度已經用完，明天可以再兌換。"),
    }
    if view.most:
        return ""
    return said.get(view.why_not, _("目前不能兌換。")) % {
        "least": units.amount(view.unit, view.least)
    }


def _rows(view: redemptions.KindView, points: int) -> list[Row]:
    ntd = points * view.ntd_rate // view.points_rate
    return [
        Row(label=_("使用"), value=units.amount(view.unit, points)),
        Row(
            label=_("換成"),
            value=_("%(amount)s（%(what)s）")
            % {"amount": wording.ntd(ntd), "what": name_of("conversion", view.kind)},
        ),
        Row(label=_("入帳單位"), value=name_of("partner", view.partner)),
    ]

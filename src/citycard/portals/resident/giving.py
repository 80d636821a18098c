"""Giving hours to somebody else, where the city allows it: whose card, how much, check, done."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from citycard.activities import api as activities
from citycard.flows import volunteering
from citycard.infra import clock
from citycard.infra.web.parts import Row
from citycard.infra.web.refusals import refusal_text
from citycard.kernel.errors import Refused
from citycard.ledger import api as ledger
from citycard.portals.clicks import key_of, once
from citycard.portals.doors import actor_of, door
from citycard.portals.resident import own, units
from citycard.portals.resident.amounts import MOST, AmountForm


class GiftForm(AmountForm):
    """To whom and how much."""

    card_number = forms.CharField(
        label=gettext_lazy("對方的卡號"),
        max_length=40,
        help_text=gettext_lazy(
            "卡片正面的號碼。為保護個資，這裡不會顯示對方的姓名，請與對方核對。"
        ),
        widget=forms.TextInput(attrs={"inputmode": "text", "autocomplete": "off"}),
        error_messages={"required": gettext_lazy("請填寫對方的卡號。")},
    )
    field_order = ("card_number", "amount")


@door(roles={"resident"}, member=True, level=1)
def give(request: HttpRequest) -> HttpResponse:
    """Ask whose card and how much, show it once more, and give when that is confirmed.

    The number of somebody else's card stands in no address: both steps are sent by POST.
    """
    bank = activities.time_bank()
    if not bank.members_may_give:
        raise Http404
    has = _available(request, bank.unit)
    # what was confirmed is answered as before when it is sent again, whatever is left by now
    most = MOST if "confirmed" in request.POST else has
    form = GiftForm(request.POST or None, unit=bank.unit, least=1, step=1, most=most)
    context: dict[str, Any] = {
        "unit": bank.unit,
        "available": units.amount(bank.unit, has),
        "has": has,
        "form": form,
    }
    if not form.is_bound or not form.is_valid() or not _is_somebody(request, form):
        status = 422 if form.is_bound else 200
        return render(request, "resident/give.html", context, status=status)
    if "confirmed" in request.POST:
        done = _do(request, form, bank.unit)
        return done or render(request, "resident/give.html", context, status=422)
    context |= {"rows": _rows(form, bank.unit), "once": once(request), "typed": request.POST}
    return render(request, "resident/give_check.html", context)


def _available(request: HttpRequest, unit: str) -> int:
    member_id = own.member_of(request)
    access = own.own_access(request, "points")
    on = clock.today()
    found = ledger.balances(holders=[member_id], unit=unit, on=on, access=access)
    return found[member_id].available


def _is_somebody(request: HttpRequest, form: GiftForm) -> bool:
    """Say at once when the number tells nobody, or oneself."""
    try:
        receiver = volunteering.holder_of(form.cleaned_data["card_number"])
        if receiver == own.member_of(request):
            raise activities.GivenToOneself()
    except Refused as refusal:
        form.add_error("card_number", refusal_text(refusal))
        return False
    return True


def _do(request: HttpRequest, form: GiftForm, unit: str) -> HttpResponse | None:
    minutes = form.cleaned_data["amount"]
    number = form.cleaned_data["card_number"]
    try:
        gift = volunteering.give(
            card_number=number,
            minutes=minutes,
            key=key_of(request, "volunteer.given", own.member_of(request), number, minutes),
            actor=actor_of(request),
            now=clock.now(),
        )
    except Refused as refusal:
        form.add_error("amount", refusal_text(refusal))
        return None
    said = _("已轉贈 %(hours)s。") % {"hours": units.amount(unit, gift.minutes)}
    messages.success(request, said)
    return redirect("resident:points_of", unit)


def _rows(form: GiftForm, unit: str) -> list[Row]:
    number = "".join(form.cleaned_data["card_number"].split()).replace("-", "")
    return [
        Row(label=_("給出"), value=units.amount(unit, form.cleaned_data["amount"])),
        Row(label=_("對方的卡號"), value=f"…{number[-4:]}"),
    ]

"""Exchanging one unit for another, at the rate of the day: say how much, check, and it is done."""

from fractions import Fraction

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from citycard.flows import exchanging
from citycard.infra import clock
from citycard.infra.clock import city_time
from citycard.infra.web import wording
from citycard.infra.web.parts import Row
from citycard.infra.web.refusals import refusal_text
from citycard.kernel.access import Access
from citycard.kernel.errors import Refused
from citycard.ledger import api as ledger
from citycard.portals.clicks import key_of, once
from citycard.portals.doors import actor_of, door
from citycard.portals.naming import in_language, name_of
from citycard.portals.resident import own, units
from citycard.portals.resident.amounts import MOST, AmountForm


@door(roles={"resident"}, member=True, level=1)
def exchange(request: HttpRequest, unit: str, code: str) -> HttpResponse:
    """Ask how much, show what comes of it, and exchange it when that is confirmed."""
    offer = _offer(request, unit, code)
    terms = offer.terms
    data = request.POST or (request.GET if "amount" in request.GET else None)
    form = AmountForm(
        data,
        unit=unit,
        least=max(terms.least, terms.whole_step),
        step=terms.whole_step,
        # what was confirmed is answered as before when it is sent again, whatever is left by now
        most=MOST if request.method == "POST" else offer.most,
    )
    context = {
        "offer": offer,
        "unit": unit,
        "heading": in_language(terms.name),
        "available": units.amount(unit, offer.available),
        "rate": rate_text(terms),
        "least": units.amount(unit, max(terms.least, terms.whole_step)),
        "form": form,
    }
    if not form.is_bound or not form.is_valid():
        status = 422 if form.is_bound else 200
        return render(request, "resident/exchange.html", context, status=status)
    amount = form.cleaned_data["amount"]
    if request.method == "POST":
        try:
            return _do(request, terms, amount)
        except Refused as refusal:
            form.add_error("amount", refusal_text(refusal))
            return render(request, "resident/exchange.html", context, status=422)
    context |= {"rows": _rows(terms, amount), "once": once(request), "typed": request.GET["amount"]}
    return render(request, "resident/exchange_check.html", context)


def _do(request: HttpRequest, terms: ledger.ExchangeTerms, amount: int) -> HttpResponse:
    member_id = own.member_of(request)
    done = exchanging.exchange(
        member_id,
        terms.code,
        amount,
        key_of(request, "points.exchanged", member_id, terms.code, amount),
        actor_of(request),
        clock.now(),
    )
    said = _("已用 %(gave)s 換得 %(got)s。") % {
        "gave": units.amount(terms.gives, done.gave),
        "got": units.amount(terms.gets, done.got),
    }
    messages.success(request, said)
    return redirect("resident:points_of", terms.gets)


def _offer(request: HttpRequest, unit: str, code: str) -> exchanging.Offer:
    offers = exchanging.offers(own.member_of(request), clock.today())
    found = next((one for one in offers if one.terms.code == code), None)
    if found is None or found.terms.gives != unit:
        raise Http404
    return found


def _rows(terms: ledger.ExchangeTerms, amount: int) -> list[Row]:
    last_day = ledger.last_day(unit=terms.gets, earned_on=clock.today())
    return [
        Row(label=_("給出"), value=f"{units.amount(terms.gives, amount)}"),
        Row(label=_("得到"), value=_got(terms, amount)),
        Row(label=_("匯率"), value=rate_text(terms)),
        Row(
            label=_("使用期限"),
            value=_("可用到 %(day)s") % {"day": wording.date_long(last_day)}
            if last_day
            else _("沒有期限"),
        ),
    ]


def _got(terms: ledger.ExchangeTerms, amount: int) -> str:
    name = name_of("unit", terms.gets)
    return _("%(amount)s（%(what)s）") % {
        "amount": units.amount(terms.gets, terms.worth(amount)),
        "what": name,
    }


def rate_text(terms: ledger.ExchangeTerms) -> str:
    """Say at which rate, and since when."""
    return _("%(give)s 換 %(get)s（%(day)s 起）") % {
        "give": units.amount(terms.gives, terms.give),
        "get": units.amount(terms.gets, terms.get),
        "day": wording.date_long(terms.since, weekday=False),
    }


def rows_of(access: Access, member_id: int, found: ledger.Entry, unit: str) -> list[Row]:
    """Explain an exchange that was made: what for what, at which day's rate, who answers for it."""
    access.require("points_history", members=[member_id])
    code = found.ref.partition(":")[2]
    terms = ledger.exchange_terms(code=code, on=city_time().day(found.at))
    amount = abs(found.amount)
    rate = Fraction(terms.get, terms.give)
    gave, got = (
        (amount, int(amount * rate)) if unit == terms.gives else (int(amount / rate), amount)
    )
    return [
        Row(label=_("兌換"), value=in_language(terms.name)),
        Row(label=_("給出"), value=units.amount(terms.gives, gave)),
        Row(label=_("得到"), value=units.amount(terms.gets, got)),
        Row(label=_("匯率"), value=rate_text(terms)),
        Row(label=_("負責機關"), value=name_of("agency", terms.agency)),
    ]

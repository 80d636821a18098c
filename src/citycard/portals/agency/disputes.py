"""Disputes: what residents say is wrong, the explanation beside it, and the officer's answer."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from citycard.disputes import api as disputes
from citycard.flows import disputing, explaining, refunding_rides
from citycard.infra.clock import now, today
from citycard.infra.unit_of_work import unit_of_work
from citycard.infra.web.refusals import refusal_text
from citycard.kernel.errors import NotFound, Refused
from citycard.ledger import api as ledger
from citycard.portals import dispute_words
from citycard.portals.agency.book_words import check_city_wide
from citycard.portals.agency.refund_forms import WhyForm, fund_words
from citycard.portals.agency.shell import page
from citycard.portals.agency.why import SEES, explained
from citycard.portals.doors import actor_of, door

ENDED_SHOWN = 30


class AnswerForm(WhyForm):
    """What the resident is told; for a correction, what is posted, and from which fund."""

    fund = forms.TypedChoiceField(
        label=gettext_lazy("由哪一筆經費支付"), required=False, coerce=int, empty_value=None
    )
    amount = forms.IntegerField(
        label=gettext_lazy("補給的點數"), min_value=1, max_value=100_000, required=False
    )

    def __init__(self, *args: Any, way: disputing.Way, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if way.amount is not None:
            del self.fields["amount"]
        if not way.needs_fund:
            del self.fields["fund"]
            return
        field = self.fields["fund"]
        assert isinstance(field, forms.TypedChoiceField)
        field.choices = [
            ("", _("請選擇")),
            *((it.id, fund_words(it)) for it in _funds(way)),
        ]


def _funds(way: disputing.Way) -> list[ledger.FundLeft]:
    """Return the funds that may pay; a fare is given back in points that are dollars."""
    left = ledger.funds_left()
    return refunding_rides.may_pay(left, on=today()) if way.kind == "overcharge" else left


@door(roles=SEES)
def list_disputes(request: HttpRequest) -> HttpResponse:
    """List what waits, the oldest first, and what was answered of late; no names."""
    check_city_wide(request)
    return page(
        request,
        "disputes",
        lines=[dispute_words.line(one) for one in disputes.queue()],
        count=disputes.open_count(),
        ended=[
            dispute_words.line(one) for one in disputes.queue(open_only=False, limit=ENDED_SHOWN)
        ],
    )


@door(roles=SEES)
def dispute(request: HttpRequest, dispute_id: int) -> HttpResponse:
    """Show one with its explanation, and take the answer."""
    check_city_wide(request)
    found = disputes.dispute(dispute_id=dispute_id)
    way = disputing.way_of(found=found)
    form = AnswerForm(request.POST if request.method == "POST" else None, way=way)
    refused = ""
    if form.is_bound and form.is_valid():
        try:
            return _answered(request, found, form)
        except Refused as no:
            refused = refusal_text(no)
    facts = explained(request, explaining.find(number=found.about))
    return page(
        request,
        "dispute",
        status=422 if form.is_bound else 200,
        line=dispute_words.line(found),
        said=disputes.said_in(access=facts["access"], dispute_id=found.id),
        way=way,
        form=form,
        refused=refused,
        waiting=disputing.waiting(dispute_id=found.id),
        run=found.correction.removeprefix("refund-run:")
        if found.correction.startswith("refund-run:")
        else "",
        **facts,
    )


def _answered(request: HttpRequest, found: disputes.Dispute, form: AnswerForm) -> HttpResponse:
    _DO.get(request.POST.get("do", ""), _unknown)(request, found, form)
    return HttpResponseRedirect(reverse("agency:disputes"))


def _explained(request: HttpRequest, found: disputes.Dispute, form: AnswerForm) -> None:
    with unit_of_work():
        disputing.explain(dispute_id=found.id, why=form.why(), actor=actor_of(request), now=now())
    messages.success(request, _("已答覆，並通知當事人。"))


def _corrected(request: HttpRequest, found: disputes.Dispute, form: AnswerForm) -> None:
    correction = disputing.Correction(
        why=form.why(), fund=form.cleaned_data.get("fund"), amount=form.cleaned_data.get("amount")
    )
    with unit_of_work():
        proposal = disputing.correct(
            dispute_id=found.id, correction=correction, actor=actor_of(request), now=now()
        )
    if proposal is None:
        messages.success(request, _("已更正入帳，並通知當事人。"))
    else:
        messages.success(request, _("金額較大，已送請另一位同仁覆核。"))


def _unknown(request: HttpRequest, found: disputes.Dispute, form: AnswerForm) -> None:
    raise NotFound(what="answer")


_DO: dict[str, Callable[[HttpRequest, disputes.Dispute, AnswerForm], None]] = {
    "explain": _explained,
    "correct": _corrected,
}

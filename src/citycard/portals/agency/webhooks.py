"""What an agency's systems are told: a subscription, its deliveries, and sending again."""

import datetime as dt

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from citycard.agencies import api as agencies
from citycard.flows import handing_cases_on, telling_agencies
from citycard.infra.clock import now
from citycard.infra.unit_of_work import unit_of_work
from citycard.infra.web.refusals import refusal_text
from citycard.portals.agency.shell import page
from citycard.portals.agency.systems import ROLES, own_system, shown
from citycard.portals.agency.webhook_forms import CasesForm, WebhookForm, answer_words, kind_name
from citycard.portals.doors import actor_of, door

OVERLAP = dt.timedelta(days=2)
_STATES: dict[str, agencies.WebhookState] = {
    "pause": "paused",
    "resume": "active",
    "end": "ended",
}


@require_POST
@door(roles=ROLES)
def add(request: HttpRequest, client_id: int) -> HttpResponse:
    """Add a subscription; its secret is shown this once."""
    system = own_system(request, client_id)
    form = WebhookForm(request.POST)
    if form.is_valid():
        try:
            with unit_of_work():
                made = agencies.add_webhook(
                    client_id=client_id,
                    url=form.cleaned_data["url"].strip(),
                    kinds=form.cleaned_data["kinds"],
                    actor=actor_of(request),
                    now=now(),
                    plain=bool(settings.CITYCARD_DEMO),
                )
        except (agencies.NotAnAddress, agencies.TooManyWebhooks) as refusal:
            form.add_error("url", refusal_text(refusal))
        else:
            return page(request, "webhook_secret", made=made, system=system)
    return shown(request, system, status=422, webhook=form)


@door(roles=ROLES)
def webhook(request: HttpRequest, webhook_id: int) -> HttpResponse:
    """Show a subscription and what was sent; try it, pause it, end it, send again."""
    found = agencies.webhook(webhook_id=webhook_id)
    system = own_system(request, found.client_id)
    wanted = request.POST.get("do", "") if request.method == "POST" else ""
    if wanted == "rotate":
        with unit_of_work():
            made = agencies.rotate_webhook_secret(
                webhook_id=webhook_id, overlap=OVERLAP, actor=actor_of(request), now=now()
            )
        return page(request, "webhook_secret", made=made, system=system, until=now() + OVERLAP)
    if wanted == "cases":
        return _cases_sent(request, found, system)
    if wanted:
        messages.success(request, _carried_out(request, found, wanted))
        ended = wanted == "end"
        route, number = ("system", system.client_id) if ended else ("webhook", webhook_id)
        return HttpResponseRedirect(reverse(f"agency:{route}", args=[number]))
    return _shown(request, found, system)


def _shown(
    request: HttpRequest,
    found: agencies.Webhook,
    system: agencies.Client,
    cases: CasesForm | None = None,
) -> HttpResponse:
    sent = agencies.webhook_messages(webhook_id=found.webhook_id)
    takes_cases = handing_cases_on.KIND in found.kinds
    return page(
        request,
        "webhook",
        status=200 if cases is None else 422,
        webhook=found,
        system=system,
        kinds=[kind_name(kind) for kind in found.kinds],
        sent=[(one, kind_name(one.kind), answer_words(one.last_answer)) for one in sent],
        is_gone=found.state == "paused"
        and any(
            one.state == "waiting" and one.last_answer == telling_agencies.GONE for one in sent
        ),
        cases=(cases or CasesForm()) if takes_cases and found.state != "ended" else None,
    )


def _cases_sent(
    request: HttpRequest, found: agencies.Webhook, system: agencies.Client
) -> HttpResponse:
    """Send what was approved since a day, and say how much it is."""
    form = CasesForm(request.POST)
    if not form.is_valid():
        return _shown(request, found, system, cases=form)
    number = handing_cases_on.send_since(
        webhook_id=found.webhook_id,
        since=form.cleaned_data["since"],
        now=now(),
    )
    said = _("%(n)s 件核准的案件會依序送出。") % {"n": number}
    messages.success(request, said if number else _("這段期間沒有要送出的案件。"))
    return HttpResponseRedirect(reverse("agency:webhook", args=[found.webhook_id]))


def _carried_out(request: HttpRequest, found: agencies.Webhook, wanted: str) -> str:
    """Do what was asked for, and return what to say of it."""
    actor, at = actor_of(request), now()
    if wanted == "ping":
        telling_agencies.ping(webhook_id=found.webhook_id, actor=actor, now=at)
        if found.state == "paused":
            return _("測試訊息已排入；這個訂閱暫停中，恢復後才會送出。")
        return _("測試訊息已排入，幾秒後會出現結果。")
    if wanted == "send-again":
        again = agencies.failed_messages(webhook_id=found.webhook_id)
        telling_agencies.send_again(message_ids=again, actor=actor, now=at)
        return _("%(n)s 則通知會重新送出。") % {"n": len(again)}
    with unit_of_work():
        agencies.change_webhook(
            webhook_id=found.webhook_id, state=_STATES[wanted], actor=actor, now=at
        )
    return {
        "pause": _("已暫停；這段期間的通知會先留著。"),
        "resume": _("已恢復，留著的通知會依序送出。"),
    }.get(wanted, _("已結束這個訂閱。"))

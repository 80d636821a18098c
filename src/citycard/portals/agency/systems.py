"""An agency's own systems: connecting one (its key is shown once), new keys, taking one out."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from citycard.agencies import api as agencies
from citycard.applications import api as applications
from citycard.flows import handing_cases_on
from citycard.infra import clock
from citycard.infra.clock import now
from citycard.infra.unit_of_work import unit_of_work
from citycard.infra.web.refusals import refusal_text
from citycard.kernel.errors import NotFound
from citycard.portals.agency.shell import own_agencies, page
from citycard.portals.agency.webhook_forms import WebhookForm, kind_name
from citycard.portals.doors import actor_of, door
from citycard.portals.naming import in_language, name_of

ROLES = {"organiser"}
WEEK = dt.timedelta(days=7)
"""How long the key before holds beside a new one, so that nothing stands still meanwhile."""

DAYS = 14


class ConnectForm(forms.Form):
    """A system to connect."""

    code = forms.SlugField(
        label=gettext_lazy("系統代碼"),
        max_length=40,
        help_text=gettext_lazy("例如 SPORTS-CRM；用過的代碼不能再用。"),
    )
    agency = forms.ChoiceField(label=gettext_lazy("所屬機關"))
    sandbox = forms.BooleanField(
        label=gettext_lazy("測試用"),
        required=False,
        help_text=gettext_lazy("送來的內容都不會保存；只認得測試卡，展示城市另可查詢虛構的市民。"),
    )

    def __init__(self, *args: Any, own: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["agency"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(code, name_of("agency", code)) for code in own]


@door(roles=ROLES)
def list_systems(request: HttpRequest) -> HttpResponse:
    """List systems; connect one when a form was sent."""
    own = own_agencies(request)
    form = ConnectForm(request.POST if request.method == "POST" else None, own=own)
    if form.is_bound and form.is_valid():
        try:
            with unit_of_work():
                connected = agencies.connect_client(
                    code=form.cleaned_data["code"],
                    agency=form.cleaned_data["agency"],
                    sandbox=form.cleaned_data["sandbox"],
                    actor=actor_of(request),
                    now=now(),
                )
        except agencies.ClientCodeUsed as used:
            form.add_error("code", refusal_text(used))
        else:
            return page(request, "system_key", connected=connected)
    rows = [
        {"system": one, "agency": name_of("agency", one.agency)}
        for agency in own
        for one in agencies.clients(agency=agency)
    ]
    return page(
        request,
        "systems",
        status=422 if form.is_bound else 200,
        form=form,
        rows=rows,
        unsent=_unsent(own),
    )


def _unsent(own: Sequence[str]) -> list[str]:
    """Name the services whose approved cases the agency's system should be sent, and none asks
    for."""
    hooks = agencies.webhooks_of_kinds(kinds=[handing_cases_on.KIND], sandboxes=False)
    asked = {one.agency for one in hooks}
    return [
        in_language(applications.form(code=form).services[service].name)
        for agency in own
        if agency not in asked
        for form, service in handing_cases_on.services_sent_to(agency=agency)
    ]


class PublicKeyForm(forms.Form):
    """What a system signs its questions with."""

    pem = forms.CharField(
        label=gettext_lazy("公開金鑰（PEM）"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 5, "autocomplete": "off", "spellcheck": "false"}),
        help_text=gettext_lazy("使用 Eligibility API 的系統才需要；P-256 曲線。清空就是不再使用。"),
    )


@door(roles=ROLES)
def system(request: HttpRequest, client_id: int) -> HttpResponse:
    """Show a system with its use and subscriptions; give it a new key, or take it out."""
    found = own_system(request, client_id)
    wanted = request.POST.get("do", "") if request.method == "POST" else ""
    if wanted in ("rotate", "rotate-now"):
        return _rotated(request, client_id, WEEK if wanted == "rotate" else dt.timedelta(0))
    if wanted == "revoke":
        with unit_of_work():
            agencies.revoke_client(client_id=client_id, actor=actor_of(request), now=now())
        messages.success(request, _("%(code)s 已停用。") % {"code": found.code})
        return HttpResponseRedirect(reverse("agency:systems"))
    form = PublicKeyForm(request.POST) if wanted == "public-key" else None
    if form is not None and form.is_valid() and _noted(request, found, form):
        return HttpResponseRedirect(reverse("agency:system", args=[client_id]))
    return shown(request, found, status=422 if form else 200, public_key=form)


def own_system(request: HttpRequest, client_id: int) -> agencies.Client:
    """Return a system of the reader's agency, or of one under it; another's is not found."""
    found = agencies.client(client_id=client_id)
    if found.agency not in own_agencies(request):
        raise NotFound(what="system")
    return found


def shown(
    request: HttpRequest, found: agencies.Client, status: int = 200, **forms_given: Any
) -> HttpResponse:
    """Answer with a system's page; a form that was sent wrongly stands in it."""
    given = {name: form for name, form in forms_given.items() if form is not None}
    since = clock.today() - dt.timedelta(days=DAYS - 1)
    use_form = given.get("public_key") or PublicKeyForm(initial={"pem": found.public_key})
    return page(
        request,
        "system",
        status=status,
        system=found,
        agency=name_of("agency", found.agency),
        both_until=_still(found.old_key_until),
        days=_by_day(agencies.client_uses(client_id=found.client_id, since=since)),
        hooks=[
            (one, [kind_name(kind) for kind in one.kinds])
            for one in agencies.webhooks(client_id=found.client_id)
        ],
        key_form=use_form,
        hook_form=given.get("webhook") or WebhookForm(),
    )


def _still(until: dt.datetime | None) -> dt.datetime | None:
    return until if until is not None and until > now() else None


def _route_name(route: str) -> str:
    """Return what a system asked for, in words; what has none stands for itself."""
    names = {
        "conversions": _("換成會員編號"),
        "verifications": _("查驗卡片"),
        "eligibility": _("查驗卡片（Eligibility API）"),
        "taps": _("上傳刷卡"),
        "numbers": _("登錄會員編號"),
        "numberRemovals": _("註銷會員編號"),
        "campaigns": _("查詢活動"),
        "earnings": _("上傳集點"),
        "visits": _("上傳入場"),
        "visitPrice": _("查詢票價"),
        "visitFirstDays": _("查詢免費日"),
        "files.taps": _("檔案：刷卡"),
        "files.numbers": _("檔案：會員編號"),
        "files.earnings": _("檔案：集點"),
        "files.unknown": _("檔案：不知道是什麼"),
    }
    return names.get(route, route)


def _by_day(uses: Sequence[agencies.ClientUse]) -> list[dict[str, Any]]:
    """Return what was asked for, a row a day."""
    days: dict[dt.date, dict[str, Any]] = {}
    for one in uses:
        day = days.setdefault(one.on, {"on": one.on, "requests": 0, "refusals": 0, "routes": []})
        day["requests"] += one.requests
        day["refusals"] += one.refusals
        day["routes"].append((_route_name(one.route), one.requests))
    return list(days.values())


def _rotated(request: HttpRequest, client_id: int, overlap: dt.timedelta) -> HttpResponse:
    at = now()
    with unit_of_work():
        rotated = agencies.rotate_client_key(
            client_id=client_id, actor=actor_of(request), now=at, overlap=overlap
        )
    until = at + overlap if overlap else None
    return page(request, "system_key", connected=rotated, until=until)


def _noted(request: HttpRequest, found: agencies.Client, form: PublicKeyForm) -> bool:
    try:
        with unit_of_work():
            agencies.set_client_public_key(
                client_id=found.client_id,
                pem=form.cleaned_data["pem"].strip(),
                actor=actor_of(request),
                now=now(),
            )
    except agencies.NotAPublicKey as wrong:
        form.add_error("pem", refusal_text(wrong))
        return False
    messages.success(request, _("公開金鑰已更新。"))
    return True

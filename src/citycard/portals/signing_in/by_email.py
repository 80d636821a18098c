"""Residents: an address, then the code that was sent to it."""

from ipaddress import ip_address

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from citycard.identity import api as identity
from citycard.infra import clock
from citycard.infra.unit_of_work import unit_of_work
from citycard.infra.web.refusals import refusal_text
from citycard.kernel.errors import Refused
from citycard.portals.doors import ANYONE, actor_of, door
from citycard.portals.signing_in import returning
from citycard.portals.signing_in.personas import offered_to

CHALLENGE = "sign_in_challenge"
SHOWN = "sign_in_address"


class AddressForm(forms.Form):
    """Where to send the code."""

    email = forms.EmailField(
        label=_("電子郵件"),
        help_text=_("我們會寄一組 6 位數驗證碼給您。第一次登入也從這裡開始。"),
        error_messages={
            "required": _("請填寫電子郵件。"),
            "invalid": _("這不是電子郵件地址，正確的寫法像 name@example.com。"),
        },
        widget=forms.EmailInput(attrs={"autocomplete": "email", "spellcheck": "false"}),
    )


class CodeForm(forms.Form):
    """The six digits."""

    code = forms.CharField(
        label=_("驗證碼"),
        max_length=9,
        error_messages={"required": _("請填寫信中的 6 位數驗證碼。")},
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "inputmode": "numeric",
                "data-cc-focus": "",
            }
        ),
    )


@door(roles=ANYONE)
def start(request: HttpRequest) -> HttpResponse:
    """Ask for an e-mail address and send a code to it."""
    returning.remember_target(request)
    if actor_of(request).has_any_role("resident") and request.method == "GET":
        return redirect("/")
    form = AddressForm(request.POST or None)
    if form.is_valid() and _send_code(request, form):
        return redirect("signing_in:code")
    return _page(request, "start", form=form, personas=offered_to("resident"))


@door(roles=ANYONE)
def code(request: HttpRequest) -> HttpResponse:
    """Ask for the code, and sign in whoever read it."""
    challenge = request.session.get(CHALLENGE)
    if challenge is None:
        return redirect("signing_in:start")
    form = CodeForm(request.POST or None)
    if form.is_valid():
        try:
            account = identity.finish_email_login(
                challenge_id=challenge, code=form.cleaned_data["code"], now=clock.now()
            )
        except Refused as refusal:
            form.add_error("code", refusal_text(refusal))
        else:
            for name in (CHALLENGE, SHOWN):
                request.session.pop(name, None)
            level = min(account.level, identity.LEVEL_BY_REGISTER)
            return returning.enter(request, account, level=level)
    return _page(request, "code", form=form, address=request.session.get(SHOWN, ""))


@door(roles=ANYONE)
def demo_mail(request: HttpRequest) -> HttpResponse:
    """Show the mails that a demo city would have sent; there is no such page elsewhere."""
    if not identity.personas_offered():
        raise Http404
    return _page(request, "demo_mail", mails=identity.demo_mails(limit=20))


def _send_code(request: HttpRequest, form: AddressForm) -> bool:
    email = form.cleaned_data["email"]
    try:
        with unit_of_work():
            challenge = identity.start_email_login(
                email=email,
                now=clock.now(),
                language=get_language() or "zh-hant",
                origin=_origin(request),
            )
    except Refused as refusal:
        form.add_error("email", refusal_text(refusal))
        return False
    request.session[CHALLENGE] = challenge
    request.session[SHOWN] = _masked(email)
    return True


def _origin(request: HttpRequest) -> str:
    """Return the address that a request comes from; empty where it is this machine's own: that is a
    proxy which nobody named, and so the whole city.
    """
    address: str = request.META.get("REMOTE_ADDR", "")
    try:
        return "" if ip_address(address).is_loopback else address
    except ValueError:
        return address


def _masked(email: str) -> str:
    """Return an address as its owner recognises it: ``w***g@example.com``."""
    name, _at, host = email.partition("@")
    return f"{name[:1]}***{name[-1:] if len(name) > 1 else ''}@{host}"


def _page(request: HttpRequest, template: str, **facts: object) -> HttpResponse:
    facts["demo"] = identity.personas_offered()
    return render(request, f"signing_in/{template}.html", facts)

"""Staff: user name, password, one-time code."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from citycard.identity import api as identity
from citycard.infra import clock
from citycard.infra.web.refusals import refusal_text
from citycard.kernel.errors import Refused
from citycard.portals.doors import ANYONE, actor_of, door
from citycard.portals.signing_in import returning
from citycard.portals.signing_in.personas import offered_to


class StaffForm(forms.Form):
    """The three things that staff sign in with."""

    username = forms.CharField(
        label=_("帳號"),
        max_length=80,
        error_messages={"required": _("請填寫帳號。")},
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    password = forms.CharField(
        label=_("密碼"),
        max_length=200,
        strip=False,
        error_messages={"required": _("請填寫密碼。")},
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    totp = forms.CharField(
        label=_("動態密碼"),
        help_text=_("驗證器 App 上顯示的 6 位數字"),
        max_length=8,
        error_messages={"required": _("請填寫驗證器 App 上的 6 位數字。")},
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )


@door(roles=ANYONE)
def staff(request: HttpRequest) -> HttpResponse:
    """Sign a member of staff in."""
    returning.remember_target(request)
    if actor_of(request).kind == "staff" and request.method == "GET" and not request.GET:
        return redirect(returning.home_of(actor_of(request)))
    form = StaffForm(request.POST or None)
    if form.is_valid():
        try:
            account = identity.sign_in_staff(**form.cleaned_data, now=clock.now())
        except Refused as refusal:
            form.add_error(None, refusal_text(refusal))
        else:
            return returning.enter(request, account, level=identity.STAFF_LEVEL)
    facts = {"form": form, "personas": offered_to("staff"), "demo": identity.personas_offered()}
    return render(request, "signing_in/staff.html", facts)

"""Residents: a citizen certificate. A demo city has cards of its own, which sign in place of a
card reader.
"""

from base64 import b64decode
from binascii import Error as NotBase64

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from citycard.identity import api as identity
from citycard.infra import clock
from citycard.infra.unit_of_work import unit_of_work
from citycard.infra.web.refusals import refusal_text
from citycard.kernel.errors import Refused
from citycard.portals.doors import ANYONE, door
from citycard.portals.signing_in import returning

CHALLENGE = "certificate_challenge"


class CertificateForm(forms.Form):
    """Whose certificate it is; the card reader's component fills in the rest."""

    id_number = forms.CharField(
        label=_("身分證字號或居留證號"),
        max_length=12,
        error_messages={"required": _("請填寫身分證字號或居留證號。")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    pin = forms.CharField(
        label=_("憑證 PIN 碼"),
        max_length=8,
        error_messages={"required": _("請填寫憑證的 PIN 碼。")},
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )
    certificate = forms.CharField(required=False, widget=forms.HiddenInput)
    signature = forms.CharField(required=False, widget=forms.HiddenInput)


@door(roles=ANYONE)
def certificate(request: HttpRequest) -> HttpResponse:
    """Let a certificate sign a random value, and sign its holder in at level 3."""
    returning.remember_target(request)
    form = CertificateForm(request.POST or None)
    # a card reader's own window asks for the PIN; only a demo card asks here
    if not identity.personas_offered():
        del form.fields["pin"]
    if form.is_valid():
        try:
            account = _judge(request, form)
        except Refused as refusal:
            form.add_error(None, refusal_text(refusal))
        else:
            return returning.enter(request, account, level=identity.LEVEL_BY_CERTIFICATE)
    with unit_of_work():
        challenge = identity.start_certificate_login(now=clock.now())
    request.session[CHALLENGE] = [challenge.challenge_id, challenge.nonce.hex()]
    facts = {"form": form, "nonce": challenge.nonce.hex(), "demo": identity.personas_offered()}
    return render(request, "signing_in/certificate.html", facts)


def _judge(request: HttpRequest, form: CertificateForm) -> identity.Account:
    challenge_id, nonce = request.session.pop(CHALLENGE, ["", ""])
    presented = _presented(form, bytes.fromhex(nonce))
    return identity.sign_in_by_certificate(
        challenge_id=challenge_id,
        id_number=form.cleaned_data["id_number"],
        certificate=presented[0],
        signature=presented[1],
        now=clock.now(),
        account_id=request.session.get("account_id"),
    )


def _presented(form: CertificateForm, nonce: bytes) -> tuple[bytes, bytes]:
    """Return certificate and signature: a card reader's, or in a demo those of a demo card."""
    given = form.cleaned_data
    if identity.personas_offered() and not given["certificate"]:
        return identity.present_demo_card(
            id_number=given["id_number"], pin=given["pin"], nonce=nonce
        )
    try:
        return b64decode(given["certificate"]), b64decode(given["signature"])
    except (NotBase64, ValueError):
        return b"", b""

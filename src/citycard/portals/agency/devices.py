"""An agency's readers and kiosks: how they are, enrolling one, and what is done with one later."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from citycard.agencies import api as agencies
from citycard.infra.clock import now
from citycard.infra.unit_of_work import unit_of_work
from citycard.infra.web.refusals import refusal_text
from citycard.kernel.errors import NotFound
from citycard.portals import reader_health
from citycard.portals.agency.device_forms import EnrolForm, MoveForm, RevokeForm
from citycard.portals.agency.enrolling import keys_page
from citycard.portals.agency.shell import attachment, own_agencies, page
from citycard.portals.doors import actor_of, door
from citycard.portals.reader_pages import about

ROLES = {"organiser"}
A_PAGE = 30


@door(roles=ROLES)
def list_devices(request: HttpRequest) -> HttpResponse:
    """List devices, what is wrong first; enrol one when a form was sent."""
    own = own_agencies(request)
    form = EnrolForm(request.POST if request.method == "POST" else None, own=own)
    if form.is_bound and form.is_valid():
        with unit_of_work():
            [enrolled] = agencies.enrol_devices(
                devices=[form.new_device()], actor=actor_of(request), now=now()
            )
        if enrolled.refusal is None:
            return keys_page(request, [enrolled])
        form.add_error("code", refusal_text(enrolled.refusal))
    return page(
        request, "devices", status=422 if form.is_bound else 200, form=form, **_listed(request, own)
    )


@door(roles=ROLES)
def devices_csv(request: HttpRequest) -> HttpResponse:
    """Download the readers and their numbers."""
    content = reader_health.as_csv(_lines(own_agencies(request)))
    return attachment(content, name="readers.csv", media_type="text/csv; charset=utf-8")


@door(roles=ROLES)
def device(request: HttpRequest, device_id: int) -> HttpResponse:
    """Show a device; move it, give it a new key, set it up anew, or take it out of service."""
    found = agencies.device(device_id=device_id)
    own = own_agencies(request)
    if found.agency not in own:
        raise NotFound(what="device")
    moving, revoking = MoveForm(own=own, device=found), RevokeForm()
    wanted = request.POST.get("do", "") if request.method == "POST" else ""
    if wanted in ("rotate", "anew"):
        return keys_page(request, [_with_new_key(request, found, anew=wanted == "anew")])
    if wanted == "revoke":
        revoking = RevokeForm(request.POST)
        if revoking.is_valid():
            return _revoke(request, found, revoking.cleaned_data["because"])
    if wanted == "move":
        moving = MoveForm(request.POST, own=own, device=found)
        if moving.is_valid():
            return _move(request, moving)
    bound = moving.is_bound or revoking.is_bound
    return page(
        request,
        "device",
        status=422 if bound else 200,
        moving=moving,
        revoking=revoking,
        **about(found, now()),
    )


def _listed(request: HttpRequest, own: list[str]) -> dict[str, Any]:
    found = _lines(own)
    wanted, words = request.GET.get("show", ""), request.GET.get("q", "").strip()
    shown = wanted if wanted in reader_health.FILTERS else "all"
    left = reader_health.matching(found, shown, words)
    return {
        "found": Paginator(left, A_PAGE).get_page(request.GET.get("page")),
        "tabs": reader_health.tabs(found, shown),
        "shown": shown,
        "words": words,
        "any": bool(found),
    }


def _lines(own: list[str]) -> list[reader_health.Line]:
    devices = [device for agency in own for device in agencies.devices(agency=agency)]
    return reader_health.lines(devices, now())


def _with_new_key(
    request: HttpRequest, found: agencies.Device, *, anew: bool
) -> agencies.EnrolledDevice:
    """Give a device a new key; ``anew``: because its firmware was written again."""
    actor, at = actor_of(request), now()
    with unit_of_work():
        if not anew:
            return agencies.rotate_device_key(device_id=found.device_id, actor=actor, now=at)
        same = agencies.NewDevice(
            code=found.code,
            kind=found.kind,
            agency=found.agency,
            place=found.place,
            service=found.service,
            number_profile=found.number_profile,
        )
        [enrolled] = agencies.enrol_devices(devices=[same], actor=actor, now=at, anew=True)
    if enrolled.refusal is not None:
        raise enrolled.refusal
    return enrolled


def _revoke(request: HttpRequest, found: agencies.Device, because: str) -> HttpResponse:
    with unit_of_work():
        agencies.revoke_device(
            device_id=found.device_id, actor=actor_of(request), now=now(), because=because
        )
    messages.success(request, _("%(code)s 已停用，兩秒內不再受理。") % {"code": found.code})
    return HttpResponseRedirect(reverse("agency:devices"))


def _move(request: HttpRequest, form: MoveForm) -> HttpResponse:
    move = form.move(now())
    with unit_of_work():
        agencies.move_devices(moves=[move], actor=actor_of(request), now=now())
    messages.success(request, _("已登記移動；之後上傳的刷卡依當時的地點與服務計算。"))
    return HttpResponseRedirect(reverse("agency:device", args=[move.device_id]))

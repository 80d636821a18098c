"""An agency's readers and kiosks: enrolling one (its key is shown once), new keys, taking one
out."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from citycard.agencies import api as agencies
from citycard.infra.clock import now
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.infra.web.refusals import refusal_text
from citycard.kernel.errors import NotFound
from citycard.portals.agency.shell import own_agencies, page
from citycard.portals.doors import actor_of, door
from citycard.portals.naming import in_language, name_of


class EnrolForm(forms.Form):
    """A reader to enrol."""

    code = forms.SlugField(
        label=gettext_lazy("設備編號"),
        max_length=40,
        help_text=gettext_lazy("貼在機身上的編號，例如 SPORTS-DAAN-2；用過的編號不能再用。"),
    )
    place = forms.ChoiceField(label=gettext_lazy("放置地點"))
    service = forms.ChoiceField(label=gettext_lazy("服務"))
    number_profile = forms.ChoiceField(label=gettext_lazy("讀取的卡號"))

    def __init__(self, *args: Any, own: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = [place for agency in own for place in agencies.places(agency=agency)]
        places = [place for place in known if place.kind == "place"]
        self.agency_of = {place.code: place.agency for place in places}
        served = sorted({service for place in places for service in place.serves})
        self._choose("place", [(code, name_of("place", code)) for code in self.agency_of])
        self._choose("service", [(code, name_of("service", code)) for code in served])
        self._choose("number_profile", _number_profiles())

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def new_device(self) -> agencies.NewDevice:
        """Return what was filled in as a device to enrol."""
        given = self.cleaned_data
        return agencies.NewDevice(
            code=given["code"],
            kind="reader",
            agency=self.agency_of[given["place"]],
            place=given["place"],
            service=given["service"],
            number_profile=given["number_profile"],
        )


@door(roles={"organiser"})
def list_devices(request: HttpRequest) -> HttpResponse:
    """List devices; enrol one when a form was sent."""
    own = own_agencies(request)
    form = EnrolForm(request.POST if request.method == "POST" else None, own=own)
    if form.is_bound and form.is_valid():
        with unit_of_work():
            [enrolled] = agencies.enrol_devices(
                devices=[form.new_device()], actor=actor_of(request), now=now()
            )
        if enrolled.refusal is None:
            return _show_key(request, enrolled)
        form.add_error("code", refusal_text(enrolled.refusal))
    return page(
        request,
        "devices",
        status=422 if form.is_bound else 200,
        form=form,
        rows=[_line(device) for agency in own for device in agencies.devices(agency=agency)],
    )


@door(roles={"organiser"})
def change(request: HttpRequest, device_id: int) -> HttpResponse:
    """Give a device a new key, or take it out of service."""
    found = agencies.device(device_id=device_id)
    if found.agency not in own_agencies(request):
        raise NotFound(what="device")
    wanted = request.POST.get("do", "") if request.method == "POST" else ""
    if wanted == "rotate":
        with unit_of_work():
            rotated = agencies.rotate_device_key(
                device_id=device_id, actor=actor_of(request), now=now()
            )
        return _show_key(request, rotated)
    if wanted == "revoke":
        with unit_of_work():
            agencies.revoke_device(device_id=device_id, actor=actor_of(request), now=now())
        messages.success(request, _("%(code)s 已停用，兩秒內不再受理。") % {"code": found.code})
    return HttpResponseRedirect(reverse("agency:devices"))


def _show_key(request: HttpRequest, enrolled: agencies.EnrolledDevice) -> HttpResponse:
    """Show a key this once: it isn't kept in clear anywhere, the session included."""
    return page(request, "device_key", enrolled=enrolled)


def _line(device: agencies.Device) -> dict[str, Any]:
    return {
        "device": device,
        "place": name_of("place", device.place),
        "service": name_of("service", device.service),
        "agency": name_of("agency", device.agency),
    }


def _number_profiles() -> list[tuple[str, str]]:
    media = current_pack().table("cards")["media"]
    return [
        (f"{medium['issuer']}_{kind}", f"{name_of('medium', code)} · {_number_name(number, kind)}")
        for code, medium in media.items()
        for kind, number in medium.get("numbers", {}).items()
    ]


def _number_name(number: dict[str, Any], kind: str) -> str:
    return in_language(number.get("name", kind))

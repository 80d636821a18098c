"""Forms for devices: enrolling one, moving it, taking it out of service."""

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from citycard.agencies import api as agencies
from citycard.infra.clock import now
from citycard.infra.packs import current_pack
from citycard.portals.naming import in_language, name_of

KINDS = {
    "reader": gettext_lazy("讀卡機"),
    "till": gettext_lazy("收銀機（以點數付款）"),
    "kiosk": gettext_lazy("點數兌換機"),
}


class PlaceForm(forms.Form):
    """A place of one's own agencies and a service that readers there can serve."""

    place = forms.ChoiceField(label=gettext_lazy("放置地點"))
    service = forms.ChoiceField(label=gettext_lazy("服務"), required=False)

    def __init__(self, *args: Any, places: list[agencies.Place], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.places = {place.code: place for place in places}
        served = sorted({service for place in places for service in place.serves})
        self._choose("place", [(code, name_of("place", code)) for code in self.places])
        none = [("", _("（兌換機與收銀機不必選）"))]
        self._choose("service", none + [(code, name_of("service", code)) for code in served])

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def _check_served(self, kind: str, service: str | None, profile: str | None) -> None:
        if kind == "reader" and not service:
            self.add_error("service", _("請選這台讀卡機用在哪一項服務。"))
        if service and profile and not serves(profile, service):
            self.add_error("service", _("這種讀卡方式不能用在這項服務，請改選讀卡方式或服務。"))


class EnrolForm(PlaceForm):
    """A device to enrol."""

    kind = forms.ChoiceField(
        label=gettext_lazy("設備種類"),
        required=False,
        choices=list(KINDS.items()),
        help_text=gettext_lazy("兌換機只能放在城市設定檔列出的兌換機地點。"),
    )
    code = forms.SlugField(
        label=gettext_lazy("設備編號"),
        max_length=40,
        help_text=gettext_lazy("貼在機身上的編號，例如 SPORTS-DAAN-2；用過的編號不能再用。"),
    )
    number_profile = forms.ChoiceField(
        label=gettext_lazy("讀卡方式"),
        help_text=gettext_lazy("設備韌體送出哪一種號碼；不確定時請問廠商。"),
    )
    field_order = ("code", "kind", "place", "service", "number_profile")

    def __init__(self, *args: Any, own: list[str], **kwargs: Any) -> None:
        super().__init__(*args, places=places_of(own), **kwargs)
        self._choose("number_profile", profile_choices())

    def clean(self) -> dict[str, Any]:
        """Check that such a device can stand there and serve what it is enrolled for."""
        given = super().clean() or {}
        if place := self.places.get(given.get("place", "")):
            given["kind"] = kind = given.get("kind") or usual_kind(place)
            if remedy := wrong_kind(kind, place):
                self.add_error("kind", remedy)
            self._check_served(kind, given.get("service"), given.get("number_profile"))
        return given

    def new_device(self) -> agencies.NewDevice:
        """Return what was filled in as a device to enrol."""
        given = self.cleaned_data
        return agencies.NewDevice(
            code=given["code"],
            kind=given["kind"],
            agency=self.places[given["place"]].agency,
            place=given["place"],
            service=service_of(given["kind"], given["service"]),
            number_profile=given["number_profile"],
        )


class MoveForm(PlaceForm):
    """Where a device stands since when, and what it serves there."""

    since = forms.DateTimeField(
        label=gettext_lazy("從何時起"),
        required=False,
        help_text=gettext_lazy("已經移動過去的時間；不填就是現在。"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    field_order = ("place", "service", "since")

    def __init__(self, *args: Any, own: list[str], device: agencies.Device, **kwargs: Any) -> None:
        stands = {"place": device.place, "service": device.service}
        places = [one for one in places_of(own) if not wrong_kind(device.kind, one)]
        super().__init__(*args, places=places, initial=stands, **kwargs)
        self.device = device

    def clean_since(self) -> dt.datetime | None:
        """Check that it has happened."""
        since: dt.datetime | None = self.cleaned_data["since"]
        if since is not None and since > now():
            raise forms.ValidationError(_("還沒到這個時間；移動之後再登記。"))
        return since

    def clean(self) -> dict[str, Any]:
        """Check that such a reader can serve what it is moved to."""
        given = super().clean() or {}
        self._check_served(self.device.kind, given.get("service"), self.device.number_profile)
        return given

    def move(self, at: dt.datetime) -> agencies.DeviceMove:
        """Return what was filled in; without a time it is now."""
        given = self.cleaned_data
        return agencies.DeviceMove(
            device_id=self.device.device_id,
            agency=self.places[given["place"]].agency,
            place=given["place"],
            service=service_of(self.device.kind, given["service"]),
            since=given["since"] or at,
        )


class RevokeForm(forms.Form):
    """Why a device is taken out of service."""

    because = forms.CharField(
        label=gettext_lazy("停用原因"),
        max_length=200,
        help_text=gettext_lazy("例如：遺失、汰換、金鑰外洩。"),
    )


def places_of(own: list[str]) -> list[agencies.Place]:
    """Return the places of agencies where devices can stand."""
    return [place for agency in own for place in agencies.places(agency=agency)]


def usual_kind(place: agencies.Place) -> str:
    """Return what stands at a place where nothing else is said."""
    return "kiosk" if place.kind == "kiosk" else "reader"


def wrong_kind(kind: str, place: agencies.Place) -> str:
    """Return what to do where such a device can't stand there; empty where it can."""
    if (kind == "kiosk") == (place.kind == "kiosk"):
        return ""
    if kind == "kiosk":
        return _("這個地點不是兌換機地點，請改選地點或設備種類。")
    return _("這個地點只放點數兌換機，請改選設備種類或地點。")


def service_of(kind: str, service: str) -> str:
    """Return what a device serves: a kiosk and a till that is told nothing are their own."""
    return kind if kind == "kiosk" or not service else service


def profile_choices() -> list[tuple[str, str]]:
    """Return the ways to read cards that the city knows, with their names."""
    return [(code, in_language(one.name)) for code, one in agencies.reader_profiles().items()]


def serves(profile: str, service: str) -> bool:
    """Tell whether readers of a profile can serve a service."""
    known = current_pack().table("services")["services"]
    category = known.get(service, {}).get("category", "")
    return agencies.reader_profile(code=profile).serves(service, category)

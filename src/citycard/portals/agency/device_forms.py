"""Forms for readers: enrolling one, moving it, taking it out of service."""

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from citycard.agencies import api as agencies
from citycard.infra.clock import now
from citycard.infra.packs import current_pack
from citycard.portals.naming import in_language, name_of


class PlaceForm(forms.Form):
    """A place of one's own agencies and a service that readers there can serve."""

    place = forms.ChoiceField(label=gettext_lazy("放置地點"))
    service = forms.ChoiceField(label=gettext_lazy("服務"))

    def __init__(self, *args: Any, own: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places = places_of(own)
        self.agency_of = {place.code: place.agency for place in places}
        served = sorted({service for place in places for service in place.serves})
        self._choose("place", [(code, name_of("place", code)) for code in self.agency_of])
        self._choose("service", [(code, name_of("service", code)) for code in served])

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def _check_served(self, service: str | None, profile: str | None) -> None:
        if service and profile and not serves(profile, service):
            self.add_error("service", _("這種讀卡方式不能用在這項服務，請改選讀卡方式或服務。"))


class EnrolForm(PlaceForm):
    """A reader to enrol."""

    code = forms.SlugField(
        label=gettext_lazy("設備編號"),
        max_length=40,
        help_text=gettext_lazy("貼在機身上的編號，例如 SPORTS-DAAN-2；用過的編號不能再用。"),
    )
    number_profile = forms.ChoiceField(
        label=gettext_lazy("讀卡方式"),
        help_text=gettext_lazy("設備韌體送出哪一種號碼；不確定時請問廠商。"),
    )
    field_order = ("code", "place", "service", "number_profile")

    def __init__(self, *args: Any, own: list[str], **kwargs: Any) -> None:
        super().__init__(*args, own=own, **kwargs)
        self._choose("number_profile", profile_choices())

    def clean(self) -> dict[str, Any]:
        """Check that such a reader can serve what it is enrolled for."""
        given = super().clean() or {}
        self._check_served(given.get("service"), given.get("number_profile"))
        return given

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
        super().__init__(*args, own=own, initial=stands, **kwargs)
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
        self._check_served(given.get("service"), self.device.number_profile)
        return given

    def move(self, at: dt.datetime) -> agencies.DeviceMove:
        """Return what was filled in; without a time it is now."""
        given = self.cleaned_data
        return agencies.DeviceMove(
            device_id=self.device.device_id,
            agency=self.agency_of[given["place"]],
            place=given["place"],
            service=given["service"],
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
    """Return the places of agencies where readers can stand."""
    known = [place for agency in own for place in agencies.places(agency=agency)]
    return [place for place in known if place.kind == "place"]


def profile_choices() -> list[tuple[str, str]]:
    """Return the ways to read cards that the city knows, with their names."""
    return [(code, in_language(one.name)) for code, one in agencies.reader_profiles().items()]


def serves(profile: str, service: str) -> bool:
    """Tell whether readers of a profile can serve a service."""
    known = current_pack().table("services")["services"]
    category = known.get(service, {}).get("category", "")
    return agencies.reader_profile(code=profile).serves(service, category)

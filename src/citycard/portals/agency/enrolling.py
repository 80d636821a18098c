"""Many devices at once: a CSV file, looked at line by line before it counts; keys as a file."""

import base64
import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from citycard.agencies import api as agencies
from citycard.infra.clock import now
from citycard.infra.signers import signers
from citycard.infra.unit_of_work import unit_of_work
from citycard.infra.web.refusals import refusal_text
from citycard.portals.agency.device_forms import (
    KINDS,
    places_of,
    profile_choices,
    serves,
    service_of,
    usual_kind,
    wrong_kind,
)
from citycard.portals.agency.shell import attachment, own_agencies, page
from citycard.portals.doors import actor_of, door
from citycard.portals.naming import name_of

ROLES = {"organiser"}
MOST_LINES = 500
MOST_BYTES = 256 * 1024
COLUMNS = ("code", "place", "service", "profile")
_CODE = re.compile(r"[A-Za-z0-9_-]{1,40}")


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line of the file: what it enrols, or what is wrong with it."""

    number: int
    code: str
    place: str
    service: str
    profile: str
    kind: str = "reader"
    agency: str = ""
    epoch: int = 1
    field: str = ""
    remedy: str = ""

    @property
    def new_device(self) -> agencies.NewDevice:
        """What it enrols."""
        return agencies.NewDevice(
            code=self.code,
            kind=self.kind,
            agency=self.agency,
            place=self.place,
            service=service_of(self.kind, self.service),
            number_profile=self.profile,
        )

    @property
    def names(self) -> tuple[str, str]:
        """The names of its place and service."""
        serves = name_of("service", self.service) if self.service else str(KINDS[self.kind])
        return name_of("place", self.place), serves


class FileForm(forms.Form):
    """The file, or its content once it was looked at."""

    file = forms.FileField(
        label=gettext_lazy("設備清單（CSV）"),
        help_text=gettext_lazy(
            "第一列是欄位名稱：code、place、service、profile；"
            "收銀機再加一欄 kind，寫 till。最多 500 列。"
        ),
        widget=forms.FileInput(attrs={"accept": ".csv"}),
    )


@door(roles=ROLES)
def enrol_by_file(request: HttpRequest) -> HttpResponse:
    """Show how a file is made, look at one, and enrol what it lists once that was confirmed."""
    own = own_agencies(request)
    posted = request.method == "POST"
    form = FileForm(request.POST if posted else None, request.FILES if posted else None)
    form.fields["file"].required = "content" not in request.POST
    content, lines = "", []
    if posted and form.is_valid():
        try:
            content = _content(request, form)
            lines = read_lines(content, own)
        except ValueError as why:
            form.add_error("file", str(why))
    bad = [line for line in lines if line.remedy]
    if lines and not bad and "confirm" in request.POST:
        return _enrol(request, lines)
    return page(
        request,
        "devices_file",
        status=422 if bad or form.errors else 200,
        form=form,
        content=content,
        lines=lines,
        bad=bad,
        again=sum(line.epoch > 1 for line in lines),
        profiles=profile_choices(),
        places=[(one.code, name_of("place", one.code), one.serves) for one in places_of(own)],
    )


@door(roles=ROLES)
def sample(request: HttpRequest) -> HttpResponse:
    """Download a file to fill in, with a place of one's own."""
    places = places_of(own_agencies(request))
    lines = [
        (f"{place.code}-1".upper(), place.code, place.serves[0], profile_choices()[0][0])
        for place in places[:3]
        if place.serves
    ]
    return attachment(
        _as_csv([COLUMNS, *lines]), name="readers.csv", media_type="text/csv; charset=utf-8"
    )


def keys_page(request: HttpRequest, enrolled: Sequence[agencies.EnrolledDevice]) -> HttpResponse:
    """Show keys this once, with a file to keep: they aren't kept in clear anywhere, the session
    included. The city's own key stands beside them: by it a reader proves what it carries."""
    signer = signers(now=now())[-1]
    city_key = f"{signer.kid}:{signer.public.hex()}"
    lines = [(one.code, one.key, one.epoch, city_key) for one in enrolled]
    rows = [("code", "key", "epoch", "city_key"), *lines]
    link = "data:text/csv;charset=utf-8;base64," + base64.b64encode(_as_csv(rows)).decode()
    return page(
        request, "device_key", enrolled=enrolled, link=link, one=enrolled[0], city_key=city_key
    )


def read_lines(content: str, own: list[str]) -> list[Line]:
    """Return the lines of a file with what is wrong with each.

    :raises ValueError: it is no such file; says what to do
    """
    reader = csv.DictReader(io.StringIO(content))
    if set(COLUMNS) - {(name or "").strip() for name in reader.fieldnames or ()}:
        raise ValueError(_("第一列必須是欄位名稱：code、place、service、profile。"))
    reader.fieldnames = [name.strip() for name in reader.fieldnames or ()]
    told = [(reader.line_num, _cells(row)) for row in reader]
    if not told:
        raise ValueError(_("檔案裡沒有設備。"))
    if len(told) > MOST_LINES:
        raise ValueError(_("一個檔案最多 500 台設備，請分成幾個。"))
    known = agencies.devices_by_code(codes=[cells["code"] for _number, cells in told])
    places = {place.code: place for place in places_of(own)}
    seen: set[str] = set()
    return [_line(number, cells, places, known, seen, own) for number, cells in told]


def _line(
    number: int,
    cells: dict[str, str],
    places: dict[str, agencies.Place],
    known: dict[str, agencies.Device],
    seen: set[str],
    own: list[str],
) -> Line:
    place = places.get(cells["place"])
    cells["kind"] = cells["kind"] or (usual_kind(place) if place else "reader")
    field, remedy = _wrong(cells, place, known.get(cells["code"]), seen, own)
    seen.add(cells["code"])
    before = known.get(cells["code"])
    return Line(
        number=number,
        **cells,
        agency=place.agency if place else "",
        epoch=before.epoch + 1 if before else 1,
        field=field,
        remedy=remedy,
    )


def _wrong(
    cells: dict[str, str],
    place: agencies.Place | None,
    before: agencies.Device | None,
    seen: set[str],
    own: list[str],
) -> tuple[str, str]:
    """Return the field that is wrong and what to do; empty where nothing is."""
    if not _CODE.fullmatch(cells["code"]):
        return "code", _("只能用英文字母、數字、- 與 _，最多 40 個字。")
    if cells["code"] in seen:
        return "code", _("同一個編號在檔案裡出現兩次。")
    if place is None:
        return "place", _("貴機關沒有這個地點，請用下方的地點代碼。")
    if cells["kind"] not in KINDS:
        return "kind", _("設備種類是 reader、till 或 kiosk；不寫就是 reader。")
    if remedy := wrong_kind(cells["kind"], place):
        return "kind", remedy
    if cells["kind"] == "kiosk" or (cells["kind"] == "till" and not cells["service"]):
        return _wrong_device(cells, place, before, own)
    if cells["service"] not in place.serves:
        return "service", _("這個地點的服務是：%(codes)s。") % {"codes": "、".join(place.serves)}
    return _wrong_device(cells, place, before, own)


def _wrong_device(
    cells: dict[str, str],
    place: agencies.Place,
    before: agencies.Device | None,
    own: list[str],
) -> tuple[str, str]:
    if cells["profile"] not in agencies.reader_profiles():
        return "profile", _("沒有這種讀卡方式，請用下方的代碼。")
    if cells["kind"] == "reader" and not serves(cells["profile"], cells["service"]):
        return "profile", _("這種讀卡方式不能用在這項服務。")
    if before is None:
        return "", ""
    if before.agency not in own or before.agency != place.agency:
        return "code", _("這個編號已經用過，請換一個。")
    if before.state != "active":
        return "code", _("這台設備已經停用，請換一個編號。")
    return "", ""


def _enrol(request: HttpRequest, lines: Sequence[Line]) -> HttpResponse:
    with unit_of_work():
        done = agencies.enrol_devices(
            devices=[line.new_device for line in lines],
            actor=actor_of(request),
            now=now(),
            anew=True,
        )
    refused = [(one.code, refusal_text(one.refusal)) for one in done if one.refusal is not None]
    enrolled = [one for one in done if one.refusal is None]
    if not enrolled:
        return page(request, "devices_file", status=409, form=FileForm(), refused=refused)
    return keys_page(request, enrolled)


def _content(request: HttpRequest, form: FileForm) -> str:
    if "content" in request.POST and not form.cleaned_data["file"]:
        return str(request.POST["content"])
    file = form.cleaned_data["file"]
    if file.size > MOST_BYTES:
        raise ValueError(_("檔案太大；一個檔案最多 500 台設備。"))
    try:
        return str(file.read().decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise ValueError(_("檔案不是 UTF-8；請另存為「CSV UTF-8」。")) from None


def _cells(row: dict[str, Any]) -> dict[str, str]:
    return {name: str(row.get(name) or "").strip() for name in (*COLUMNS, "kind")}


def _as_csv(rows: Sequence[Sequence[Any]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return ("\ufeff" + out.getvalue()).encode()

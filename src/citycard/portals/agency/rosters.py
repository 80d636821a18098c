"""An organisation's own roster: who carries its function, taken from its list; and the doors'
list of cards that follows from it."""

import csv
import io
from collections import Counter
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from citycard.flows import listing_doors, rostering
from citycard.infra.clock import now, today
from citycard.infra.packs import current_pack
from citycard.infra.web.refusals import refusal_text
from citycard.kernel.errors import NotFound, Refused
from citycard.portals.agency.shell import agency_of, attachment, page
from citycard.portals.doors import actor_of, door
from citycard.portals.naming import in_language

ROLES = {"organiser"}
MOST_BYTES = 4 * 1024 * 1024
MOST_LINES = 20000


class RosterForm(forms.Form):
    """The list, and whether it is all of it."""

    file = forms.FileField(
        label=gettext_lazy("名冊（CSV）"),
        help_text=gettext_lazy("一列一人，第一欄為身分證統一編號、居留證或護照號碼。"),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt"}),
    )
    many_may_end = forms.BooleanField(
        label=gettext_lazy("確實有一半以上的人不再列名"), required=False
    )


@door(roles=ROLES)
def list_rosters(request: HttpRequest) -> HttpResponse:
    """List the rosters that the reader's organisation keeps."""
    codes = rostering.rosters_of(agency=agency_of(request))
    return page(request, "rosters", rows=[_line(code) for code in codes])


@door(roles=ROLES)
def roster(request: HttpRequest, code: str) -> HttpResponse:
    """Take a roster whole; the same one again changes nothing."""
    _check(request, code)
    form = RosterForm(request.POST or None, request.FILES or None)
    done, refused = None, ""
    if request.method == "POST" and form.is_valid():
        try:
            done = _take(request, code, form)
        except Refused as no:
            refused = refusal_text(no)
    return page(
        request,
        "roster",
        status=200 if done or not form.is_bound else 422,
        form=form,
        refused=refused,
        done=done,
        counts=Counter(done.outcomes) if done else {},
        **_line(code),
    )


@door(roles=ROLES)
def door_list(request: HttpRequest, code: str) -> HttpResponse:
    """Download the cards that a door lets in today: numbers alone, no names."""
    _check(request, code)
    listed = listing_doors.door_list(relation=code, actor=actor_of(request), now=now())
    out = io.StringIO()
    csv.writer(out).writerows([("issuer", "number_kind", "number"), *listed])
    content = b"\xef\xbb\xbf" + out.getvalue().encode()
    name = f"{code}-{today():%Y%m%d}.csv"
    return attachment(content, name=name, media_type="text/csv; charset=utf-8")


def _check(request: HttpRequest, code: str) -> None:
    if code not in rostering.rosters_of(agency=agency_of(request)):
        raise NotFound(what="roster")


def _take(request: HttpRequest, code: str, form: RosterForm) -> rostering.RosterDone | None:
    numbers = _numbers(form)
    if numbers is None:
        return None
    return rostering.take_roster(
        relation=code,
        id_numbers=numbers,
        many_may_end=form.cleaned_data["many_may_end"],
        actor=actor_of(request),
        now=now(),
    )


def _numbers(form: RosterForm) -> list[str] | None:
    """Return the numbers of a list; None, with the form saying why, where it can't be read."""
    content = form.cleaned_data["file"].read(MOST_BYTES + 1)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = ""
    found = [row[0].strip() for row in csv.reader(io.StringIO(text)) if row and row[0].strip()]
    if found and not any(char.isdigit() for char in found[0]):
        found = found[1:]  # the heading
    if len(content) > MOST_BYTES or len(found) > MOST_LINES:
        form.add_error("file", _("檔案太大，請分成幾個檔案上傳。"))
    elif not found:
        form.add_error("file", _("檔案裡沒有號碼；請用 UTF-8 的 CSV，一列一人。"))
    return None if form.errors else found


def _line(code: str) -> dict[str, Any]:
    row = current_pack().table("statuses")["relations"][code]
    return {
        "code": code,
        "name": in_language(row["name"]),
        "rights": [
            in_language(each["name"])
            for each in listing_doors.rights_through(relation=code).values()
        ],
    }

"""An organisation's own roster: who carries its function, taken from its list or by the card at
the counter, and taken off it again. What its doors know follows from it (``door_lists``)."""

import csv
import datetime as dt
import io
from collections import Counter
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from citycard.flows import listing_doors, rostering
from citycard.infra.clock import now
from citycard.infra.packs import current_pack
from citycard.infra.web import wording
from citycard.infra.web.refusals import refusal_text
from citycard.kernel.errors import NotFound, Refused
from citycard.kernel.periods import DateSpan
from citycard.portals.agency.shell import agency_of, page
from citycard.portals.doors import actor_of, door
from citycard.portals.naming import in_language

ROLES = {"organiser"}
MOST_BYTES = 4 * 1024 * 1024
MOST_LINES = 20000
MOST_SHOWN = 500
VERSIONS_SHOWN = 10


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


class CardForm(forms.Form):
    """A card on the counter, and under which unit and for which days its holder is listed."""

    card_number = forms.CharField(
        label=gettext_lazy("卡號"),
        max_length=40,
        help_text=gettext_lazy("持卡人帶來的市民卡；也可用讀卡機讀入。"),
    )
    unit = forms.CharField(
        label=gettext_lazy("戶別"),
        max_length=rostering.LONGEST_UNIT,
        required=False,
        help_text=gettext_lazy("貴單位自己的寫法，例如 A 棟 3 樓；只有貴單位看得到。"),
    )
    since = forms.DateField(
        label=gettext_lazy("起日"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    until = forms.DateField(
        label=gettext_lazy("最後一日"),
        required=False,
        help_text=gettext_lazy("空白表示沒有期限。"),
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    def days(self) -> DateSpan:
        """Return the days, half-open.

        :raises BadDays: the last is before the first
        """
        since, until = self.cleaned_data["since"], self.cleaned_data["until"]
        end = until + dt.timedelta(days=1) if until else None
        if since and end and end <= since:
            raise rostering.BadDays()
        return DateSpan(since, end)


@door(roles=ROLES)
def list_rosters(request: HttpRequest) -> HttpResponse:
    """List the rosters that the reader's organisation keeps."""
    codes = rostering.rosters_of(agency=agency_of(request))
    return page(request, "rosters", rows=[_line(code) for code in codes])


@door(roles=ROLES)
def roster(request: HttpRequest, code: str) -> HttpResponse:
    """Take a roster whole; the same one again changes nothing."""
    check_yours(request, code)
    form = RosterForm(request.POST or None, request.FILES or None)
    done, refused = None, ""
    if request.method == "POST" and form.is_valid():
        try:
            done = _take(request, code, form)
        except Refused as no:
            refused = refusal_text(no)
    return _page(
        request,
        code,
        status=200 if done or not form.is_bound else 422,
        form=form,
        refused=refused,
        done=done,
        counts=Counter(done.outcomes) if done else {},
    )


@door(roles=ROLES)
def add(request: HttpRequest, code: str) -> HttpResponse:
    """Put the holder of a card that lies on the counter on the roster."""
    check_yours(request, code)
    form = CardForm(request.POST or None)
    if not form.is_valid():
        return _page(request, code, status=422 if form.is_bound else 200, card_form=form)
    try:
        rostering.add_by_card(
            relation=code,
            card_number=form.cleaned_data["card_number"],
            unit=form.cleaned_data["unit"],
            days=form.days(),
            actor=actor_of(request),
            now=now(),
        )
    except Refused as no:
        form.add_error(None, refusal_text(no))
        return _page(request, code, status=422, card_form=form)
    messages.success(request, _listed(form.days()))
    return HttpResponseRedirect(reverse("agency:roster", args=[code]))


@door(roles=ROLES)
def remove(request: HttpRequest, code: str) -> HttpResponse:
    """Take one entry off the roster."""
    check_yours(request, code)
    if request.method == "POST":
        done = rostering.take_back_entry(
            relation=code, key=request.POST.get("entry", ""), actor=actor_of(request), now=now()
        )
        if done == "taken_back":
            messages.success(request, _("已從名冊移除；下一份門禁名單不會再有。"))
        else:
            messages.info(request, _("名冊上已經沒有這一筆，沒有變動。"))
    return HttpResponseRedirect(reverse("agency:roster", args=[code]))


def _page(request: HttpRequest, code: str, *, status: int = 200, **facts: Any) -> HttpResponse:
    rights = listing_doors.rights_through(relation=code)
    listed = rostering.entries(
        relation=code, entitlements=sorted(rights), actor=actor_of(request), now=now()
    )
    shown = {
        "form": RosterForm(),
        "card_form": CardForm(),
        "entries": listed[:MOST_SHOWN],
        "entry_count": len(listed),
        "versions": [
            {"version": one, "counts": listing_doors.count_changes(version=one)}
            for one in listing_doors.versions(relation=code)[:VERSIONS_SHOWN]
        ],
    }
    return page(request, "roster", status=status, **(shown | facts | _line(code)))


def _listed(days: DateSpan) -> str:
    if days.start is None or days.start <= current_pack().time.day(now()):
        return _("已列入名冊；下一份門禁名單就會有這張卡。")
    return _("已列入名冊，%(day)s 起有這項功能；那天起的門禁名單才會有這張卡。") % {
        "day": wording.date_long(days.start)
    }


def check_yours(request: HttpRequest, code: str) -> None:
    """Stop whoever works for another organisation than the one whose roster it is.

    :raises NotFound: as if there were none
    """
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

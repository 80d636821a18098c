"""An agency's own member numbers: how one stands, a file of them tried and taken, one taken back.

No page says whose a number is.
"""

import csv
import io
from collections import Counter
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from citycard.flows import numbering
from citycard.infra.clock import now
from citycard.infra.packs import current_pack
from citycard.infra.web.refusals import refusal_text
from citycard.kernel.errors import NotFound, Refused
from citycard.portals.agency.earning_files import FileNotReadable
from citycard.portals.agency.number_files import read_numbers
from citycard.portals.agency.shell import agency_of, attachment, page
from citycard.portals.doors import actor_of, door
from citycard.portals.naming import in_language

ROLES = {"organiser"}
SHOWN = 200


class SearchForm(forms.Form):
    """One of the agency's own numbers."""

    number = forms.CharField(label=gettext_lazy("號碼"), max_length=numbering.LONGEST_NUMBER)


class UploadForm(forms.Form):
    """A file of numbers, tried first."""

    file = forms.FileField(
        label=gettext_lazy("號碼檔（CSV 或 Excel）"),
        help_text=gettext_lazy("可以把檔案拖到這裡。最多 5,000 列、4 MB。"),
        widget=forms.FileInput(attrs={"accept": ".csv,.xlsx"}),
    )


class UnlinkForm(forms.Form):
    """Why a number is taken back."""

    number = forms.CharField(max_length=numbering.LONGEST_NUMBER, widget=forms.HiddenInput)
    why = forms.ChoiceField(
        label=gettext_lazy("原因"),
        choices=[
            ("left", gettext_lazy("不再是會員")),
            ("mistake", gettext_lazy("連到別人，登錄有誤")),
            ("asked", gettext_lazy("本人要求")),
            ("replaced", gettext_lazy("換發新號碼")),
        ],
    )


@door(roles=ROLES)
def numbers(request: HttpRequest) -> HttpResponse:
    """Look one number up, by a form whose content stays out of the address."""
    form = SearchForm(request.POST if "number" in request.POST else None)
    found = None
    if form.is_bound and form.is_valid():
        [found] = numbering.own_numbers(
            agency=agency_of(request),
            numbers=[form.cleaned_data["number"].strip()],
            actor=actor_of(request),
        )
    return _page(request, form=form, found=found, status=200 if found or not form.is_bound else 422)


@door(roles=ROLES)
def upload(request: HttpRequest) -> HttpResponse:
    """Try a file, or take it: every line or none."""
    if request.method != "POST":
        return HttpResponseRedirect(reverse("agency:numbers"))
    form, facts = UploadForm(request.POST, request.FILES), {}
    if form.is_valid():
        try:
            facts = _take(request, form, save=request.POST.get("do") == "save")
        except FileNotReadable as why:
            form.add_error("file", str(why))
        except Refused as no:
            form.add_error(None, refusal_text(no))
    good = bool(facts) and not facts["bad"]
    return _page(request, upload_form=form, status=200 if good else 422, **facts)


@door(roles=ROLES)
def unlink(request: HttpRequest) -> HttpResponse:
    """Take one number back, with the reason."""
    form = UnlinkForm(request.POST or None)
    if form.is_valid():
        [ended] = numbering.unlink_numbers(
            agency=agency_of(request),
            numbers=[form.cleaned_data["number"]],
            why=form.cleaned_data["why"],
            actor=actor_of(request),
            now=now(),
        )
        if ended:
            messages.success(request, _("已解除連結；這個號碼不再回覆給任何設備。"))
        else:
            messages.info(request, _("這個號碼原本就沒有連結，沒有變動。"))
    return HttpResponseRedirect(reverse("agency:numbers"))


@door(roles=ROLES)
def sample(request: HttpRequest) -> HttpResponse:
    """Download a file to fill in."""
    rule = _rule(request)
    lines = [
        ("own_number", "card_number", "id_number", "status"),
        (rule["example"], "1234567890123452", "", "active"),
    ]
    out = io.StringIO()
    csv.writer(out).writerows(lines)
    content = b"\xef\xbb\xbf" + out.getvalue().encode()
    return attachment(content, name="numbers.csv", media_type="text/csv; charset=utf-8")


def has_numbers(agency: str) -> bool:
    """Tell whether an agency has numbers of its own, by the pack."""
    return numbering.number_pattern(agency=agency) is not None


def _take(request: HttpRequest, form: UploadForm, *, save: bool) -> dict[str, Any]:
    file = form.cleaned_data["file"]
    lines, bad = read_numbers(file.read(), name=file.name)
    done = numbering.link_numbers(
        agency=agency_of(request),
        lines=[line for _, line in lines],
        actor=actor_of(request),
        now=now(),
        save=save and not bad,
    )
    wrong = [(line.number, line.remedy) for line in bad]
    wrong += [
        (place, said(code))
        for (place, _), code in zip(lines, done.codes, strict=True)
        if code not in numbering.TAKEN
    ]
    counted = Counter(done.codes)
    return {
        "done": done,
        "bad": sorted(wrong)[:SHOWN],
        "bad_count": len(wrong),
        "new": counted["linked"],
        "as_before": counted["as_before"],
    }


def said(code: numbering.LineCode) -> str:
    """Say what is wrong with a line and what to do."""
    words = {
        "bad_number": _("號碼格式和本市設定的不同，請核對。"),
        "bad_status": _("狀態只能是 active、suspended 或 expired。"),
        "no_member": _("查無這張卡或這個人，或兩者不是同一人。沒有留下任何資料。"),
        "number_taken": _("這個號碼已連到另一位會員；請先解除原來的連結。"),
        "twice": _("同一人或同一號碼在檔案裡出現兩次。"),
    }
    return words.get(code, "")


def _rule(request: HttpRequest) -> dict[str, Any]:
    agencies = current_pack().table("agencies")["agencies"]
    found: dict[str, Any] | None = agencies.get(agency_of(request), {}).get("member_number")
    if found is None:
        raise NotFound(what="numbers")
    return found


def _page(request: HttpRequest, *, status: int = 200, **facts: Any) -> HttpResponse:
    rule = _rule(request)
    counts = numbering.counts(agency=agency_of(request), actor=actor_of(request))
    found = facts.get("found")
    shown: dict[str, Any] = {
        "form": SearchForm(),
        "upload_form": UploadForm(),
        "unlink_form": UnlinkForm(initial={"number": found.number}) if found else None,
        "name": in_language(rule["name"]),
        "example": rule["example"],
        "counts": {word: counts.get(word, 0) for word in numbering.STATUSES},
    }
    return page(request, "numbers", status=status, **(shown | facts))

"""Points through the agency's own system: its file dropped here, and what became of each line."""

import csv
import hashlib
import io
from collections import Counter
from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from citycard.activities import api as activities
from citycard.flows import earning
from citycard.infra.clock import now
from citycard.kernel.errors import NotFound
from citycard.portals.agency.campaigns import campaign_line, own_campaign
from citycard.portals.agency.earning_files import FileNotReadable, read_file
from citycard.portals.agency.shell import attachment, own_agencies, page
from citycard.portals.doors import actor_of, door
from citycard.portals.earning_lines import BadLine, read_lines

ROLES = {"organiser"}
SHOWN = 200
SAMPLE = (
    ("reference", "at", "card_number", "member_number"),
    ("VISIT-0001", "2026-11-21 08:30", "1234567890123452", ""),
    ("VISIT-0002", "2026-11-21 09:10", "", "M-20881"),
)


class UploadForm(forms.Form):
    """The file."""

    file = forms.FileField(
        label=gettext_lazy("集點檔（CSV 或 Excel）"),
        help_text=gettext_lazy("可以把檔案拖到這裡。最多 5,000 列、4 MB。"),
        widget=forms.FileInput(attrs={"accept": ".csv,.xlsx"}),
    )


@door(roles=ROLES)
def upload(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Show how to upload a file of an activity, or take one."""
    found = own_campaign(request, campaign_id)
    if found.state == "draft" or found.trigger:
        raise NotFound(what="campaign")
    form = UploadForm(request.POST or None, request.FILES or None)
    bad: Sequence[BadLine] = ()
    if request.method == "POST" and form.is_valid():
        try:
            taken, bad = _take(request, found, form.cleaned_data["file"])
        except FileNotReadable as why:
            form.add_error("file", str(why))
        else:
            if taken is not None:
                return HttpResponseRedirect(_told(taken, found))
    return page(
        request,
        "earnings",
        status=422 if form.is_bound else 200,
        **campaign_line(found),
        form=form,
        bad=bad[:SHOWN],
        bad_count=len(bad),
        uploads=activities.uploads_of(campaign_id=found.id),
    )


@door(roles=ROLES)
def sample(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Download a file to fill in."""
    own_campaign(request, campaign_id)
    content = _as_csv(SAMPLE)
    return attachment(content, name="earnings.csv", media_type="text/csv; charset=utf-8")


@door(roles=ROLES)
def uploaded(request: HttpRequest, campaign_id: int, upload_id: int) -> HttpResponse:
    """Show what became of each line of an upload."""
    found = own_campaign(request, campaign_id)
    stored = _own_upload(request, upload_id)
    not_given = [
        (place, said(answer.code))
        for place, answer in enumerate(stored.told, 1)
        if answer.code != "points"
    ]
    return page(
        request,
        "uploaded",
        **campaign_line(found),
        stored=stored,
        again=request.GET.get("again") == "1",
        points=sum(one.points for one in stored.told if not one.again),
        counts=_counts(stored),
        not_given=not_given[:SHOWN],
        not_given_count=len(not_given),
    )


@door(roles=ROLES)
def answers_csv(request: HttpRequest, campaign_id: int, upload_id: int) -> HttpResponse:
    """Download the answers, one a line."""
    own_campaign(request, campaign_id)
    stored = _own_upload(request, upload_id)
    lines = [
        (place, one.code, one.points, "yes" if one.again else "no")
        for place, one in enumerate(stored.told, 1)
    ]
    content = _as_csv([("line", "code", "points", "answered_before"), *lines])
    name = f"upload-{upload_id}-answers.csv"
    return attachment(content, name=name, media_type="text/csv; charset=utf-8")


def said(code: str) -> tuple[str, str]:
    """Say in words what became of a line, and what to do."""
    words = {
        "points": (_("已給點"), ""),
        "limit": (_("已達上限"), _("這個人的上限已滿，或活動預算已用完。")),
        "not_resident": (_("不是本市市民"), _("參加當日未設籍本市，這個活動限市民參加。")),
        "no_campaign": (_("不在活動期間"), _("當時活動不給點，請確認時間。")),
        "unknown_number": (
            _("查無號碼"),
            _("請確認卡號或會員編號；改正後請用新的參考編號上傳。"),
        ),
        "not_valid": (
            _("不能集點"),
            _("當時卡片停用、未歸戶，或持卡人不能集點；請本人洽服務櫃台。"),
        ),
        "conflict": (
            _("參考編號重複"),
            _("這個參考編號已經用於另一筆紀錄，沒有變動；請改用新的參考編號。"),
        ),
    }
    return words[code]


def _take(
    request: HttpRequest, found: activities.Campaign, file: Any
) -> tuple[activities.StoredUpload | None, Sequence[BadLine]]:
    """Take a file whole; a bad line keeps all of it out."""
    content = file.read()
    rows, undecoded = read_file(content, name=file.name)
    named = [(number, {"campaign": found.code} | _given(facts)) for number, facts in rows]
    lines, bad = read_lines(named, campaigns={found.code: found}, now=now())
    if undecoded or bad:
        return None, sorted([*undecoded, *bad], key=lambda line: line.number)
    key = f"{found.code}/{hashlib.sha256(content).hexdigest()}"
    one = activities.Upload(agency=found.agency, route="file", key=key, lines=lines)
    return earning.take(upload=one, actor=actor_of(request), now=now()), ()


def _given(facts: Any) -> dict[str, Any]:
    return {field: value for field, value in facts.items() if value != ""}


def _told(taken: activities.StoredUpload, found: activities.Campaign) -> str:
    address = reverse("agency:uploaded", args=[found.id, taken.upload_id])
    return f"{address}?again=1" if taken.again else address


def _own_upload(request: HttpRequest, upload_id: int) -> activities.StoredUpload:
    stored = activities.upload_of(upload_id=upload_id)
    if stored.agency not in own_agencies(request):
        raise NotFound(what="upload")
    return stored


def _counts(stored: activities.StoredUpload) -> list[tuple[str, int, int]]:
    """Return, for each answer that was given, its words, the lines and those answered before."""
    lines = Counter(one.code for one in stored.told)
    before = Counter(one.code for one in stored.told if one.again)
    return [(said(code)[0], n, before[code]) for code, n in lines.most_common()]


def _as_csv(lines: Sequence[Sequence[Any]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(lines)
    return b"\xef\xbb\xbf" + out.getvalue().encode()

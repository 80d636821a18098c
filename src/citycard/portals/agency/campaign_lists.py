"""The activity's list for settlement: one line a person, sums equal to the ledger, signed.

The same list gives the same file to the byte, so that a second download proves nothing changed.
"""

import base64
import csv
import datetime as dt
import io
import zipfile
from collections.abc import Sequence
from typing import Any

import openpyxl
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from citycard.activities import api as activities
from citycard.infra.clock import city_time, now
from citycard.infra.crypto import sign
from citycard.people import api as people
from citycard.portals.agency.campaigns import READS, own_campaign
from citycard.portals.agency.shell import attachment
from citycard.portals.doors import actor_of, door
from citycard.portals.naming import name_of

LIST_FIELDS = ("name", "district", "points")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)


@door(roles=READS)
def list_csv(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Download the list as CSV."""
    found = own_campaign(request, campaign_id)
    content = as_csv(_lines(request, found))
    return attachment(content, name=f"{found.code}.csv", media_type="text/csv; charset=utf-8")


@door(roles=READS)
def list_signature(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Download the city's Ed25519 signature of the CSV, base64."""
    found = own_campaign(request, campaign_id)
    signature = base64.b64encode(sign(as_csv(_lines(request, found)))) + b"\n"
    return attachment(signature, name=f"{found.code}.csv.sig", media_type="text/plain")


@door(roles=READS)
def list_xlsx(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Download the list as a spreadsheet."""
    found = own_campaign(request, campaign_id)
    content = as_xlsx(_lines(request, found), title=found.code)
    return attachment(content, name=f"{found.code}.xlsx", media_type=XLSX)


def _lines(request: HttpRequest, found: activities.Campaign) -> list[list[Any]]:
    """Open the participants' data and return the list: head, a line a person, sums."""
    members = activities.participant_ids(campaign_id=found.id)
    access = people.open_access(
        subject=members,
        fields=LIST_FIELDS,
        purpose="activity-list",
        actor=actor_of(request),
        now=now(),
    )
    who = people.profiles(access=access, member_ids=members)
    listed = activities.participants_list(access=access, campaign_id=found.id)
    return [
        [
            _("編號"),
            _("姓名"),
            _("行政區"),
            _("刷卡次數"),
            _("集點"),
            _("兌點"),
            _("首次"),
            _("末次"),
        ],
        *(_line(n, it, who.get(it.member_id)) for n, it in enumerate(listed, 1)),
        _sums(listed),
    ]


def _line(n: int, it: activities.Participant, who: people.Profile | None) -> list[Any]:
    name = who.name if who else ""
    district = name_of("district", who.district) if who and who.district else ""
    return [n, name, district, it.taps, it.points, it.redeemed, _at(it.first_at), _at(it.last_at)]


def _sums(listed: Sequence[activities.Participant]) -> list[Any]:
    taps, points = sum(it.taps for it in listed), sum(it.points for it in listed)
    return [_("合計"), "", "", taps, points, sum(it.redeemed for it in listed), "", ""]


def _at(instant: dt.datetime) -> str:
    return f"{city_time().local(instant):%Y-%m-%d %H:%M}"


def as_csv(lines: Sequence[Sequence[Any]]) -> bytes:
    """Write lines as CSV with a byte-order mark; a cell that a spreadsheet would run is quoted."""
    out = io.StringIO()
    writer = csv.writer(out)
    for line in lines:
        writer.writerow([_harmless(cell) for cell in line])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _harmless(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@") else cell


def as_xlsx(lines: Sequence[Sequence[Any]], *, title: str) -> bytes:
    """Write lines as a spreadsheet; the same lines give the same bytes."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title[:31]
    for line in lines:
        sheet.append([_harmless(cell) for cell in line])
    for cell in [*sheet[1], *sheet[sheet.max_row]]:
        cell.font = Font(bold=True)
        cell.alignment = Alignment(vertical="center")
    for n, width in enumerate((8, 18, 14, 12, 12, 12, 18, 18), 1):
        sheet.column_dimensions[get_column_letter(n)].width = width
    sheet.freeze_panes = "A2"
    book.properties.creator = "CityCard"
    always = dt.datetime(1980, 1, 1)  # noqa: DTZ001 - a sheet's times have no zone
    book.properties.created = book.properties.modified = always
    return _without_times(book)


def _without_times(book: openpyxl.Workbook) -> bytes:
    written = io.BytesIO()
    book.save(written)
    out = io.BytesIO()
    with (
        zipfile.ZipFile(written) as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in sorted(source.namelist()):
            content = source.read(name)
            if name == "docProps/core.xml":
                content = _FIXED_CORE
            entry = zipfile.ZipInfo(name, _ZIP_DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, content)
    return out.getvalue()


_FIXED_CORE = (
    b'<?xml version="1.0" encoding="UTF-8"?><cp:coreProperties xmlns:cp='
    b'"http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
    b'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:creator>CityCard</dc:creator>'
    b"</cp:coreProperties>"
)

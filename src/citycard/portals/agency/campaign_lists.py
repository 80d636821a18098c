"""The activity's list for settlement: one line a person, sums equal to the ledger, signed.

A list is kept, sealed, when it is first downloaded and served again unchanged; once the ledger has
moved on, the next download is a new list. It names people, so every download is recorded.
"""

import datetime as dt
import hashlib
from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from citycard.activities import api as activities
from citycard.infra import papers
from citycard.infra.clock import city_time, now
from citycard.infra.unit_of_work import unit_of_work
from citycard.people import api as people
from citycard.portals.agency.campaigns import READS, own_campaign
from citycard.portals.agency.shell import kept_file
from citycard.portals.doors import actor_of, door
from citycard.portals.naming import name_of

KIND = "activities.list"
LIST_FIELDS = ("name", "district", "points")


@door(roles=READS)
def list_csv(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Download the list as CSV."""
    return _file(request, campaign_id, "csv")


@door(roles=READS)
def list_signature(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Download the city's Ed25519 signature of the CSV, base64."""
    return _file(request, campaign_id, "csv.sig")


@door(roles=READS)
def list_xlsx(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Download the list as a spreadsheet."""
    return _file(request, campaign_id, "xlsx")


def _file(request: HttpRequest, campaign_id: int, ending: str) -> HttpResponse:
    found = own_campaign(request, campaign_id)
    return kept_file(_paper(request, found), f"{found.code}.{ending}")


def _paper(request: HttpRequest, found: activities.Campaign) -> papers.Paper:
    """Return the list as it was kept for what the ledger says now; keep it when it is new."""
    members = activities.participant_ids(campaign_id=found.id)
    at = now()
    access = people.open_access(
        subject=members,
        fields=LIST_FIELDS,
        purpose="activity-list",
        actor=actor_of(request),
        now=at,
    )
    listed = activities.participants_list(access=access, campaign_id=found.id)
    about = f"{found.id}/{_digest(listed)}/{get_language()}"
    kept = papers.kept(kind=KIND, about=about)
    if kept is not None:
        return kept
    who = people.profiles(access=access, member_ids=members)
    files = _files(found.code, _document(found, listed, who))
    with unit_of_work():
        return papers.keep(kind=KIND, about=about, files=files, now=at, sealed=True)


def _digest(listed: Sequence[activities.Participant]) -> str:
    """Return what tells one state of the ledger from another; a changed name is no new list."""
    lines = [
        (it.member_id, it.taps, it.points, it.redeemed, it.first_at, it.last_at) for it in listed
    ]
    return hashlib.sha256(repr(lines).encode()).hexdigest()[:24]


def _files(code: str, document: papers.Document) -> list[papers.PaperFile]:
    return [
        papers.PaperFile(
            name=f"{code}.csv", media_type=papers.CSV, content=papers.csv_of(document)
        ),
        papers.PaperFile(
            name=f"{code}.xlsx", media_type=papers.XLSX, content=papers.xlsx_of(document)
        ),
    ]


def _document(
    found: activities.Campaign,
    listed: Sequence[activities.Participant],
    who: dict[int, people.Profile],
) -> papers.Document:
    head = (
        _("編號"),
        _("姓名"),
        _("行政區"),
        _("刷卡次數"),
        _("集點"),
        _("兌點"),
        _("首次"),
        _("末次"),
    )
    lines = [_line(n, it, who.get(it.member_id)) for n, it in enumerate(listed, 1)]
    table = papers.Table(title=found.code, head=head, lines=lines, sums=[_sums(listed)])
    return papers.Document(title=found.code, tables=[table])


def _line(n: int, it: activities.Participant, who: people.Profile | None) -> list[papers.Cell]:
    name = who.name if who else ""
    district = name_of("district", who.district) if who and who.district else ""
    return [n, name, district, it.taps, it.points, it.redeemed, _at(it.first_at), _at(it.last_at)]


def _sums(listed: Sequence[activities.Participant]) -> list[papers.Cell]:
    taps, points = sum(it.taps for it in listed), sum(it.points for it in listed)
    return [_("合計"), "", "", taps, points, sum(it.redeemed for it in listed), "", ""]


def _at(instant: dt.datetime) -> str:
    return f"{city_time().local(instant):%Y-%m-%d %H:%M}"

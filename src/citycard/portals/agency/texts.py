"""Text messages that parents pay for: what an agency bills whom for a month."""

import datetime as dt
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from citycard.infra import clock, papers
from citycard.infra.web import wording
from citycard.notify import api as notify
from citycard.people import api as people
from citycard.portals.agency.shell import attachment, own_agencies, page
from citycard.portals.agency.statements import month_asked
from citycard.portals.doors import actor_of, door

ROLES = {"finance"}
PURPOSE = "text-billing"
FIELDS = ("name", "id_masked")


@dataclass(frozen=True, kw_only=True)
class Payer:
    """Somebody with a month's text messages to pay for."""

    name: str
    id_masked: str
    texts: int
    ntd: int


@door(roles=ROLES)
def texts(request: HttpRequest) -> HttpResponse:
    """Show who pays what for a month's text messages."""
    month, months = month_asked(request)
    payers = _payers(request, month)
    return page(
        request,
        "texts",
        payers=payers,
        count=sum(it.texts for it in payers),
        ntd=sum(it.ntd for it in payers),
        runs=month == clock.today().replace(day=1),
        month=f"{month:%Y-%m}",
        month_name=wording.month(month),
        months=[(f"{it:%Y-%m}", wording.month(it), it == month) for it in months],
    )


@door(roles=ROLES)
def texts_csv(request: HttpRequest) -> HttpResponse:
    """Give a month's bills as a file; whoever stands in it finds that in their access records."""
    month, _months = month_asked(request)
    payers = _payers(request, month)
    bills = papers.Table(
        title=_("簡訊費"),
        head=[_("月份"), _("姓名"), _("身分證字號（遮蔽）"), _("則數"), _("金額（元）")],
        lines=[(f"{month:%Y-%m}", it.name, it.id_masked, it.texts, it.ntd) for it in payers],
    )
    document = papers.Document(title=f"{month:%Y-%m}", tables=[bills])
    return attachment(
        papers.csv_of(document), name=f"texts-{month:%Y-%m}.csv", media_type=papers.CSV
    )


def _payers(request: HttpRequest, month: dt.date) -> list[Payer]:
    """Open the names of those who pay; each finds it in their access records."""
    bills = notify.texts_to_pay(agencies=own_agencies(request), month=month)
    if not bills:
        return []
    members = [bill.member_id for bill in bills]
    access = people.open_access(
        subject=members, fields=FIELDS, purpose=PURPOSE, actor=actor_of(request), now=clock.now()
    )
    who = people.profiles(access=access, member_ids=members)
    found = [
        Payer(
            name=who[bill.member_id].name or "",
            id_masked=who[bill.member_id].id_masked or "",
            texts=bill.texts,
            ntd=bill.ntd,
        )
        for bill in bills
        if bill.member_id in who
    ]
    return sorted(found, key=lambda it: (it.name, it.id_masked))

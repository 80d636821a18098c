"""Who looked at one person's data: what an auditor reads who follows up a complaint."""

import datetime as dt
import re

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from citycard.applications import api as applications
from citycard.cards import api as cards
from citycard.infra import clock
from citycard.infra.web.numbers import whole
from citycard.kernel.errors import NotFound
from citycard.people import api as people
from citycard.portals.doors import actor_of, door
from citycard.portals.ops.shell import page

AUDITS = frozenset({"auditor", "officer"})
PURPOSE = "audit"
FIELDS = ("name", "id_masked", "access_log")
SHOWN = 100


@door(roles=AUDITS)
def accesses(request: HttpRequest) -> HttpResponse:
    """Ask for a case or a card, and show who opened its person's data.

    The number is posted: it must not stand in an address. This look stands in the list itself.
    """
    number = request.POST.get("q", "").strip()
    if request.method != "POST" or not number:
        return page(request, "accesses")
    member_id = _whose(number)
    if member_id is None:
        said = _("沒有這個案號或卡號；請核對民眾提供的號碼。")
        return page(request, "accesses", status=404, q=number, missing=said)
    access = people.open_access(
        subject=member_id, fields=FIELDS, purpose=PURPOSE, actor=actor_of(request), now=clock.now()
    )
    entries = people.access_log(
        access=access, member_id=member_id, limit=SHOWN, before=_before(request)
    )
    return page(
        request,
        "accesses",
        q=number,
        who=people.profile(access=access, member_id=member_id),
        entries=entries,
        more=entries[-1] if len(entries) == SHOWN else None,
    )


def _whose(number: str) -> int | None:
    """Return the person of a case, or of a card that is theirs."""
    try:
        found = applications.find(ref=number).member_id
    except NotFound:
        plain = re.sub(r"[\s-]", "", number).upper()
        card = cards.find_by_any_number(number=plain) if len(plain) >= 8 else None
        found = card.member_id if card else None
    return found


def _before(request: HttpRequest) -> tuple[dt.datetime, int] | None:
    """Return the entry after which the next page begins."""
    entry = whole(request.POST.get("entry", ""))
    try:
        at = dt.datetime.fromisoformat(request.POST.get("at", ""))
    except ValueError:
        return None
    return (at, entry) if at.tzinfo and entry is not None else None

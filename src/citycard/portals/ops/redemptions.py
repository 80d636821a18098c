"""Redemptions whose end nobody knows: what hangs, and an officer's decision with a reason."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from citycard.infra.clock import now
from citycard.infra.unit_of_work import unit_of_work
from citycard.infra.web.refusals import refusal_text
from citycard.kernel.errors import NotFound, Refused
from citycard.portals.doors import actor_of, door
from citycard.portals.naming import name_of
from citycard.portals.ops.shell import SEES, page
from citycard.portals.ops.watching import HANGING
from citycard.redemptions import api as redemptions

WRITTEN = {"settled": True, "released": False}


@door(roles=SEES)
def open_redemptions(request: HttpRequest) -> HttpResponse:
    """List redemptions that wait for evidence or an officer, oldest first."""
    at = now()
    rows = [
        {
            "session": session,
            "place": _where(session.place, session.partner),
            "agency": name_of("agency", session.agency),
            "needs_officer": session.state != "reserved" and at - session.since > HANGING,
        }
        for session in redemptions.open_sessions()
    ]
    return page(request, "redemptions", rows=rows)


@door(roles={"officer"})
def decide(request: HttpRequest, session_id: int) -> HttpResponse:
    """Show what is known of one, and take the officer's decision."""
    refused, status = "", 200
    if request.method == "POST":
        try:
            return _decided(request, session_id)
        except NotFound:
            raise
        except Refused as no:
            refused, status = refusal_text(no), 422
    session = redemptions.session(session_id=session_id)
    return page(
        request,
        "redemption",
        status=status,
        session=session,
        place=_where(session.place, session.partner),
        refused=refused,
        chosen=request.POST.get("end", ""),
        reason=request.POST.get("reason", ""),
        may_decide=session.state in ("writing", "disputed") or session.contested,
    )


def _where(place: str, partner: str) -> str:
    """Name the machine's place, or the partner where no machine is."""
    return name_of("place", place) if place else name_of("partner", partner)


def _decided(request: HttpRequest, session_id: int) -> HttpResponse:
    chosen = request.POST.get("end", "")
    if chosen not in WRITTEN:
        raise EndMissing()
    with unit_of_work():
        redemptions.decide_by_officer(
            session_id=session_id,
            written=WRITTEN[chosen],
            reason=request.POST.get("reason", ""),
            actor=actor_of(request),
            now=now(),
        )
    messages.success(request, _("已裁決，並通知當事人。"))
    return HttpResponseRedirect(reverse("ops:redemptions"))


class EndMissing(Refused):
    """Say whether the card was written."""

    code = "ops.end_missing"

"""The house's auditor: what it found, and a button that asks it again."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from citycard.infra.clock import now
from citycard.infra.unit_of_work import unit_of_work
from citycard.insight import api as insight
from citycard.portals.doors import actor_of, door
from citycard.portals.ops.shell import RETRIES, SEES, page

READS = SEES | {"auditor"}


@door(roles=READS)
def proofs(request: HttpRequest) -> HttpResponse:
    """Show the newest run."""
    return page(request, "proofs", run=insight.latest_proof())


@door(roles=RETRIES | {"auditor"})
def ask(request: HttpRequest) -> HttpResponse:
    """Ask for a run; the worker does it."""
    if request.method == "POST":
        with unit_of_work():
            insight.ask_for_proof(actor=actor_of(request), now=now())
        messages.success(request, _("已排入稽核，完成後結果會出現在這裡。"))
    return HttpResponseRedirect(reverse("ops:proofs"))

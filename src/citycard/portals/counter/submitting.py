"""Check once more with the applicant, note that they signed, and hand the application in."""

import uuid

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from citycard.applications import api as applications
from citycard.flows import applying
from citycard.infra import clock
from citycard.infra.packs import current_pack
from citycard.kernel.errors import Refused
from citycard.portals import card_fees, filling
from citycard.portals.counter.asking import draft_of, missing_lines, missing_of
from citycard.portals.counter.shell import ROLES, again, page, today
from citycard.portals.doors import actor_of, door
from citycard.portals.naming import in_language


@door(roles=ROLES)
def check(request: HttpRequest, draft: uuid.UUID) -> HttpResponse:
    """Show everything once more; submit when nothing is missing and the consent is signed."""
    mine = draft_of(request, draft)
    if isinstance(mine, HttpResponse):
        return mine
    signed = request.POST.get("consent") == "yes"
    refused: Refused | None = None
    if request.method == "POST" and signed:
        try:
            submitted = applying.submit(
                public_id=str(draft), consent=True, actor=actor_of(request), now=clock.now()
            )
            return HttpResponseRedirect(reverse("counter:case", args=[submitted.ref]))
        except Refused as refusal:
            refused = again(refusal)
    return _check_page(
        request, mine, refused=refused, not_signed=request.method == "POST" and not signed
    )


def _check_page(
    request: HttpRequest,
    draft: applications.Draft,
    *,
    refused: Refused | None,
    not_signed: bool,
) -> HttpResponse:
    form = applications.form(code=draft.form)
    missing = missing_of(request, draft)
    to_form = reverse("counter:form", args=[draft.public_id])
    ground = current_pack().table("purposes")["purposes"][form.purpose]["ground"]
    return page(
        request,
        "check",
        # the list above the page says more than the refusal that counts it
        refused=None if isinstance(refused, applications.Incomplete) else refused,
        status=422 if refused or not_signed else None,
        draft=draft,
        services=filling.services_of(draft),
        costs=card_fees.costs_of(draft),
        rows=filling.summary(
            form.asked(draft.services, draft.answers),
            draft.answers,
            lambda field: f"{to_form}#id_{field}",
        ),
        wanted=filling.wanted_papers(draft, today()),
        missing=missing_lines(draft, missing),
        consent=in_language(ground["text"]),
        not_signed=not_signed,
    )

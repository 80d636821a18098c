"""An agency's own numbers of members, linked and taken back by its system."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from citycard.flows import numbering
from citycard.infra.web.problems import problem
from citycard.portals.doors import door
from citycard.portals.openapi.calling import Call, operation


@csrf_exempt
@require_POST
@door(roles={"agency_client"})
@operation("numbers", keeps="answer")
def link(call: Call) -> Any:
    """Link the agency's own numbers to the holders of cards, all lines or none."""
    lines = [
        numbering.NumberLine(
            own_number=one["agency_number"],
            card_number=one["card_number"],
            status=one.get("status", ""),
        )
        for one in call.said["numbers"]
    ]
    if call.client.sandbox and not call.is_demo:
        return _told(call, False, ["no_member"] * len(lines))
    taken = numbering.link_numbers(
        agency=call.client.agency,
        lines=lines,
        actor=call.actor,
        now=call.now,
        save=not call.client.sandbox,
    )
    return _told(call, taken.saved or (call.client.sandbox and taken.is_good), taken.codes)


@csrf_exempt
@require_POST
@door(roles={"agency_client"})
@operation("numberRemovals", keeps="answer")
def remove(call: Call) -> Any:
    """Take the agency's own numbers back."""
    numbers = call.said["numbers"]
    if call.client.sandbox:
        standing = (
            numbering.own_numbers(agency=call.client.agency, numbers=numbers, actor=call.actor)
            if call.is_demo
            else []
        )
        was = [one.status is not None for one in standing] or [False] * len(numbers)
    else:
        was = numbering.unlink_numbers(
            agency=call.client.agency,
            numbers=numbers,
            why=call.said["why"],
            actor=call.actor,
            now=call.now,
        )
    return {"answers": [{"was_linked": one} for one in was]}


def _told(call: Call, taken: bool, codes: Sequence[str]) -> Any | HttpResponse:
    if taken:
        return {"answers": [{"code": code} for code in codes]}
    wrong = [
        {"number": n, "code": code}
        for n, code in enumerate(codes, 1)
        if code not in numbering.TAKEN
    ]
    return problem(
        call.request,
        status=422,
        code="openapi.numbers_not_taken",
        title=_("這一批沒有收下"),
        detail=_("%(n)s 列有問題；請改正後，整批再送一次。") % {"n": len(wrong)},
        lines=wrong,
    )

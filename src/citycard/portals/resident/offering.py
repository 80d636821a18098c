"""Services: what one may apply for, whether I qualify, and why."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from citycard.entitlements import api as entitlements
from citycard.infra import clock
from citycard.infra.packs import current_pack
from citycard.kernel.access import Access
from citycard.portals import card_fees
from citycard.portals.doors import ANYONE, actor_of, door
from citycard.portals.naming import in_language, name_of
from citycard.portals.resident import own
from citycard.rules.api import Because


@dataclass(frozen=True, kw_only=True)
class Offered:
    """A service of a form: what it is called, whose it is, and how the resident stands to it.

    :ivar explanation: None for a visitor
    """

    form: str
    code: str
    name: str
    intro: str
    agency: str
    entitlement: str
    card_kind: str
    explanation: entitlements.Explanation | None = None

    @property
    def has(self) -> bool:
        """Tell whether the resident has it already."""
        return self.explanation is not None and self.explanation.right is not None

    @property
    def verdict(self) -> str:
        """Return whether the law's part holds: ``yes``, ``no``, ``unknown``; empty for a
        visitor."""
        return self.explanation.eligible.value if self.explanation else ""


def catalogue(explained: Mapping[str, entitlements.Explanation] | None = None) -> list[Offered]:
    """Return every service that the city's forms offer online."""
    return [
        _offered(form, code, row, (explained or {}).get(row["entitlement"]))
        for form in current_pack().table("forms").values()
        if "online" in form["channels"]
        for code, row in form["services"].items()
    ]


def for_member(access: Access, member_id: int, on: dt.date) -> list[Offered]:
    """Return the services with how one member stands to each."""
    wanted = {offered.entitlement for offered in catalogue()}
    found = entitlements.outlook(
        access=access, member_id=member_id, on=on, entitlements=sorted(wanted)
    )
    return catalogue({one.entitlement: one for one in found})


def may_have(access: Access, member_id: int, on: dt.date) -> list[Offered]:
    """Return services that the member qualifies for and does not have yet."""
    found = for_member(access, member_id, on)
    return [one for one in found if one.verdict == "yes" and not one.has]


@door(roles=ANYONE)
def list_services(request: HttpRequest) -> HttpResponse:
    """List the services; a signed-in resident sees how they stand to each."""
    return render(request, "resident/services.html", {"services": _mine(request)})


@door(roles=ANYONE)
def service(request: HttpRequest, code: str) -> HttpResponse:
    """Show one service: who may have it, what to bring, and why I do or don't qualify."""
    found = next((one for one in _mine(request) if one.code == code), None)
    if found is None:
        raise Http404
    form = current_pack().table("forms")[found.form]
    because = _reasons(found.explanation) if found.explanation else []
    papers = [name_of("paper", row["paper"]) for row in form["services"][code]["papers"]]
    context = {
        "service": found,
        "because": because,
        "papers": papers,
        "costs": card_fees.costs(found.card_kind),
    }
    return render(request, "resident/service.html", context)


def _reasons(explanation: entitlements.Explanation) -> list[tuple[str, str]]:
    """Return the steps that decided the law's part, as (badge, sentence).

    An approval is what applying is for: whether there is one is said above the reasons.
    """
    law = _law_part(explanation.because, explanation.entitlement)
    return [
        (step.verdict.value, step.sentence(own.reader_language()))
        for step in law.decisive()
        if step.word != "alive"
    ]


def _law_part(because: Because, entitlement: str) -> Because:
    own_approval = f"approval.{entitlement}"
    rest = [step for step in because.children if own_approval not in step.reads]
    return rest[0] if len(rest) == 1 and len(rest) < len(because.children) else because


def _mine(request: HttpRequest) -> list[Offered]:
    if actor_of(request).member_id is None:
        return catalogue()
    today = clock.today()
    return for_member(own.own_access(request, "rights"), own.member_of(request), today)


def _offered(
    form: Mapping[str, Any],
    code: str,
    row: Mapping[str, Any],
    known: entitlements.Explanation | None,
) -> Offered:
    return Offered(
        form=str(form["code"]),
        code=code,
        name=in_language(row["name"]),
        intro=in_language(row.get("intro", {})),
        agency=name_of("agency", row["agency"]),
        entitlement=str(row["entitlement"]),
        card_kind=str(row.get("card_kind", "")),
        explanation=known,
    )

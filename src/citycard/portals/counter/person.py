"""A person at the counter: who they are, what they may have and why, cards, points, cases."""

import datetime as dt
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from citycard.applications import api as applications
from citycard.cards import api as cards
from citycard.entitlements import api as entitlements
from citycard.identity import api as identity
from citycard.infra import clock
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.issuing import api as issuing
from citycard.kernel.access import Access
from citycard.kernel.actors import Actor
from citycard.kernel.errors import Refused
from citycard.ledger import api as ledger
from citycard.people import api as people
from citycard.portals.counter import uses
from citycard.portals.counter.handles import member_of
from citycard.portals.counter.own_cards import own_media
from citycard.portals.counter.shell import (
    ROLES,
    again,
    counter_of,
    open_person,
    page,
    person_line,
    today,
)
from citycard.portals.doors import actor_of, door
from citycard.portals.naming import in_language, name_of

FIELDS = (
    "name", "birth_on", "sex", "district", "village", "id_masked", "phone", "email", "address",
    "statuses", "rights", "cards", "points", "application",
)  # fmt: skip
_SHOWN = ("active", "suspended", "lost", "expired")
LEVEL_AT_COUNTER = identity.LEVEL_BY_CERTIFICATE


@door(roles=ROLES)
def person(request: HttpRequest, handle: str) -> HttpResponse:
    """Show a person; opened under the purpose of service at the counter, and recorded."""
    return show(request, handle)


def show(request: HttpRequest, handle: str, refused: Refused | None = None) -> HttpResponse:
    """Draw a person's page, with why the last step was not taken."""
    member_id = member_of(request, handle)
    access = open_person(request, member_id, *FIELDS)
    profile = people.profile(access=access, member_id=member_id)
    on = today()
    rights = [
        _right(one) for one in entitlements.outlook(access=access, member_id=member_id, on=on)
    ]
    held = people.statuses_of(access=access, member_id=member_id, on=on)
    return page(
        request,
        "person",
        refused=refused,
        handle=handle,
        who=person_line(profile),
        profile=profile,
        is_minor=people.is_minor(birth_on=profile.birth_on, on=on),
        statuses=[name_of("status", code) for code, holds in held.items() if holds],
        has=[one for one in rights if one["has"]],
        may_have=[one for one in rights if not one["has"] and one["verdict"] == "yes"],
        has_not=[one for one in rights if not one["has"] and one["verdict"] != "yes"],
        cards=[_card(card) for card in cards.cards_of(access=access, member_id=member_id)],
        balances=_balances(access, member_id, on),
        cases=[
            _case(case) for case in applications.cases_of_member(access=access, member_id=member_id)
        ],
        may_bind=bool(own_media()),
        may_use=profile.died_on is None and uses.is_offered(request),
        jobs=issuing.jobs_of_member(member_id=member_id),
        may_link=bool(profile.email) and identity.account_of_member(member_id=member_id) is None,
    )


@door(roles=ROLES)
def confirm(request: HttpRequest, handle: str) -> HttpResponse:
    """Note that the clerk has seen the person and their document; their account rises by it."""
    member_id = member_of(request, handle)
    if request.method != "POST":
        return HttpResponseRedirect(reverse("counter:person", args=[handle]))
    actor, now = actor_of(request), clock.now()
    access = open_person(request, member_id, "email")
    profile = people.profile(access=access, member_id=member_id)
    try:
        with unit_of_work():
            people.mark_verified(
                member_ids=[member_id],
                source=f"counter:{counter_of(request) or ''}",
                actor=actor,
                now=now,
            )
            if "own_address" in request.POST:
                _link_address(member_id, profile.email or "", actor, now)
            else:
                _raise_account(member_id, actor, now)
    except Refused as refusal:
        return show(request, handle, again(refusal))
    linked = "own_address" in request.POST
    said = _("已連結線上帳號，本人可以在網站查看。") if linked else _("已記錄：臨櫃確認身分。")
    messages.success(request, said)
    return HttpResponseRedirect(reverse("counter:person", args=[handle]))


def _raise_account(member_id: int, actor: Actor, now: dt.datetime) -> None:
    known = identity.account_of_member(member_id=member_id)
    if known is not None:
        identity.link_member(
            account_id=known.account_id,
            member_id=member_id,
            level=LEVEL_AT_COUNTER,
            proof="counter",
            actor=actor,
            now=now,
        )


def _link_address(member_id: int, email: str, actor: Actor, now: dt.datetime) -> None:
    """Open the city's pages to the account of an address that the person says is their own.

    Asked for by itself: an address on an application may have been typed by somebody else.
    """
    identity.link_by_email(
        email=email, member_id=member_id, level=LEVEL_AT_COUNTER, actor=actor, now=now
    )


def _right(explained: entitlements.Explanation) -> dict[str, Any]:
    return {
        "name": name_of("entitlement", explained.entitlement),
        "has": explained.right is not None,
        "until": explained.right.valid_to if explained.right else None,
        "verdict": explained.eligible.value,
        "because": list(explained.because.lines(get_language() or "zh-hant")),
    }


def _card(card: cards.CardView) -> dict[str, Any]:
    return {
        "card": card,
        "kind": name_of("card_kind", card.kind),
        "medium": name_of("medium", card.medium),
        "badge": card.state if card.state in _SHOWN else "ended",
        "is_live": card.state in ("active", "suspended", "issued"),
    }


def _balances(access: Access, member_id: int, on: dt.date) -> list[dict[str, Any]]:
    found = []
    for unit, row in current_pack().table("points")["units"].items():
        balance = ledger.balances(holders=[member_id], unit=unit, on=on, access=access)[member_id]
        if balance.available or balance.held:
            found.append(
                {
                    "name": in_language(row["name"]),
                    "short": in_language(row.get("short", row["name"])),
                    "balance": balance,
                    "lapses": balance.lots[0] if balance.lots else None,
                }
            )
    return found


def _case(case: applications.Case) -> dict[str, Any]:
    names = [in_language(part.name) for part in case.parts]
    return {"case": case, "about": _("、").join(names)}

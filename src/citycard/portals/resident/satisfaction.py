"""The one question after a use: how was it? Asked among my taps, answered once."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from citycard.infra import clock
from citycard.infra.unit_of_work import unit_of_work
from citycard.insight import api as insight
from citycard.kernel.errors import NotFound
from citycard.portals.doors import door
from citycard.portals.naming import name_of
from citycard.portals.resident import own
from citycard.taps import api as taps


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked, with the answers to choose from.

    :ivar tap: names the use
    """

    tap: str
    title: str
    scores: list[tuple[int, str]]


def question(member_id: int, recent: Sequence[taps.TapView]) -> Question | None:
    """Return the question about one of my recent taps; None where nothing is asked."""
    uses = [_use(tap) for tap in recent if tap.code.is_accepted]
    use = insight.to_ask(member_id=member_id, uses=uses, now=clock.now())
    if use is None:
        return None
    place = next(name_of("place", tap.place) for tap in recent if tap.tap == use.tap)
    words = (_("很不滿意"), _("不滿意"), _("普通"), _("滿意"), _("很滿意"))
    return Question(
        tap=use.tap,
        title=_("您在%(where)s的「%(service)s」，滿意嗎？")
        % {
            "where": place or name_of("agency", use.agency),
            "service": name_of("service", use.service),
        },
        scores=list(enumerate(words, start=1)),
    )


@door(roles={"resident"}, member=True)
def answer(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Keep my answer about one of my uses, or that I don't want to say."""
    if request.method == "POST":
        _keep(request, request.POST.get("score", ""))
    return redirect("resident:card", public_id=public_id)


def _keep(request: HttpRequest, score: str) -> None:
    member_id = own.member_of(request)
    found = taps.tap_of(
        access=own.own_access(request, "taps"),
        member_id=member_id,
        tap=_identity(request.POST.get("tap", "")),
    )
    if not found.code.is_accepted:
        raise NotFound(what="tap")
    with unit_of_work():
        insight.answer(
            member_id=member_id,
            use=_use(found),
            score=int(score) if score.isascii() and score.isdigit() else None,
            now=clock.now(),
        )
    messages.success(request, _("謝謝您。") if score else _("好的，這次不問了。"))


def _identity(text: str) -> tuple[int, int, int]:
    """Read reader, epoch and sequence.

    :raises NotFound: it is nothing of the kind
    """
    parts = text.split("-")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() for part in parts):
        raise NotFound(what="tap")
    reader, epoch, seq = (int(part) for part in parts)
    return reader, epoch, seq


def _use(tap: taps.TapView) -> insight.Use:
    return insight.Use(tap=tap.tap, service=tap.service, agency=tap.agency, at=tap.at)

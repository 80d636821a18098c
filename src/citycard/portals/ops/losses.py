"""Reported losses: how far each has got, which readers are behind, and who bears what.

An operator with a caller on the line finds a loss by the card's number that the caller reads out;
no page shows a number, a holder, or where a card was before its report.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from citycard.agencies import api as agencies
from citycard.cards import api as cards
from citycard.infra.clock import now
from citycard.portals import loss_story
from citycard.portals.doors import door
from citycard.portals.naming import name_of
from citycard.portals.ops.shell import SEES, page
from citycard.taps import api as taps

LOSSES = SEES | {"auditor"}
SHOWN_FOR = dt.timedelta(days=30)
MOST = 200


@door(roles=LOSSES)
def losses(request: HttpRequest) -> HttpResponse:
    """List the losses of the last days, the newest first; find one by a number read out."""
    typed = request.POST.get("number", "").strip() if request.method == "POST" else ""
    if typed:
        found = cards.find_by_any_number(number=typed)
        if found is not None and cards.lost_card(card_id=found.card_id) is not None:
            return HttpResponseRedirect(reverse("ops:loss", args=[found.card_id]))
    at = now()
    lost = cards.lost_cards(since=at - SHOWN_FOR, until=at + dt.timedelta(minutes=1), limit=MOST)
    rows = _rows(lost)
    return page(
        request,
        "losses",
        status=422 if typed else 200,
        rows=rows,
        not_found=bool(typed),
        days=SHOWN_FOR.days,
        most=MOST if len(rows) == MOST else 0,
        behind=sum(not row["is_known"] for row in rows),
        let_in=sum(row["after"].let_in for row in rows),
    )


@door(roles=LOSSES)
def loss(request: HttpRequest, card_id: int) -> HttpResponse:
    """Show how far one loss has got, and what came of it."""
    found = cards.lost_card(card_id=card_id)
    if found is None:
        raise Http404
    [row] = _rows([found])
    borne = taps.losses_of_card(card_id=card_id)
    return page(
        request,
        "loss",
        row=row,
        steps=loss_story.steps(found.clock),
        lists=[
            {"it": one, "service": name_of("service", one.service)}
            for one in cards.loss_lists(card_id=card_id)
        ],
        behind=[
            {"it": one, "place": name_of("place", one.place) if one.place else ""}
            for one in cards.readers_behind(card_id=card_id)
        ],
        borne=_borne(borne),
        afterwards=_afterwards([one for one in borne if one.report == "after"]),
        stored_value=loss_story.stored_value(cards.card_table().media[found.medium].issuer),
    )


def _rows(lost: Sequence[cards.LostCard]) -> list[dict[str, Any]]:
    after = taps.lost_counts(reported={one.card_id: one.clock.reported_at for one in lost})
    return [
        {
            "it": one,
            "kind": name_of("card_kind", one.kind),
            "medium": name_of("medium", one.medium),
            "after": after.get(one.card_id, taps.LostCount()),
            "is_known": one.clock.published_at is not None and one.clock.known == one.clock.readers,
            "took_s": _took_s(one.clock),
        }
        for one in lost
    ]


def _took_s(clock: cards.LossClock) -> int | None:
    """Return the seconds from the report until the lists had it."""
    if clock.published_at is None:
        return None
    return max(0, round((clock.published_at - clock.reported_at).total_seconds()))


def _borne(found: Sequence[taps.Loss]) -> list[dict[str, Any]]:
    """Sum up who bears what, before and after the report."""
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for one in found:
        entry = sums[one.report, one.bears]
        entry[0] += 1
        entry[1] += one.amount
    return [
        {
            "report": loss_story.report_words(report),
            "bears": loss_story.bears_words(bears),
            "taps": count,
            "points": amount,
        }
        for (report, bears), (count, amount) in sorted(sums.items())
    ]


def _afterwards(found: Sequence[taps.Loss]) -> list[dict[str, Any]]:
    """Return what readers let in after the report: the reader, and whether it knew."""
    codes = {one.device_id: one for one in agencies.devices()} if found else {}
    return [
        {
            "it": one,
            "reader": codes[one.reader_id].code if one.reader_id in codes else "",
            "service": name_of("service", one.service),
            "bears": loss_story.bears_words(one.bears),
        }
        for one in found
    ]

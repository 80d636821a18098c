"""Judging a card for a service without a reader: what an agency's own system asks. Nothing is
stored."""

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

from citycard.cards import api as cards_face
from citycard.infra.database import rows, statement
from citycard.infra.packs import current_pack
from citycard.taps import deciding
from citycard.taps.codes import Code
from citycard.taps.service_table import service_table
from citycard.taps.values import CardRead


class ServiceJudged(NamedTuple):
    """What a service says to a card, whose it is, and which of the rights asked for it carries.

    :ivar holder: whom the answer is about: of a blocked card, which is bound to nobody any more,
        who had it
    """

    code: Code
    member_id: int | None
    held: frozenset[str]
    holder: int | None


def judge_for_service(
    *, service: str, cards: Sequence[CardRead], rights: Sequence[str], now: dt.datetime
) -> list[ServiceJudged]:
    """Return what a service would say to each card now, by ids only, one a card and set-based.

    :param rights: entitlements of which to say whether the card carries them, besides the one that
        the service needs
    """
    table, today = service_table(), current_pack().time.day(now)
    known = table.services.get(service)
    needs = known.entitlement if known else None
    asked = sorted({*rights, *([needs] if needs else [])})
    single = cards_face.card_table().single_rights
    found = rows(
        statement(__file__, "judge_service"),
        {
            "at": now,
            "day": today,
            "service": service,
            "needs": needs,
            "rights": asked,
            "one_card": [right in single for right in asked],
            "issuers": [card.issuer for card in cards],
            "kinds": [card.number_kind for card in cards],
            "numbers": [card.number for card in cards],
        },
    )
    codes = deciding.verdicts_of(found, table, today)
    return [
        ServiceJudged(
            code,
            facts.member_id,
            frozenset(right for right in facts.held if _carries(facts.kind, right, today)),
            facts.last_holder if code == Code.BLOCKED else facts.member_id,
        )
        for code, facts in zip(codes, found, strict=True)
    ]


def _carries(kind: str | None, right: str, on: dt.date) -> bool:
    found = cards_face.card_table().kinds.get(kind or "")
    return found is not None and found.opens(right, on)

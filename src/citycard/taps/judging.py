"""Judging a card without a tap: what a conversion asks. Nothing is stored."""

import datetime as dt
from collections.abc import Sequence

from citycard.infra.database import rows, statement
from citycard.infra.packs import current_pack
from citycard.taps import deciding
from citycard.taps.codes import Code
from citycard.taps.service_table import service_table
from citycard.taps.values import CardRead, Judged


def judge(*, device_id: int, cards: Sequence[CardRead], now: dt.datetime) -> list[Judged]:
    """Return what a reader's service would say to each card now, by ids only; for conversion.

    A reader that was revoked since it was let in is told so for every card.
    """
    table = service_table()
    today = current_pack().time.day(now)
    found = rows(
        statement(__file__, "judge"),
        {
            "reader": device_id,
            "at": now,
            "day": today,
            "issuers": [card.issuer for card in cards],
            "kinds": [card.number_kind for card in cards],
            "numbers": [card.number for card in cards],
            "services": list(table.services),
            "entitlements": [service.entitlement for service in table.services.values()],
            "one_card": [service.one_card for service in table.services.values()],
        },
        prepare=True,
    )
    return [
        Judged(
            Code.READER_REVOKED if facts.reader_state != "active" else code,
            facts.member_id,
            facts.agency,
        )
        for facts, code in zip(found, deciding.verdicts_of(found, table, today), strict=True)
    ]

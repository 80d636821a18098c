"""What a kiosk may offer for a card that lies on it."""

import datetime as dt

from citycard.infra.database import scalar
from citycard.infra.packs import current_pack
from citycard.kernel.access import Access
from citycard.ledger import api as ledger
from citycard.redemptions.deciding import Terms, terms_on
from citycard.redemptions.reserving import conversion_for, used_today
from citycard.redemptions.values import KindView, KioskView, Way


def look(
    *, access: Access, card_id: int, member_id: int, medium: str, purse: int, now: dt.datetime
) -> KioskView:
    """Tell how much may be loaded now; what it promises is checked again when it is reserved.

    :param access: must cover the person and the field ``points``
    :param purse: what the card holds, in NT$
    :raises MediumNotWritten: no conversion writes this medium
    """
    on = current_pack().time.day(now)
    terms = conversion_for(medium, on)
    balance = ledger.balances(holders=[member_id], unit=terms.unit, on=on, access=access)[member_id]
    used = used_today(member_id, terms, now)
    most, why_not = terms.most_now(points=balance.available, purse=purse, used_today=used)
    if _busy(card_id):
        most, why_not = 0, "busy"
    return KioskView(
        points=balance.available,
        held=balance.held,
        most=most,
        choices=_choices(terms, most),
        points_rate=terms.points_rate,
        ntd_rate=terms.ntd_rate,
        purse_max=terms.purse_max,
        why_not=why_not,
    )


def kinds_for(
    *, access: Access, member_id: int, now: dt.datetime, way: Way | None = None
) -> list[KindView]:
    """Tell a person what their points may become, and how much of each now; in the pack's order.

    :param access: must cover the person and the field ``points``
    :param way: only those of one way
    """
    table, on = current_pack().table("points"), current_pack().time.day(now)
    found = [terms_on(table, kind, on) for kind in table["conversions"]]
    return [
        _kind_view(terms, access, member_id, now) for terms in found if way in (None, terms.way)
    ]


def _kind_view(terms: Terms, access: Access, member_id: int, now: dt.datetime) -> KindView:
    on = current_pack().time.day(now)
    balances = ledger.balances(holders=[member_id], unit=terms.unit, on=on, access=access)
    points = balances[member_id].available
    used = used_today(member_id, terms, now)
    most, why_not = terms.most_now(points=points, purse=None, used_today=used)
    return KindView(
        kind=terms.kind,
        way=terms.way,
        unit=terms.unit,
        partner=terms.partner,
        points=points,
        least=terms.least,
        step=terms.step,
        most=most,
        points_rate=terms.points_rate,
        ntd_rate=terms.ntd_rate,
        why_not=why_not,
    )


def _choices(terms: Terms, most: int) -> tuple[int, ...]:
    """Return the pack's amounts that fit, and the most that does."""
    fitting = [choice for choice in terms.choices if terms.least <= choice <= most]
    return tuple(sorted({*fitting, most})) if most else ()


def _busy(card_id: int) -> bool:
    return bool(
        scalar(
            "SELECT EXISTS (SELECT FROM redemptions_session"
            " WHERE way = 'card' AND card_id = %s AND state IN ('reserved', 'writing'))",
            [card_id],
        )
    )

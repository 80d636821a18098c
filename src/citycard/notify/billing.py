"""What residents pay for text messages: only those that were sent count, in the month they were."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from citycard.infra.database import rows
from citycard.infra.packs import current_pack
from citycard.kernel.access import Access
from citycard.kernel.periods import next_month


@dataclass(frozen=True, kw_only=True)
class TextBill:
    """What somebody pays for a month's text messages.

    :ivar month: first day of the local month in which they were sent
    """

    member_id: int
    month: dt.date
    texts: int
    ntd: int


def text_bills(*, access: Access, member_id: int, since: dt.date) -> list[TextBill]:
    """Return somebody's months with text messages to pay for, the newest first.

    :param access: must cover the person and the field ``messages``
    :param since: first day of the oldest month
    """
    access.require("messages", members=[member_id])
    return _bills("m.member_id = %s AND d.ended_at >= %s", member_id, _begins(since))


def texts_to_pay(*, agencies: Sequence[str], month: dt.date) -> list[TextBill]:
    """Return what everybody pays some agencies for a month, by member; who they are is opened
    apart.

    :param month: first day of the local month in which the messages were sent
    """
    return _bills(
        "d.billed_by = ANY(%s) AND d.ended_at >= %s AND d.ended_at < %s",
        list(agencies),
        _begins(month),
        _begins(next_month(month)),
    )


def _begins(month: dt.date) -> dt.datetime:
    return dt.datetime.combine(month, dt.time(), current_pack().time.zone)


def _bills(condition: str, *values: object) -> list[TextBill]:
    found = rows(
        f"""
        SELECT m.member_id, date_trunc('month', d.ended_at AT TIME ZONE %s)::date AS month,
               count(*) AS texts, sum(d.price_ntd)::bigint AS ntd
        FROM notify_delivery d JOIN notify_message m ON m.id = d.message_id
        WHERE d.channel = 'sms' AND d.state = 'sent' AND d.price_ntd > 0 AND {condition}
        GROUP BY 1, 2 ORDER BY 2 DESC, 1
        """,  # noqa: S608 - conditions of this file
        [str(current_pack().time.zone), *values],
    )
    return [TextBill(**one._asdict()) for one in found]

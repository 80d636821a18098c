"""A lost card's taps around its report, each with who bears it."""

import datetime as dt
from dataclasses import dataclass

from citycard.infra.database import rows
from citycard.kernel.access import Access
from citycard.taps.codes import Code

LOOK_BACK = dt.timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class LostCardTap:
    """A tap of a lost card.

    :ivar report: ``before`` or ``after`` the report
    :ivar code: the city's verdict
    :ivar bears: ``holder``, ``city``, ``company`` or ``operator``; empty: it was refused, so nobody
    :ivar reader_knew: whether a reader that answered by itself knew of the loss; None: the city
        answered
    """

    at: dt.datetime
    service: str
    place: str
    report: str
    code: Code
    bears: str
    reader_knew: bool | None


def lost_card_taps(
    *, access: Access, member_id: int, card_id: int, lost_at: dt.datetime
) -> list[LostCardTap]:
    """Return a lost card's taps from a day before its report on, the earliest first.

    :param access: must cover the field ``taps`` of this member
    :raises AccessTooNarrow: it does not
    """
    access.require("taps", members=[member_id])
    found = rows(
        """
        SELECT x.at, s.service, s.place, x.report, x.code, l.bears, l.reader_knew, a.code AS device
        FROM (SELECT at, reader_id, epoch, seq, site_id, code, 'before' AS report FROM taps_tap
              WHERE member_id = %(member)s AND card_id = %(card)s
                AND at >= %(since)s AND at < %(lost)s
              UNION ALL
              SELECT at, reader_id, epoch, seq, site_id, code, 'after' FROM taps_tap
              WHERE card_id = %(card)s AND code = 13 AND at >= %(lost)s) x
        JOIN taps_site s ON s.id = x.site_id
        LEFT JOIN taps_device_answer a
               ON a.reader_id = x.reader_id AND a.epoch = x.epoch AND a.seq = x.seq
        LEFT JOIN taps_loss l
               ON l.reader_id = x.reader_id AND l.epoch = x.epoch AND l.seq = x.seq
        ORDER BY x.at
        """,
        {"member": member_id, "card": card_id, "lost": lost_at, "since": lost_at - LOOK_BACK},
    )
    return [
        LostCardTap(
            at=one.at,
            service=one.service,
            place=one.place,
            report=one.report,
            code=Code(one.code),
            bears=_bears(one.report, one.bears, Code(one.code)),
            reader_knew=one.reader_knew,
        )
        for one in found
    ]


def _bears(report: str, bears: str | None, code: Code) -> str:
    if bears is not None:
        return bears
    return "holder" if report == "before" and code.is_accepted else ""

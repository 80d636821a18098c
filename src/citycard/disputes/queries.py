"""Reads of disputes."""

from typing import Any

from citycard.disputes.values import Dispute
from citycard.infra.crypto import unseal
from citycard.infra.database import rows, scalar
from citycard.infra.packs import Text
from citycard.kernel.access import Access
from citycard.kernel.errors import NotFound

FIELD = "disputes"
"""The field of the pack's purposes under which a resident's own words are read."""

_SELECT = """
SELECT id, member_id, kind, about, unit, about_at, reason, state, opened_at, ended_at, ended_by,
       why_zh, why_en, correction, amount
FROM disputes_dispute
"""


def one(number: int) -> Dispute:
    """Return a dispute.

    :raises NotFound: there is none of this number
    """
    for row in rows(_SELECT + " WHERE id = %s", [number]):
        return _dispute(row)
    raise NotFound(what="dispute")


def dispute(*, dispute_id: int) -> Dispute:
    """Return a dispute as officers work it, without the resident's own words.

    :raises NotFound: there is none of this number
    """
    return one(dispute_id)


def queue(*, open_only: bool = True, limit: int = 100) -> list[Dispute]:
    """Return disputes for whoever works them, the oldest first; ended ones the newest first."""
    order = "state = 'open' ORDER BY id" if open_only else "state <> 'open' ORDER BY ended_at DESC"
    return [_dispute(row) for row in rows(f"{_SELECT} WHERE {order} LIMIT %s", [limit])]


def open_count() -> int:
    """Return how many disputes wait."""
    return int(scalar("SELECT count(*) FROM disputes_dispute WHERE state = 'open'"))


def disputes_of(*, access: Access, member_id: int, about: str = "") -> list[Dispute]:
    """Return a member's disputes, the newest first.

    :param access: must cover the field ``disputes`` of this member
    :param about: only those about the thing of this number
    :raises AccessTooNarrow: the access doesn't cover it
    """
    access.require(FIELD, members=[member_id])
    found = rows(
        _SELECT + " WHERE member_id = %s AND (%s = '' OR about = %s) ORDER BY id DESC",
        [member_id, about, about],
    )
    return [_dispute(row) for row in found]


def said_in(*, access: Access, dispute_id: int) -> str:
    """Return what a resident said in their own words.

    :param access: must cover the field ``disputes`` of this member
    :raises NotFound: there is none of this number
    :raises AccessTooNarrow: the access doesn't cover it
    """
    access.require(FIELD, members=[one(dispute_id).member_id])
    sealed = scalar("SELECT said_sealed FROM disputes_dispute WHERE id = %s", [dispute_id])
    return unseal("disputes.dispute.said", sealed, row=dispute_id)


def _dispute(row: Any) -> Dispute:
    found = row._asdict()
    why = Text(zh=found.pop("why_zh"), en=found.pop("why_en"))
    return Dispute(**found, why=why)

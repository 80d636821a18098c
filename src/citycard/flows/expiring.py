"""The clock: it gives back what was reserved and never written, and ends nothing else."""

import datetime as dt
from collections.abc import Sequence

import structlog

from citycard.infra import failpoints
from citycard.infra.database import is_unreachable
from citycard.infra.unit_of_work import unit_of_work
from citycard.redemptions import api as redemptions

log = structlog.get_logger(__name__)


def expire(now: dt.datetime) -> None:
    """Give back what was reserved and never written; run by the clock. One reservation that can't
    be given back is set aside for an operator; it holds up nobody else's points.
    """
    while True:
        try:
            with unit_of_work():
                ended = redemptions.expire_reserved(now=now)
                failpoints.reach("redeem.expire.before_commit")
        except Exception as broken:
            if is_unreachable(broken):
                raise
            log.exception("redemptions.expiring_failed")
            ended = redemptions.due_reservations(now=now)
            _expire_one_by_one(ended, now)
        if not ended:
            return


def _expire_one_by_one(due: Sequence[int], now: dt.datetime) -> None:
    stuck = []
    for session_id in due:
        try:
            with unit_of_work():
                redemptions.expire_one(session_id=session_id, now=now)
        except Exception as broken:
            if is_unreachable(broken):
                raise
            stuck.append(session_id)
    with unit_of_work():
        redemptions.set_aside(session_ids=stuck, now=now)

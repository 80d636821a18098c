"""A resident says that something is wrong."""

import datetime as dt

from citycard.disputes import events
from citycard.disputes.queries import one
from citycard.disputes.states import REASONS
from citycard.disputes.values import Dispute
from citycard.infra.crypto import seal
from citycard.infra.database import execute, scalar
from citycard.infra.journal import announce
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.errors import Refused

SAID = "disputes.dispute.said"
LONGEST = 500


class ReasonUnknown(Refused):
    """Please choose what is wrong."""

    code = "disputes.reason_unknown"


class SaidTooLong(Refused):
    """Please say it in up to {most} characters."""

    code = "disputes.said_too_long"


def open_dispute(
    *,
    member_id: int,
    kind: str,
    about: str,
    about_at: dt.datetime,
    reason: str,
    said: str,
    unit: str = "",
    actor: Actor,
    now: dt.datetime,
) -> tuple[Dispute, bool]:
    """Keep what a resident says is wrong; said again while it is open, the same dispute is
    returned.

    Announces ``disputes.dispute.opened``.

    :param said: the resident's own words; sealed
    :returns: the dispute, and whether it is new
    :raises ReasonUnknown: the reason is none of those for this kind
    :raises SaidTooLong: the words are
    """
    require_unit_of_work()
    if reason not in REASONS[kind]:
        raise ReasonUnknown()
    if len(said) > LONGEST:
        raise SaidTooLong(most=LONGEST)
    number = int(scalar("SELECT nextval('disputes_dispute_id_seq')"))
    added = execute(
        "INSERT INTO disputes_dispute (id, member_id, kind, about, unit, about_at, reason,"
        " said_sealed, opened_at, opened_by) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
        " ON CONFLICT (member_id, kind, about) WHERE state = 'open' DO NOTHING",
        [number, member_id, kind, about, unit, about_at, reason,
         seal(SAID, said.strip(), row=number), now, actor.id],
    )  # fmt: skip
    if added:
        announce(events.DisputeOpened(dispute_id=number, kind=kind))
    else:
        number = int(
            scalar(
                "SELECT id FROM disputes_dispute WHERE member_id = %s AND kind = %s AND about = %s"
                " AND state = 'open'",
                [member_id, kind, about],
            )
        )
    return one(number), bool(added)

"""What must be the same whichever reader's upload came first, and a way to try another order."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from citycard.flows import bearing_losses
from citycard.infra.database import rows
from citycard.infra.journal import Announced
from citycard.infra.unit_of_work import unit_of_work
from tests.taps.town import NOW


@contextmanager
def taken_back() -> Iterator[None]:
    """Try something; nothing of it stays."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def settle(*, after: int = 0) -> int:
    """Let the subscriber of losses take what was kept since, as the worker would; returns up to
    where."""
    kept = rows(
        "SELECT DISTINCT kept_id FROM taps_device_answer WHERE kept_id > %s ORDER BY 1", [after]
    )
    events = [
        Announced(id=n, code="taps.answers.kept", body={"kept_id": one.kept_id}, at=NOW)
        for n, one in enumerate(kept)
    ]
    with unit_of_work():
        bearing_losses.follow(events)
    return max((one.kept_id for one in kept), default=after)


def merged() -> dict[str, object]:
    """Return balances, verdicts and losses."""
    return {
        "balances": rows(
            """
            SELECT a.class AS sort, a.holder, a.code, a.unit,
                   sum(CASE WHEN t.to_account = a.account_id THEN t.amount ELSE -t.amount END)
                       ::bigint AS points
            FROM pub.ledger_accounts a
            JOIN pub.ledger_transfers t ON a.account_id IN (t.from_account, t.to_account)
            GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
            """
        ),
        "verdicts": rows(
            "SELECT reader_id, epoch, seq, code, points, card_id, member_id FROM taps_tap"
            " ORDER BY 1, 2, 3"
        ),
        "losses": rows(
            "SELECT reader_id, epoch, seq, at, card_id, why, snapshot, report, reader_knew, bears,"
            " unit, amount, posted FROM taps_loss WHERE amount > 0 OR why <> 'overspent'"
            " ORDER BY 1, 2, 3"
        ),
        "borne": rows(
            "SELECT reader_id, epoch, seq, city_code, code, points, borne FROM taps_device_answer"
            " ORDER BY 1, 2, 3"
        ),
    }

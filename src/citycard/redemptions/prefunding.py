"""Money that the city deposits with a partner ahead: deposits raise it, each loading draws it down.

It is kept in the ledger, in the unit ``ntd``: treasury → prefund → partner. None of these accounts
is guarded: a loading that stands on a card must be booked, also when the deposit has run dry.
"""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from citycard.infra.database import rows, scalar
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.errors import Refused
from citycard.kernel.ids import fact_key
from citycard.kernel.periods import next_month
from citycard.ledger import api as ledger
from citycard.redemptions.deciding import dated
from citycard.redemptions.values import Session

NTD = "ntd"
LARGEST_DEPOSIT = 1_000_000_000
OLDEST_PAYMENT = dt.timedelta(days=400)


class DepositWrong(Refused):
    """A deposit is a whole number of dollars above zero, with the bank's reference."""

    code = "redemptions.deposit_wrong"


class NotPrefunded(Refused):
    """No money is deposited with this partner."""

    code = "redemptions.not_prefunded"


@dataclass(frozen=True, kw_only=True)
class LoadedLine:
    """What one machine's redemptions came to on one local day."""

    day: dt.date
    place: str
    kind: str
    count: int
    points: int
    ntd: int


@dataclass(frozen=True, kw_only=True)
class PartnerStatement:
    """A partner's month: what was given, by day and machine, and what became of the deposit.

    :ivar opening, closing: NT$ deposited and not yet drawn down; 0 for partners without deposit
    :ivar returned: NT$ of what was given, in this month or before, that were taken back
    :ivar lines: what was given; of a loading that was booked late, on the day it was booked
    :ivar warn_below: the pack's warning level; None without a deposit
    """

    partner: str
    month: dt.date
    prefunded: bool
    opening: int
    deposits: int
    loaded: int
    returned: int
    closing: int
    warn_below: int | None
    lines: Sequence[LoadedLine]

    @property
    def is_low(self) -> bool:
        """Tell whether what is left is below the warning level."""
        return self.warn_below is not None and self.closing < self.warn_below


def deposit(
    *,
    partner: str,
    ntd: int,
    paid_on: dt.date,
    reference: str,
    actor: Actor,
    now: dt.datetime,
) -> None:
    """Note that the city has paid a partner ahead; the same payment again changes nothing.

    :param ntd: whole dollars
    :param paid_on: the bank's day of the payment
    :param reference: the bank's own, without personal data; with the day it names the payment
    :raises NotPrefunded: the pack has no deposit with this partner
    :raises DepositWrong: no such amount or day, or no reference
    :raises ledger.KeyUsed: the payment was noted with another amount
    """
    require_unit_of_work()
    if not is_prefunded(partner):
        raise NotPrefunded(partner=partner)
    at = current_pack().time.midnight(paid_on)
    amount_fits = type(ntd) is int and 0 < ntd <= LARGEST_DEPOSIT
    if not amount_fits or not reference.strip() or not now - OLDEST_PAYMENT < at <= now:
        raise DepositWrong()
    _move(
        "partner.deposit",
        ledger.Transfer(
            source=ledger.city(code="treasury", unit=NTD), target=_prefund(partner), amount=ntd
        ),
        fact_key(at, "partner.deposit", partner, reference.strip()),
        reference.strip()[:64],
        actor,
        now,
        at=at,
    )


def draw_down(
    session: Session, *, ntd: int, key: uuid.UUID, actor: Actor, now: dt.datetime
) -> None:
    """Take what was loaded from the deposit, if the partner has one."""
    if is_prefunded(session.partner):
        transfer = ledger.Transfer(
            source=_prefund(session.partner), target=_loaded(session.partner), amount=ntd
        )
        fact = fact_key(now, "redemption.loaded", key)
        _move("redemption.loaded", transfer, fact, f"redemption:{session.id}", actor, now)


def put_back(session: Session, *, ntd: int, key: uuid.UUID, actor: Actor, now: dt.datetime) -> None:
    """Put what was not loaded after all back into the deposit."""
    if is_prefunded(session.partner):
        transfer = ledger.Transfer(
            source=_loaded(session.partner), target=_prefund(session.partner), amount=ntd
        )
        fact = fact_key(now, "redemption.unloaded", key)
        _move("redemption.unloaded", transfer, fact, f"redemption:{session.id}", actor, now)


def is_prefunded(partner: str) -> bool:
    """Tell whether the pack has a deposit with a partner."""
    row = current_pack().table("points")["partners"].get(partner)
    return bool(row and row["prefunded"])


def partners() -> list[str]:
    """Return the pack's partners, by code."""
    return list(current_pack().table("points")["partners"])


def partner_statement(*, partner: str, month: dt.date) -> PartnerStatement:
    """Return a partner's month: deposits in NT$, and what was given by day and machine.

    :param month: any day of it
    """
    first = month.replace(day=1)
    time = current_pack().time
    begins, ends = time.midnight(first), time.midnight(next_month(first))
    sums = {kind: (before, within) for kind, before, within in _sums(partner, begins, ends)}
    opening = _signed({kind: before for kind, (before, _) in sums.items()})
    within = {kind: amount for kind, (_, amount) in sums.items()}
    return PartnerStatement(
        partner=partner,
        month=first,
        prefunded=is_prefunded(partner),
        opening=opening,
        deposits=within.get("partner.deposit", 0),
        loaded=within.get("redemption.loaded", 0),
        returned=_returned(partner, begins, ends),
        closing=opening + _signed(within),
        warn_below=_warn_below(partner, time.day(ends - dt.timedelta(seconds=1))),
        lines=_lines(partner, begins, ends),
    )


def _signed(amounts: dict[str, int]) -> int:
    return (
        amounts.get("partner.deposit", 0)
        + amounts.get("redemption.unloaded", 0)
        - amounts.get("redemption.loaded", 0)
    )


def _warn_below(partner: str, on: dt.date) -> int | None:
    row = current_pack().table("points")["partners"].get(partner, {})
    levels = row.get("warn_below_ntd") if row.get("prefunded") else None
    return int(dated(levels, on)["amount"]) if levels else None


# The city's own accounts have small numbers: the bound keeps people's millions out of the look-up.
_SUMS = """
WITH prefund AS MATERIALIZED (
    SELECT account_id FROM pub.ledger_accounts
    WHERE account_id < 1000000000 AND class = 'city' AND unit = 'ntd' AND code = %(code)s),
moved AS (
    SELECT t.kind, t.at, t.amount FROM prefund p
    JOIN pub.ledger_transfers t ON t.from_account = p.account_id
    UNION ALL
    SELECT t.kind, t.at, t.amount FROM prefund p
    JOIN pub.ledger_transfers t ON t.to_account = p.account_id)
SELECT kind, coalesce(sum(amount) FILTER (WHERE at < %(begins)s), 0)::bigint AS before,
       coalesce(sum(amount) FILTER (WHERE at >= %(begins)s), 0)::bigint AS within
FROM moved WHERE at < %(ends)s GROUP BY kind
"""


def _sums(partner: str, begins: dt.datetime, ends: dt.datetime) -> list[tuple[str, int, int]]:
    found = rows(_SUMS, {"code": f"prefund:{partner}", "begins": begins, "ends": ends})
    return [(kind, int(before), int(within)) for kind, before, within in found]


def _lines(partner: str, begins: dt.datetime, ends: dt.datetime) -> list[LoadedLine]:
    found = rows(
        """
        WITH given AS (
            SELECT ended_at AS at, place, kind, points, ntd FROM redemptions_session
            WHERE state = 'settled' AND partner = %(partner)s
              AND ended_at >= %(begins)s AND ended_at < %(ends)s
            UNION ALL
            SELECT c.at, s.place, s.kind, c.points, c.ntd FROM redemptions_correction c
            JOIN redemptions_session s ON s.id = c.session_id
            WHERE c.kind = 'charged' AND s.partner = %(partner)s
              AND c.at >= %(begins)s AND c.at < %(ends)s)
        SELECT (at AT TIME ZONE %(zone)s)::date AS day, place, kind, count(*)::int AS count,
               sum(points)::bigint AS points, sum(ntd)::bigint AS ntd
        FROM given GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
        """,
        {
            "zone": str(current_pack().time.zone),
            "partner": partner,
            "begins": begins,
            "ends": ends,
        },
    )
    return [LoadedLine(**one._asdict()) for one in found]


def _returned(partner: str, begins: dt.datetime, ends: dt.datetime) -> int:
    return int(
        scalar(
            "SELECT coalesce(sum(c.ntd), 0) FROM redemptions_correction c"
            " JOIN redemptions_session s ON s.id = c.session_id"
            " WHERE c.kind = 'returned' AND s.partner = %s AND c.at >= %s AND c.at < %s",
            [partner, begins, ends],
        )
    )


def _prefund(partner: str) -> ledger.AccountRef:
    return ledger.city(code=f"prefund:{partner}", unit=NTD)


def _loaded(partner: str) -> ledger.AccountRef:
    return ledger.partner(code=partner, unit=NTD)


def _move(
    kind: str,
    transfer: ledger.Transfer,
    key: uuid.UUID,
    ref: str,
    actor: Actor,
    now: dt.datetime,
    *,
    at: dt.datetime | None = None,
) -> None:
    move = ledger.Move(key=key, kind=kind, at=at or now, transfers=[transfer], ref=ref)
    (posted,) = ledger.move_many(moves=[move], actor=actor, now=now)
    if posted.refusal:
        raise posted.refusal

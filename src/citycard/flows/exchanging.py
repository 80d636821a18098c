"""Exchanging one's own units: what is offered today, and doing it."""

import datetime as dt
import uuid
from dataclasses import dataclass

from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.access import Access
from citycard.kernel.actors import Actor
from citycard.kernel.ids import key_time
from citycard.ledger import api as ledger
from citycard.people import api as people

A_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Offer:
    """What somebody may exchange today.

    :ivar available: what they have of the unit they would give
    :ivar most: the largest amount they may give; 0 when they have too little
    """

    terms: ledger.ExchangeTerms
    available: int
    most: int


@dataclass(frozen=True, kw_only=True)
class Exchanged:
    """What was given and got; ``again`` when it had been done before under the same key."""

    terms: ledger.ExchangeTerms
    gave: int
    got: int
    last_day: dt.date | None
    again: bool


def offers(member_id: int, on: dt.date) -> list[Offer]:
    """Return the exchanges of a resident's own units that have begun by a day, with their
    balance.
    """
    now = current_pack().time.midnight(on)
    access = _own_points(member_id, now)
    return [
        _offer(terms, member_id, on, access)
        for code in ledger.exchange_codes()
        if (terms := _begun(code, on)) is not None
    ]


def exchange(
    member_id: int, exchange: str, amount: int, key: uuid.UUID, actor: Actor, now: dt.datetime
) -> Exchanged:
    """Exchange an amount of a resident's own, at the rate of the day.

    :param key: ``fact_key(shown_at, …)`` of the page that asked, so that sending it twice is once
    :raises NotFound: there is no such exchange
    :raises ledger.NotExchanged, ledger.AmountNotExchanged: with the first day, or what comes out
    :raises ledger.NotEnoughPoints: with what is there
    :raises ledger.KeyTimeWrong: the page was shown more than a day ago
    """
    at = key_time(key)
    if not -A_DAY < now - at < A_DAY:
        raise ledger.KeyTimeWrong(key=str(key), at=now.isoformat())
    on = current_pack().time.day(at)
    terms = ledger.exchange_terms(code=exchange, on=on)
    got = terms.worth(amount)
    last_day = ledger.last_day(unit=terms.gets, earned_on=on)
    with unit_of_work():
        asked = ledger.Exchange(
            key=key,
            at=at,
            holder=member_id,
            gives=terms.gives,
            gives_amount=amount,
            gets=terms.gets,
            gets_amount=got,
            fund=_fund(terms, actor, now),
            expires_on=last_day,
            ref=f"exchange:{exchange}",
        )
        (posted,) = ledger.exchange_many(exchanges=[asked], actor=actor, now=now)
        if posted.refusal:
            raise posted.refusal
    again = posted.outcome == "duplicate"
    return Exchanged(terms=terms, gave=amount, got=got, last_day=last_day, again=again)


def _fund(terms: ledger.ExchangeTerms, actor: Actor, now: dt.datetime) -> int:
    """Return the fund that answers for what is got: the agency's, one an exchange."""
    return ledger.open_fund(
        agency=terms.agency,
        campaign_ref=f"exchange:{terms.code}",
        unit=terms.gets,
        actor=actor,
        now=now,
    )


def _begun(code: str, on: dt.date) -> ledger.ExchangeTerms | None:
    try:
        return ledger.exchange_terms(code=code, on=on)
    except ledger.NotExchanged:
        return None


def _offer(terms: ledger.ExchangeTerms, member_id: int, on: dt.date, access: Access) -> Offer:
    found = ledger.balances(holders=[member_id], unit=terms.gives, on=on, access=access)
    available = found[member_id].available
    return Offer(terms=terms, available=available, most=terms.most(available))


def _own_points(member_id: int, now: dt.datetime) -> Access:
    """Open a resident's points to themselves."""
    own = Actor(
        id=f"member:{member_id}",
        kind="resident",
        roles=frozenset({"resident"}),
        member_id=member_id,
    )
    return people.open_access(
        subject=member_id, fields=["points"], purpose="own-data", actor=own, now=now
    )

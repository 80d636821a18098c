"""Showing a card on its holder's screen, and drawing new lots for its pseudonyms."""

import datetime as dt
import secrets
from typing import Any

from citycard.infra.database import execute, row
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.access import Access
from citycard.kernel.actors import Actor
from citycard.kernel.errors import Refused
from citycard.wallet import codes
from citycard.wallet.signing import keys
from citycard.wallet.values import Shown

_NONCE_BYTES = 3


class CardNotInUse(Refused):
    """This card is not in use, so it can't be shown."""

    code = "wallet.card_not_in_use"


def show(*, access: Access, card_id: int, member_id: int, now: dt.datetime) -> Shown:
    """Return codes of a member's own card for a screen, made now.

    The first time, pseudonyms are drawn for it: random, so that nothing derives them.

    :param access: must cover the field ``cards`` of this member
    :raises AccessTooNarrow: it does not
    :raises CardNotInUse: it is lost, stopped or not this member's
    """
    require_unit_of_work()
    access.require("cards", members=[member_id])
    _refuse_unless_in_use(card_id, member_id)
    token = _token(card_id, member_id, now)
    nonce = secrets.token_bytes(_NONCE_BYTES)
    square = codes.write_square(bytes(token.pseudonym), nonce=nonce, made_at=now, keys=keys())
    line = codes.write_line(token.line_token, made_at=now, keys=keys())
    until = min(now + dt.timedelta(seconds=codes.HOLDS_S), codes.line_holds_until(now))
    return Shown(square=square, line=line, until=until)


def renew(*, card_id: int, member_id: int, actor: Actor, now: dt.datetime) -> None:
    """End a card's pseudonyms; the next time that it is shown, others are drawn.

    Codes that were photographed before are unknown from now on.
    """
    require_unit_of_work()
    _end("card_id = %s AND member_id = %s", [card_id, member_id], now)


def _refuse_unless_in_use(card_id: int, member_id: int) -> None:
    found = row(
        """
        SELECT c.state FROM pub.cards c JOIN pub.bindings b ON b.card_id = c.card_id
        WHERE c.card_id = %s AND b.member_id = %s AND upper_inf(b.bound)
        """,
        [card_id, member_id],
    )
    if found is None or found.state != "active":
        raise CardNotInUse()


def _token(card_id: int, member_id: int, now: dt.datetime) -> Any:
    found = _open(card_id)
    if found is not None and found.member_id != member_id:
        _end("id = %s", [found.id], now)
        found = None
    if found is None:
        _draw(card_id, member_id, now)
        found = _open(card_id)
    assert found is not None, "it was drawn just now, here or beside us"
    return found


def _open(card_id: int) -> Any | None:
    return row(
        "SELECT id, member_id, pseudonym, line_token FROM wallet_token"
        " WHERE card_id = %s AND upper_inf(held)",
        [card_id],
    )


def _draw(card_id: int, member_id: int, now: dt.datetime) -> None:
    execute(
        """
        INSERT INTO wallet_token (card_id, member_id, pseudonym, line_token, held)
        VALUES (%s, %s, %s, %s, tstzrange(%s, NULL))
        ON CONFLICT (card_id) WHERE upper_inf(held) DO NOTHING
        """,
        [card_id, member_id, secrets.token_bytes(8), f"{secrets.randbelow(10**12):012d}", now],
    )


def _end(which: str, params: list[int], now: dt.datetime) -> None:
    execute(
        "UPDATE wallet_token SET held = tstzrange(lower(held),"  # noqa: S608 - two texts of ours
        f" greatest(%s, lower(held) + interval '1 microsecond')) WHERE {which} AND upper_inf(held)",
        [now, *params],
    )

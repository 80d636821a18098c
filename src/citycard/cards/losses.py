"""Reported losses for those who see to readers: cards without a number and without a holder, the
lists that name them, and the readers that are behind."""

import datetime as dt
from dataclasses import dataclass

from citycard.cards.hotlists import LossClock, loss_clocks
from citycard.infra.database import rows


@dataclass(frozen=True, kw_only=True)
class LostCard:
    """A lost card, and how far its loss has got."""

    card_id: int
    kind: str
    medium: str
    clock: LossClock


@dataclass(frozen=True, kw_only=True)
class LossList:
    """A service's list that names a lost card first.

    :ivar known: how many readers said that they hold it or a later one, of ``readers``
    :ivar newest: the service's newest version
    """

    service: str
    version: int
    newest: int
    published_at: dt.datetime
    known: int
    readers: int
    last_known_at: dt.datetime | None


@dataclass(frozen=True, kw_only=True)
class ReaderBehind:
    """A reader that holds an older list than the one that names a lost card.

    :ivar version: of what it holds; ``needed`` names the card
    :ivar seen_at: when it last asked for a list
    """

    device_id: int
    code: str
    agency: str
    place: str
    service: str
    version: int
    needed: int
    seen_at: dt.datetime


def lost_cards(*, since: dt.datetime, until: dt.datetime, limit: int = 200) -> list[LostCard]:
    """Return cards that were reported lost in a span, the newest report first."""
    return _lost(
        "SELECT card_id, min(at) AS at FROM cards_card_history WHERE state = 'lost'"
        " AND at >= %s AND at < %s GROUP BY card_id ORDER BY min(at) DESC, card_id LIMIT %s",
        [since, until, limit],
    )


def lost_card(*, card_id: int) -> LostCard | None:
    """Return a lost card; None: it isn't lost."""
    found = _lost("SELECT %s::bigint AS card_id, now() AS at", [card_id])
    return found[0] if found else None


def loss_lists(*, card_id: int) -> list[LossList]:
    """Return the lists that name a lost card, the one that fewest readers hold first."""
    found = rows(
        """
        SELECT h.service, h.version, h.published_at, h.last_known_at, s.newest,
               least(h.known, r.readers)::bigint AS known, r.readers
        FROM cards_hotlisting h,
             LATERAL (SELECT coalesce(max(version), h.version) AS newest FROM cards_snapshot
                      WHERE service = h.service) s,
             LATERAL (SELECT count(*) AS readers FROM cards_reader_snapshot held
                      JOIN pub.devices d ON d.device_id = held.reader_id AND d.state = 'active'
                      WHERE held.service = h.service) r
        WHERE h.card_id = %s ORDER BY least(h.known, r.readers) - r.readers, h.service
        """,
        [card_id],
    )
    return [LossList(**one._asdict()) for one in found]


def readers_behind(*, card_id: int, limit: int = 20) -> list[ReaderBehind]:
    """Return the readers in service that don't know of a lost card yet, the longest silent
    first."""
    found = rows(
        """
        SELECT d.device_id, d.code, d.agency, d.place, h.service, held.version,
               h.version AS needed, held.seen_at
        FROM cards_hotlisting h
        JOIN cards_reader_snapshot held ON held.service = h.service AND held.version < h.version
        JOIN pub.devices d ON d.device_id = held.reader_id AND d.state = 'active'
        WHERE h.card_id = %s ORDER BY held.seen_at, d.code LIMIT %s
        """,
        [card_id, limit],
    )
    return [ReaderBehind(**one._asdict()) for one in found]


def _lost(asked: str, values: list[object]) -> list[LostCard]:
    """Return the lost ones of the cards that a statement names, in its order by report."""
    found = rows(
        f"SELECT c.id, c.kind, c.medium FROM ({asked}) n"  # noqa: S608 - two statements of this file
        " JOIN cards_card c ON c.id = n.card_id ORDER BY n.at DESC, c.id",
        values,
    )
    clocks = loss_clocks(card_ids=[one.id for one in found])
    return [
        LostCard(card_id=one.id, kind=one.kind, medium=one.medium, clock=clocks[one.id])
        for one in found
        if one.id in clocks
    ]

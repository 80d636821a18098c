"""A companion's card follows its holder's: it exists with it, stops with it, and works again with
it, in the same transaction."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace

from citycard.cards import events, states
from citycard.cards.history import note_states
from citycard.cards.kinds import card_table
from citycard.cards.values import Bind
from citycard.infra.database import execute, rows
from citycard.infra.journal import announce
from citycard.kernel.actors import Actor

WHY = "followed_card"
"""Why a card was stopped that follows another; only such a one works again with it."""


def led(binds: Sequence[Bind], kinds: Mapping[int, str]) -> tuple[list[Bind], list[Bind]]:
    """Part binds into those of cards that follow none, and those that follow another."""
    table = card_table()
    following = {code for code, kind in table.kinds.items() if kind.follows}
    own = [bind for bind in binds if kinds.get(bind.card_id) not in following]
    return own, [bind for bind in binds if kinds.get(bind.card_id) in following]


def with_leader(binds: Sequence[Bind], kinds: Mapping[int, str]) -> list[Bind | None]:
    """Return binds with the holder's binding that each follows; None where there is no card."""
    table = card_table()
    wanted = [str(table.kinds[kinds[bind.card_id]].follows) for bind in binds]
    found = rows(
        """
        SELECT w.n, b.id FROM unnest(%s::bigint[], %s::text[]) WITH ORDINALITY
             AS w(member_id, kind, n)
        CROSS JOIN LATERAL (
            SELECT b.id FROM cards_binding b JOIN cards_card c ON c.id = b.card_id
            WHERE b.member_id = w.member_id AND c.kind = w.kind
              AND upper_inf(b.recorded) AND upper_inf(b.bound)
            ORDER BY c.state = 'active' DESC, b.id DESC LIMIT 1) b
        """,
        [[bind.member_id for bind in binds], wanted],
    )
    leaders = {one.n - 1: one.id for one in found}
    return [
        bind if bind.follows_binding_id is not None
        else replace(bind, follows_binding_id=leaders[n]) if n in leaders
        else None
        for n, bind in enumerate(binds)
    ]  # fmt: skip


def stop_followers(*, card_id: int, actor: Actor, now: dt.datetime) -> None:
    """Stop the cards that follow a card which no longer works."""
    followers = _followers([card_id], (states.ACTIVE, states.ISSUED))
    _put(followers, states.SUSPENDED, actor, now)
    announce(*(events.CardSuspended(card_id=c, member_id=m) for c, m in followers))


def resume_followers(*, card_ids: Sequence[int], actor: Actor, now: dt.datetime) -> None:
    """Let the cards work again that were stopped with cards which work again."""
    stopped = _followers(card_ids, (states.SUSPENDED,))
    why = _last_why([card for card, _ in stopped])
    followers = [(card, member) for card, member in stopped if why.get(card) == WHY]
    _put(followers, states.ACTIVE, actor, now)
    announce(*(events.CardResumed(card_id=c, member_id=m) for c, m in followers))


def follow_anew(
    *, bindings: Mapping[int, int], kinds: Mapping[int, str], actor: Actor, now: dt.datetime
) -> None:
    """Let companions' cards whose holder's card ended follow the one that was bound instead.

    :param bindings: card → its new binding
    """
    followed = {kind.follows for kind in card_table().kinds.values() if kind.follows}
    leaders = [own for card, own in bindings.items() if kinds.get(card) in followed]
    taken = _take_over(leaders, now) if leaders else []
    if taken:
        resume_followers(card_ids=taken, actor=actor, now=now)


def _take_over(binding_ids: Sequence[int], now: dt.datetime) -> list[int]:
    """Write anew the bindings of the holders' followers whose leader is over; returns the cards
    that are followed now. Of several of a person's and kind, the first is."""
    taken = rows(
        """
        WITH leader AS MATERIALIZED (
            SELECT DISTINCT ON (l.member_id, c.kind) l.id, l.card_id, l.member_id, c.kind
            FROM cards_binding l JOIN cards_card c ON c.id = l.card_id
            WHERE l.id = ANY(%(bindings)s::bigint[])
            ORDER BY l.member_id, c.kind, l.card_id),
        left_alone AS MATERIALIZED (
            SELECT f.id, l.id AS leader, l.card_id AS followed
            FROM leader l
            JOIN cards_binding f ON f.member_id = l.member_id AND upper_inf(f.recorded)
            JOIN cards_binding old ON old.id = f.follows_binding_id
            JOIN cards_card was ON was.id = old.card_id AND was.kind = l.kind
            JOIN cards_card own ON own.id = f.card_id
            WHERE upper_inf(f.bound) AND NOT (upper_inf(old.recorded) AND upper_inf(old.bound))
            -- A card before its binding, as whoever changes one of them does.
            ORDER BY own.id FOR UPDATE OF own, f),
        closed AS (
            UPDATE cards_binding f
            SET recorded = tstzrange(lower(f.recorded), greatest(%(now)s, lower(f.recorded)
                                     + interval '1 microsecond'))
            FROM left_alone a WHERE f.id = a.id
            RETURNING f.card_id, f.member_id, f.bound, f.only_one_of, upper(f.recorded) AS at,
                      a.leader, a.followed),
        added AS (
            INSERT INTO cards_binding
                (card_id, member_id, bound, recorded, only_one_of, follows_binding_id)
            SELECT card_id, member_id, bound, tstzrange(at, NULL), only_one_of, leader FROM closed)
        SELECT followed FROM closed
        """,
        {"bindings": list(binding_ids), "now": now},
    )
    return sorted({one.followed for one in taken})


def _followers(card_ids: Sequence[int], in_states: Sequence[str]) -> list[tuple[int, int]]:
    """Lock the cards that follow some cards and stand in some states: (card, member)."""
    found = rows(
        """
        SELECT c.id, f.member_id FROM cards_binding f
        JOIN cards_binding l ON l.id = f.follows_binding_id
        JOIN cards_card c ON c.id = f.card_id
        WHERE l.card_id = ANY(%s::bigint[]) AND upper_inf(f.recorded) AND upper_inf(f.bound)
          AND c.state = ANY(%s::text[])
        ORDER BY c.id FOR UPDATE OF c
        """,
        [list(card_ids), list(in_states)],
    )
    return [(one.id, one.member_id) for one in found]


def _put(followers: Sequence[tuple[int, int]], state: str, actor: Actor, now: dt.datetime) -> None:
    cards = [card for card, _ in followers]
    if cards:
        execute(
            "UPDATE cards_card SET state = %s, state_at = greatest(state_at, %s)"
            " WHERE id = ANY(%s::bigint[])",
            [state, now, cards],
        )
        note_states([(card, state, WHY) for card in cards], actor=actor, at=now)


def _last_why(card_ids: Sequence[int]) -> dict[int, str]:
    found = rows(
        "SELECT DISTINCT ON (card_id) card_id, why FROM cards_card_history"
        " WHERE card_id = ANY(%s::bigint[]) ORDER BY card_id, at DESC, id DESC",
        [list(card_ids)],
    )
    return {one.card_id: one.why for one in found}

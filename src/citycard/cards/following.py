"""A companion's card follows its holder's: it exists with it, stops with it, and works again with
it, in the same transaction."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace

from citycard.cards import events, states
from citycard.cards.history import note_states
from citycard.cards.kinds import card_table
from citycard.cards.values import Bind
from citycard.infra.database import execute, rows, scalar
from citycard.infra.journal import announce
from citycard.kernel.actors import Actor
from citycard.kernel.errors import Refused

WHY = "followed_card"
"""Why a card was stopped that follows another; only such a one works again with it."""

_LEADS = "upper_inf(l.recorded) AND upper_inf(l.bound) AND leader.state IN ('active', 'issued')"
"""Whether a binding l of a card leader is one that another may follow and work."""


class LeaderStopped(Refused):
    """The card that this one follows is stopped, lost or no longer its holder's."""

    code = "cards.leader_stopped"


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
    _hold([bind.member_id for bind in binds], wanted)
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
    """Stop the cards that follow a card which no longer works, or is no longer its holder's."""
    _stop(_followers([card_id], (states.ACTIVE, states.ISSUED)), actor, now)


def stop_behind(*, card_ids: Sequence[int], actor: Actor, now: dt.datetime) -> None:
    """Stop those of some newly bound cards whose leader is stopped: they begin to work with it."""
    found = rows(
        f"""
        SELECT c.id, f.member_id FROM cards_binding f JOIN cards_card c ON c.id = f.card_id
        JOIN cards_binding l ON l.id = f.follows_binding_id
        JOIN cards_card leader ON leader.id = l.card_id
        WHERE f.card_id = ANY(%s::bigint[]) AND upper_inf(f.recorded) AND upper_inf(f.bound)
          AND c.state = ANY(%s::text[]) AND NOT ({_LEADS}) ORDER BY c.id
        """,  # noqa: S608 - the condition is this file's own
        [list(card_ids), [states.ACTIVE, states.ISSUED]],
    )
    _stop([(one.id, one.member_id) for one in found], actor, now)


def require_leader(*, card_id: int) -> None:
    """See that the card which a card follows works and is its holder's; lock it before the card.

    :raises LeaderStopped: it does not, or is not
    """
    leader = scalar(
        "SELECT l.card_id FROM cards_binding f JOIN cards_binding l ON l.id = f.follows_binding_id"
        " WHERE f.card_id = %s AND upper_inf(f.recorded) AND upper_inf(f.bound)",
        [card_id],
    )
    if leader is None:
        return
    execute("SELECT FROM cards_card WHERE id = %s FOR UPDATE", [leader])
    # A second statement, so that it sees what whoever held the lock has just committed.
    leads = scalar(
        f"""
        SELECT {_LEADS} FROM cards_binding f JOIN cards_binding l ON l.id = f.follows_binding_id
        JOIN cards_card leader ON leader.id = l.card_id
        WHERE f.card_id = %s AND upper_inf(f.recorded) AND upper_inf(f.bound)
        """,  # noqa: S608 - the condition is this file's own
        [card_id],
    )
    if leads is False:
        raise LeaderStopped()


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
    that are followed now and work. Of several of a person's and kind, the first is."""
    taken = rows(
        """
        WITH leader AS MATERIALIZED (
            SELECT DISTINCT ON (l.member_id, c.kind) l.id, l.card_id, l.member_id, c.kind,
                   c.state IN ('active', 'issued') AS works
            FROM cards_binding l JOIN cards_card c ON c.id = l.card_id
            WHERE l.id = ANY(%(bindings)s::bigint[])
            ORDER BY l.member_id, c.kind, l.card_id),
        left_alone AS MATERIALIZED (
            SELECT f.id, l.id AS leader, l.card_id AS followed, l.works
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
                      a.leader, a.followed, a.works),
        added AS (
            INSERT INTO cards_binding
                (card_id, member_id, bound, recorded, only_one_of, follows_binding_id)
            SELECT card_id, member_id, bound, tstzrange(at, NULL), only_one_of, leader FROM closed)
        SELECT followed FROM closed WHERE works
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


def _hold(member_ids: Sequence[int], kinds: Sequence[str]) -> None:
    """Lock the cards that may be followed: what they are after this is what they stay."""
    execute(
        "SELECT FROM cards_card WHERE id IN"
        " (SELECT b.card_id FROM cards_binding b JOIN cards_card c ON c.id = b.card_id"
        "  WHERE (b.member_id, c.kind) IN (SELECT * FROM unnest(%s::bigint[], %s::text[]))"
        "  AND upper_inf(b.recorded) AND upper_inf(b.bound)) ORDER BY id FOR UPDATE",
        [list(member_ids), list(kinds)],
    )


def _stop(followers: Sequence[tuple[int, int]], actor: Actor, now: dt.datetime) -> None:
    _put(followers, states.SUSPENDED, actor, now)
    announce(*(events.CardSuspended(card_id=c, member_id=m) for c, m in followers))


def _put(followers: Sequence[tuple[int, int]], state: str, actor: Actor, now: dt.datetime) -> None:
    if not followers:
        return
    changed = rows(
        "UPDATE cards_card SET state = %s, state_at = greatest(state_at, %s)"
        " WHERE id = ANY(%s::bigint[]) RETURNING id, state_at",
        [state, now, [card for card, _ in followers]],
    )
    for at in sorted({one.state_at for one in changed}):
        notes = [(one.id, state, WHY) for one in changed if one.state_at == at]
        note_states(notes, actor=actor, at=at)


def _last_why(card_ids: Sequence[int]) -> dict[int, str]:
    found = rows(
        "SELECT DISTINCT ON (card_id) card_id, why FROM cards_card_history"
        " WHERE card_id = ANY(%s::bigint[]) ORDER BY card_id, at DESC, id DESC",
        [list(card_ids)],
    )
    return {one.card_id: one.why for one in found}

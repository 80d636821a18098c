"""Cards of people who died: they stop when the city learns of it, and work again if it was wrong.

The day of the death moves no tap: until the city knew, a reader could not.
"""

import datetime as dt
from collections.abc import Sequence

from citycard.cards.losing import resume, suspend
from citycard.infra.database import rows
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor

WHY = "holder_died"
"""Why such a card was stopped; only these work again when the death was recorded wrongly."""


def follow_deaths(*, member_ids: Sequence[int], actor: Actor, now: dt.datetime) -> int:
    """Stop the cards of those who died, and let the others' cards that were stopped for a death
    work again; returns how many changed. Done again it changes nothing.

    Cards that follow a card come after it by themselves.
    """
    require_unit_of_work()
    found = rows(_FOUND, {"members": list(member_ids), "why": WHY})
    for one in found:
        if one.died:
            suspend(card_id=one.id, why=WHY, actor=actor, now=now)
        else:
            resume(card_id=one.id, actor=actor, now=now, why="death_taken_back")
    return len(found)


_FOUND = """
SELECT c.id, k.died_on IS NOT NULL AS died
FROM unnest(%(members)s::bigint[]) AS m(member_id)
JOIN pub.known_members k ON k.member_id = m.member_id
JOIN cards_binding b ON b.member_id = m.member_id AND upper_inf(b.recorded) AND upper_inf(b.bound)
JOIN cards_card c ON c.id = b.card_id
WHERE b.follows_binding_id IS NULL AND CASE WHEN k.died_on IS NOT NULL
    THEN c.state IN ('active', 'issued')
    ELSE c.state = 'suspended' AND %(why)s = (
        SELECT h.why FROM cards_card_history h WHERE h.card_id = c.id
        ORDER BY h.at DESC, h.id DESC LIMIT 1)
    END
ORDER BY c.id
"""

"""Decisions about applications that need no database: which registers, which card, when the clock
rings."""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from citycard.applications import states
from citycard.applications.forms import Form

HOUSEHOLD = "household"


@dataclass(frozen=True)
class PartState:
    """A part, as far as the choice of a card needs it.

    :ivar alone: its card is in somebody else's hands (a companion's) and never shared
    """

    part_id: int
    card_kind: str | None
    own_card: bool
    state: str
    alone: bool = False


def registers_to_ask(
    form: Form, services: Sequence[str], facts: Collection[str], statuses: Mapping[str, Any]
) -> tuple[str, ...]:
    """Return what to ask: ``household``, or ``<register>.<status>`` for each status that a rule
    reads.

    Data minimisation: a status that no chosen service looks at is not asked for.
    """
    named = {register for code in services for register in form.services[code].registers}
    asked = [HOUSEHOLD] if HOUSEHOLD in named else []
    for code, status in statuses.items():
        register = status["register"]
        if register in named and register != HOUSEHOLD and f"status.{code}" in facts:
            asked.append(f"{register}.{code}")
    return tuple(asked)


def parts_that_make_cards(
    parts: Iterable[PartState], *, one_card: bool, order: Sequence[str]
) -> list[int]:
    """Return the parts for which a card is to be made now.

    Where several services share one card, its kind is the first of ``order`` among the approved
    ones; the card is made as soon as no undecided part could still change that. A slow agency whose
    kind stands later in the order holds up nobody.
    """
    wanting = [part for part in parts if part.card_kind and not part.own_card]
    approved = [part for part in wanting if part.state == states.APPROVED]
    alone = [part.part_id for part in approved if part.alone or not one_card]
    sharing = [part for part in wanting if one_card and not part.alone]
    return sorted([*alone, *_shared(sharing, order)])


def _shared(sharing: Sequence[PartState], order: Sequence[str]) -> list[int]:
    """Return the one part whose kind the shared card is, once no undecided part could change it."""
    approved = [part for part in sharing if part.state == states.APPROVED]
    if not approved or any(part.state == states.COMPLETED for part in sharing):
        return []

    def rank(part: PartState) -> tuple[int, int]:
        kind = part.card_kind
        return (order.index(kind) if kind in order else len(order), part.part_id)

    first = min(approved, key=rank)
    undecided = [part for part in sharing if part.state in states.PART_UNDECIDED]
    return [] if any(rank(part) < rank(first) for part in undecided) else [first.part_id]


def due_after_supplement(
    due_at: dt.datetime, stopped_at: dt.datetime, now: dt.datetime
) -> dt.datetime:
    """Return the day by which to decide after a supplement: the time that was left begins to run
    again."""
    return now + max(due_at - stopped_at, dt.timedelta())


def state_of_application(part_states: Collection[str]) -> str | None:
    """Return the state in which an application ends when all parts have ended; None while one is
    open."""
    if not part_states or any(state not in states.PART_ENDED for state in part_states):
        return None
    everything_withdrawn = set(part_states) == {states.PART_WITHDRAWN}
    return states.WITHDRAWN if everything_withdrawn else states.CLOSED

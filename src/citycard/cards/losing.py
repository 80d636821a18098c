"""What happens to a card in its life: lost, stopped, back in use, given back, at its end."""

import datetime as dt

from citycard.cards import events, states
from citycard.cards.binding import CardEnded, NoSuchCard, end_binding
from citycard.cards.following import require_leader, resume_followers, stop_followers
from citycard.cards.history import note_states
from citycard.infra.database import execute, row, scalar
from citycard.infra.journal import announce
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.errors import Refused


class CardAlreadyLost(Refused):
    """This card was reported lost already, at {at}."""

    code = "cards.already_lost"


class NotAllowedNow(Refused):
    """A card that is {state} cannot become {wanted}."""

    code = "cards.not_allowed_now"


def report_lost(*, card_id: int, actor: Actor, now: dt.datetime) -> None:
    """Stop a lost card for good: a tap from now on is refused, an earlier one still counts.

    :raises NoSuchCard: there is none with this id
    :raises CardAlreadyLost: it was reported before; the first report's time stands
    :raises CardEnded: it ended otherwise
    """
    member_id = _change(card_id, states.LOST, why="reported_lost", actor=actor, now=now)
    announce(events.CardReportedLost(card_id=card_id, member_id=member_id))


def suspend(*, card_id: int, why: str, actor: Actor, now: dt.datetime) -> None:
    """Stop a card for the time being.

    :param why: a code, such as ``holder_asked``
    :raises NotAllowedNow: it is stopped already
    """
    member_id = _change(card_id, states.SUSPENDED, why=why, actor=actor, now=now)
    announce(events.CardSuspended(card_id=card_id, member_id=member_id))


def resume(*, card_id: int, actor: Actor, now: dt.datetime, why: str = "resumed") -> None:
    """Let a stopped or newly handed-over card work.

    :param why: a code; kept in the card's history
    :raises NotAllowedNow: it works already
    :raises LeaderStopped: it follows a card that doesn't work, or is no longer its holder's
    """
    require_unit_of_work()
    require_leader(card_id=card_id)
    member_id = _change(card_id, states.ACTIVE, why=why, actor=actor, now=now)
    announce(events.CardResumed(card_id=card_id, member_id=member_id))


def end(*, card_id: int, state: str, why: str, actor: Actor, now: dt.datetime) -> None:
    """End a card's life: returned, expired or retired.

    :raises CardEnded: it ended before
    """
    assert state in states.ENDS - {states.LOST}, "a loss is reported by report_lost"
    member_id = _change(card_id, state, why=why, actor=actor, now=now)
    announce(events.CardEnded(card_id=card_id, member_id=member_id, state=state))


def _change(card_id: int, wanted: str, *, why: str, actor: Actor, now: dt.datetime) -> int | None:
    """Put a card into a state, and those that follow it; at an end, end its binding; returns whose
    card it is."""
    require_unit_of_work()
    card = row("SELECT state, state_at FROM cards_card WHERE id = %s FOR UPDATE", [card_id])
    if card is None:
        raise NoSuchCard()
    _refuse(card.state, card.state_at, wanted)
    execute(
        "UPDATE cards_card SET state = %s, state_at = greatest(state_at, %s) WHERE id = %s",
        [wanted, now, card_id],
    )
    note_states([(card_id, wanted, why)], actor=actor, at=max(now, card.state_at))
    if wanted == states.ACTIVE:
        resume_followers(card_ids=[card_id], actor=actor, now=now)
    else:
        stop_followers(card_id=card_id, actor=actor, now=now)
    if wanted in states.ENDS:
        return end_binding(card_id=card_id, now=now)
    holder = scalar(
        "SELECT member_id FROM cards_binding"
        " WHERE card_id = %s AND upper_inf(recorded) AND upper_inf(bound)",
        [card_id],
    )
    return int(holder) if holder is not None else None


def _refuse(state: str, since: dt.datetime, wanted: str) -> None:
    if states.allows(state, wanted):
        return
    if state == states.LOST and wanted == states.LOST:
        raise CardAlreadyLost(at=since)
    if state in states.ENDS:
        raise CardEnded(state=state)
    raise NotAllowedNow(state=state, wanted=wanted)

"""Programmes that are open for a time: dated windows of the pack, and a switch for at once.

What no window of a programme names (``apply``, ``issue``, ``reissue``) is never limited by it.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.utils.translation import get_language

from citycard.cards import events
from citycard.infra.database import rows
from citycard.infra.journal import announce
from citycard.infra.packs import Pack, Text, current_pack
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.errors import NotFound, Refused

Act = Literal["apply", "issue", "reissue"]
SwitchState = Literal["closed", "open", "windows"]
ACTS: tuple[Act, ...] = ("apply", "issue", "reissue")


class ProgrammeClosed(Refused):
    """{programme} takes nothing at present: {why}"""

    code = "cards.programme_closed"


@dataclass(frozen=True, kw_only=True)
class Window:
    """A time in which a programme takes some acts."""

    start: dt.datetime
    end: dt.datetime | None
    acts: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Programme:
    """A programme as the pack has it."""

    code: str
    name: Text
    agency: str
    card_kinds: frozenset[str]
    services: frozenset[str]
    windows: tuple[Window, ...]
    closed: Text

    def takes(self, act: str, at: dt.datetime) -> bool:
        """Tell whether its windows let an act through at an instant."""
        limits = [window for window in self.windows if act in window.acts]
        return not limits or any(
            one.start <= at and (one.end is None or at < one.end) for one in limits
        )


@dataclass(frozen=True, kw_only=True)
class Switched:
    """A switch that was thrown by hand."""

    programme: str
    at: dt.datetime
    state: SwitchState
    reason: str


@dataclass(frozen=True, kw_only=True)
class ProgrammeState:
    """How a programme stands at an instant.

    :ivar open: the acts that it takes
    :ivar changes_at: when its windows next change something, unless a switch holds them
    :ivar switched: the last switch by hand, unless it gave back to the windows
    """

    programme: Programme
    open: frozenset[str]
    changes_at: dt.datetime | None
    switched: Switched | None


def programmes(*, now: dt.datetime) -> list[ProgrammeState]:
    """Return every programme of the city and what it takes at an instant, in the pack's order."""
    switches = _switches(now)
    return [_state(one, switches.get(one.code), now) for one in _table().values()]


def closed_because(
    *, act: Act, now: dt.datetime, card_kind: str | None = None, service: str | None = None
) -> ProgrammeClosed | None:
    """Return why a card kind or service takes an act no more, or not yet; None where it does.

    :param act: ``apply`` for the first card of a person, ``reissue`` for one in its stead,
        ``issue`` for printing and handing out
    """
    for one in _concerned(card_kind, service):
        state = _state(one, _switches(now).get(one.code), now)
        if act not in state.open:
            return _refusal(state)
    return None


def programmes_limit() -> bool:
    """Tell whether the city has programmes at all: where it has none, nothing need be asked."""
    return bool(_table())


def require_open(*, act: Act, card_kind: str, now: dt.datetime) -> None:
    """Stop what a programme doesn't take at an instant.

    :raises ProgrammeClosed: with what people are told
    """
    closed = closed_because(act=act, card_kind=card_kind, now=now)
    if closed is not None:
        raise closed


def switch_programme(
    *,
    programme: str,
    state: SwitchState,
    reason: str,
    actor: Actor,
    now: dt.datetime,
    proposal_id: int | None = None,
) -> None:
    """Close or open a programme from this instant, or give it back to its windows.

    Announces ``cards.programme.switched``. A second officer approves it: ``flows.switching``.

    :raises NotFound: the city has no such programme
    """
    require_unit_of_work()
    if programme not in _table():
        raise NotFound(what="programme")
    rows(
        "INSERT INTO cards_programme_switch (programme, at, state, reason, proposal_id, actor)"
        " VALUES (%s, %s, %s, %s, %s, %s) RETURNING id",
        [programme, now, state, reason, proposal_id, actor.id],
    )
    announce(events.ProgrammeSwitched(programme=programme, state=state))


def held_before(*, pairs: Sequence[tuple[int, str]]) -> set[tuple[int, str]]:
    """Return those (member, card kind) of whom a card of that kind was theirs once: who asks again
    asks for a reissue."""
    if not pairs:
        return set()
    found = rows(
        """
        SELECT DISTINCT w.member_id, w.kind
        FROM unnest(%s::bigint[], %s::text[]) AS w(member_id, kind)
        JOIN cards_binding b ON b.member_id = w.member_id AND upper_inf(b.recorded)
        JOIN cards_card c ON c.id = b.card_id AND c.kind = w.kind
        """,
        [[member for member, _ in pairs], [kind for _, kind in pairs]],
    )
    return {(one.member_id, one.kind) for one in found}


def _concerned(card_kind: str | None, service: str | None) -> Iterable[Programme]:
    return (
        one for one in _table().values() if card_kind in one.card_kinds or service in one.services
    )


def _state(one: Programme, switched: Switched | None, now: dt.datetime) -> ProgrammeState:
    by_hand = switched if switched and switched.state != "windows" else None
    if by_hand is not None:
        taken = frozenset[str](ACTS if by_hand.state == "open" else ())
    else:
        taken = frozenset(act for act in ACTS if one.takes(act, now))
    edges = {edge for window in one.windows for edge in (window.start, window.end) if edge}
    coming = [edge for edge in sorted(edges) if edge > now]
    return ProgrammeState(
        programme=one,
        open=taken,
        changes_at=coming[0] if coming and by_hand is None else None,
        switched=by_hand,
    )


def _refusal(state: ProgrammeState) -> ProgrammeClosed:
    by_hand = state.switched.reason if state.switched else ""
    language = get_language() or "zh-hant"
    return ProgrammeClosed(
        programme=state.programme.name.in_(language),
        why=by_hand or state.programme.closed.in_(language),
    )


def _switches(now: dt.datetime) -> Mapping[str, Switched]:
    if not _table():
        return {}
    found = rows(
        "SELECT DISTINCT ON (programme) programme, at, state, reason FROM cards_programme_switch"
        " WHERE at <= %s ORDER BY programme, at DESC, id DESC",
        [now],
    )
    return {one.programme: Switched(**one._asdict()) for one in found}


_tables: dict[str, Mapping[str, Programme]] = {}


def _table() -> Mapping[str, Programme]:
    pack = current_pack()
    if pack.hash not in _tables:
        listed = pack.table("cards").get("programmes", {})
        _tables[pack.hash] = {code: _programme(pack, code, row) for code, row in listed.items()}
    return _tables[pack.hash]


def _programme(pack: Pack, code: str, row: Mapping[str, Any]) -> Programme:
    return Programme(
        code=code,
        name=Text.read(row["name"]),
        agency=str(row["agency"]),
        card_kinds=frozenset(row["card_kinds"]),
        services=frozenset(row.get("services", ())),
        windows=tuple(_window(pack, one) for one in row["windows"]),
        closed=Text.read(row["closed"]),
    )


def _window(pack: Pack, row: Mapping[str, Any]) -> Window:
    return Window(
        start=_instant(pack, row["from"]),
        end=_instant(pack, row["until"]) if "until" in row else None,
        acts=frozenset(row.get("for", ACTS)),
    )


def _instant(pack: Pack, said: dt.date | str) -> dt.datetime:
    """Read a day (from its first moment) or a local time of day."""
    if isinstance(said, dt.date):
        return pack.time.midnight(said)
    return dt.datetime.fromisoformat(said).replace(tzinfo=pack.zone).astimezone(dt.UTC)

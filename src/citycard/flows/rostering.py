"""An outside organisation says whose card carries its own function, and nobody else does.

Its roster becomes a relation of each member (``relation.<code>``, a fact in two times), from which
rights follow by rule. The pack names who vouches for a relation: that agency alone gives it and
takes it back, and no officer of the city can in its stead.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from django.utils.translation import get_language

from citycard.cards import api as cards
from citycard.infra import crypto
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.errors import NotFound, Refused
from citycard.kernel.periods import DateSpan
from citycard.people import api as people

PURPOSE = "door-list"
LONGEST_UNIT = 40
Outcome = Literal["given", "held_already", "taken_back", "not_held", "no_member"]


class NotYourRoster(Refused):
    """Only {agency} says who is on this roster."""

    code = "rostering.not_yours"
    http_status = 403


class NoSuchCard(Refused):
    """No member of the city card holds a card with this number."""

    code = "rostering.no_such_card"


class BadDays(Refused):
    """The days must begin before they end, and end after today."""

    code = "rostering.bad_days"


class RosterTooShort(Refused):
    """This roster would take {ends} of {held} off at once; say that this is meant."""

    code = "rostering.too_short"


@dataclass(frozen=True, kw_only=True)
class RosterDone:
    """What became of a roster.

    :ivar outcomes: one a line, in order
    :ivar ended: how many who were on it before are off it now
    """

    outcomes: tuple[Outcome, ...]
    ended: int


@dataclass(frozen=True, kw_only=True)
class RosterEntry:
    """Somebody on a roster, as its keeper sees them: no name, and no card's whole number.

    :ivar key: names the entry within its roster, and nobody outside of it
    :ivar days: the days for which they are listed, or the first of them that are still to come
    :ivar coming: they aren't on it yet
    :ivar later: the days for which they are listed after that
    :ivar cards: how many of their cards the function is on today
    :ivar ends: the end of one of those cards' numbers
    """

    key: str
    unit: str
    days: DateSpan
    coming: bool
    later: tuple[DateSpan, ...]
    cards: int
    ends: str

    @property
    def last(self) -> dt.date | None:
        """Return the last day; None: no end is known."""
        return self.days.end - dt.timedelta(days=1) if self.days.end else None


def take_roster(
    *,
    relation: str,
    id_numbers: Sequence[str],
    actor: Actor,
    now: dt.datetime,
    is_whole: bool = True,
    many_may_end: bool = False,
) -> RosterDone:
    """Bring who is on a roster up to a list of ID numbers; the same list again changes nothing.

    Somebody who is no member of the city card is left out (``no_member``): nothing is kept of them.

    :param is_whole: whoever isn't listed is off it from today, those who were to be on it from a
        later day, too; otherwise the list only adds
    :param many_may_end: it is meant that more than half of the roster ends at once
    :raises NotFound: the city has no such roster
    :raises NotYourRoster: another agency vouches for it
    :raises RosterTooShort: an empty or halved list; nothing is changed
    """
    _check_yours(relation, actor)
    on = current_pack().time.day(now)
    with unit_of_work():
        members = people.member_ids_by_number(id_numbers=list(id_numbers))
        listed = {member for member in members if member is not None}
        spans = _spans(relation, on)
        held = {member for member, days in spans.items() if on in days[0]}
        ending = sorted(spans.keys() - listed) if is_whole else []
        if len(ending) * 2 > len(spans) and not many_may_end and ending:
            raise RosterTooShort(ends=len(ending), held=len(spans))
        cards.forget_units(relation=relation, member_ids=ending)
        _record(relation, sorted(listed - held), ending, on, actor, now)
    said: list[Outcome] = [
        "no_member" if member is None else ("held_already" if member in held else "given")
        for member in members
    ]
    return RosterDone(outcomes=tuple(said), ended=len(ending))


def take_back(*, relation: str, id_number: str, actor: Actor, now: dt.datetime) -> Outcome:
    """Take one person off a roster from today, and off the days that are still to come.

    :raises NotFound, NotYourRoster: as for a whole roster
    """
    _check_yours(relation, actor)
    on = current_pack().time.day(now)
    with unit_of_work():
        (member,) = people.member_ids_by_number(id_numbers=[id_number])
        if member is None:
            return "no_member"
        if member not in _spans(relation, on):
            return "not_held"
        _take_off(relation, member, on, actor, now)
    return "taken_back"


def add_by_card(
    *,
    relation: str,
    card_number: str,
    unit: str,
    days: DateSpan,
    actor: Actor,
    now: dt.datetime,
) -> Outcome:
    """Put the holder of a card that lies on the counter on a roster, for some days, under a unit.

    :raises NotFound, NotYourRoster: as for a whole roster
    :raises NoSuchCard: nobody holds it
    :raises BadDays: it would be over before it begins, or already
    """
    _check_yours(relation, actor)
    on = current_pack().time.day(now)
    since = max(days.start or on, on)
    if days.end is not None and days.end <= since:
        raise BadDays()
    with unit_of_work():
        (member,) = cards.holders_by_number(numbers=[card_number])
        if member is None:
            raise NoSuchCard()
        held = member in people.members_with(fact=f"relation.{relation}", on=since)
        _record(relation, [member], [], since, actor, now, until=days.end)
        cards.note_units(
            relation=relation, units={member: unit.strip()[:LONGEST_UNIT]}, actor=actor, now=now
        )
    return "held_already" if held else "given"


def take_back_entry(*, relation: str, key: str, actor: Actor, now: dt.datetime) -> Outcome:
    """Take an entry of a roster off it from today: moved out, a right ended, entered by mistake.

    :raises NotFound, NotYourRoster: as for a whole roster
    """
    _check_yours(relation, actor)
    on = current_pack().time.day(now)
    with unit_of_work():
        members = _spans(relation, on)
        member = next((one for one in members if entry_key(relation, one) == key), None)
        if member is None:
            return "not_held"
        _take_off(relation, member, on, actor, now)
    return "taken_back"


def entries(
    *, relation: str, entitlements: Sequence[str], actor: Actor, now: dt.datetime
) -> list[RosterEntry]:
    """Return who is on a roster today or will be, by unit; the access record commits first.

    :param entitlements: what the roster puts on cards
    :raises NotFound, NotYourRoster: as for a whole roster
    """
    _check_yours(relation, actor)
    on = current_pack().time.day(now)
    spans = _spans(relation, on)
    name = current_pack().text("statuses", "relations", relation, "name")
    access = people.open_access(
        subject=people.Population(description=name.zh, member_ids=sorted(spans)),
        fields={"cards"},
        purpose=PURPOSE,
        actor=actor,
        now=now,
    )
    units = cards.units_of(access=access, relation=relation)
    listed = cards.door_cards(access=access, entitlements=entitlements, profiles=[], on=on)
    numbers: dict[int, dict[tuple[str, str], str]] = {}
    for one in listed:
        numbers.setdefault(one.member_id, {})[one.issuer, one.number_kind] = one.number
    found = [
        _entry(relation, member, units.get(member, ""), days, numbers.get(member, {}), on)
        for member, days in spans.items()
    ]
    return sorted(found, key=lambda one: (one.unit == "", one.unit, one.key))


def entry_key(relation: str, member_id: int) -> str:
    """Return what names a member within one roster, and nowhere else."""
    return crypto.keyed_hmac("roster_entry", relation, member_id).hex()[:20]


def rosters_of(*, agency: str) -> list[str]:
    """Return the relations whose roster an agency keeps."""
    return [
        code
        for code, row in current_pack().table("statuses").get("relations", {}).items()
        if row.get("by_roster") and row["vouched_by"] == agency
    ]


def _check_yours(relation: str, actor: Actor) -> None:
    row = current_pack().table("statuses").get("relations", {}).get(relation)
    if row is None or not row.get("by_roster"):
        raise NotFound(what="roster")
    if actor.agency != row["vouched_by"]:
        name = current_pack().text("agencies", "agencies", row["vouched_by"], "name")
        raise NotYourRoster(agency=name.in_(get_language() or "zh-hant"))


def _spans(relation: str, on: dt.date) -> dict[int, list[DateSpan]]:
    """Return who is on a roster today or from a later day on, and for which days."""
    return people.spans_of(fact=f"relation.{relation}", since=on)


def _entry(
    relation: str,
    member: int,
    unit: str,
    days: Sequence[DateSpan],
    numbers: dict[tuple[str, str], str],
    on: dt.date,
) -> RosterEntry:
    shown = {
        (medium.issuer, medium.shown) for medium in cards.card_table().media.values()
    } & numbers.keys()
    ends = sorted(numbers[kind][-4:] for kind in shown)
    return RosterEntry(
        key=entry_key(relation, member),
        unit=unit,
        days=days[0],
        coming=on not in days[0],
        later=tuple(days[1:]),
        cards=len(shown),
        ends=ends[0] if ends else "",
    )


def _take_off(relation: str, member: int, on: dt.date, actor: Actor, now: dt.datetime) -> None:
    _record(relation, [], [member], on, actor, now)
    cards.forget_units(relation=relation, member_ids=[member])


def _record(
    relation: str,
    beginning: Sequence[int],
    ending: Sequence[int],
    on: dt.date,
    actor: Actor,
    now: dt.datetime,
    *,
    until: dt.date | None = None,
) -> None:
    facts = [
        people.NewFact(
            member_id=member,
            name=f"relation.{relation}",
            value=value,
            valid_from=on,
            valid_to=until if value else None,
            source=f"agency:{actor.agency}",
            basis_kind="roster",
            basis_id=on.isoformat(),
        )
        for members, value in ((beginning, True), (ending, False))
        for member in members
    ]
    people.record_facts(facts=facts, actor=actor, now=now)

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

from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.errors import NotFound, Refused
from citycard.people import api as people

Outcome = Literal["given", "held_already", "taken_back", "not_held", "no_member"]


class NotYourRoster(Refused):
    """Only {agency} says who is on this roster."""

    code = "rostering.not_yours"
    http_status = 403


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

    :param is_whole: whoever isn't listed is off it from today; otherwise the list only adds
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
        held = set(people.members_with(fact=f"relation.{relation}", on=on))
        ending = sorted(held - listed) if is_whole else []
        if len(ending) * 2 > len(held) and not many_may_end and ending:
            raise RosterTooShort(ends=len(ending), held=len(held))
        _record(relation, sorted(listed - held), ending, on, actor, now)
    said: list[Outcome] = [
        "no_member" if member is None else ("held_already" if member in held else "given")
        for member in members
    ]
    return RosterDone(outcomes=tuple(said), ended=len(ending))


def take_back(*, relation: str, id_number: str, actor: Actor, now: dt.datetime) -> Outcome:
    """Take one person off a roster from today.

    :raises NotFound, NotYourRoster: as for a whole roster
    """
    _check_yours(relation, actor)
    on = current_pack().time.day(now)
    with unit_of_work():
        (member,) = people.member_ids_by_number(id_numbers=[id_number])
        if member is None:
            return "no_member"
        if member not in people.members_with(fact=f"relation.{relation}", on=on):
            return "not_held"
        _record(relation, [], [member], on, actor, now)
    return "taken_back"


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


def _record(
    relation: str,
    beginning: Sequence[int],
    ending: Sequence[int],
    on: dt.date,
    actor: Actor,
    now: dt.datetime,
) -> None:
    facts = [
        people.NewFact(
            member_id=member,
            name=f"relation.{relation}",
            value=value,
            valid_from=on,
            source=f"agency:{actor.agency}",
            basis_kind="roster",
            basis_id=on.isoformat(),
        )
        for members, value in ((beginning, True), (ending, False))
        for member in members
    ]
    people.record_facts(facts=facts, actor=actor, now=now)

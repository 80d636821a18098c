"""An agency's own numbers of members, managed by that agency: by file, by its system and by page.

The agency names a member by a card or an ID number and says its own number and how it serves the
member. It learns line by line whether that was taken, and never who anybody is, nor another
agency's number. A list is taken whole or not at all; a dry run says the same and changes nothing.
"""

import datetime as dt
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from citycard.cards import api as cards
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.errors import Refused
from citycard.people import api as people

STATUSES: tuple[cards.NumberStatus, ...] = ("active", "suspended", "expired")
REASONS = ("left", "mistake", "asked", "replaced")
MOST_LINES = 5_000
LONGEST_NUMBER = 40

LineCode = Literal[
    "linked", "as_before", "bad_number", "bad_status", "no_member", "number_taken", "twice"
]
TAKEN: frozenset[LineCode] = frozenset({"linked", "as_before"})


class NotYourNumbers(Refused):
    """Only the agency itself manages its own numbers."""

    code = "numbering.not_yours"
    http_status = 403


class NoOwnNumbers(Refused):
    """The city's pack gives this agency no numbers of its own."""

    code = "numbering.no_own_numbers"


class TooManyLines(Refused):
    """A list has at most {most} lines; this one has {lines}."""

    code = "numbering.too_many_lines"


class UnknownReason(Refused):
    """“{why}” is no reason for taking a number back."""

    code = "numbering.unknown_reason"


class _Undone(Exception):
    """Nothing of the list is kept."""


@dataclass(frozen=True, kw_only=True)
class NumberLine:
    """One line of a list: a member by card or ID number, and what the agency says.

    :ivar status: how the agency serves the member; empty leaves what it said last
    """

    own_number: str = field(repr=False)
    card_number: str = field(default="", repr=False)
    id_number: str = field(default="", repr=False)
    status: str = ""


@dataclass(frozen=True, kw_only=True)
class NumbersTaken:
    """What became of a list.

    :ivar saved: it was taken; otherwise nothing was changed, and ``codes`` say what would become
        of each line
    :ivar codes: one a line, in order
    """

    saved: bool
    codes: tuple[LineCode, ...]

    @property
    def is_good(self) -> bool:
        """Tell whether every line can be taken."""
        return TAKEN.issuperset(self.codes)


@dataclass(frozen=True, kw_only=True)
class OwnNumber:
    """One of the agency's own numbers, as it stands; nothing about whose it is.

    :ivar status: None: the agency has not linked it
    """

    number: str = field(repr=False)
    status: cards.NumberStatus | None
    since: dt.datetime | None = None


def link_numbers(
    *, agency: str, lines: Sequence[NumberLine], actor: Actor, now: dt.datetime, save: bool = True
) -> NumbersTaken:
    """Link an agency's own numbers to members, all lines or none; the same list again is no change.

    :param save: False: a dry run, which changes nothing
    :raises NotYourNumbers: the actor works for another agency
    :raises NoOwnNumbers: the agency has none
    :raises TooManyLines: more than ``MOST_LINES``
    """
    _check(agency, actor)
    if len(lines) > MOST_LINES:
        raise TooManyLines(most=MOST_LINES, lines=len(lines))
    members = _members(lines)
    codes = _looked_at(agency, lines, members)
    try:
        with unit_of_work():
            _link(agency, lines, members, codes, actor, now)
            if not save or not TAKEN.issuperset(codes):
                raise _Undone
    except _Undone:
        return NumbersTaken(saved=False, codes=tuple(codes))
    return NumbersTaken(saved=True, codes=tuple(codes))


def unlink_numbers(
    *, agency: str, numbers: Sequence[str], why: str, actor: Actor, now: dt.datetime
) -> list[bool]:
    """Take back an agency's own numbers; one result a number: whether it was linked till now.

    :param why: one of ``REASONS``
    :raises NotYourNumbers, NoOwnNumbers, TooManyLines: as for linking
    :raises UnknownReason: the reason is none that is kept
    """
    _check(agency, actor)
    if why not in REASONS:
        raise UnknownReason(why=why)
    if len(numbers) > MOST_LINES:
        raise TooManyLines(most=MOST_LINES, lines=len(numbers))
    with unit_of_work():
        return cards.unlink_agency_numbers(
            agency=agency, numbers=list(numbers), why=why, actor=actor, now=now
        )


def own_numbers(*, agency: str, numbers: Sequence[str], actor: Actor) -> list[OwnNumber]:
    """Return how each of an agency's own numbers stands, in order.

    :raises NotYourNumbers, NoOwnNumbers: as for linking
    """
    _check(agency, actor)
    found = cards.number_standings(agency=agency, numbers=numbers)
    return [
        OwnNumber(number=number, status=one.status, since=one.since)
        if one is not None
        else OwnNumber(number=number, status=None)
        for number, one in zip(numbers, found, strict=True)
    ]


def counts(*, agency: str, actor: Actor) -> dict[str, int]:
    """Return how many of an agency's own numbers are linked, by status.

    :raises NotYourNumbers, NoOwnNumbers: as for linking
    """
    _check(agency, actor)
    return cards.number_counts(agency=agency)


def number_pattern(*, agency: str) -> re.Pattern[str] | None:
    """Return how an agency's own numbers look, by the pack; None: it has none."""
    rule = current_pack().table("agencies")["agencies"].get(agency, {}).get("member_number")
    return re.compile(str(rule["pattern"])) if rule else None


def _check(agency: str, actor: Actor) -> None:
    if actor.agency != agency:
        raise NotYourNumbers()
    if number_pattern(agency=agency) is None:
        raise NoOwnNumbers()


def _members(lines: Sequence[NumberLine]) -> list[int | None]:
    """Return whom each line names; one who is named by both must be the same."""
    by_id = people.member_ids_by_number(id_numbers=[line.id_number for line in lines])
    by_card = cards.holders_by_number(numbers=[line.card_number for line in lines])
    return [
        (member if line.id_number else card)
        if not (line.id_number and line.card_number) or member == card
        else None
        for line, member, card in zip(lines, by_id, by_card, strict=True)
    ]


def _looked_at(
    agency: str, lines: Sequence[NumberLine], members: Sequence[int | None]
) -> list[LineCode]:
    """Return what is wrong with each line by itself or beside the others; ``linked`` if nothing."""
    pattern = number_pattern(agency=agency)
    of_member = Counter(member for member in members if member is not None)
    of_number = Counter(line.own_number for line in lines)

    def look(line: NumberLine, member: int | None) -> LineCode:
        number = line.own_number
        if pattern is None or len(number) > LONGEST_NUMBER or not pattern.fullmatch(number):
            return "bad_number"
        if line.status not in ("", *STATUSES):
            return "bad_status"
        if member is None:
            return "no_member"
        return "twice" if of_member[member] > 1 or of_number[number] > 1 else "linked"

    return [look(line, member) for line, member in zip(lines, members, strict=True)]


def _link(
    agency: str,
    lines: Sequence[NumberLine],
    members: Sequence[int | None],
    codes: list[LineCode],
    actor: Actor,
    now: dt.datetime,
) -> None:
    """Link the lines that nothing is wrong with, and note in ``codes`` what became of each."""
    good = [n for n, code in enumerate(codes) if code == "linked"]
    linked = cards.link_agency_numbers(
        agency=agency,
        links=[(member, lines[n].own_number) for n in good if (member := members[n]) is not None],
        statuses=[_status(lines[n].status) for n in good],
        actor=actor,
        now=now,
    )
    for n, one in zip(good, linked, strict=True):
        if one.refusal is not None:
            codes[n] = "number_taken"
        elif one.already:
            codes[n] = "as_before"


def _status(word: str) -> cards.NumberStatus | None:
    return next((status for status in STATUSES if status == word), None)

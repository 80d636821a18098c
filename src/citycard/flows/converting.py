"""Conversion: an agency's reader or system has a card number and asks for its own number of the
member.

It learns a public code, that number and how it serves it, nothing else; other agencies' numbers
never leave. Each conversion of somebody's card leaves an access record that they see.
"""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import NamedTuple

from citycard.cards import api as cards
from citycard.flows import reading_codes
from citycard.kernel.actors import Actor
from citycard.people import api as people
from citycard.taps import api as taps

PURPOSE = "agency-conversion"
FIELDS = ("agency_number",)


class Converted(NamedTuple):
    """All that an agency learns about a card number.

    :ivar agency_number: its own number of the holder; None unless the card is good for its service
    :ivar status: how the agency serves that number, by its own word; empty without a number
    """

    code: taps.Code
    agency_number: str | None = None
    status: str = ""


def convert(
    *, device_id: int, numbers: Sequence[taps.CardRead], actor: Actor, now: dt.datetime
) -> list[Converted]:
    """Return, for each card, what the reader's service says to it and the agency's own number of
    its holder.

    A code from a phone is used up by the question: whoever asks it again, or asked it elsewhere
    before, asks of an unknown card. The access record commits before a number is read; a card that
    the service refuses opens nothing. A number that can mean two people's cards opens nothing
    either.
    """
    use = f"convert:{device_id}:{uuid.uuid4().hex}"
    read, _wrong = reading_codes.ask(cards=numbers, use=use, now=now)
    of_each = [_candidates(card) for card in read]
    flat = [card for candidates in of_each for card in candidates]
    judged = iter(taps.judge(device_id=device_id, cards=flat, now=now))
    chosen = [_choose([next(judged) for _ in candidates]) for candidates in of_each]
    return _converted(chosen, actor, now)


def convert_one(
    *, device_id: int, candidates: Sequence[taps.CardRead], actor: Actor, now: dt.datetime
) -> Converted:
    """Return like ``convert`` for one number that may be of several kinds, such as a scanner's."""
    flat = [card for read in candidates for card in _candidates(read)]
    judged = taps.judge(device_id=device_id, cards=flat, now=now)
    return _converted([_choose(judged)], actor, now)[0]


def _candidates(card: taps.CardRead) -> list[taps.CardRead]:
    return [
        taps.CardRead(card.issuer, kind, number)
        for kind, number in taps.candidates(number_kind=card.number_kind, number=card.number)
    ]


def _choose(judged: Sequence[taps.Judged]) -> taps.Judged:
    """Return the one card that a number means; two people's are never guessed between."""
    if judged[0].code == taps.Code.READER_REVOKED:
        return judged[0]  # whatever the cards are: it is said of each
    known = [one for one in judged if one.code != taps.Code.UNKNOWN_CARD]
    if len({one.member_id for one in known}) > 1:
        return judged[0]._replace(code=taps.Code.AMBIGUOUS_CARD, member_id=None)
    return (known or judged)[0]


def _converted(judged: Sequence[taps.Judged], actor: Actor, now: dt.datetime) -> list[Converted]:
    good = {
        card.member_id
        for card in judged
        if card.code == taps.Code.ACCEPTED and card.member_id is not None
    }
    if not good:
        return [Converted(card.code) for card in judged]
    found = _numbers(judged[0].agency, sorted(good), actor, now)
    return [_answer(card, found) for card in judged]


def _numbers(
    agency: str, member_ids: Sequence[int], actor: Actor, now: dt.datetime
) -> dict[int, cards.AgencyNumber | None]:
    access = people.open_access(
        subject=member_ids, fields=FIELDS, purpose=PURPOSE, actor=actor, now=now
    )
    found = cards.convert(access=access, agency=agency, member_ids=member_ids)
    return dict(zip(member_ids, found, strict=True))


def _answer(card: taps.Judged, found: dict[int, cards.AgencyNumber | None]) -> Converted:
    if card.code != taps.Code.ACCEPTED or card.member_id is None:
        return Converted(card.code)
    number = found.get(card.member_id)
    if number is None:
        return Converted(taps.Code.NOT_LINKED)
    return Converted(card.code, number.number, number.status)

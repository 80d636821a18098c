"""Conversion: an agency's reader or system has a card number and asks for its own number of the
member.

It learns a public code and that number, nothing else; other agencies' numbers never leave. Each
conversion of somebody's card leaves an access record that they see.
"""

import datetime as dt
from collections.abc import Sequence

from citycard.cards import api as cards
from citycard.kernel.actors import Actor
from citycard.people import api as people
from citycard.taps import api as taps

PURPOSE = "agency-conversion"
FIELDS = ("agency_number",)


def convert(
    *, device_id: int, numbers: Sequence[taps.CardRead], actor: Actor, now: dt.datetime
) -> list[taps.TapAnswer]:
    """Return, for each card, what the reader's service says to it and the agency's own number of
    its holder.

    The access record commits before a number is read; a card that the service refuses opens
    nothing.
    """
    judged = taps.judge(device_id=device_id, cards=numbers, now=now)
    good = {
        card.member_id
        for card in judged
        if card.code == taps.Code.ACCEPTED and card.member_id is not None
    }
    if not good:
        return [taps.TapAnswer(card.code) for card in judged]
    found = _numbers(judged[0].agency, sorted(good), actor, now)
    return [_answer(card, found) for card in judged]


def _numbers(
    agency: str, member_ids: Sequence[int], actor: Actor, now: dt.datetime
) -> dict[int, str | None]:
    access = people.open_access(
        subject=member_ids, fields=FIELDS, purpose=PURPOSE, actor=actor, now=now
    )
    found = cards.convert(access=access, agency=agency, member_ids=member_ids)
    return dict(zip(member_ids, found, strict=True))


def _answer(card: taps.Judged, found: dict[int, str | None]) -> taps.TapAnswer:
    if card.code != taps.Code.ACCEPTED or card.member_id is None:
        return taps.TapAnswer(card.code)
    number = found.get(card.member_id)
    if number is None:
        return taps.TapAnswer(taps.Code.NOT_LINKED)
    return taps.TapAnswer(card.code, 0, number)

"""What a scanner at an agency's own system read: a card, a phone, or the agency's own card.

A library's terminal sends whatever was held before it. Numbers of ours become the agency's own
number; everything else is the agency's and goes on as it is.
"""

import datetime as dt
import re
from typing import Literal, NamedTuple

from citycard.cards import api as cards
from citycard.flows import converting, numbering
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import Actor
from citycard.taps import api as taps
from citycard.wallet import api as wallet

_SQUARE = "CC1:"
_CODE = re.compile(r"CC1:.+|[0-9]{20}")
"""What a code on a phone looks like; twenty digits may be a chip's number, too."""

_MAY_BE_OWN = frozenset({taps.Code.UNKNOWN_CARD, taps.Code.NOT_BOUND, taps.Code.NOT_LINKED})
_UIDS = frozenset({"uid", "uid_reversed", "uid_either"})


class Scanner(NamedTuple):
    """A device of an agency that reads whatever is held before it: cards, phones, own cards.

    :ivar number_kind: how its firmware gives a chip's UID, by its number profile
    """

    device_id: int
    agency: str
    number_kind: str
    actor: Actor


class Scanned(NamedTuple):
    """What an agency's own system is to be told instead of what was scanned.

    :ivar outcome: ``converted``: ``number``; ``own``: what was scanned, it is no number of ours;
        ``refused``: nothing, for ``why`` (a public code's word, ``expired`` or ``replayed``)
    """

    outcome: Literal["converted", "own", "refused"]
    number: str = ""
    why: str = ""


def convert_scanned(*, scanner: Scanner, text: str, use: str, now: dt.datetime) -> Scanned:
    """Return the agency's own number for what its scanner read: a card's number of any kind, a code
    on a phone, or an own card's number, which goes on as it is.

    An own number that could be a city card's too is converted when that card is good and linked;
    a card that is unknown to us or to the agency may be its own patron's and goes on; when both
    hold, for two people, nothing is guessed.

    :param use: names one person's turn at the scanner, so that a phone's code sent again in it is
        no replay
    """
    text = text if text.startswith(_SQUARE) else text.strip()  # a square code may end with a blank
    code = text if _CODE.fullmatch(text) else ""
    found = _resolved(code, use, now) if code else None
    if found is not None and found.outcome == "good":
        reads = [taps.CardRead(found.issuer, found.number_kind, found.number)]
    elif found is not None and found.outcome != "unknown":
        return Scanned("refused", why=found.outcome)
    elif text.startswith(_SQUARE):
        return Scanned("refused", why=taps.Code.UNKNOWN_CARD.word)
    else:
        reads = _kinds_of(text, scanner.number_kind)
    if not reads:
        return Scanned("own")
    answer = converting.convert_one(
        device_id=scanner.device_id, candidates=reads, actor=scanner.actor, now=now
    )
    return _scanned(scanner.agency, text, answer)


def _scanned(agency: str, text: str, answer: converting.Converted) -> Scanned:
    pattern = numbering.number_pattern(agency=agency)
    may_be_own = pattern is None or pattern.fullmatch(text) is not None
    if answer.agency_number is not None:
        if may_be_own and answer.agency_number != text and _is_linked(agency, text):
            return Scanned("refused", why=taps.Code.AMBIGUOUS_CARD.word)
        return Scanned("converted", answer.agency_number)
    if may_be_own and answer.code in _MAY_BE_OWN:
        return Scanned("own")
    return Scanned("refused", why=answer.code.word)


def _is_linked(agency: str, number: str) -> bool:
    return cards.number_standings(agency=agency, numbers=[number]) != [None]


def _resolved(code: str, use: str, now: dt.datetime) -> wallet.Resolved:
    with unit_of_work():
        return wallet.resolve(codes=[code], ats=[now], uses=[use], now=now)[0]


def _kinds_of(text: str, number_kind: str) -> list[taps.CardRead]:
    """Return every kind of number of the city's cards that a text looks like."""
    found = []
    for medium in cards.card_table().media.values():
        for kind, rule in medium.numbers.items():
            read_as = number_kind if kind == "uid" and number_kind in _UIDS else kind
            if any(
                rule.pattern.fullmatch(number)
                for _, number in taps.candidates(number_kind=read_as, number=text)
            ):
                found.append(taps.CardRead(medium.issuer, read_as, text))
    return found

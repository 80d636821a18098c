"""What an agency's own system asks of a card: its own number of the holder, or whether the card is
good for one of its services.

A card is named by one of its numbers or by the code that a phone shows; a code is used up by the
question. The answer says a public code and the least that serves: the agency's own number, or a
word such as ``senior-fare``. It never says why, and never who. Each question about somebody leaves
an access record that they see.
"""

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

from citycard.cards import api as cards
from citycard.flows import reading_codes
from citycard.infra.packs import current_pack
from citycard.kernel.actors import Actor
from citycard.kernel.errors import Refused
from citycard.people import api as people
from citycard.taps import api as taps

ADMITTED = "may-enter"
_CONVERSION, _VERIFICATION = "agency-conversion", "agency-verification"


class NotYourService(Refused):
    """No service of yours is called “{service}”."""

    code = "systems.not_your_service"
    http_status = 404


class Question(NamedTuple):
    """A card that a system asks about.

    :ivar number_kind: ``virtual_code`` for what a phone shows; any issuer then
    """

    issuer: str
    number_kind: str
    number: str


class Verified(NamedTuple):
    """What a system learns of a card.

    :ivar outcome: a public code's word, or what is wrong with a code: ``expired``, ``replayed``
    :ivar answer: the word of the class, or ``may-enter`` where the service knows none; empty unless
        the card is good
    """

    valid: bool
    outcome: str
    answer: str = ""


class ConvertedCode(NamedTuple):
    """What a system learns of a card that it asked its own number for."""

    outcome: str
    agency_number: str | None = None
    status: str = ""


class _Card(NamedTuple):
    """A card after its code was read and its service judged it.

    :ivar holder: whom the answer is about, also where it is a no
    """

    outcome: str
    code: taps.Code
    member_id: int | None = None
    held: frozenset[str] = frozenset()
    holder: int | None = None


def verify(
    *,
    service: str,
    agencies: Sequence[str],
    questions: Sequence[Question],
    use: str,
    actor: Actor,
    now: dt.datetime,
    keep: bool = True,
) -> list[Verified]:
    """Return whether each card is good for a service, and by what word.

    :param agencies: whose services the system may ask about
    :param use: names this asking, so that asking it again is no replay
    :param keep: False: codes are not used up; for a system that tries things out
    :raises NotYourService: the service is another agency's, or none
    """
    found = _judged(service, agencies, questions, use, now, keep)
    members = _members(found)
    if members:
        people.open_access(
            subject=members, fields=("rights",), purpose=_VERIFICATION, actor=actor, now=now
        )
    classes = taps.service_table().services[service].classes
    return [
        Verified(
            _is_good(one),
            one.outcome,
            next((word for right, word in classes.items() if right in one.held), ADMITTED)
            if _is_good(one)
            else "",
        )
        for one in found
    ]


def convert(
    *,
    service: str,
    agencies: Sequence[str],
    questions: Sequence[Question],
    use: str,
    actor: Actor,
    now: dt.datetime,
    keep: bool = True,
) -> list[ConvertedCode]:
    """Return the agency's own number of each card's holder and how it serves it, for cards that are
    good for the service.

    :param agencies, use, keep: as for ``verify``
    :raises NotYourService: as for ``verify``
    """
    found = _judged(service, agencies, questions, use, now, keep)
    members = _members(found)
    numbers: dict[int, cards.AgencyNumber | None] = {}
    if members:
        access = people.open_access(
            subject=members, fields=("agency_number",), purpose=_CONVERSION, actor=actor, now=now
        )
        told = cards.convert(access=access, agency=_owner(service), member_ids=members)
        numbers = dict(zip(members, told, strict=True))
    return [_converted(one, numbers.get(one.member_id or 0)) for one in found]


def _converted(card: _Card, number: cards.AgencyNumber | None) -> ConvertedCode:
    if not _is_good(card):
        return ConvertedCode(card.outcome)
    if number is None:
        return ConvertedCode(taps.Code.NOT_LINKED.word)
    return ConvertedCode(card.outcome, number.number, number.status)


def _members(found: Sequence[_Card]) -> list[int]:
    """Return everybody asked about: that a card is blocked says something of its holder, too."""
    return sorted({one.holder for one in found if one.holder is not None})


def _is_good(card: _Card) -> bool:
    return card.outcome == taps.Code.ACCEPTED.word


def _owner(service: str) -> str:
    return service_agency(service=service) or ""


def service_agency(*, service: str) -> str | None:
    """Return whose a service is, or None."""
    row = current_pack().table("services")["services"].get(service)
    return str(row["agency"]) if row else None


def _judged(
    service: str,
    agencies: Sequence[str],
    questions: Sequence[Question],
    use: str,
    now: dt.datetime,
    keep: bool,
) -> list[_Card]:
    if service_agency(service=service) not in agencies:
        raise NotYourService(service=service)
    read, wrong = reading_codes.ask(
        cards=[taps.CardRead(*one) for one in questions], use=use, now=now, keep=keep
    )
    of_each = [_candidates(card) for card in read]
    flat = [card for candidates in of_each for card in candidates]
    rights = list(taps.service_table().services[service].classes)
    judged = iter(taps.judge_for_service(service=service, cards=flat, rights=rights, now=now))
    chosen = [_choose([next(judged) for _ in candidates]) for candidates in of_each]
    return [
        _Card(wrong[n], one.code) if n in wrong
        else _Card(one.code.word, one.code, one.member_id, one.held, one.holder)
        for n, one in enumerate(chosen)
    ]  # fmt: skip


def _candidates(card: taps.CardRead) -> list[taps.CardRead]:
    return [
        taps.CardRead(card.issuer, kind, number)
        for kind, number in taps.candidates(number_kind=card.number_kind, number=card.number)
    ]


def _choose(judged: Sequence[taps.ServiceJudged]) -> taps.ServiceJudged:
    """Return the one card that a number means; two people's are never guessed between."""
    known = [one for one in judged if one.code != taps.Code.UNKNOWN_CARD]
    if len({one.member_id for one in known}) > 1:
        return judged[0]._replace(code=taps.Code.AMBIGUOUS_CARD, member_id=None, holder=None)
    return (known or judged)[0]

"""An unnamed card goes into the hand of somebody who may have one, and whose name nobody writes."""

import datetime as dt
from dataclasses import dataclass

from django.utils.translation import get_language

from citycard.cards import api as cards
from citycard.entitlements import api as entitlements
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.issuing import api as issuing
from citycard.kernel.actors import Actor
from citycard.kernel.errors import Refused
from citycard.people import api as people
from citycard.rules.api import Because, Verdict


class MayNotHaveOne(Refused):
    """The rule gives no {card_kind} card to this person: {why}"""

    code = "handing_out.may_not_have_one"


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What a clerk reads from the person's papers; used once, kept nowhere.

    :ivar is_resident: the papers say that they are registered in this city
    """

    id_number: str
    birth_on: dt.date
    is_resident: bool
    passport: bool = False


def hand_out(*, card_kind: str, seen: Seen, actor: Actor, now: dt.datetime) -> issuing.HandedOut:
    """Hand an unnamed card out on papers seen: the blank becomes a live card that is nobody's.

    :raises MayNotHaveOne: the rule of the card's entitlement says no
    :raises issuing.AlreadyPickedUp: this person has had theirs, here or anywhere
    :raises Refused: see ``issuing.hand_out_unnamed``
    """
    if card_kind not in issuing.unnamed_kinds():
        raise issuing.NotUnnamed(kind=card_kind)
    _check_may_have(card_kind, seen, now)
    with unit_of_work():
        handed = issuing.hand_out_unnamed(
            card_kind=card_kind,
            id_number=seen.id_number,
            passport=seen.passport,
            actor=actor,
            now=now,
        )
        (made,) = cards.register_many(
            cards=[cards.NewCard(kind=card_kind, medium=handed.medium, numbers=handed.numbers)],
            actor=actor,
            now=now,
        )
        if made.refusal is not None:
            raise made.refusal
    return handed


def _check_may_have(card_kind: str, seen: Seen, now: dt.datetime) -> None:
    """Ask the rule: what the city knows counts; what it doesn't know the papers say."""
    on = current_pack().time.day(now)
    codes = [each.code for each in entitlements.catalogue(on=on) if each.card_kind == card_kind]
    city = current_pack().code if seen.is_resident else "elsewhere"
    said = {"birth_on": seen.birth_on, "registered_city": city}
    decided = entitlements.judge(facts=said, entitlements=codes, on=on)
    (member,) = people.member_ids_by_number(id_numbers=[seen.id_number])
    if member is not None:
        known = entitlements.eligibility(member_ids=[member], entitlements=codes, on=on)[member]
        decided |= {code: one for code, one in known.items() if one.verdict != Verdict.UNKNOWN}
    for decision in decided.values():
        if decision.verdict != Verdict.YES:
            raise MayNotHaveOne(
                card_kind=card_kind,
                why=_in_words(decision.because),
            )


def _in_words(because: Because) -> str:
    language = get_language() or "zh-hant"
    joint = "；" if language.startswith("zh") else "; "
    return joint.join(leaf.sentence(language) for leaf in because.decisive())

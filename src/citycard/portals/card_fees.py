"""What a card costs, as doors say it: before somebody decides, and when they are to pay it."""

from collections.abc import Iterable, Mapping, Sequence

from django.utils.translation import gettext as _

from citycard.applications import api as applications
from citycard.cards import api as cards
from citycard.infra import clock
from citycard.portals.naming import name_of


def costs(kind: str | None) -> str:
    """Say what a kind of card costs today, the first one and one in its stead; empty where the city
    says nothing of it."""
    fee = cards.fee_of(kind=kind, on=clock.today()) if kind else None
    if fee is None:
        return ""
    if not fee.first_ntd and not fee.replacement_ntd:
        return _("首次與補發都免費")
    if not fee.first_ntd:
        return _("首次免費，補發每張 %(ntd)s 元") % {"ntd": fee.replacement_ntd}
    said = {"first": fee.first_ntd, "ntd": fee.replacement_ntd}
    return _("首次 %(first)s 元，補發每張 %(ntd)s 元") % said


def costs_of(draft: applications.Draft) -> list[tuple[str, str]]:
    """Return the kinds of card that a draft applies for, each with what it costs."""
    offered = applications.form(code=draft.form).services
    kinds = (offered[code].card_kind for code in draft.services if code in offered)
    return named(kind for kind in kinds if kind)


def named(kinds: Iterable[str]) -> list[tuple[str, str]]:
    """Return kinds of card by name, each with what it costs; those left out of which nothing is
    said."""
    found: Mapping[str, str] = {kind: costs(kind) for kind in kinds}
    return [(name_of("card_kind", kind), said) for kind, said in found.items() if said]


def replacement(kind: str) -> str:
    """Say what a card in the stead of one of this kind costs; empty where the city doesn't."""
    fee = cards.fee_of(kind=kind, on=clock.today())
    if fee is None:
        return ""
    if not fee.replacement_ntd:
        return _("補發新卡免費。")
    return _("補發新卡每張 %(ntd)s 元。") % {"ntd": fee.replacement_ntd}


def to_pay(kind: str, held: Sequence[cards.CardView]) -> str:
    """Say what somebody pays for a card that is made for them; empty where the city doesn't.

    :param held: all cards that they have or had; one of this kind makes it a replacement
    """
    fee = cards.fee_of(kind=kind, on=clock.today())
    if fee is None:
        return ""
    if any(card.kind == kind for card in held):
        if not fee.replacement_ntd:
            return _("曾領過這種卡，補發免費。")
        return _("曾領過這種卡：補發請收 %(ntd)s 元。") % {"ntd": fee.replacement_ntd}
    if not fee.first_ntd:
        return _("第一次領這種卡，免費。")
    return _("第一次領這種卡：請收 %(ntd)s 元。") % {"ntd": fee.first_ntd}

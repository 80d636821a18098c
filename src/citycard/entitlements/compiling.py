"""The city's rules as SQL for many people at once: columns to gather, and each right's days."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache

from citycard.entitlements.rulebook import Rulebook
from citycard.rules.api import (
    NEVER,
    Known,
    Rule,
    failing_word,
    intersection,
    newest_word,
    rule_days,
)

REMOVED = "removed"
"""The reason where the pack has no such right any more."""


@dataclass(frozen=True, kw_only=True)
class CompiledRules:
    """Some rules, as pieces to be put into statements.

    :ivar days: each right's days over a person ``p``, in the order of ``codes``
    :ivar known: what they need of people
    :ivar reason: a CASE over ``d.entitlement`` that names a word; reads ``p``, ``d.lost_on`` and
        ``d.gained_on``
    """

    codes: tuple[str, ...]
    days: tuple[str, ...]
    known: Known
    reason: str


@lru_cache(maxsize=32)
def compiled(book: Rulebook, codes: tuple[str, ...]) -> CompiledRules:
    """Return some of a pack's rights as SQL; a code that the pack doesn't have is never held."""
    known = Known()
    days = _all_days(book, codes, known)
    reasons = " ".join(_reason(book, code, known) for code in codes)
    return CompiledRules(
        codes=codes,
        days=tuple(days.get(code, NEVER) for code in codes),
        known=known,
        reason=f"CASE {reasons} END",
    )


@lru_cache(maxsize=32)
def meanings(book: Rulebook) -> Mapping[str, tuple[str, ...]]:
    """Return what each rule says, as something to compare by: rules that say the same are equal,
    whatever they are called and wherever they come from."""
    said = {}
    for rule in book:
        known = Known()
        days = _all_days(book, [rule.code], known)[rule.code]
        said[rule.code] = (days, *known.gathered, *known.own)
    return said


def _all_days(book: Rulebook, codes: Collection[str], known: Known) -> Mapping[str, str]:
    """Return each right's days, held only together with those of the right that it follows."""
    needed = {*codes, *(rule.follows for rule in book if rule.code in codes)}
    for rule in book:  # a right that is followed may follow another
        needed |= {rule.follows} if rule.code in needed else set()
    days = {rule.code: rule_days(rule.rule, known) for rule in book if rule.code in needed}
    for rule in book:
        if rule.code in days and rule.follows in days:
            days[rule.code] = intersection([days[rule.code], days[rule.follows]])
    return days


def _reason(book: Rulebook, code: str, known: Known) -> str:
    if code not in book:
        return f"WHEN d.entitlement = '{code}' THEN '{REMOVED}'"
    rule = book.rule(code)
    lost = failing_word(rule, known, "d.lost_on", otherwise=_otherwise(rule))
    gained = newest_word(rule, known, "d.gained_on")
    said = f"CASE WHEN d.lost_on IS NOT NULL THEN {lost} ELSE {gained} END"
    return f"WHEN d.entitlement = '{code}' THEN {said}"


def _otherwise(rule: Rule) -> str:
    return "follows" if rule.settings.get("follows") else "since"

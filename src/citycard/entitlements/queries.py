"""Reads of rights for people, and explanations by running the rule again."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any

from citycard.entitlements.rulebook import kept_rulebook, laid_over, rulebook, rulebook_at
from citycard.entitlements.values import Entitlement, Explanation, Right
from citycard.infra.database import row, rows, statement
from citycard.infra.packs import current_pack
from citycard.kernel.access import Access
from citycard.people import api as people
from citycard.rules.api import Decision

FIELD = "rights"
"""The field of the pack's purposes under which rights and their reasons are read."""


def rights_of(*, access: Access, member_ids: Sequence[int], on: dt.date) -> dict[int, list[Right]]:
    """Return the rights that members have on a day, in the city's order; members without one:
    empty.

    :raises AccessTooNarrow: the access doesn't cover ``rights`` of these members
    """
    access.require(FIELD, members=member_ids)
    return machine_rights_of(member_ids=member_ids, on=on)


def machine_rights_of(*, member_ids: Sequence[int], on: dt.date) -> dict[int, list[Right]]:
    """Return the rights of members on a day for a flow's own decision; never for a page."""
    found: dict[int, list[Right]] = {member_id: [] for member_id in member_ids}
    order = {rule.code: place for place, rule in enumerate(rulebook())}
    stored = rows(statement(__file__, "rights_on"), [list(member_ids), on])
    for one in sorted(stored, key=lambda each: order.get(each.entitlement, len(order))):
        found[one.member_id].append(_right(one))
    return found


def explain(
    *,
    access: Access,
    member_id: int,
    entitlement: str,
    on: dt.date,
    known_at: dt.datetime | None = None,
) -> Explanation:
    """Explain why a member has, or hasn't, a right on a day, by running the rule again on the
    facts.

    A right that was decided is explained by the rule as it stood in the pack of its decision,
    however often the pack changed since; what was never granted, by the pack in force.

    :param known_at: explain with what the city held true at this instant; None: with what it knows
        now
    :raises NoSuchEntitlement: the city has none of this code
    :raises NotYetInForce: the day lies before the entitlement began
    """
    access.require(FIELD, members=[member_id])
    in_force = rulebook() if known_at is None else rulebook_at(known_at)
    right = row(statement(__file__, "right_on"), [member_id, entitlement, on, known_at, known_at])
    decided_by = in_force if right is None else kept_rulebook(right.pack_hash)
    judged_by = in_force if entitlement in in_force else decided_by
    facts = _facts(member_id, decided_by.reads | judged_by.reads, on, known_at)
    decision = decided_by.rule(entitlement).has(facts, on)
    eligible = judged_by.rule(entitlement).may_have(facts, on)
    return Explanation(
        entitlement=entitlement,
        on=on,
        verdict=decision.verdict,
        eligible=eligible.verdict,
        because=decision.because,
        missing=eligible.missing,
        right=None if right is None else _right(right),
        pack_hash=decided_by.pack_hash,
    )


def outlook(
    *, access: Access, member_id: int, on: dt.date, entitlements: Sequence[str] | None = None
) -> list[Explanation]:
    """Explain every entitlement of the city (or some) for one member: what they have, may have,
    can't have."""
    book = rulebook()
    in_force = [rule.code for rule in book if rule.rule.since <= on]
    wanted = (
        in_force if entitlements is None else [code for code in entitlements if code in in_force]
    )
    return [explain(access=access, member_id=member_id, entitlement=code, on=on) for code in wanted]


def eligibility(
    *,
    member_ids: Sequence[int],
    entitlements: Sequence[str],
    on: dt.date,
    assuming: Mapping[int, Mapping[str, Any]] | None = None,
) -> dict[int, dict[str, Decision]]:
    """Return the law's part (approval aside) as a rules Decision by member and entitlement.

    A right that excludes another stands against it while it is held; one that was approved once and
    has ended (a certificate ran out) does not.

    Machine use. ``decision.verdict`` is yes, no or unknown; ``decision.missing`` names the facts to
    ask for; ``decision.because`` says why.

    :param assuming: by member, facts to lay over what is known, named as rules name them
    """
    book = rulebook()
    codes = [code for code in entitlements if book.rule(code).since <= on]
    names = frozenset[str]().union(*(book.rule(code).eligible.reads for code in codes))
    known = people.facts_of(member_ids=member_ids, names=names, on=on)
    for member_id, rivals in ended_rivals(member_ids=member_ids, entitlements=codes, on=on).items():
        known[member_id] = laid_over(
            known[member_id], {f"approval.{code}": False for code in rivals}
        )
    for member_id, facts in (assuming or {}).items():
        known[member_id] = laid_over(known.get(member_id, {}), facts)
    return {
        member_id: {code: book.rule(code).may_have(facts, on) for code in codes}
        for member_id, facts in known.items()
    }


def ended_rivals(
    *, member_ids: Sequence[int], entitlements: Sequence[str], on: dt.date
) -> dict[int, list[str]]:
    """Return, by member, the rights that exclude one of these, were approved once and are no longer
    held on a day: whoever grants one of these ends their approvals."""
    book = rulebook()
    rivals = {
        str(rival)
        for code in entitlements
        for rival in book.rule(code).settings.get("excludes", ())
    }
    if not rivals:
        return {}
    names = {f"approval.{rival}" for rival in rivals}
    known = people.facts_of(member_ids=member_ids, names=names, on=on)
    approved = {
        member_id: [code for code, held in facts.get("approvals", {}).items() if held]
        for member_id, facts in known.items()
    }
    some = [member_id for member_id, codes in approved.items() if codes]
    held = machine_rights_of(member_ids=some, on=on) if some else {}
    ended = {
        member_id: sorted(
            set(approved[member_id]) - {right.entitlement for right in held[member_id]}
        )
        for member_id in some
    }
    return {member_id: codes for member_id, codes in ended.items() if codes}


def judge(
    *, facts: Mapping[str, Any], entitlements: Sequence[str], on: dt.date
) -> dict[str, Decision]:
    """Return the law's part for somebody who isn't known yet, from what they say of themselves.

    Facts that are not said are unknown: a no is sure, a yes still has to be proven.
    """
    book = rulebook()
    codes = [code for code in entitlements if book.rule(code).since <= on]
    return {code: book.rule(code).may_have(facts, on) for code in codes}


def facts_needed(*, entitlements: Sequence[str]) -> frozenset[str]:
    """Return the facts that the law's part of these entitlements looks at: what to ask registers
    for."""
    book = rulebook()
    return frozenset[str]().union(*(book.rule(code).eligible.reads for code in entitlements))


def catalogue(*, on: dt.date) -> list[Entitlement]:
    """Return the entitlements that the city has on a day, in its own order."""
    return [_entitlement(rule.rule) for rule in rulebook() if rule.rule.since <= on]


def due(*, on: dt.date, time_only: bool = False) -> list[int]:
    """Return the members for whom time alone changes something by a day, or whose pack is an older
    one.

    :param time_only: without those whose pack alone is an older one
    """
    found = rows(
        "SELECT member_id FROM entitlements_next_check"
        " WHERE check_on <= %s OR (NOT %s AND pack_hash <> %s) ORDER BY member_id",
        [on, time_only, rulebook().pack_hash],
    )
    return [one.member_id for one in found]


def history(*, access: Access, member_id: int) -> list[Right]:
    """Return every right a member ever had by what is known now, oldest first."""
    access.require(FIELD, members=[member_id])
    found = rows(statement(__file__, "history"), [member_id])
    return [_right(one) for one in found]


def _facts(
    member_id: int, names: frozenset[str], on: dt.date, known_at: dt.datetime | None
) -> Mapping[str, Any]:
    known = people.facts_of(member_ids=[member_id], names=names, on=on, known_at=known_at)
    return known.get(member_id, {})


def _right(one: Any) -> Right:
    return Right(
        member_id=one.member_id,
        entitlement=one.entitlement,
        valid_from=one.valid_from,
        valid_to=one.valid_to,
        because=json.loads(one.because),
    )


def _entitlement(rule: Any) -> Entitlement:
    settings = rule.settings
    names = current_pack().table("entitlements")[rule.code]["name"]
    return Entitlement(
        code=rule.code,
        name=dict(names),
        granted_by=rule.granted_by,
        agency=settings["agency"],
        decided_by=settings.get("decided_by"),
        service=settings.get("service"),
        card_kind=settings.get("card_kind"),
        since=rule.since,
    )

"""An agency decides its part; an approval becomes a fact, the right follows, a card is queued.

The middle of the story that ``applying`` begins and ``issuing_cards`` ends.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language

from citycard.applications import api as applications
from citycard.entitlements import api as entitlements
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.issuing import api as issuing
from citycard.kernel.actors import Actor
from citycard.kernel.errors import Refused
from citycard.people import api as people
from citycard.rules.api import Because, Decision, Verdict

REVIEW = "application-review"


REVIEW_FIELDS = (
    "name",
    "birth_on",
    "sex",
    "district",
    "village",
    "id_masked",
    "statuses",
    "rights",
    "application",
    "papers",
    "photo",
    "checks",
)


class RuleSaysNo(Refused):
    """The rule for {entitlement} says no: {why}."""

    code = "applications.rule_says_no"


class BeginsLater(Refused):
    """This service begins on {first_on}; nobody can be granted it before that day."""

    code = "applications.begins_later"


class NoLongerGranted(Refused):
    """The city no longer grants this service; please refuse it and tell the applicant why."""

    code = "applications.no_longer_granted"


class NotKnownYet(Refused):
    """The rule for {entitlement} can't decide yet ({missing}): {why}."""

    code = "applications.not_known_yet"


@dataclass(frozen=True, kw_only=True)
class Review:
    """What a reviewer needs to decide a part, opened under one access.

    :ivar explanation: what the rule says today, step by step; None where there is none today
    :ivar no_rule: why there is none
    :ivar would_prove: for each fact still unknown, the uploaded papers that speak for it
    """

    view: applications.PartView
    profile: people.Profile
    explanation: entitlements.Explanation | None
    would_prove: Mapping[str, tuple[str, ...]]
    no_rule: Refused | None = None


def review(*, part_id: int, actor: Actor, now: dt.datetime) -> Review:
    """Open a part for its reviewer; writes the access record and notes who looks at it.

    :raises NotFound: there is none
    :raises NotYourAgency: another agency decides it
    """
    part = applications.part(part_id=part_id)
    if actor.agency != part.agency:
        raise applications.NotYourAgency(agency=applications.agency_name(agency=part.agency))
    access = people.open_access(
        subject=part.member_id, fields=REVIEW_FIELDS, purpose=REVIEW, actor=actor, now=now
    )
    with unit_of_work():
        applications.mark_opened(part_id=part_id, actor=actor, now=now)
    view = applications.open_part(access=access, part_id=part_id, now=now)
    no_rule = _no_rules([part.entitlement], _today(now)).get(part.entitlement)
    explanation = None
    if no_rule is None:
        explanation = entitlements.explain(
            access=access, member_id=part.member_id, entitlement=part.entitlement, on=_today(now)
        )
    uploaded = [document.paper for document in view.case.documents]
    return Review(
        view=view,
        profile=people.profile(access=access, member_id=part.member_id),
        explanation=explanation,
        would_prove={
            fact: tuple(paper for paper in uploaded if fact in _speaks_for(paper))
            for fact in sorted(explanation.missing if explanation else ())
        },
        no_rule=no_rule,
    )


def decide(
    *, decision: applications.PartDecision, actor: Actor, now: dt.datetime
) -> applications.PartDecided:
    """Decide one part; see ``decide_many``.

    :raises Refused: what ``decide_many`` would return as the row's refusal
    """
    (decided,) = decide_many(decisions=[decision], actor=actor, now=now)
    if decided.refusal is not None:
        raise decided.refusal
    return decided


def decide_many(
    *, decisions: Sequence[applications.PartDecision], actor: Actor, now: dt.datetime
) -> list[applications.PartDecided]:
    """Decide parts: an approval is recorded as a fact, the right follows by rule, a card is queued.

    What the reviewer read from papers (``proven``) is recorded as facts from that paper. One result
    a row; nothing of a refused row is kept. Refusals: RuleSaysNo, NotKnownYet, BeginsLater,
    NoLongerGranted, and those of ``applications.decide_many``.
    """
    with unit_of_work():
        # who approves at the same moment what excludes this follows, and sees it
        applications.hold_open(part_ids=[decision.part_id for decision in decisions])
        refusals = _against_the_rule(decisions, now)
        going = [d for d, refusal in zip(decisions, refusals, strict=True) if refusal is None]
        done = iter(applications.decide_many(decisions=going, actor=actor, now=now))
        results = [
            next(done)
            if refusal is None
            else applications.PartDecided(part_id=decision.part_id, refusal=refusal)
            for decision, refusal in zip(decisions, refusals, strict=True)
        ]
        approved = [
            (decision, result)
            for decision, result in zip(decisions, results, strict=True)
            if result.refusal is None and decision.decision == "approve"
        ]
        _grant(approved, actor, now)
        touched = [result.application_id for result in results if result.refusal is None]
        make_cards(touched, actor, now)
    return results


def ask_supplement(
    *,
    part_id: int,
    version: int,
    actor: Actor,
    now: dt.datetime,
    papers: Sequence[str] = (),
    note: str = "",
) -> int:
    """Ask the resident for something more; the clock stands still. Returns the part's new
    version."""
    with unit_of_work():
        return applications.ask_supplement(
            part_id=part_id,
            version=version,
            papers=papers,
            note=note,
            actor=actor,
            now=now,
        )


def _against_the_rule(
    decisions: Sequence[applications.PartDecision], now: dt.datetime
) -> list[Refused | None]:
    """Say why an approval can't stand: the rule says no, or can't tell even with what was proven.

    Of one person's approvals each is judged with those before it.
    """
    parts = {}
    for decision in decisions:
        if decision.decision == "approve":
            parts[decision.part_id] = applications.part(part_id=decision.part_id)
    assuming: dict[int, dict[str, Any]] = {}
    for decision in decisions:
        if decision.part_id in parts:
            member = assuming.setdefault(parts[decision.part_id].member_id, {})
            member |= {proven.fact: proven.value for proven in decision.proven}
    asked = {part.entitlement for part in parts.values()}
    no_rules = _no_rules(asked, _today(now))
    refusals: dict[int, Refused | None] = {}
    for turn in _turns(parts.values()):
        judged = entitlements.eligibility(
            member_ids=sorted(turn),
            entitlements=sorted(asked - no_rules.keys()),
            on=_today(now),
            assuming={who: assuming[who] for who in turn},
        )
        for who, part in turn.items():
            refusal = no_rules.get(part.entitlement) or _why_not(
                judged[who][part.entitlement], part.entitlement
            )
            refusals[part.part_id] = refusal
            if refusal is None:
                assuming[who][f"approval.{part.entitlement}"] = True
    return [refusals.get(decision.part_id) for decision in decisions]


def _turns(
    parts: Iterable[applications.PartFound],
) -> Iterator[dict[int, applications.PartFound]]:
    """Yield parts by member, one a person at a time, in the order given."""
    left = list(parts)
    while left:
        turn: dict[int, applications.PartFound] = {}
        later = [part for part in left if turn.setdefault(part.member_id, part) is not part]
        yield turn
        left = later


def _no_rules(codes: Iterable[str], on: dt.date) -> dict[str, Refused]:
    """Return, by entitlement, why there is no rule to ask on a day: it begins later, or the city
    has it no longer."""
    begins = {each.code: each.since for each in entitlements.catalogue(on=dt.date.max)}
    return {
        code: BeginsLater(first_on=begins[code]) if code in begins else NoLongerGranted()
        for code in codes
        if code not in begins or begins[code] > on
    }


def _why_not(decision: Decision, entitlement: str) -> Refused | None:
    if decision.verdict is Verdict.YES:
        return None
    if decision.verdict is Verdict.UNKNOWN:
        missing = ", ".join(sorted(decision.missing))
        return NotKnownYet(
            entitlement=entitlement, missing=missing, why=_in_words(decision.because)
        )
    return RuleSaysNo(entitlement=entitlement, why=_in_words(decision.because))


def _in_words(because: Because) -> str:
    language = get_language() or "zh-hant"
    joint = "；" if language.startswith("zh") else "; "
    return joint.join(leaf.sentence(language) for leaf in because.decisive())


def _grant(
    approved: Sequence[tuple[applications.PartDecision, applications.PartDecided]],
    actor: Actor,
    now: dt.datetime,
) -> None:
    today = _today(now)
    by_law = {each.code for each in entitlements.catalogue(on=today) if each.granted_by == "law"}
    ended = _ended_rivals([result for _, result in approved], today)
    facts = []
    for decision, result in approved:
        about: dict[str, Any] = {
            "member_id": result.member_id,
            "source": f"agency:{actor.agency}",
            "basis_kind": "application_part",
            "basis_id": str(result.part_id),
        }
        if result.entitlement not in by_law:
            approval = f"approval.{result.entitlement}"
            facts.append(people.NewFact(name=approval, value=True, valid_from=today, **about))
        facts += [
            people.NewFact(name=f"approval.{rival}", value=False, valid_from=today, **about)
            for rival in ended.get(result.member_id, {}).get(result.entitlement, ())
        ]
        facts += [
            people.NewFact(
                name=proven.fact,
                value=proven.value,
                valid_from=proven.valid_from or today,
                valid_to=proven.valid_to,
                **about,
            )
            for proven in decision.proven
        ]
    people.record_facts(facts=facts, actor=actor, now=now)
    members = sorted({result.member_id for _, result in approved})
    entitlements.decide(member_ids=members, on=today, actor=actor, now=now)


def _ended_rivals(
    approved: Sequence[applications.PartDecided], today: dt.date
) -> dict[int, dict[str, list[str]]]:
    """Return, by member and what they are granted, the approvals that it ends: of rights which
    exclude it and are over."""
    found: dict[int, dict[str, list[str]]] = {}
    for code in sorted({result.entitlement for result in approved}):
        members = [result.member_id for result in approved if result.entitlement == code]
        rivals = entitlements.ended_rivals(member_ids=members, entitlements=[code], on=today)
        for member_id, codes in rivals.items():
            found.setdefault(member_id, {})[code] = codes
    return found


def make_cards(application_ids: Sequence[int], actor: Actor, now: dt.datetime) -> None:
    """Queue the cards that can be made now; inside a unit of work."""
    applications.complete_settled(application_ids=application_ids, actor=actor, now=now)
    ready = applications.cards_to_make(application_ids=application_ids)
    issuing.queue_prints(
        prints=[
            issuing.NewPrint(
                application_id=each.application_id,
                part_id=each.part_id,
                ref=each.ref,
                member_id=each.member_id,
                card_kind=each.card_kind,
                medium=each.medium,
                counter=each.counter,
            )
            for each in ready
        ],
        actor=actor,
        now=now,
    )


def _speaks_for(paper: str) -> set[str]:
    known = current_pack().table("papers")["papers"].get(paper, {})
    return {fact.replace(":", ".") for fact in known.get("proves", ())}


def _today(now: dt.datetime) -> dt.date:
    return current_pack().time.day(now)

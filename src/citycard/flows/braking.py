"""The brake: a mass change is tried first, and what touches many waits for a second officer.

Trying does exactly what carrying out does, in the same transaction, and is then taken back: what
an officer sees is what will happen. What is released is compared with what was seen. Messages,
hotlists and cancel lists follow events and letters of the release; nothing leaves before.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from citycard.agencies import api as agencies
from citycard.entitlements import api as entitlements
from citycard.flows import braking_rules, cancelling, listing_ends, offering_rights, weighing
from citycard.infra.journal import Announced
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import attempt, unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.errors import Refused
from citycard.people import api as people

KIND = braking_rules.KIND
MANY = 200
"""More people than this are not told one by one."""


class ChangedMeanwhile(Refused):
    """Since this was weighed, other people would be touched; weigh it again and look anew."""

    code = "braking.changed_meanwhile"


class EndedByItself(Refused):
    """These rights ended day by day, each for its own reason: there is no run to take back."""

    code = "braking.ended_by_itself"


@dataclass(frozen=True, kw_only=True)
class Weighed:
    """What became of a mass change.

    :ivar held: it waits for a second officer, as proposal ``proposal_id``
    """

    change_id: int
    held: bool
    proposal_id: int | None
    ended: int


@dataclass(frozen=True, kw_only=True)
class _Tried:
    changes: Sequence[entitlements.Change]
    born: Sequence[int]
    figures: Sequence[agencies.RightFigure]
    days: int


def weigh(*, change_id: int, actor: Actor, now: dt.datetime) -> Weighed:
    """Try a drafted mass change: carry it out where it is light, propose it where it is heavy.

    :raises agencies.MassChangeIsOver: it was carried out or rejected before
    """
    with unit_of_work():
        found = agencies.lock_mass_change(change_id=change_id)
        if found.state != "drafted":
            raise agencies.MassChangeIsOver(state=found.state)
        return _weigh(found, actor, now)


def weigh_again(*, change_id: int, actor: Actor, now: dt.datetime) -> Weighed:
    """Try a waiting mass change anew: the old proposal is withdrawn, its maker's or not.

    :raises agencies.MassChangeIsOver: it doesn't wait
    """
    with unit_of_work():
        found = agencies.lock_mass_change(change_id=change_id)
        if found.state != "waiting":
            raise agencies.MassChangeIsOver(state=found.state)
        if found.proposal_id is not None:
            agencies.lapse(proposal_id=found.proposal_id, now=now)
        if found.kind == "feed":
            return _weigh(found, actor, now)
        agencies.forget_mass_change(change_id=change_id)
    anew = braking_rules.weigh_rules(now=now, actor=actor)
    return outcome_of(change_id=change_id if anew is None else anew)


def outcome_of(*, change_id: int) -> Weighed:
    """Return what became of a mass change that somebody weighed.

    :raises NotFound: there is none of this number
    """
    found = agencies.mass_change(change_id=change_id)
    return Weighed(
        change_id=found.id,
        held=found.state == "waiting",
        proposal_id=found.proposal_id,
        ended=found.ended,
    )


def release(proposal: agencies.Proposal, actor: Actor, now: dt.datetime) -> None:
    """Carry a held mass change out; in the unit of work of its approval.

    :raises ChangedMeanwhile: it would touch other people than those that were looked at
    """
    found = agencies.lock_mass_change(change_id=int(proposal.content["change"]))
    if found.state != "waiting":
        raise agencies.MassChangeIsOver(state=found.state)
    if found.kind == "rules":
        braking_rules.release(found, actor, now)
        return
    outcome = _carry_out(found, actor, now)
    if weighing.hash_of(outcome.changes) != proposal.content["hash"]:
        raise ChangedMeanwhile()
    _released(found, outcome, actor, now)


def follow_ends(batch: Sequence[Announced]) -> None:
    """Throw away the mass changes whose proposals were rejected or withdrawn; a subscriber's
    handler."""
    for event in batch:
        if event.body["state"] in ("rejected", "withdrawn"):
            proposal = agencies.proposal(proposal_id=event.body["proposal_id"])
            if proposal.kind == KIND:
                found = agencies.mass_change(change_id=int(proposal.content["change"]))
                # one that was decided already, or weighed again since, stays
                if found.state == "waiting" and found.proposal_id == proposal.proposal_id:
                    throw_away(change_id=found.id)


def undo(*, change_id: int, actor: Actor, now: dt.datetime) -> None:
    """Take a mass change back as a whole: facts and rights stand as before it.

    Operators get a list of the cards whose rights are back.

    :raises agencies.MassChangeIsOver: it was not carried out, or was taken back before
    :raises EndedByItself: there is nothing to take back
    """
    with unit_of_work():
        found = agencies.mass_change(change_id=change_id)
        if found.kind == listing_ends.KIND:
            raise EndedByItself()
        agencies.undo_mass_change(change_id=change_id, actor=actor, now=now)
        if found.kind == "feed":
            members = people.undo_feed(run_id=change_id, actor=actor, now=now)
            entitlements.decide_again(
                member_ids=members, quiet=len(members) > MANY, actor=actor, now=now
            )
            cancelling.order(change_id=change_id, what="restore", now=now)
        else:
            braking_rules.undo(found, actor, now)


def _weigh(found: agencies.MassChange, actor: Actor, now: dt.datetime) -> Weighed:
    with attempt() as tried:
        outcome = _carry_out(found, actor, now)
        held = any(one.is_held for one in outcome.figures)
        if not held:
            tried.keep()
    _note(found, outcome)
    proposal_id = None
    if held:
        proposal_id = _propose(found, outcome, actor, now)
        agencies.hold_mass_change(change_id=found.id, proposal_id=proposal_id)
    else:
        _released(found, outcome, actor, now)
    return Weighed(
        change_id=found.id,
        held=held,
        proposal_id=proposal_id,
        ended=sum(one.ended for one in outcome.figures),
    )


def throw_away(*, change_id: int) -> None:
    """Drop a mass change that was rejected, in the unit of work of its rejection; the register may
    deliver it again, put right."""
    found = agencies.mass_change(change_id=change_id)
    agencies.reject_mass_change(change_id=change_id)
    if found.kind == "feed":
        people.throw_away_feed(run_id=change_id)


def _carry_out(found: agencies.MassChange, actor: Actor, now: dt.datetime) -> _Tried:
    """Record and decide; whether it stands is the caller's."""
    brake = weighing.Brake.read(current_pack().table("pack")["brake"])
    applied = people.apply_feed(run_id=found.id, actor=actor, now=now)
    members = applied.member_ids
    changes = [
        one
        for one in entitlements.decide_again(
            member_ids=members, quiet=len(members) > MANY, weighed=True, actor=actor, now=now
        )
        if one.before is not None or one.after is not None
    ]
    days = people.days_covered(run_id=found.id)
    codes = sorted({one.entitlement for one in changes})
    holders = entitlements.holders_by_right(entitlements=codes, on=current_pack().time.day(now))
    figures = weighing.figures_of(
        changes,
        reasons=applied.reasons,
        holders=holders,
        means=agencies.ended_lately(now=now) or None,
        days=days,
        brake=brake,
    )
    born = [member for member, reasons in applied.reasons.items() if "born" in reasons]
    return _Tried(changes=changes, figures=figures, days=days, born=born)


def _note(found: agencies.MassChange, outcome: _Tried) -> None:
    brake = weighing.Brake.read(current_pack().table("pack")["brake"])
    agencies.weigh_mass_change(
        change_id=found.id,
        figures=outcome.figures,
        samples=weighing.samples_of(outcome.changes, brake.sample_people),
        content_hash=weighing.hash_of(outcome.changes),
        days=outcome.days,
    )


def _propose(found: agencies.MassChange, outcome: _Tried, actor: Actor, now: dt.datetime) -> int:
    held = {one.entitlement: one.ended for one in outcome.figures if one.is_held}
    content: Mapping[str, object] = {
        "change": found.id,
        "hash": weighing.hash_of(outcome.changes),
        "about": found.about,
        "ended": held,
        "limits": {one.entitlement: one.limit for one in outcome.figures if one.is_held},
    }
    return agencies.propose(
        kind=KIND,
        about=f"mass-change:{found.id}",
        content=content,
        reason="煞車：超過單次異動上限 More than may change without a second officer",
        actor=actor,
        now=now,
    )


def _released(found: agencies.MassChange, outcome: _Tried, actor: Actor, now: dt.datetime) -> None:
    ended = _ended(outcome.changes, current_pack().time.day(now))
    agencies.release_mass_change(change_id=found.id, actor=actor, now=now)
    agencies.note_ended_rights(change_id=found.id, ended=ended)
    if ended:
        cancelling.order(change_id=found.id, what="cancel", now=now)
    offering_rights.offer_at_birth(member_ids=outcome.born, change_id=found.id, now=now)


def _ended(changes: Sequence[entitlements.Change], today: dt.date) -> list[agencies.EndedRight]:
    """Return what ended, and what ends on a day that is known: on no cancel list before it."""
    lost = [one for one in changes if weighing.kind_of(one) == "ended"]
    days = entitlements.last_days(rights=[(one.member_id, one.entitlement) for one in lost])
    on = {
        (one.member_id, one.entitlement): days.get((one.member_id, one.entitlement))
        or _begun_on(one)
        for one in lost
    }
    on |= {
        (one.member_id, one.entitlement): one.lost_on
        for one in changes
        if weighing.kind_of(one) == "cut" and one.lost_on is not None and one.lost_on > today
    }
    return [
        agencies.EndedRight(member_id=member, entitlement=code, ended_on=day)
        for (member, code), day in on.items()
    ]


def _begun_on(change: entitlements.Change) -> dt.date:
    """A right of which no day is left ended before it began."""
    assert change.before is not None, "a right that ended was there"
    return change.before.valid_from

"""The brake for rules: when a pack says something else, everybody is decided in a dry run first.

A job notices that rules mean something else than when people were decided last (a pack was
activated, a rule changed), works out in sets what would change, and carries out what is light. What
touches many waits for a second officer, and until then rights stay as they are; only what time or a
person's own facts change is decided meanwhile. Long work goes on in pieces, where it was stopped.
"""

import datetime as dt

from citycard.agencies import api as agencies
from citycard.entitlements import api as entitlements
from citycard.flows import cancelling, rechecking, weighing
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM, Actor
from citycard.kernel.errors import Refused

KIND = "entitlements.mass_change"
A_PIECE = 50_000


class RulesChangedMeanwhile(Refused):
    """Since this was worked out, the rules or many people's facts changed; it is worked out
    anew."""

    code = "braking.rules_changed_meanwhile"


def follow_rules(now: dt.datetime) -> None:
    """Go on with what was released, and weigh rules that say something new; run by the clock."""
    for one in agencies.mass_changes(states=["carried_out", "undone"]):
        if one.kind == "rules":
            go_on(one, now)
    weigh_rules(now=now)


def weigh_rules(*, now: dt.datetime, actor: Actor = SYSTEM) -> int | None:
    """Weigh what the rules in force would change; returns the mass change, None: nothing new.

    A pack whose change waits, was rejected or undone is not weighed again by itself.
    """
    about = current_pack().hash
    known = [it for it in agencies.mass_changes(limit=200) if it.kind == "rules"]
    if any(it.about == about for it in known):
        return None
    with unit_of_work():
        codes = entitlements.changed_rules()
        if not codes:
            return None
        run_id = entitlements.begin_preview(
            on=current_pack().time.day(now), codes=codes, actor=actor, now=now
        )
        change_id = agencies.draft_mass_change(
            kind="rules", about=about, ref=run_id, actor=actor, now=now
        )
    rechecking.go_on(run_id=run_id, now=now, actor=actor)
    with unit_of_work():
        held = _weigh(change_id, run_id, actor, now)
        if not held:
            _release(change_id, run_id, actor, now)
    if not held:
        go_on(agencies.mass_change(change_id=change_id), now)
    return change_id


def release(found: agencies.MassChange, actor: Actor, now: dt.datetime) -> None:
    """Release a held change of rules, in the unit of work of its approval; a job carries it out.

    :raises RulesChangedMeanwhile: something else would happen than was looked at
    """
    assert found.ref is not None, "a mass change by rules has a run"
    _release(found.id, found.ref, actor, now)


def undo(found: agencies.MassChange, actor: Actor, now: dt.datetime) -> None:
    """Take a change of rules back, in the open unit of work; a job goes on with the rest."""
    assert found.ref is not None, "a mass change by rules has a run"
    entitlements.undo(run_id=found.ref, actor=actor, now=now, most=A_PIECE)


def go_on(found: agencies.MassChange, now: dt.datetime) -> None:
    """Go on with a released or undone change of rules to its end; done already is done."""
    run_id = found.ref
    assert run_id is not None, "a mass change by rules has a run"
    rechecking.go_on(run_id=run_id, now=now, actor=SYSTEM)
    if found.state == "carried_out":
        _tell_operators(found.id, run_id, now)


def _weigh(change_id: int, run_id: int, actor: Actor, now: dt.datetime) -> bool:
    brake = weighing.Brake.read(current_pack().table("pack")["brake"])
    found = entitlements.preview_of(run_id=run_id)
    figures = weighing.figures_of_preview(
        found, means=agencies.ended_lately(now=now) or None, brake=brake
    )
    samples: dict[str, list[int]] = {}
    for one in found.samples:
        if one.kind == "ended" and len(samples.setdefault(one.entitlement, [])) < (
            brake.sample_people
        ):
            samples[one.entitlement].append(one.member_id)
    agencies.weigh_mass_change(
        change_id=change_id,
        figures=figures,
        samples=samples,
        content_hash=f"run:{run_id}",
        days=1,
    )
    held = {one.entitlement: one for one in figures if one.is_held}
    if held:
        content = {
            "change": change_id,
            "hash": f"run:{run_id}",
            "about": current_pack().hash,
            "ended": {code: one.ended for code, one in held.items()},
            "limits": {code: one.limit for code, one in held.items()},
        }
        proposal_id = agencies.propose(
            kind=KIND,
            about=f"mass-change:{change_id}",
            content=content,
            reason="煞車：規則改版影響超過上限 The rules change more than may pass at once",
            actor=actor,
            now=now,
        )
        agencies.hold_mass_change(change_id=change_id, proposal_id=proposal_id)
    return bool(held)


def _release(change_id: int, run_id: int, actor: Actor, now: dt.datetime) -> None:
    done = entitlements.carry_out(run_id=run_id, actor=actor, now=now, most=A_PIECE)
    if done.state == "replaced":
        raise RulesChangedMeanwhile()
    agencies.release_mass_change(change_id=change_id, actor=actor, now=now)


def _tell_operators(change_id: int, run_id: int, now: dt.datetime) -> None:
    """Keep who lost what and order the cancel lists, once the run is at its end."""
    if agencies.ended_rights(change_id=change_id):
        return
    ended = [
        agencies.EndedRight(member_id=member, entitlement=code, ended_on=day)
        for member, code, day in entitlements.ended_by_run(run_id=run_id)
    ]
    if ended:
        with unit_of_work():
            agencies.note_ended_rights(change_id=change_id, ended=ended)
            cancelling.order(change_id=change_id, what="cancel", now=now)

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
from citycard.infra import failpoints
from citycard.infra.packs import current_pack
from citycard.infra.packs.keeping import activated_at
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
    for one in agencies.mass_changes(kind="rules", states=["carried_out", "undone"]):
        go_on(one, now)
    weigh_rules(now=now)


def weigh_rules(*, now: dt.datetime, actor: Actor = SYSTEM) -> int | None:
    """Weigh what the rules in force would change; returns the mass change, None: nothing new.

    What was begun and not brought to its end is gone on with. A pack whose change waits, or was
    rejected or undone since it was made the active one, is not weighed again by itself.
    """
    about = current_pack().hash
    with unit_of_work():
        _turn_down_drafts_of_others(about)
        if _is_decided(about):
            return None
        change_id = _draft(about, actor, now)
    if change_id is None:
        return None
    failpoints.reach("rules.drafted")
    found = agencies.mass_change(change_id=change_id)
    rechecking.go_on(run_id=_run_of(found), now=now, actor=actor)
    with unit_of_work():
        found = agencies.lock_mass_change(change_id=change_id)
        if found.state == "drafted":  # nobody was quicker
            _settle(change_id, _run_of(found), actor, now)
    found = agencies.mass_change(change_id=change_id)
    if found.state == "carried_out":
        go_on(found, now)
    return change_id


def _turn_down_drafts_of_others(about: str) -> None:
    """What another pack would have done is no longer asked."""
    for one in agencies.mass_changes(kind="rules", states=["drafted"], limit=None):
        if one.about != about:
            agencies.reject_mass_change(change_id=one.id)


def _is_decided(about: str) -> bool:
    """Tell whether an officer has, or since the pack is active had, the last word about it."""
    since = activated_at(pack_hash=about)
    return any(
        one.state == "waiting" or since is None or one.made_at >= since
        for one in agencies.mass_changes(
            kind="rules", about=about, states=["waiting", "rejected", "undone"], limit=None
        )
    )


def _draft(about: str, actor: Actor, now: dt.datetime) -> int | None:
    """Return the draft about a pack, begun before or now; None: it says nothing new."""
    for one in agencies.mass_changes(kind="rules", about=about, states=["drafted"]):
        return one.id
    codes = entitlements.changed_rules()
    if not codes:
        return None
    run_id = entitlements.begin_preview(
        on=current_pack().time.day(now), codes=codes, actor=actor, now=now
    )
    return agencies.draft_mass_change(kind="rules", about=about, ref=run_id, actor=actor, now=now)


def _settle(change_id: int, run_id: int, actor: Actor, now: dt.datetime) -> None:
    """Let a weighed draft wait, or carry it out; what was overtaken meanwhile is weighed anew."""
    if _weigh(change_id, run_id, actor, now):
        return
    done = entitlements.carry_out(run_id=run_id, actor=actor, now=now, most=A_PIECE)
    if done.replaced_by is not None:
        _settle(change_id, done.replaced_by, actor, now)
    else:
        agencies.release_mass_change(change_id=change_id, actor=actor, now=now)


def _run_of(found: agencies.MassChange) -> int:
    assert found.ref is not None, "a mass change by rules has a run"
    return found.ref


def release(found: agencies.MassChange, actor: Actor, now: dt.datetime) -> None:
    """Release a held change of rules, in the unit of work of its approval; a job carries it out.

    :raises RulesChangedMeanwhile: something else would happen than was looked at
    """
    done = entitlements.carry_out(run_id=_run_of(found), actor=actor, now=now, most=A_PIECE)
    if done.state == "replaced":
        raise RulesChangedMeanwhile()
    agencies.release_mass_change(change_id=found.id, actor=actor, now=now)


def undo(found: agencies.MassChange, actor: Actor, now: dt.datetime) -> None:
    """Take a change of rules back, in the open unit of work; a job goes on with the rest."""
    entitlements.undo(run_id=_run_of(found), actor=actor, now=now, most=A_PIECE)


def go_on(found: agencies.MassChange, now: dt.datetime) -> None:
    """Go on with a released or undone change of rules to its end; done already is done."""
    rechecking.go_on(run_id=_run_of(found), now=now, actor=SYSTEM)
    if found.state == "carried_out":
        _tell_operators(found.id, _run_of(found), now)
    else:  # a restore list says whose rights are back: nobody's is still to come now
        with unit_of_work():
            cancelling.order(change_id=found.id, what="restore", now=now)


def _weigh(change_id: int, run_id: int, actor: Actor, now: dt.datetime) -> bool:
    brake = weighing.Brake.read(current_pack().table("pack")["brake"])
    found = entitlements.preview_of(run_id=run_id)
    figures = weighing.figures_of_preview(
        found,
        lost_days=entitlements.lost_days_of_run(run_id=run_id),
        means=agencies.ended_lately(now=now) or None,
        brake=brake,
    )
    samples: dict[str, list[int]] = {}
    for one in found.samples:
        if one.kind in weighing.LOST and len(samples.setdefault(one.entitlement, [])) < (
            brake.sample_people
        ):
            samples[one.entitlement].append(one.member_id)
    agencies.weigh_mass_change(
        change_id=change_id,
        figures=figures,
        samples=samples,
        content_hash=f"run:{run_id}",
        days=1,
        ref=run_id,
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

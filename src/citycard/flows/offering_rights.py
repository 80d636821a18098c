"""What begins is offered, once, to those who agreed to be told; the reason is shown on the page.

A right becomes possible when the law's part of its rule says yes: a birthday, a school year, a
certificate, a move into the city. Whoever agreed (the purpose ``right-offers``, a consent) gets one
message a right; whoever withdraws gets no more. The message names the right and nothing of the
person; the page works the reason out anew for its reader.

Source: 台北卡整合服務「從出生到老」; Personal Data Protection Act, articles 5 and 15.
"""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence

from citycard.applications import api as applications
from citycard.entitlements import api as entitlements
from citycard.infra import clock
from citycard.infra.journal import Announced
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import Actor
from citycard.notify import api as notify
from citycard.people import api as people
from citycard.rules.api import Verdict

PURPOSE = "right-offers"
MESSAGE = "entitlements.offer.made"
A_BATCH = 1000


def offer_all(now: dt.datetime) -> None:
    """Look at everybody who agreed to be told, and offer what has become possible; for the clock.

    A run that comes late offers late, and misses nothing that is still possible.
    """
    after = 0
    while members := people.members_who_agreed(purpose=PURPOSE, after=after, limit=A_BATCH):
        with unit_of_work():
            offer(member_ids=members, now=now)
        after = members[-1]


def follow_facts(batch: Sequence[Announced]) -> None:
    """Offer what changed facts made possible; a subscriber's handler."""
    members = {member for event in batch for member in event.body["member_ids"]}
    agreed = people.who_agreed(member_ids=sorted(members), purpose=PURPOSE)
    if agreed:
        offer(member_ids=agreed, now=clock.now())


def offer(*, member_ids: Sequence[int], now: dt.datetime) -> int:
    """Offer rights to members who agreed; returns how many offers are new. In a unit of work."""
    today = current_pack().time.day(now)
    codes, follows = _applied_for(now), _follows()
    if not codes or not member_ids:
        return 0
    held = entitlements.machine_rights_of(member_ids=member_ids, on=today)
    found = entitlements.eligibility(member_ids=member_ids, entitlements=codes, on=today)
    messages = [
        _message(member, code)
        for member, decisions in found.items()
        for code, decision in decisions.items()
        if decision.verdict is Verdict.YES
        and not _has(held[member], code)
        and (follows.get(code) is None or _has(held[member], follows[code]))
    ]
    return sum(1 for told in notify.tell_many(messages=messages, now=now) if told.is_new)


def offer_at_birth(*, member_ids: Collection[int], change_id: int, now: dt.datetime) -> int:
    """Offer a newborn's parents what the pack offers at birth; in the unit of work of a release.

    A message a birth run and right: twins are one.
    """
    codes = current_pack().table("pack").get("register_feed", {}).get("offers_at_birth", [])
    agreed = people.who_agreed(member_ids=sorted(member_ids), purpose=PURPOSE)
    messages = [_message(member, code, f"birth:{change_id}") for member in agreed for code in codes]
    return sum(1 for told in notify.tell_many(messages=messages, now=now) if told.is_new)


def agree(*, member_id: int, actor: Actor, now: dt.datetime) -> int:
    """Record that a resident wants to be told what they may apply for; returns the ground's id."""
    purpose = current_pack().table("purposes")["purposes"][PURPOSE]
    ground = people.ground_for(member_id=member_id, purpose=PURPOSE)
    if ground is not None:
        return ground
    return people.give_ground(
        member_id=member_id,
        purpose=PURPOSE,
        kind="consent",
        text_version=str(purpose["ground"]["version"]),
        actor=actor,
        now=now,
    )


def _applied_for(now: dt.datetime) -> list[str]:
    """Return the rights that one gets by applying and that a form takes applications for now."""
    offered: set[str] = set()
    for code in current_pack().table("forms"):
        form = applications.form(code=code)
        closed = applications.closed_services(form=form, now=now)
        offered |= {row.entitlement for name, row in form.services.items() if name not in closed}
    return [
        one.code
        for one in entitlements.catalogue(on=current_pack().time.day(now))
        if one.granted_by == "application" and one.code in offered
    ]


def _follows() -> Mapping[str, str]:
    """Return the rights that are held only together with another: a companion's with its
    holder's."""
    table = current_pack().table("entitlements")
    return {code: row["follows"] for code, row in table.items() if row.get("follows")}


def _has(rights: Sequence[entitlements.Right], code: str) -> bool:
    return any(one.entitlement == code for one in rights)


def _message(member_id: int, code: str, occasion: str = "") -> notify.NewMessage:
    name = current_pack().text("entitlements", code, "name")
    key = f"{MESSAGE}:{code}:{member_id}" + (f":{occasion}" if occasion else "")
    return notify.NewMessage(
        event_key=key,
        member_id=member_id,
        code=MESSAGE,
        params={"right": {"zh-Hant": name.zh, "en": name.en}},
    )

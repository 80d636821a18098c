"""What ends outside of a mass change goes to operators, too: once a day, on one list.

A student's last day, an expired certificate, an approval that ends another right, a fact recorded
at a counter: nobody weighs these, but an operator's readers have to learn of them as of a feed's.
A day's ends are gathered by event in the book of mass changes and listed by the clock.

Source: 「市民限定每月稽核（遷出、死亡、喪失學籍、領敬老愛心卡、逾畢業年度），名單送各客運業者，
下次刷卡取消」.
"""

import datetime as dt
from collections import Counter
from collections.abc import Sequence

from citycard.agencies import api as agencies
from citycard.entitlements import api as entitlements
from citycard.flows import cancelling
from citycard.infra import clock
from citycard.infra.journal import Announced
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM

KIND = "ends"


def follow_ends(batch: Sequence[Announced]) -> None:
    """Gather whose rights ended that operators have to learn of; a subscriber's handler."""
    listed = {right for row in cancelling.operators() for right in row["rights"]}
    pairs = sorted(
        {
            (member, event.body["entitlement"])
            for event in batch
            if event.body["entitlement"] in listed and not event.body.get("weighed")
            for member in event.body["member_ids"]
        }
    )
    if not pairs:
        return
    days = entitlements.last_days(rights=pairs)
    ended = [
        agencies.EndedRight(
            member_id=member,
            entitlement=code,
            ended_on=days.get((member, code), clock.today()),  # of which no day is left
        )
        for member, code in pairs
    ]
    agencies.note_ended_rights(change_id=_open(clock.now()), ended=ended)


def list_ends(now: dt.datetime) -> None:
    """Let the lists be made of what was gathered since the last time; for the clock."""
    for one in agencies.mass_changes(kind=KIND, states=["drafted"], limit=None):
        with unit_of_work():
            if agencies.lock_mass_change(change_id=one.id).state == "drafted":
                _count(one.id, now)
                agencies.release_mass_change(change_id=one.id, actor=SYSTEM, now=now)
                cancelling.order(change_id=one.id, what="cancel", now=now)


def is_gathered(found: agencies.MassChange) -> bool:
    """Tell whether these are ends that are gathered yet, and listed the next morning."""
    return (found.kind, found.state) == (KIND, "drafted")


def _open(now: dt.datetime) -> int:
    """Return the number under which ends are gathered until the next list."""
    for one in agencies.mass_changes(kind=KIND, states=["drafted"]):
        if agencies.lock_mass_change(change_id=one.id).state == "drafted":
            return one.id
    about = current_pack().time.day(now).isoformat()
    return agencies.draft_mass_change(kind=KIND, about=about, actor=SYSTEM, now=now)


def _count(change_id: int, now: dt.datetime) -> None:
    ended = agencies.ended_rights(change_id=change_id)
    counts = Counter(one.entitlement for one in ended)
    today = current_pack().time.day(now)
    holders = entitlements.holders_by_right(entitlements=sorted(counts), on=today)
    figures = [
        agencies.RightFigure(
            entitlement=code,
            ended=count,
            begun=0,
            changed=0,
            holders=holders.get(code, 0) + count,
            limit=count,
            reasons={},
            first_on=min(one.ended_on for one in ended if one.entitlement == code),
            last_on=max(one.ended_on for one in ended if one.entitlement == code),
        )
        for code, count in counts.most_common()
    ]
    agencies.weigh_mass_change(
        change_id=change_id, figures=figures, samples={}, content_hash="", days=1
    )

"""The cards that a community's door lets in: who is on its roster today, by number and no name."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from citycard.cards import api as cards
from citycard.infra.packs import current_pack
from citycard.kernel.actors import Actor
from citycard.people import api as people

PURPOSE = "door-list"


def rights_through(*, relation: str) -> Mapping[str, Any]:
    """Return the entitlements that a relation gives, with their rows in the pack."""
    return {
        code: row
        for code, row in current_pack().table("entitlements").items()
        if row["who"] == {"has_relation": relation}
    }


def door_list(*, relation: str, actor: Actor, now: dt.datetime) -> list[tuple[str, str, str]]:
    """Return (issuer, number kind, number) of each card in force that a door lets in today.

    One access record stands for it and is shown to each person on the list. Who was taken off the
    roster is not on the next list.
    """
    on = current_pack().time.day(now)
    members = people.members_with(fact=f"relation.{relation}", on=on)
    name = current_pack().text("statuses", "relations", relation, "name")
    access = people.open_access(
        subject=people.Population(description=name.zh, member_ids=members),
        fields={"cards"},
        purpose=PURPOSE,
        actor=actor,
        now=now,
    )
    rights = sorted(rights_through(relation=relation))
    return cards.numbers_that_open(access=access, entitlements=rights, on=on)

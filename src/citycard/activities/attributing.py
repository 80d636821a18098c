"""Whose the lines of an agency's own system are, as cards and rights stood at their own time."""

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from citycard.activities.line_values import Line, LineAnswer, LineCode
from citycard.activities.queries import campaigns_by_id
from citycard.activities.residents import at_home
from citycard.activities.values import Campaign
from citycard.cards import api as cards
from citycard.infra.database import rows, statement
from citycard.infra.packs import current_pack
from citycard.kernel.taiwan.card_numbers import canonical

Found = tuple[Any, dt.date]
"""What was found of a line, and its local day."""

Kinds = Mapping[str, cards.Kind]


def attribute(*, agency: str, lines: Sequence[Line]) -> list[Line]:
    """Return the lines with their member, or with the answer why there is none."""
    new = [line for line in lines if line.answer is None]
    found = dict(zip([line.place for line in new], _look_up(agency, new), strict=True))
    kinds = cards.card_table().kinds
    refused = [
        line if line.answer is not None else _attributed(line, found[line.place], kinds)
        for line in lines
    ]
    return _outsiders_named(refused, found)


def _look_up(agency: str, lines: Sequence[Line]) -> list[Found]:
    if not lines:
        return []
    said = [line.said for line in lines]
    day_of = current_pack().time.day
    days = [day_of(one.at) for one in said]
    pairs = [
        (medium.issuer, kind)
        for medium in cards.card_table().media.values()
        for kind in medium.numbers
    ]
    found = rows(
        statement(__file__, "attribute_lines"),
        {
            "ats": [one.at for one in said],
            "days": days,
            "issuers": [one.issuer for one in said],
            "kinds": [one.number_kind for one in said],
            "numbers": [canonical("printed", one.number) for one in said],
            "chip_ids": [canonical("chip_id", one.number) for one in said],
            "uids": [canonical("uid", one.number) for one in said],
            "members": _members(agency, lines),
            "entitlements": _rights_to_collect(lines),
            "known_issuers": [issuer for issuer, _ in pairs],
            "known_kinds": [kind for _, kind in pairs],
        },
    )
    return list(zip(found, days, strict=True))


def _members(agency: str, lines: Sequence[Line]) -> list[int]:
    """Return whose the agency's own numbers are; 0 for a line with a card, or for nobody's."""
    asked = [i for i, line in enumerate(lines) if line.said.member_number]
    found = cards.members_of_numbers(
        agency=agency, numbers=[lines[i].said.member_number for i in asked]
    )
    members = [0] * len(lines)
    for i, member_id in zip(asked, found, strict=True):
        members[i] = member_id or 0
    return members


def _rights_to_collect(lines: Sequence[Line]) -> list[str]:
    """Return which right lets somebody collect each line's unit; empty where none is asked."""
    campaigns = _campaigns(lines)
    units = current_pack().table("points")["units"]
    needed = {id_: units[one.unit].get("earned_through", "") for id_, one in campaigns.items()}
    return [needed[line.said.campaign_id] for line in lines]


def _attributed(line: Line, found: Found, kinds: Kinds) -> Line:
    code = _why_not(line, *found, kinds)
    if code is not None:
        return dataclasses.replace(line, answer=LineAnswer(code=code))
    return dataclasses.replace(line, member_id=found[0].member_id)


def _why_not(line: Line, found: Any, day: dt.date, kinds: Kinds) -> LineCode | None:
    if found.member_id is None and line.said.member_number:
        return "unknown_number"
    if not line.said.member_number:
        if found.card_state is None:
            return "unknown_number"
        kind = kinds.get(found.kind)
        if not _is_good(found, day) or not _carries(kind, found.entitlement, day):
            return "not_valid"
    return None if found.entitled else "not_valid"


def _is_good(found: Any, day: dt.date) -> bool:
    """Tell whether a card was in force and somebody's on a day."""
    in_time = not found.expires_on or found.expires_on > day
    return found.card_state == "active" and in_time and found.member_id is not None


def _outsiders_named(lines: Sequence[Line], found: Mapping[int, Found]) -> list[Line]:
    """Say of those who may not collect that they aren't residents, where that is the reason."""
    campaigns = _campaigns(lines)
    refused = {
        line.place: (found[line.place][0].member_id, found[line.place][1])
        for line in lines
        if line.place in found
        and campaigns[line.said.campaign_id].residents_only
        and line.answer == LineAnswer(code="not_valid")
        and found[line.place][0].member_id is not None
        and not found[line.place][0].entitled
    }
    home = at_home(refused.values())
    outside = {place for place, who in refused.items() if who not in home}
    named = LineAnswer(code="not_resident")
    return [
        dataclasses.replace(line, answer=named) if line.place in outside else line for line in lines
    ]


def _campaigns(lines: Sequence[Line]) -> dict[int, Campaign]:
    return campaigns_by_id(campaign_ids=sorted({line.said.campaign_id for line in lines}))


def _carries(kind: cards.Kind | None, right: str, day: dt.date) -> bool:
    """Tell whether a card opens a right on a day: one that follows another's, what its kind names
    alone."""
    return kind is None or not right or kind.opens(right, day)

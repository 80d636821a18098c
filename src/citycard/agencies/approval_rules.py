"""Who may propose and who may approve, as the pack has it."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from citycard.infra.packs import Text, current_pack
from citycard.kernel.actors import Actor
from citycard.kernel.errors import Refused


class MayNotPropose(Refused):
    """To propose this takes one of the roles {roles} at the agency concerned."""

    code = "agencies.may_not_propose"
    http_status = 403


class MayNotCheck(Refused):
    """To approve or reject this takes one of the roles {roles} at the agency concerned."""

    code = "agencies.may_not_check"
    http_status = 403


def approval_kinds() -> dict[str, Text]:
    """Return every kind of thing that needs two people, with its name."""
    return {kind: Text.read(rule["name"]) for kind, rule in _rules().items()}


def needs_second(*, kind: str, amount: int, on: dt.date) -> bool:
    """Tell whether an amount takes two people; kinds without a limit always do.

    :param on: the local day whose limit counts
    """
    rows = rule_of(kind).get("above", [])
    limits = [row["amount"] for row in rows if row["from"] <= on]
    return not limits or amount > limits[-1]


def may_propose(*, kind: str, actor: Actor) -> bool:
    """Tell whether somebody may propose something of this kind."""
    rule = rule_of(kind)
    here = rule["at"] == "own" or actor.agency == operator()
    return here and actor.has_any_role(*rule["propose"])


def may_check(*, kind: str, agency: str, actor: Actor) -> bool:
    """Tell whether somebody may approve or reject what an agency proposed; not their own."""
    rule = rule_of(kind)
    allowed = {operator()} | (_over(agency) if rule["at"] == "own" else set())
    return actor.agency in allowed and actor.has_any_role(*rule["approve"])


def check_may_propose(kind: str, actor: Actor) -> None:
    """Stop whoever may not propose.

    :raises MayNotPropose: they hold none of the roles, or work elsewhere
    """
    if not may_propose(kind=kind, actor=actor):
        raise MayNotPropose(roles=", ".join(rule_of(kind)["propose"]))


def check_may_check(kind: str, agency: str, actor: Actor) -> None:
    """Stop whoever may not approve or reject.

    :raises MayNotCheck: they hold none of the roles, or work elsewhere
    """
    if not may_check(kind=kind, agency=agency, actor=actor):
        raise MayNotCheck(roles=", ".join(rule_of(kind)["approve"]))


def rule_of(kind: str) -> Mapping[str, Any]:
    """Return the pack's row for a kind."""
    rules = _rules()
    assert kind in rules, f"the pack's approvals have no {kind}"
    return rules[kind]


def operator() -> str:
    """Return the agency that runs the city card."""
    return str(current_pack().table("pack")["operator"])


def _over(agency: str) -> set[str]:
    """Return an agency with all that it belongs to."""
    table = current_pack().table("agencies")["agencies"]
    found: set[str] = set()
    while agency and agency not in found:
        found.add(agency)
        agency = table.get(agency, {}).get("under", "")
    return found


def _rules() -> Mapping[str, Mapping[str, Any]]:
    rules: Mapping[str, Mapping[str, Any]] = current_pack().table("approvals")["approvals"]
    return rules

"""A changed rule is a dry run first: heavy, it waits for a second officer, and can be undone."""

import datetime as dt
import itertools
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from citycard.agencies import api as agencies
from citycard.entitlements import api as entitlements
from citycard.flows import activating, approving, braking, braking_rules, keeping_rights
from citycard.infra import clock
from citycard.infra.packs import current_pack
from citycard.infra.packs.directories import packaged_packs
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.people import api as people
from tests.flows.living import NOW
from tests.flows.registers import (
    OFFICER,
    SECOND,
    TODAY,
    Resident,
    fact,
    residents,
    settle,
    standing,
)

pytestmark = pytest.mark.city("taipei")

_minutes = itertools.count()
Activate = Callable[[str, str], None]

SENIORS = "age_at_least: 65"
INDIGENOUS = "all: [{has_status: indigenous}, {age_at_least: 55}]"
MIDDLE_AGED = dt.date(1968, 1, 1)


def at() -> dt.datetime:
    """Return the next minute: no two things happen in the same."""
    return NOW + dt.timedelta(minutes=next(_minutes))


def follow() -> None:
    now = at()
    with clock.stopped_at(now):
        braking_rules.follow_rules(now)
    settle(now)


def back_to_the_citys() -> None:
    activating.activate(pack=current_pack(), now=at())
    follow()


@pytest.fixture
def other_rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Activate:
    """Make a pack the city's in which something stands otherwise."""
    tries = itertools.count()

    def activate(before: str, after: str) -> None:
        packs = tmp_path / str(next(tries))
        for name in ("_schema", "_common", "taipei"):
            shutil.copytree(packaged_packs() / name, packs / name)
        rules = packs / "taipei" / "entitlements.yaml"
        text = rules.read_text("utf-8")
        assert before in text
        rules.write_text(text.replace(before, after), "utf-8")
        monkeypatch.setenv("CITYCARD_PACKS", str(packs))
        activating.activate(pack=current_pack(), now=at())

    return activate


def indigenous(count: int) -> list[Resident]:
    """Make some who have the seniors' right at 58: so few never wait."""
    found = residents(count, born=MIDDLE_AGED, **{"status.indigenous": True})
    assert holders(found) == len(found)
    return found


def holders(who: list[Resident], on: dt.date = TODAY) -> int:
    held = entitlements.machine_rights_of(member_ids=[one.member_id for one in who], on=on)
    return sum("senior-rides" in {it.entitlement for it in rights} for rights in held.values())


def newest() -> agencies.MassChange:
    return agencies.mass_changes(kind="rules", limit=1)[0]


def cut_off_while_weighing(monkeypatch: pytest.MonkeyPatch) -> agencies.MassChange:
    """Let the power go when a change is drafted and not weighed yet; return it."""

    def power_goes(place: str) -> None:
        raise OSError(place)

    with monkeypatch.context() as failing:
        failing.setattr(braking_rules.failpoints, "reach", power_goes)
        with pytest.raises(OSError, match=r"rules\.drafted"):
            follow()
    return newest()


def test_a_rule_that_ends_many_rights_waits_and_time_goes_on_without_it(
    city: Any, other_rules: Activate
) -> None:
    back_to_the_citys()
    everyone = residents(60)
    settle()
    before = standing()
    first = current_pack().hash
    other_rules(SENIORS, "age_at_least: 80")
    assert current_pack().hash != first
    with clock.stopped_at(NOW):
        keeping_rights.look_again(NOW)
    follow()
    follow()
    assert standing() == before
    (waiting,) = agencies.mass_changes(states=["waiting"])
    (figure,) = [one for one in waiting.figures if one.entitlement == "senior-rides"]
    assert figure.ended >= len(everyone)
    assert waiting.proposal_id is not None
    approving.approve(proposal_id=waiting.proposal_id, actor=OFFICER, now=at())
    follow()
    assert holders(everyone) == 0
    assert standing()["rights"] != []
    ended = agencies.ended_rights(change_id=waiting.id)
    assert {one.member_id for one in ended} >= {one.member_id for one in everyone}
    braking.undo(change_id=waiting.id, actor=SECOND, now=at())
    follow()
    with clock.stopped_at(NOW):
        keeping_rights.look_again(NOW)
    settle()
    assert standing()["rights"] == before["rights"]


def test_a_rule_that_ends_rights_next_year_is_weighed_today(
    city: Any, other_rules: Activate
) -> None:
    back_to_the_citys()
    everyone = residents(60)
    before = standing()
    other_rules(SENIORS, "all: [{age_at_least: 65}, {during: {until: 2027-01-01}}]")
    follow()
    (waiting,) = agencies.mass_changes(states=["waiting"])
    (figure,) = [one for one in waiting.figures if one.entitlement == "senior-rides"]
    assert figure.ended >= len(everyone)
    assert figure.first_on == figure.last_on == dt.date(2027, 1, 1)
    assert len(waiting.samples["senior-rides"]) == 5
    assert standing() == before
    approving.approve(proposal_id=waiting.proposal_id or 0, actor=OFFICER, now=at())
    follow()
    assert holders(everyone) == len(everyone)
    assert holders(everyone, dt.date(2027, 1, 1)) == 0
    assert {one.ended_on for one in agencies.ended_rights(change_id=waiting.id)} == {
        dt.date(2027, 1, 1)
    }
    braking.undo(change_id=waiting.id, actor=SECOND, now=at())
    follow()
    assert standing()["rights"] == before["rights"]


def test_a_rejected_rule_changes_nobody_until_it_is_made_the_citys_anew(
    city: Any, other_rules: Activate, monkeypatch: pytest.MonkeyPatch
) -> None:
    back_to_the_citys()
    residents(60)
    before = standing()
    other_rules(SENIORS, "age_at_least: 81")
    follow()
    (waiting,) = agencies.mass_changes(states=["waiting"])
    with unit_of_work():
        agencies.reject(proposal_id=waiting.proposal_id or 0, reason="65", actor=SECOND, now=at())
    follow()
    follow()
    assert agencies.mass_changes(states=["waiting"]) == []
    assert standing() == before
    with monkeypatch.context() as citys:
        citys.delenv("CITYCARD_PACKS")
        back_to_the_citys()
    activating.activate(pack=current_pack(), now=at())
    follow()
    (again,) = agencies.mass_changes(states=["waiting"])
    assert again.about == waiting.about
    with unit_of_work():
        agencies.reject(proposal_id=again.proposal_id or 0, reason="65", actor=SECOND, now=at())
    settle()


def test_a_pack_that_comes_back_is_the_citys_again_however_often(
    city: Any, other_rules: Activate, monkeypatch: pytest.MonkeyPatch
) -> None:
    back_to_the_citys()
    some = indigenous(3)
    other_rules(INDIGENOUS, INDIGENOUS.replace("55", "60"))
    follow()
    for _ in range(2):
        assert holders(some) == 0
        with monkeypatch.context() as citys:
            citys.delenv("CITYCARD_PACKS")
            back_to_the_citys()
        assert holders(some) == len(some)
        activating.activate(pack=current_pack(), now=at())
        follow()
    assert holders(some) == 0
    weighed = len(agencies.mass_changes(kind="rules", limit=None))
    follow()
    assert len(agencies.mass_changes(kind="rules", limit=None)) == weighed, "looked at once"


def test_a_change_that_was_cut_off_before_it_was_weighed_is_gone_on_with(
    city: Any, other_rules: Activate, monkeypatch: pytest.MonkeyPatch
) -> None:
    back_to_the_citys()
    some = indigenous(3)

    other_rules(INDIGENOUS, INDIGENOUS.replace("55", "61"))
    cut_off = cut_off_while_weighing(monkeypatch)
    assert (cut_off.state, holders(some)) == ("drafted", 3)
    follow()
    assert holders(some) == 0
    assert newest() == agencies.mass_change(change_id=cut_off.id)
    assert newest().state == "carried_out"


def test_a_draft_of_a_pack_that_is_no_longer_the_citys_is_turned_down(
    city: Any, other_rules: Activate, monkeypatch: pytest.MonkeyPatch
) -> None:
    back_to_the_citys()
    some = indigenous(3)
    other_rules(INDIGENOUS, INDIGENOUS.replace("55", "62"))
    cut_off = cut_off_while_weighing(monkeypatch)
    other_rules(INDIGENOUS, INDIGENOUS.replace("55", "57"))
    follow()
    assert agencies.mass_change(change_id=cut_off.id).state == "rejected"
    assert holders(some) == len(some)


def test_what_was_overtaken_while_it_was_worked_out_is_weighed_anew(
    city: Any, other_rules: Activate, monkeypatch: pytest.MonkeyPatch
) -> None:
    back_to_the_citys()
    some = indigenous(3)
    going_on = braking_rules.rechecking.go_on
    moved = itertools.count()

    def overtaken(**how: Any) -> entitlements.Preview:
        found = going_on(**how)
        if not next(moved):
            now = at()
            with unit_of_work():
                people.record_facts(
                    facts=[fact(some[0].member_id, "approval.senior-rides", False)],
                    actor=SYSTEM,
                    now=now,
                )
                entitlements.decide_again(member_ids=[some[0].member_id], actor=SYSTEM, now=now)
        return found

    other_rules(INDIGENOUS, INDIGENOUS.replace("55", "63"))
    monkeypatch.setattr(braking_rules.rechecking, "go_on", overtaken)
    follow()
    assert next(moved) > 1
    assert newest().state == "carried_out"
    assert holders(some) == 0
    ended = {one.member_id for one in agencies.ended_rights(change_id=newest().id)}
    assert ended & {one.member_id for one in some} == {one.member_id for one in some[1:]}

"""A changed rule is a dry run first: heavy, it waits for a second officer, and can be undone."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from citycard.agencies import api as agencies
from citycard.flows import activating, approving, braking, braking_rules, keeping_rights
from citycard.infra import clock
from citycard.infra.packs import current_pack
from citycard.infra.packs.directories import packaged_packs
from citycard.infra.unit_of_work import unit_of_work
from tests.flows.living import NOW
from tests.flows.registers import OFFICER, SECOND, residents, settle, standing

pytestmark = pytest.mark.city("taipei")


@pytest.fixture
def stricter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Make a pack in which seniors are 80 the city's, for a while."""

    def activate() -> None:
        for name in ("_schema", "_common", "taipei"):
            shutil.copytree(packaged_packs() / name, tmp_path / name)
        rules = tmp_path / "taipei" / "entitlements.yaml"
        text = rules.read_text("utf-8")
        assert "age_at_least: 65" in text
        rules.write_text(text.replace("age_at_least: 65", "age_at_least: 80"), "utf-8")
        monkeypatch.setenv("CITYCARD_PACKS", str(tmp_path))
        activating.activate(pack=current_pack(), now=NOW)

    return activate


def test_a_rule_that_ends_many_rights_waits_and_time_goes_on_without_it(
    city: Any, stricter: Any
) -> None:
    activating.activate(pack=current_pack(), now=NOW)
    everyone = residents(60)
    settle()
    before = standing()
    first = current_pack().hash
    stricter()
    assert current_pack().hash != first
    with clock.stopped_at(NOW):
        keeping_rights.look_again(NOW)
        braking_rules.follow_rules(NOW)
        braking_rules.follow_rules(NOW)
    settle()
    assert standing() == before
    (waiting,) = agencies.mass_changes(states=["waiting"])
    (figure,) = [one for one in waiting.figures if one.entitlement == "senior-rides"]
    assert (figure.ended, figure.holders, waiting.kind) == (len(everyone), 60, "rules")
    assert waiting.proposal_id is not None
    approving.approve(proposal_id=waiting.proposal_id, actor=OFFICER, now=NOW)
    with clock.stopped_at(NOW):
        braking_rules.follow_rules(NOW)
    settle()
    kept = {one[1] for one in standing()["rights"]}
    assert standing() != before
    assert kept
    ended = agencies.ended_rights(change_id=waiting.id)
    assert len(ended) == 60
    braking.undo(change_id=waiting.id, actor=SECOND, now=NOW)
    with clock.stopped_at(NOW):
        braking_rules.follow_rules(NOW)
        keeping_rights.look_again(NOW)
    settle()
    assert standing()["rights"] == before["rights"]


def test_a_rejected_rule_changes_nobody(city: Any, stricter: Any) -> None:
    activating.activate(pack=current_pack(), now=NOW)
    residents(60)
    settle()
    before = standing()
    stricter()
    with clock.stopped_at(NOW):
        braking_rules.follow_rules(NOW)
    found = agencies.mass_changes(states=["waiting"])
    if not found:  # the same pack was undone by the test before; it is not weighed by itself
        assert standing() == before
        return
    with unit_of_work():
        agencies.reject(proposal_id=found[0].proposal_id or 0, reason="65", actor=SECOND, now=NOW)
    settle()
    with clock.stopped_at(NOW):
        braking_rules.follow_rules(NOW)
    assert agencies.mass_changes(states=["waiting"]) == []
    assert standing() == before

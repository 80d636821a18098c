"""A mass decision: tried first, then written as it was seen, and taken back where it may be."""

import datetime as dt
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from citycard.entitlements import api as entitlements
from citycard.entitlements.previewing import CHUNK
from citycard.infra.database import rows, scalar
from citycard.infra.packs import current_pack
from citycard.infra.packs.keeping import keep_active
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from tests.architecture.house import ROOT
from tests.entitlements.test_granting import NUMBERS, D, decide, events, noon, person, rights, say

pytestmark = pytest.mark.django_db
TODAY = D(2026, 11, 21)


@pytest.fixture(autouse=True)
def _taipei(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITYCARD_CITY", "taipei")
    activate(TODAY)


def activate(on: dt.date) -> None:
    with unit_of_work():
        keep_active(pack=current_pack(), now=noon(on))


@pytest.fixture
def older_seniors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Another pack becomes the city's: seniors are 70."""

    def change() -> None:
        shutil.copytree(ROOT / "citypacks", tmp_path / "packs")
        table = tmp_path / "packs" / "taipei" / "entitlements.yaml"
        text = table.read_text(encoding="utf-8")
        assert "age_at_least: 65" in text
        table.write_text(text.replace("age_at_least: 65", "age_at_least: 70"), encoding="utf-8")
        monkeypatch.setenv("CITYCARD_PACKS", str(tmp_path / "packs"))
        activate(TODAY)

    return change


def seniors() -> list[int]:
    found = [
        person(born, number=number)
        for born, number in zip((D(1950, 1, 1), D(1959, 3, 3), D(1980, 1, 1)), NUMBERS, strict=True)
    ]
    for member in found:
        say(member, "approval.senior-rides", True)
    decide(found, TODAY)
    return found


def preview(on: dt.date = TODAY, **more: Any) -> entitlements.Preview:
    with unit_of_work():
        return entitlements.preview(on=on, now=noon(TODAY), actor=SYSTEM, **more)


def carry_out(run_id: int, **more: Any) -> entitlements.Preview:
    with unit_of_work():
        return entitlements.carry_out(run_id=run_id, now=noon(TODAY), actor=SYSTEM, **more)


def undo(run_id: int) -> entitlements.Preview:
    with unit_of_work():
        return entitlements.undo(run_id=run_id, now=noon(TODAY), actor=SYSTEM)


def stored() -> list[Any]:
    return rows("SELECT * FROM entitlements_right ORDER BY id")


def test_only_changed_rules_are_decided_again_and_only_once(older_seniors: Any) -> None:
    old, younger, _ = seniors()
    assert entitlements.changed_rules() == ()
    older_seniors()
    assert entitlements.changed_rules() == ("senior-rides",)
    before = stored()
    found = preview(codes=entitlements.changed_rules())
    assert stored() == before  # a dry run
    assert [(one.kind, one.reason, one.members) for one in found.counts] == [
        ("ended", "age_at_least", 1)
    ]
    share = found.shares["senior-rides"]
    assert (share.holders, share.ended, share.touched_ppm) == (2, 1, 500_000)
    assert [one.member_id for one in found.samples] == [younger]
    done = carry_out(found.run_id)
    assert (done.state, done.left) == ("carried_out", 0)
    assert "senior-rides" in rights(old, TODAY)
    assert "senior-rides" not in rights(younger, TODAY)
    assert entitlements.changed_rules() == ()
    told = events("entitlements.right.ended")
    assert [(one["entitlement"], one["member_ids"], one["quiet"]) for one in told] == [
        ("senior-rides", [younger], True)
    ]
    assert entitlements.due(on=TODAY, time_only=True) == []
    assert entitlements.verify(now=noon(TODAY)) == []


def test_rules_that_come_and_go_are_decided_again_each_time(
    older_seniors: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, younger, _ = seniors()
    older_seniors()
    for _ in range(2):
        carry_out(preview(codes=entitlements.changed_rules()).run_id)
        assert "senior-rides" not in rights(younger, TODAY)
        with monkeypatch.context() as citys:
            citys.delenv("CITYCARD_PACKS")
            assert entitlements.changed_rules() == ("senior-rides",)
            carry_out(preview(codes=entitlements.changed_rules()).run_id)
            assert entitlements.changed_rules() == ()
        assert "senior-rides" in rights(younger, TODAY)
        assert entitlements.changed_rules() == ("senior-rides",)


def test_what_was_undone_is_no_longer_what_people_stand_by(
    older_seniors: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, younger, _ = seniors()
    older_seniors()
    run = carry_out(preview(codes=entitlements.changed_rules()).run_id)
    undo(run.run_id)
    assert entitlements.changed_rules() == ("senior-rides",)
    with monkeypatch.context() as citys:
        citys.delenv("CITYCARD_PACKS")
        assert entitlements.changed_rules() == ()
    carry_out(preview(codes=entitlements.changed_rules()).run_id)
    assert "senior-rides" not in rights(younger, TODAY)


def test_days_that_are_lost_later_are_told_apart_from_others() -> None:
    member = person(D(1950, 1, 1))
    decide([member], TODAY)
    say(member, "registered_city", "newtaipei", since=D(2027, 3, 1))
    found = preview()
    assert {(one.kind, one.members) for one in found.counts} == {("cut", 1)}
    assert entitlements.lost_days_of_run(run_id=found.run_id) == {
        code: (D(2027, 3, 1), D(2027, 3, 1)) for code in rights(member, TODAY)
    }
    with unit_of_work():
        changes = entitlements.decide_again(member_ids=[member], now=noon(TODAY), actor=SYSTEM)
    assert {one.lost_on for one in changes} == {D(2027, 3, 1)}
    assert {one.after is None for one in changes} == {False}


def test_who_would_begin_later_is_looked_at_on_the_new_eve(older_seniors: Any) -> None:
    member = person(D(1962, 5, 5))
    say(member, "approval.senior-rides", True)
    decide([member], TODAY)
    assert entitlements.due(on=D(2027, 5, 4)) == [member]
    older_seniors()
    carry_out(preview(codes=entitlements.changed_rules()).run_id)
    # the earlier look stays: it costs a decision and moves nothing
    with unit_of_work():
        entitlements.decide_due(now=noon(D(2027, 5, 4)), actor=SYSTEM)
    assert "senior-rides" not in rights(member, D(2027, 5, 5))
    assert entitlements.due(on=D(2032, 5, 3)) == []
    assert entitlements.due(on=D(2032, 5, 4)) == [member]


def test_what_was_written_is_taken_back_in_two_times(older_seniors: Any) -> None:
    _, younger, _ = seniors()
    was = [tuple(one)[1:4] for one in stored()]
    older_seniors()
    run = carry_out(preview(codes=("senior-rides",)).run_id)
    assert undo(run.run_id).state == "undone"
    assert "senior-rides" in rights(younger, TODAY)
    standing = rows("SELECT * FROM entitlements_right WHERE upper_inf(recorded) ORDER BY id")
    assert {tuple(one)[1:4] for one in standing} == set(was)
    assert len(stored()) > len(was)  # closed and added, nothing overwritten
    assert len(events("entitlements.right.granted")) > 0
    assert undo(run.run_id).state == "undone"  # once


def test_what_somebody_changed_since_is_kept_by_an_undo(older_seniors: Any) -> None:
    _, younger, _ = seniors()
    older_seniors()
    run = carry_out(preview(codes=("senior-rides",)).run_id)
    say(younger, "status.indigenous", True, since=D(2000, 1, 1))
    decide([younger], TODAY)
    assert "senior-rides" in rights(younger, TODAY)
    taken_back = undo(run.run_id)
    assert (taken_back.state, taken_back.left) == ("undone", 1)
    assert "senior-rides" in rights(younger, TODAY)


def test_a_preview_that_was_overtaken_is_previewed_again() -> None:
    member = person(D(1950, 1, 1))
    found = preview()
    say(member, "registered_city", "newtaipei")
    answer = carry_out(found.run_id)
    assert answer.state == "replaced"
    assert answer.replaced_by is not None
    assert rights(member, TODAY) == set()
    again = carry_out(answer.replaced_by)
    assert again.state == "carried_out"
    assert rights(member, TODAY) == set()
    with pytest.raises(entitlements.RunNotReady):
        undo(found.run_id)


def test_a_preview_under_other_rules_is_previewed_again(older_seniors: Any) -> None:
    seniors()
    found = preview(codes=("senior-rides",))
    older_seniors()
    answer = carry_out(found.run_id)
    assert answer.state == "replaced"
    fresh = entitlements.preview_of(run_id=answer.replaced_by or 0)
    assert [(one.kind, one.members) for one in fresh.counts] == [("ended", 1)]


def test_a_run_goes_on_where_it_was_left() -> None:
    members = [person(D(1950, 1, 1), number=number) for number in NUMBERS]
    with unit_of_work():
        run_id = entitlements.begin_preview(
            member_ids=members, on=TODAY, now=noon(TODAY), actor=SYSTEM
        )
    assert entitlements.preview_of(run_id=run_id).state == "previewing"
    with pytest.raises(entitlements.RunNotReady):
        carry_out(run_id)
    with unit_of_work():
        found = entitlements.go_on_previewing(run_id=run_id, now=noon(TODAY), most=CHUNK)
    assert (found.state, found.members, found.touched) == ("previewed", 3, 3)
    done = carry_out(run_id, most=1)
    assert done.state == "carried_out"
    assert carry_out(run_id).state == "carried_out"  # again changes nothing
    assert scalar("SELECT count(*) FROM entitlements_right") == 6


def test_who_was_decided_at_their_version_is_passed_over() -> None:
    first = person(D(1950, 1, 1))
    second = person(D(1951, 1, 1), number=NUMBERS[1])
    decide([first, second], TODAY)
    assert preview().members == 0
    say(second, "status.indigenous", True)
    assert preview().members == 1
    assert preview(on=TODAY - dt.timedelta(days=3)).members == 2  # other days than were decided


def test_an_unknown_run_is_refused() -> None:
    with pytest.raises(entitlements.NoSuchRun, match="99"):
        carry_out(99)

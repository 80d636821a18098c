"""A register's changes reach whom they touch and nobody else; heavy ones wait; all is undone."""

import csv
import datetime as dt
import io
from typing import Any

import pytest

from citycard.agencies import api as agencies
from citycard.entitlements import api as entitlements
from citycard.flows import (
    approving,
    braking,
    cancelling,
    following_register,
    keeping_rights,
    listing_ends,
    restituting,
)
from citycard.infra import clock, papers, partitions
from citycard.infra.database import execute, rows, scalar
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.errors import Refused
from citycard.people import api as people
from tests.flows.living import NOW, new_number
from tests.flows.registers import (
    OFFICER,
    OPERATOR,
    SECOND,
    Resident,
    change,
    fact,
    file_of,
    list_of,
    residents,
    settle,
    standing,
)

pytestmark = pytest.mark.city("taipei")
MOVED_ON = dt.date(2026, 10, 2)
_files = iter(range(1, 1000))


def take(content: bytes, actor: Actor = OPERATOR, now: dt.datetime = NOW) -> braking.Weighed:
    with clock.stopped_at(now):
        return following_register.take_file(
            content=content, name=f"feed-{next(_files)}.csv", actor=actor, now=now
        )


def rides(who: Resident, on: dt.date = dt.date(2026, 11, 21)) -> set[str]:
    found = entitlements.machine_rights_of(member_ids=[who.member_id], on=on)[who.member_id]
    return {one.entitlement for one in found}


def card_lines(change_id: int, what: str = "cancel") -> list[dict[str, str]]:
    about = cancelling.about_list(change_id, what, "public-transport")
    paper = papers.kept(kind=cancelling.PAPER, about=about)
    assert paper is not None
    return list(csv.DictReader(io.StringIO(paper.files[0].content.decode("utf-8-sig"))))


def test_a_months_changes_touch_exactly_whom_they_name(city: Any) -> None:
    moved, dead, renamed, other = residents(4)
    settle()
    before = rides(moved)
    assert "senior-rides" in before
    content = file_of(
        [
            change(moved, "moved", MOVED_ON, city="65000", district="板橋區"),
            change(dead, "died", dt.date(2026, 10, 9)),
            change(renamed, "renamed", dt.date(2026, 10, 5), new_name="林新名"),
            change(
                Resident(member_id=0, id_number=new_number(), card=""), "died", dt.date(2026, 10, 9)
            ),
        ]
    )
    weighed = take(content)
    settle()
    assert not weighed.held
    assert rides(moved) == set()
    assert rides(dead) == set()
    assert rides(moved, MOVED_ON - dt.timedelta(days=1)) == before
    assert "senior-rides" in rides(renamed)
    assert "senior-rides" in rides(other)
    assert {one["card_number"] for one in card_lines(weighed.change_id)} == {moved.card, dead.card}
    since = {one["card_number"]: one["since"] for one in card_lines(weighed.change_id)}
    assert since[moved.card] == "2026-10-02"
    found = agencies.mass_change(change_id=weighed.change_id)
    (seniors,) = [one for one in found.figures if one.entitlement == "senior-rides"]
    assert (seniors.ended, dict(seniors.reasons)) == (2, {"moved": 1, "died": 1})
    # of people who are no members nothing is kept, and one access record stands for the run
    (delivery,) = people.deliveries(run_id=weighed.change_id)
    assert (delivery.rows, delivery.ours, delivery.unfit) == (4, 3, 0)
    assert scalar("SELECT count(*) FROM people_access_record WHERE purpose = 'register-feed'") == 1


def test_the_same_file_again_and_the_same_changes_again_change_nothing(city: Any) -> None:
    (one,) = residents(1)
    content = file_of([change(one, "moved", MOVED_ON, city="65000")])
    take(content)
    before = standing()
    with pytest.raises(people.FeedAgain):
        take(content)
    assert standing() == before
    last = people.deliveries(limit=1)[0]
    assert (last.state, last.why) == ("refused", "people.feed_again")


def test_a_file_of_last_month_and_a_missing_file_are_refused(city: Any) -> None:
    first, second, third = residents(3)
    old = file_of([change(first, "moved", MOVED_ON, city="65000")])
    take(old)
    skipped = [change(second, "moved", MOVED_ON, city="65000")]
    take(file_of(skipped))
    before = standing()
    rewritten = old.replace(b"65000", b"68000")
    with pytest.raises(people.FeedAgain):
        take(rewritten)
    change(third, "died", MOVED_ON)
    ahead = people.write_feed_file(
        register="household",
        changes=[change(third, "died", MOVED_ON)],
        after=skipped[-1].number + 1,
    )
    with pytest.raises(people.FeedGap) as gap:
        take(ahead)
    assert gap.value.facts["last"] == skipped[-1].number
    assert standing() == before


def test_another_persons_birth_date_changes_nothing_and_many_refuse_the_file(city: Any) -> None:
    everyone = residents(24)
    odd = change(everyone[0], "died", MOVED_ON)
    odd = people.RegisterChange(**{**vars(odd), "birth_on": dt.date(1951, 1, 1)})
    before = standing()
    weighed = take(file_of([odd]))
    assert people.deliveries(run_id=weighed.change_id)[0].unfit == 1
    assert standing() == before
    wrong = [
        people.RegisterChange(**{**vars(it), "birth_on": dt.date(1951, 1, 1)})
        for it in (change(one, "died", MOVED_ON) for one in everyone)
    ]
    with pytest.raises(people.FeedStrangers):
        take(file_of(wrong))
    assert standing() == before


def test_a_halved_list_waits_a_second_officer_rejects_it_and_nothing_changed(city: Any) -> None:
    holders = residents(120, approval="disability-rides", **{"status.disability": True})
    settle()
    before = standing()
    weighed = take(list_of(holders[::2], dt.date(2026, 10, 31)), actor=OFFICER)
    settle()
    assert weighed.held
    assert standing() == before
    found = agencies.mass_change(change_id=weighed.change_id)
    (figure,) = [one for one in found.figures if one.entitlement == "disability-rides"]
    assert (figure.ended, figure.is_held) == (60, True)
    assert dict(figure.reasons) == {"certificate_expired": 60}
    assert len(found.samples["disability-rides"]) == 5
    assert weighed.proposal_id is not None
    with pytest.raises(agencies.SamePerson):
        approving.approve(proposal_id=weighed.proposal_id, actor=OFFICER, now=NOW)
    with unit_of_work():
        agencies.reject(proposal_id=weighed.proposal_id, reason="只有一半", actor=SECOND, now=NOW)
    settle()
    assert agencies.mass_change(change_id=weighed.change_id).state == "rejected"
    assert standing() == before
    assert papers.papers(kind=cancelling.PAPER, starts=f"{weighed.change_id}/") == []
    # the register delivers the same day's list again, whole
    again = take(list_of(holders, dt.date(2026, 10, 31)))
    assert not again.held
    assert standing() == before


def test_a_move_told_days_ahead_is_weighed_today_and_listed_when_it_comes(city: Any) -> None:
    many, (one, stays) = residents(60), residents(2)
    settle()
    before = standing()
    ahead = dt.date(2026, 12, 1)
    heavy = take(file_of([change(it, "moved", ahead, city="65000") for it in many]), actor=OFFICER)
    assert heavy.held
    assert standing() == before
    found = agencies.mass_change(change_id=heavy.change_id)
    (seniors,) = [it for it in found.figures if it.entitlement == "senior-rides"]
    assert (seniors.ended, seniors.first_on, seniors.last_on) == (60, ahead, ahead)
    assert dict(seniors.reasons) == {"moved": 60}
    with unit_of_work():
        agencies.reject(proposal_id=heavy.proposal_id or 0, reason="?", actor=SECOND, now=NOW)
    settle()
    light = take(file_of([change(one, "moved", ahead, city="65000")]))
    settle()
    assert not light.held
    assert "senior-rides" in rides(one)
    (known,) = {it.ended_on for it in agencies.ended_rights(change_id=light.change_id)}
    assert known == ahead
    about = cancelling.about_list(light.change_id, "cancel", "public-transport")
    assert not papers.is_kept(kind=cancelling.PAPER, about=about), "nobody's card is to stop yet"
    then = dt.datetime(2026, 11, 30, 16, 10, tzinfo=dt.UTC)
    with unit_of_work():
        partitions.ensure_months(then.date(), ahead)
    with clock.stopped_at(then):
        keeping_rights.look_again(then)
        settle(then)
        listing_ends.list_ends(then)
    settle(then)
    assert rides(one, ahead) == set()
    (day,) = agencies.mass_changes(kind=listing_ends.KIND, about=ahead.isoformat())
    listed = {it["card_number"]: it["since"] for it in card_lines(day.id)}
    assert listed[one.card] == "2026-12-01"
    assert stays.card not in listed
    later = then + dt.timedelta(hours=3)
    braking.undo(change_id=light.change_id, actor=SECOND, now=later)
    settle(later)
    assert "senior-rides" in rides(one, ahead)
    assert [it["card_number"] for it in card_lines(light.change_id, "restore")] == [one.card]


def test_what_is_undone_before_it_ends_was_never_cancelled(city: Any) -> None:
    (one,) = residents(1)
    light = take(file_of([change(one, "moved", dt.date(2026, 12, 1), city="65000")]))
    settle()
    braking.undo(change_id=light.change_id, actor=SECOND, now=NOW + dt.timedelta(hours=1))
    settle(NOW + dt.timedelta(hours=1))
    for what in ("cancel", "restore"):
        about = cancelling.about_list(light.change_id, what, "public-transport")
        assert not papers.is_kept(kind=cancelling.PAPER, about=about)


def test_a_draft_that_the_clock_weighs_first_is_taken_over_all_the_same(
    city: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (one,) = residents(1)

    def clock_strikes(place: str) -> None:
        if place == "feed.taken":
            following_register._finish_drafts(NOW)

    monkeypatch.setattr(following_register.failpoints, "reach", clock_strikes)
    weighed = take(file_of([change(one, "moved", MOVED_ON, city="65000")]))
    assert agencies.mass_change(change_id=weighed.change_id).state == "carried_out"
    assert people.deliveries(limit=1)[0].state != "refused"
    assert rides(one) == set()


def test_who_died_or_got_it_back_since_is_on_no_list_that_says_otherwise(city: Any) -> None:
    moved, died = residents(2)
    settle()
    away = take(file_of([change(one, "moved", MOVED_ON, city="65000") for one in (moved, died)]))
    settle()
    take(file_of([change(died, "died", dt.date(2026, 11, 10))]))
    settle()
    later = NOW + dt.timedelta(hours=2)
    braking.undo(change_id=away.change_id, actor=SECOND, now=later)
    settle(later)
    assert "senior-rides" in rides(moved)
    assert rides(died) == set()
    assert [one["card_number"] for one in card_lines(away.change_id, "restore")] == [moved.card]


def test_what_is_approved_is_carried_out_and_undone_as_a_whole(city: Any) -> None:
    holders = residents(120, approval="disability-rides", **{"status.disability": True})
    settle()
    before = standing()
    weighed = take(list_of(_all_disabled(holders[60:]), dt.date(2026, 11, 15)), actor=OFFICER)
    assert weighed.proposal_id is not None
    later = NOW + dt.timedelta(hours=2)
    approving.approve(proposal_id=weighed.proposal_id, actor=SECOND, now=later)
    settle(later)
    assert {bool(rides(one) & {"disability-rides"}) for one in holders[60:]} == {False}
    assert "disability-rides" in rides(holders[0])
    assert {one["card_number"] for one in card_lines(weighed.change_id)} == {
        one.card for one in holders[60:]
    }
    undone_at = later + dt.timedelta(hours=1)
    braking.undo(change_id=weighed.change_id, actor=SECOND, now=undone_at)
    settle(undone_at)
    assert standing() == before
    assert {one["card_number"] for one in card_lines(weighed.change_id, "restore")} == {
        one.card for one in holders[60:]
    }
    with pytest.raises(agencies.MassChangeIsOver):
        braking.undo(change_id=weighed.change_id, actor=SECOND, now=undone_at)


def test_a_month_of_every_kind_is_undone_to_the_last_column(city: Any) -> None:
    who = residents(8)
    settle()
    before = standing()
    on = dt.date(2026, 10, 20)
    kinds = [
        change(who[0], "moved", on, city="65000", district="板橋區", village="留侯里"),
        change(who[1], "died", on),
        change(who[2], "renamed", on, new_name="林改名"),
        change(who[3], "renumbered", on, new_id_number=new_number()),
        change(who[4], "married", on, code="spouse_of_resident"),
        change(who[5], "divorced", on, code="spouse_of_resident"),
        change(who[6], "moved", on, city="65000"),
        change(who[6], "moved", on + dt.timedelta(days=9), city="臺北市", district="大安區"),
        change(who[7], "born", on),
    ]
    weighed = take(file_of(kinds))
    settle()
    assert standing() != before
    assert "senior-rides" in rides(who[6])
    assert "senior-rides" not in rides(who[6], on)
    braking.undo(change_id=weighed.change_id, actor=SECOND, now=NOW + dt.timedelta(hours=3))
    settle(NOW + dt.timedelta(hours=3))
    assert standing() == before


def test_what_somebody_recorded_since_stays_when_a_run_is_undone(city: Any) -> None:
    one, other = residents(2)
    weighed = take(file_of([change(it, "moved", MOVED_ON, city="65000") for it in (one, other)]))
    with unit_of_work():
        people.record_facts(
            facts=[fact(one.member_id, "registered_city", "68000", dt.date(2026, 11, 1))],
            actor=SECOND,
            now=NOW + dt.timedelta(hours=1),
        )
    braking.undo(change_id=weighed.change_id, actor=SECOND, now=NOW + dt.timedelta(hours=2))
    assert rides(one) == set()
    assert "senior-rides" in rides(other)


def test_a_change_that_comes_late_is_laid_under_what_happened_after_it(city: Any) -> None:
    (one,) = residents(1)
    out = change(one, "moved", dt.date(2026, 9, 1), city="65000")
    back = change(one, "moved", dt.date(2026, 10, 1), city="63000", district="大安區")
    for row in (back, out):
        with clock.stopped_at(NOW):
            following_register._take(
                following_register._as_file("household", "page", str(row.number), [_row(row)], NOW),
                "port",
                "law:test",
                OPERATOR,
                NOW,
            )
    assert "senior-rides" in rides(one)
    assert "senior-rides" not in rides(one, dt.date(2026, 9, 15))


def _row(change: people.RegisterChange) -> dict[str, str]:
    return {
        "change_no": str(change.number),
        "kind": change.kind,
        "on": change.on.isoformat(),
        "id_number": change.id_number,
        "birth_on": change.birth_on.isoformat(),
        **change.says,
    }


def test_a_release_of_other_people_than_were_seen_is_refused_until_weighed_again(
    city: Any,
) -> None:
    holders = residents(110, approval="disability-rides", **{"status.disability": True})
    settle()
    gone = holders[:54]
    weighed = take(list_of([*_all_disabled(gone)], dt.date(2026, 11, 20)), actor=OFFICER)
    assert weighed.held
    assert weighed.proposal_id is not None
    with unit_of_work():
        people.record_facts(
            facts=[fact(gone[0].member_id, "approval.disability-rides", False)],
            actor=SECOND,
            now=NOW,
        )
    settle()
    with pytest.raises(braking.ChangedMeanwhile):
        approving.approve(proposal_id=weighed.proposal_id, actor=SECOND, now=NOW)
    again = braking.weigh_again(change_id=weighed.change_id, actor=OFFICER, now=NOW)
    settle()
    assert again.held
    assert again.ended == weighed.ended - 1
    assert again.proposal_id is not None
    approving.approve(proposal_id=again.proposal_id, actor=SECOND, now=NOW)
    assert agencies.mass_change(change_id=weighed.change_id).state == "carried_out"


def _all_disabled(without: list[Resident]) -> list[Resident]:
    """Everybody of this city who has the status, as the register would list them."""
    left_out = {one.member_id for one in without}
    found = rows(
        "SELECT DISTINCT member_id FROM people_fact WHERE name = 'status.disability'"
        " AND upper_inf(recorded) AND value = 'true'::jsonb AND valid @> date '2026-11-20'"
    )
    return [_known(one.member_id) for one in found if one.member_id not in left_out]


def _known(member_id: int) -> Resident:
    from citycard.people import sealed

    (number,) = rows(
        "SELECT id, sealed FROM people_member_number WHERE member_id = %s AND replaced_at IS NULL",
        [member_id],
    )
    text = sealed.unseal_or_empty(sealed.NUMBER, number.sealed, row=number.id)
    return Resident(member_id=member_id, id_number=text, card="")


def test_what_is_refused_leaves_nothing_but_the_reason(city: Any) -> None:
    (one,) = residents(1)
    good = file_of([change(one, "died", MOVED_ON)])
    before = standing()
    count = scalar("SELECT count(*) FROM people_feed_change")
    for spoiled in (b"", good[:-20], good.replace(b"died", b"flew"), good + good):
        with pytest.raises(Refused):
            take(spoiled)
    assert standing() == before
    assert scalar("SELECT count(*) FROM people_feed_change") == count
    assert {it.state for it in people.deliveries(limit=4)} == {"refused"}


def test_no_id_number_stands_in_clear_in_what_a_feed_leaves(city: Any) -> None:
    (one,) = residents(1)
    new = new_number()
    take(file_of([change(one, "renumbered", MOVED_ON, new_id_number=new)]))
    for table in ("people_feed", "people_feed_delivery", "people_feed_change", "people_fact"):
        for number in (one.id_number, new):
            found = scalar(
                f"SELECT count(*) FROM {table} t WHERE t::text LIKE %s",
                [f"%{number}%"],
            )
            assert found == 0, table
    assert people.member_ids_by_number(id_numbers=[one.id_number, new]) == [None, one.member_id]


def test_what_was_used_after_the_true_end_is_told_in_points(city: Any) -> None:
    gone, stays = residents(2)
    for one in (gone, stays):
        for day in ("2026-10-01", "2026-10-15", "2026-10-20"):
            _uses_its_allowance(one, day, 8)
    weighed = take(file_of([change(gone, "moved", MOVED_ON, city="65000")]))
    (used,) = restituting.used_after_end(change_id=weighed.change_id)
    assert (used.entitlement, used.people, used.uses, used.points) == ("senior-rides", 1, 2, 16)


def _uses_its_allowance(who: Resident, day: str, points: int) -> None:
    with unit_of_work():
        execute(
            "INSERT INTO entitlements_allowance (month, unit, member_id, entitlement, fund, amount,"
            " starts_on, returned, granted, decided_on, ground, decided_at)"
            " VALUES ('2026-10-01', 'ride-points', %s, 'senior-rides', 1, 600, '2026-10-01', false,"
            " 600, '2026-10-01', 0, %s) ON CONFLICT DO NOTHING",
            [who.member_id, NOW],
        )
        execute(
            "INSERT INTO entitlements_allowance_use (month, key, member_id, unit, category,"
            " service, at, into_code, wanted, points, why, moves, moved, set_at)"
            " VALUES ('2026-10-01', gen_random_uuid(), %s, 'ride-points', 'bus', '',"
            " (%s || ' 12:00+08')::timestamptz, 'x', %s, %s, '', '{}', '{}', %s)",
            [who.member_id, day, points, points, NOW],
        )

"""Opening and storing, without points: what is new, whose it is, what is kept apart."""

import datetime as dt
from collections.abc import Sequence

import pytest

from citycard.cards import api as cards
from citycard.infra.database import rows, scalar
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.access import Access, AccessTooNarrow
from citycard.kernel.actors import SYSTEM
from citycard.taps import api as taps
from citycard.taps.api import Code, State
from citycard.taps.keeping_apart import opened
from tests.taps.town import NOW, Town, tap

HOUR = dt.timedelta(hours=1)


def take(
    reads: Sequence[taps.TapRead], *, now: dt.datetime = NOW, points: int = 0
) -> list[taps.TapAnswer]:
    with unit_of_work():
        batch = taps.open_batch(columns=taps.columns_of(reads=reads), now=now)
        outcomes = taps.Outcomes.of(batch)
        outcomes.points[:] = points
        return taps.store(batch=batch, outcomes=outcomes, now=now).rows()


def codes(answers: Sequence[taps.TapAnswer]) -> list[Code]:
    return [answer.code for answer in answers]


def test_each_verdict_at_the_tap_s_own_time(town: Town) -> None:
    [member] = town.residents(1)
    [outsider] = town.residents(1, registered=False)
    reader = town.reader("activity", "doit")
    good, foreign, unbound = town.card(member), town.card(outsider), town.card()
    lost = town.card(member)
    with unit_of_work():
        cards.report_lost(card_id=town.card_id(lost), actor=SYSTEM, now=NOW - HOUR)
    answers = take(
        [
            tap(reader, 1, good),
            tap(reader, 2, "9999999999999999"),
            tap(reader, 3, unbound),
            tap(reader, 4, foreign),
            tap(reader, 5, lost),
            tap(reader, 6, lost, at=NOW - 2 * HOUR),
        ]
    )
    assert codes(answers) == [
        Code.ACCEPTED,
        Code.UNKNOWN_CARD,
        Code.NOT_BOUND,
        Code.NOT_ENTITLED,
        Code.BLOCKED,
        Code.ACCEPTED,
    ]
    assert taps.verify() == []


def test_a_service_without_a_need_takes_any_bound_card(town: Town) -> None:
    [outsider] = town.residents(1, registered=False)
    reader = town.reader("sports-visit", "sports")
    assert codes(take([tap(reader, 1, town.card(outsider))])) == [Code.ACCEPTED]


def test_a_reader_of_an_unknown_service_and_a_companion_s_card_elsewhere(town: Town) -> None:
    [member] = town.residents(1)
    number = town.card(member, kind="disability")
    companion = town.card(member, kind="companion")
    nowhere, activity = town.reader("dreaming", "doit"), town.reader("activity", "doit")
    answers = take([tap(nowhere, 1, number), tap(activity, 1, companion)])
    assert codes(answers) == [Code.WRONG_SERVICE, Code.WRONG_SERVICE]


def test_a_tap_sent_again_gets_the_stored_answer_whatever_changed_since(town: Town) -> None:
    [member] = town.residents(1)
    number, reader = town.card(member), town.reader()
    first = take([tap(reader, 1, number), tap(reader, 2, number)], points=5)
    with unit_of_work():
        cards.report_lost(card_id=town.card_id(number), actor=SYSTEM, now=NOW - HOUR)
    again = take([tap(reader, 2, number), tap(reader, 3, number)])
    assert again[0] == first[1]
    assert again[1].code == Code.BLOCKED
    assert scalar("SELECT count(*) FROM pub.taps") == 3


def test_the_same_tap_twice_in_one_batch_is_one_tap(town: Town) -> None:
    [member] = town.residents(1)
    number, reader = town.card(member), town.reader()
    answers = take([tap(reader, 1, number), tap(reader, 1, number)], points=3)
    assert answers[0] == answers[1]
    assert scalar("SELECT count(*) FROM pub.taps") == 1


def test_the_same_identity_with_another_content_is_kept_as_a_conflict(town: Town) -> None:
    [member] = town.residents(1)
    one, other, reader = town.card(member), town.card(member), town.reader()
    take([tap(reader, 1, one), tap(reader, 2, one), tap(reader, 2, other)])
    late = take([tap(reader, 1, other), tap(reader, 1, one, at=NOW - HOUR), tap(reader, 1, one)])
    assert codes(late) == [Code.CONFLICT, Code.CONFLICT, Code.ACCEPTED]
    take([tap(reader, 1, other)])
    kept = rows("SELECT seq, tap_sealed FROM taps_conflict ORDER BY seq, id")
    assert [row.seq for row in kept] == [1, 1, 2]
    assert not any(other.encode() in bytes(row.tap_sealed) for row in kept)


def test_an_impossible_time_is_kept_apart_and_fails_nobody(town: Town) -> None:
    [member] = town.residents(1)
    number, reader = town.card(member), town.reader()
    reads = [
        tap(reader, 1, number, at=NOW + HOUR),
        tap(reader, 2, number),
        tap(reader, 3, number, at=dt.datetime(1970, 1, 1, tzinfo=dt.UTC)),
    ]
    answers = take(reads)
    assert codes(answers) == [Code.QUARANTINED_TIME, Code.ACCEPTED, Code.QUARANTINED_TIME]
    assert take(reads) == answers
    other = take([tap(reader, 1, number, at=NOW + 2 * HOUR)])
    assert codes(other) == [Code.CONFLICT]
    [health] = taps.reader_health()
    assert (health.taken, health.missing, health.quarantined, health.conflicts) == (3, 0, 2, 1)
    assert health.last_at == NOW
    assert taps.verify() == []


def test_what_is_kept_apart_is_the_whole_tap(town: Town) -> None:
    [member] = town.residents(1)
    number, till, bus = town.card(member), town.reader("hot-spring"), town.reader("sports-visit")
    alone = tap(till, 1, number, at=NOW + HOUR)._replace(
        sale=taps.SalePart(90), answered=taps.AnsweredPart("accepted", 20, 7)
    )
    refused = tap(till, 2, number, at=NOW + HOUR)._replace(
        answered=taps.AnsweredPart("blocked", 20, 7)
    )
    ride = taps.RidePart("out", "tpe-bus", "206", charged_ntd=12, points_taken=3)
    dearer = ride._replace(charged_ntd=18)
    take([alone, refused])
    take([tap(bus, 1, number)._replace(ride=ride), tap(bus, 1, number)._replace(ride=dearer)])
    told = {
        (one.why, one.seq): one.took
        for reader in (till, bus)
        for one in taps.kept_apart(reader_id=reader.device_id or 0)
    }
    assert told == {
        ("future", 1): taps.Took(points=20),
        ("future", 2): taps.Took(),
        ("conflict", 1): taps.Took(points=3, charged_ntd=18),
    }
    [kept] = rows("SELECT * FROM taps_conflict")
    whole = opened(
        State.CONFLICT,
        reader_id=kept.reader_id,
        epoch=kept.epoch,
        seq=kept.seq,
        content_hash=kept.content_hash,
        sealed=kept.tap_sealed,
    )
    assert whole == {"number": number, "ride": dearer._asdict()}
    [kept] = rows("SELECT * FROM taps_quarantine WHERE seq = 1")
    assert opened(
        State.QUARANTINED,
        reader_id=kept.reader_id,
        epoch=kept.epoch,
        seq=kept.seq,
        content_hash=kept.content_hash,
        sealed=kept.tap_sealed,
    ) == {
        "number": number,
        "sale": {"price_ntd": 90, "quantity": 1, "purse_ntd": 0},
        "answered": {"code": "accepted", "points": 20, "snapshot": 7, "profile": ""},
    }


def test_a_clock_at_either_end_of_time_fails_nobody(town: Town) -> None:
    [member] = town.residents(1)
    number, reader = town.card(member), town.reader()
    reads = [
        tap(reader, 1, number, at=dt.datetime(9999, 12, 31, 23, 59, tzinfo=dt.UTC)),
        tap(reader, 2, number, at=dt.datetime(1, 1, 1, tzinfo=dt.UTC)),
        tap(reader, 3, number),
    ]
    answers = take(reads)
    assert codes(answers) == [Code.QUARANTINED_TIME, Code.QUARANTINED_TIME, Code.ACCEPTED]
    assert take(reads) == answers


def test_a_revoked_reader_and_an_epoch_to_come_are_refused_and_store_nothing(town: Town) -> None:
    from citycard.agencies import api as agencies

    [member] = town.residents(1)
    number, reader, gone = town.card(member), town.reader(), town.reader()
    take([tap(gone, 1, number)])
    with unit_of_work():
        agencies.revoke_device(device_id=gone.device_id or 0, actor=SYSTEM, now=NOW)
    answers = take([tap(gone, 2, number), tap(gone, 1, number), tap(reader, 1, number, epoch=2)])
    assert codes(answers) == [Code.READER_REVOKED] * 3
    assert scalar("SELECT count(*) FROM pub.taps") == 1


def test_a_new_epoch_begins_at_one_again_and_the_old_one_may_still_upload(town: Town) -> None:
    from citycard.agencies import api as agencies

    [member] = town.residents(1)
    number, reader = town.card(member), town.reader()
    take([tap(reader, 1, number)])
    with unit_of_work():
        agencies.rotate_device_key(device_id=reader.device_id or 0, actor=SYSTEM, now=NOW)
    answers = take([tap(reader, 1, number, epoch=2), tap(reader, 2, number)])
    assert codes(answers) == [Code.ACCEPTED, Code.ACCEPTED]
    assert scalar("SELECT count(*) FROM pub.taps") == 3


def test_gaps_are_a_report(town: Town) -> None:
    [member] = town.residents(1)
    number, reader = town.card(member), town.reader()
    take([tap(reader, seq, number) for seq in (1, 2, 5, 9)])
    [health] = taps.reader_health()
    assert (health.taken, health.missing) == (4, 5)


def test_a_tap_keeps_the_versions_it_was_judged_by(town: Town) -> None:
    [member] = town.residents(1)
    number, reader = town.card(member), town.reader("activity", "doit")
    take([tap(reader, 1, number, at=NOW - 2 * HOUR)])
    [row] = rows("SELECT t.*, b.pack_hash FROM taps_tap t JOIN taps_batch b ON b.id = t.batch_id")
    binding = scalar("SELECT binding_id FROM pub.bindings WHERE member_id = %s", [member])
    right = scalar(
        "SELECT right_id FROM pub.rights WHERE member_id = %s AND entitlement = 'points'", [member]
    )
    assert (row.member_id, row.binding_id, row.right_id) == (member, binding, right)
    assert row.late
    assert len(row.pack_hash) == 64
    assert row.number_tail == number[-4:]
    assert row.local_month == dt.date(2026, 11, 1)


def test_a_tap_lies_in_its_local_month(town: Town) -> None:
    [member] = town.residents(1)
    number, reader = town.card(member), town.reader()
    at = dt.datetime(2026, 10, 31, 16, 30, tzinfo=dt.UTC)  # past midnight in the city
    take([tap(reader, 1, number, at=at), tap(reader, 2, number, at=at - HOUR)])
    months = rows("SELECT seq, local_month FROM pub.taps ORDER BY seq")
    assert [row.local_month for row in months] == [dt.date(2026, 11, 1), dt.date(2026, 10, 1)]


def test_one_small_event_a_batch_and_none_for_repetition(town: Town) -> None:
    [member] = town.residents(1)
    number, reader = town.card(member), town.reader()
    reads = [tap(reader, seq, number) for seq in (1, 2, 3)]
    take(reads)
    take(reads)
    found = rows("SELECT body FROM infra_journal WHERE code = 'taps.batch.stored'")
    assert len(found) == 1
    assert str(number) not in str(found[0].body)


@pytest.mark.parametrize("apart", [HOUR, 40 * 24 * HOUR], ids=["of one day", "of half a year"])
def test_history_needs_an_access_and_pages(town: Town, apart: dt.timedelta) -> None:
    member, other = town.residents(2)
    number, reader = town.card(member), town.reader()
    take([tap(reader, seq, number, at=NOW - seq * apart) for seq in range(1, 6)])
    access = Access(
        subjects=frozenset({member}),
        fields=frozenset({"taps"}),
        purpose="own",
        actor=SYSTEM,
        record_id=None,
    )
    first = taps.recent(access=access, member_id=member, limit=3)
    rest = taps.recent(access=access, member_id=member, limit=3, before=first[-1].at)
    assert [view.at for view in first + rest] == [NOW - seq * apart for seq in range(1, 6)]
    with pytest.raises(AccessTooNarrow):
        taps.recent(access=access, member_id=other)

"""A redemption to its end: by the clock while reserved, by evidence alone once writing."""

import datetime as dt
from typing import Any

import pytest

from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.access import Access
from citycard.kernel.actors import SYSTEM
from citycard.kernel.errors import NotFound
from citycard.kernel.ids import fact_key
from citycard.ledger import api as ledger
from citycard.redemptions import api as redemptions
from tests.redemptions.conftest import (
    AGENT,
    DAAN,
    DAHU,
    NOW,
    Card,
    asked,
    balance,
    decide,
    expire,
    mark_writing,
    new_card,
    present,
    release,
    reserve,
    settle,
)

pytestmark = pytest.mark.usefixtures("clean_books")
LATER = NOW + dt.timedelta(minutes=3)


def test_points_become_stored_value() -> None:
    card = new_card(300)
    session = reserve(card, 100)
    assert (session.state, session.ntd, balance(card)) == ("reserved", 100, (200, 100))
    assert mark_writing(session).state == "writing"
    card.write(100)
    assert settle(session, card).state == "settled"
    assert balance(card) == (200, 0)


def test_every_step_may_be_asked_again() -> None:
    card = new_card(300)
    request = asked(card, 100)
    with unit_of_work():
        first = redemptions.reserve(asked=request, actor=AGENT, now=NOW)
        again = redemptions.reserve(asked=request, actor=AGENT, now=LATER)
    assert first == again
    assert [mark_writing(first).state for _ in range(2)] == ["writing"] * 2
    card.write(100)
    assert [settle(first, card).state for _ in range(3)] == ["settled"] * 3
    assert balance(card) == (200, 0)
    assert not redemptions.session(session_id=first.id).contested


def test_a_key_stands_for_one_card_and_amount() -> None:
    card = new_card(300)
    session = reserve(card, 100)
    with pytest.raises(redemptions.KeyUsed):
        reserve(card, 50, key=session.key)
    with pytest.raises(redemptions.KeyUsed):
        reserve(card, 100, key=session.key, kiosk=DAAN)


def test_only_a_reservation_ends_by_the_clock() -> None:
    waiting, writing = new_card(300), new_card(300)
    first, second = reserve(waiting), reserve(writing)
    mark_writing(second)

    assert expire(NOW + dt.timedelta(seconds=119)) == []
    assert expire(NOW + dt.timedelta(days=400)) == [first.id]
    assert (balance(waiting), balance(writing)) == ((300, 0), (200, 100))
    assert redemptions.session(session_id=first.id).ended_by == "clock"
    assert redemptions.session(session_id=second.id).state == "writing"
    with pytest.raises(redemptions.ReservationExpired):
        mark_writing(first)


def test_a_reservation_that_ran_out_is_not_written_even_before_the_clock_came_by() -> None:
    session = reserve(new_card())
    with pytest.raises(redemptions.ReservationExpired):
        mark_writing(session, now=LATER)


def test_a_kiosk_gives_points_back_that_it_did_not_write() -> None:
    card = new_card(300)
    for touched in (False, True):
        session = reserve(card)
        if touched:
            mark_writing(session)
        assert release(session, card if touched else None).state == "released"
        assert balance(card) == (300, 0)


def test_a_kiosk_cannot_report_what_it_was_never_told_to_do() -> None:
    card = new_card()
    session = reserve(card)
    card.write(100)
    with pytest.raises(redemptions.NotWriting):
        settle(session, card)
    with pytest.raises(NotFound):
        mark_writing(session, kiosk=DAAN)


@pytest.mark.parametrize("written", [True, False])
def test_a_card_that_was_taken_away_tells_at_its_next_presentation(written: bool) -> None:
    card = new_card(300)
    session = reserve(card)
    mark_writing(session)
    if written:
        card.write(100)
    (ended,) = present(card, now=NOW + dt.timedelta(days=40))
    assert ended.state == ("settled" if written else "released")
    assert ended.ended_by == "presentation"
    assert balance(card) == ((200, 0) if written else (300, 0))
    assert present(card) == []


def test_a_cards_own_record_tells_even_after_other_top_ups() -> None:
    card = new_card(300)
    session = reserve(card)
    mark_writing(session)
    card.write(100)
    card.write(-20, "BUS")
    card.write(500, "SHOP")
    assert present(card)[0].state == "settled"

    other = new_card(300)
    session = reserve(other)
    mark_writing(session)
    other.write(100, "SHOP")  # the same amount, but not by us
    assert present(other)[0].state == "released"


@pytest.mark.parametrize(
    "tamper",
    [
        pytest.param(lambda card: setattr(card, "counter", 3), id="counter went back"),
        pytest.param(lambda card: setattr(card, "purse", 9999), id="purse without counter"),
        pytest.param(lambda card: setattr(card, "counter", 50), id="record no longer there"),
    ],
)
def test_what_does_not_fit_waits_for_an_officer(tamper) -> None:
    card = new_card(300)
    session = reserve(card)
    mark_writing(session)
    tamper(card)
    assert present(card)[0].state == "disputed"
    assert balance(card) == (200, 100)
    (waiting,) = redemptions.open_sessions(agency="doit")
    assert (waiting.id, waiting.state) == (session.id, "disputed")

    with pytest.raises(redemptions.ReasonMissing):
        decide(session, written=True, reason="  ")
    ended = decide(session, written=True, reason="讀卡機紀錄顯示已寫入")
    assert (ended.state, ended.reason) == ("settled", "讀卡機紀錄顯示已寫入")
    with pytest.raises(redemptions.NotOpen):
        decide(session, written=False, reason="changed my mind")
    heard = redemptions.evidence_of(session_id=session.id)
    assert [(one.source, one.state_after) for one in heard] == [
        ("presentation", "disputed"),
        ("officer", "settled"),
    ]


def test_a_report_that_the_card_contradicts_is_not_believed() -> None:
    card = new_card(300)
    session = reserve(card)
    mark_writing(session)
    assert settle(session, card).state == "disputed"  # "written", but the counter stands still

    card = new_card(300)
    session = reserve(card)
    mark_writing(session)
    card.write(100)
    assert release(session, card).state == "disputed"  # "not written", but the card has it


def test_a_confirmation_after_the_release_is_kept_and_seen() -> None:
    card = new_card(300)
    session = reserve(card)
    mark_writing(session)
    decide(session, written=False, reason="kiosk was stolen")
    card.write(100)
    late = settle(session, card)
    assert (late.state, late.contested) == ("released", True)
    assert [one.contested for one in redemptions.open_sessions()] == [True]
    decide(session, written=False, reason="bank refunded it")
    assert redemptions.open_sessions() == []
    heard = redemptions.evidence_of(session_id=session.id)
    assert [(one.source, one.detail) for one in heard if one.source == "officer"] == [
        ("officer", "kiosk was stolen"),
        ("officer", "bank refunded it"),
    ]


def compensated(*, written: bool) -> tuple[Card, redemptions.Session]:
    """A session whose end was wrong: evidence of the contrary came afterwards."""
    card = new_card(300)
    session = reserve(card)
    mark_writing(session)
    decide(session, written=not written, reason="kiosk was stolen")
    if written:
        card.write(100)
        assert settle(session, card).contested
    else:
        assert release(session, card).contested
    return card, decide(session, written=written, reason="card was read at the counter")


def test_points_that_were_taken_for_nothing_go_back() -> None:
    card, session = compensated(written=False)
    assert (session.state, session.ruled, session.contested) == ("settled", "not_written", False)
    assert (session.returned_points, balance(card)) == (100, (300, 0))
    assert redemptions.open_sessions() == []
    statement = redemptions.partner_statement(partner="easycard", month=NOW.date())
    assert (statement.loaded, statement.returned, statement.closing) == (100, 100, 0)


@pytest.mark.parametrize("back", [100, 30])
def test_what_a_refund_run_gave_back_already_is_not_given_twice(back: int) -> None:
    card = new_card(300)
    session = reserve(card)
    mark_writing(session)
    session = decide(session, written=True, reason="journal says so")
    assert session.end_key is not None
    reversal = ledger.Reversal(
        key=fact_key(NOW, "run", session.id), of=session.end_key, kind="refund.paid", at=NOW,
        amount=back,
    )  # fmt: skip
    with unit_of_work():
        assert not ledger.reverse_many(reversals=[reversal], actor=SYSTEM, now=NOW)[0].refusal
    assert release(session, card).contested
    session = decide(session, written=False, reason="card was read at the counter")
    assert (session.ruled, session.returned_points, balance(card)) == (
        "not_written", 100, (300, 0),
    )  # fmt: skip
    statement = redemptions.partner_statement(partner="easycard", month=NOW.date())
    assert (statement.loaded, statement.returned, statement.closing) == (100, 100, 0)
    assert ledger.verify() == redemptions.verify() == []


def test_points_that_came_back_by_mistake_are_taken_again() -> None:
    card, session = compensated(written=True)
    statement = redemptions.partner_statement(partner="easycard", month=NOW.date())
    assert sum(line.ntd for line in statement.lines) == statement.loaded == 100
    assert (session.state, session.ruled, session.contested) == ("released", "written", False)
    assert balance(card) == (200, 0)
    assert not settle(session, card).contested  # said again, it is known


def test_nobody_goes_below_zero_for_our_mistake() -> None:
    card = new_card(100)
    session = reserve(card)
    mark_writing(session)
    decide(session, written=False, reason="kiosk was stolen")
    elsewhere = Card(id=card.id + 500_000, member=card.member)
    other = reserve(elsewhere, 70)
    mark_writing(other)
    elsewhere.write(70)
    settle(other, elsewhere)
    card.write(100)
    settle(session, card)
    decide(session, written=True, reason="card was read at the counter")
    assert balance(card) == (0, 0)
    lost = [line for line in ledger.trial_balance(on=NOW.date()) if line.account_class == "loss"]
    assert [(line.code, line.amount) for line in lost] == [("kiosk:KSK-01", -70)]


def test_a_ruling_is_not_reversed_by_the_next_officer() -> None:
    _, session = compensated(written=True)
    with pytest.raises(redemptions.NotOpen):
        decide(session, written=False, reason="changed my mind")


def test_one_poison_reservation_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    cards = [new_card(100) for _ in range(3)]
    sessions = [reserve(card) for card in cards]
    poison = sessions[1]
    honest = ledger.release_held_many

    def broken(*, ends: list[ledger.HoldEnd], **how: Any) -> list[ledger.Posted]:
        done = iter(honest(ends=[end for end in ends if end.hold != poison.hold_key], **how))
        no = ledger.HoldUnknown(key="gone")
        return [
            ledger.Posted(key=end.key, outcome="refused", refusal=no)
            if end.hold == poison.hold_key
            else next(done)
            for end in ends
        ]

    monkeypatch.setattr(ledger, "release_held_many", broken)
    assert expire(LATER) == [sessions[0].id, sessions[2].id]
    assert [balance(card) for card in cards] == [(100, 0), (0, 100), (100, 0)]
    (seen,) = redemptions.open_sessions()
    assert (seen.id, seen.state) == (poison.id, "reserved")
    assert expire(LATER) == []


def test_a_write_confirmed_40_days_late_after_the_lot_lapsed_is_captured_once() -> None:
    card = Card(id=1, member=77)
    from tests.redemptions.conftest import give_points

    give_points(77, 100, expires_on=dt.date(2026, 11, 30))
    session = reserve(card)
    mark_writing(session)
    card.write(100)
    late = NOW + dt.timedelta(days=40)
    assert settle(session, card, now=late).state == "settled"
    assert settle(session, card, now=late).state == "settled"
    assert balance(card, on=late.date()) == (0, 0)


def test_points_that_come_back_after_their_last_day_may_still_be_spent_for_a_while() -> None:
    card = Card(id=1, member=78)
    from tests.redemptions.conftest import give_points

    give_points(78, 100, expires_on=dt.date(2026, 11, 30))
    session = reserve(card)
    mark_writing(session)
    late = dt.datetime(2026, 12, 20, 3, 0, tzinfo=dt.UTC)
    assert present(card, now=late)[0].state == "released"
    assert balance(card, on=late.date()) == (100, 0)
    assert balance(card, on=dt.date(2027, 2, 1)) == (0, 0)


def test_the_resident_sees_what_is_being_loaded() -> None:
    card = new_card(300)
    session = reserve(card)
    mark_writing(session)
    access = Access(
        subjects=frozenset({card.member}),
        fields=frozenset({"points_history"}),
        purpose="own-data",
        actor=AGENT,
        record_id=None,
    )
    (seen,) = redemptions.sessions_of(access=access, member_id=card.member)
    assert (seen.state, seen.points, seen.place) == ("writing", 100, DAHU.place)
    history = ledger.history(holder=card.member, unit="taipei-points", access=access)
    assert [entry.amount for entry in history][:1] in ([-100], [300])

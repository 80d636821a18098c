"""A shown code is good once; what was photographed, is old, or belongs to an ended card is not."""

import datetime as dt
import threading
from collections.abc import Callable

import pytest

from citycard.cards import api as cards
from citycard.infra.database import give_back_connection, rows
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.access import Access
from citycard.kernel.actors import SYSTEM
from citycard.wallet import api as wallet
from tests.cards.conftest import NOW as MADE
from tests.harness.databases import Clone

NOW = MADE + dt.timedelta(days=1)
NewCard = Callable[..., int]


def show(card: int, *, member: int = 7, now: dt.datetime = NOW) -> wallet.Shown:
    access = Access(
        subjects=frozenset({member}),
        fields=frozenset({"cards"}),
        purpose="own-data",
        actor=SYSTEM,
        record_id=None,
    )
    with unit_of_work():
        return wallet.show(access=access, card_id=card, member_id=member, now=now)


def scan(
    *codes: str, use: str = "1:1:1", at: dt.datetime = NOW, now: dt.datetime | None = None
) -> list[str]:
    return [one.outcome for one in resolve(*codes, use=use, at=at, now=now)]


def resolve(
    *codes: str, use: str = "1:1:1", at: dt.datetime = NOW, now: dt.datetime | None = None
) -> list[wallet.Resolved]:
    uses = [f"{use}:{n}" for n in range(len(codes))]
    with unit_of_work():
        return wallet.resolve(codes=codes, ats=[at] * len(codes), uses=uses, now=now or at)


def test_both_codes_lead_to_the_card(new_card: NewCard) -> None:
    shown = show(new_card(member=7, number="1111222233334444"))
    for found in resolve(shown.square, shown.line):
        assert found == ("good", "easycard", "printed", "1111222233334444")


def test_a_code_is_used_once_and_the_same_use_may_be_told_again(new_card: NewCard) -> None:
    shown = show(new_card(member=7))
    for code in (shown.square, shown.line):
        assert scan(code, use="1:1:8") == ["good"]
        assert scan(code, use="1:1:8") == ["good"], "sent again"
        later = NOW + dt.timedelta(hours=3)
        assert scan(code, use="1:1:8", at=NOW, now=later) == ["good"], "sent again, late"
        assert scan(code, use="2:1:5") == ["replayed"], "another reader"
        assert scan(code, use="1:1:9") == ["replayed"], "another tap"


def test_within_one_batch_the_earlier_use_has_it(new_card: NewCard) -> None:
    code = show(new_card(member=7)).square
    with unit_of_work():
        found = wallet.resolve(
            codes=[code, code, code],
            ats=[NOW + dt.timedelta(seconds=9), NOW, NOW],
            uses=["1:1:9", "2:1:1", "2:1:1"],
            now=NOW + dt.timedelta(seconds=10),
        )
    assert [one.outcome for one in found] == ["replayed", "good", "good"]


def test_an_old_code_is_expired_and_one_used_elsewhere_is_replayed(new_card: NewCard) -> None:
    shown = show(new_card(member=7))
    late = NOW + dt.timedelta(minutes=3)
    assert scan(shown.square, shown.line, at=late) == ["expired", "expired"]
    assert scan(shown.square, shown.line) == ["good", "good"]
    assert scan(shown.square, shown.line, use="5:1:1", at=late) == ["replayed", "replayed"]


def test_what_is_no_code_of_ours_is_unknown(new_card: NewCard) -> None:
    assert scan("CC1:NONSENSE", "12345678901234567890", "", "1111222233334444") == ["unknown"] * 4
    assert resolve() == []


def test_a_screen_that_comes_again_has_another_square_and_the_same_token(
    new_card: NewCard,
) -> None:
    card = new_card(member=7)
    first, second = show(card), show(card)
    assert first.square != second.square
    assert first.line[:12] == second.line[:12]
    assert scan(first.square, second.square) == ["good", "good"]


def test_tokens_are_drawn_by_lot(new_card: NewCard) -> None:
    shown = [show(new_card(member=7)) for _ in range(5)]
    assert len({one.line[:12] for one in shown}) == 5


def test_new_pseudonyms_end_the_old_ones(new_card: NewCard) -> None:
    card = new_card(member=7)
    old = show(card)
    at = NOW + dt.timedelta(seconds=1)
    with unit_of_work():
        wallet.renew(card_id=card, member_id=7, actor=SYSTEM, now=at)
    new = show(card, now=at)
    assert old.line[:12] != new.line[:12]
    assert scan(old.square, old.line, at=at) == ["unknown", "unknown"]
    assert scan(new.square, new.line, at=at) == ["good", "good"]


def test_a_lost_cards_code_leads_to_a_card_that_readers_refuse(new_card: NewCard) -> None:
    card = new_card(member=7)
    shown = show(card)
    with unit_of_work():
        cards.report_lost(card_id=card, actor=SYSTEM, now=NOW)
    assert scan(shown.square) == ["good"]
    with pytest.raises(wallet.CardNotInUse):
        show(card)


def test_a_card_that_became_anothers_shows_nothing_of_the_first_holder(new_card: NewCard) -> None:
    card = new_card(member=7)
    shown = show(card)
    at = NOW + dt.timedelta(seconds=5)
    with unit_of_work():
        cards.unbind(card_id=card, actor=SYSTEM, now=at)
    with unit_of_work():
        bind = cards.Bind(card_id=card, member_id=8)
        cards.bind_many(binds=[bind], actor=SYSTEM, now=at)
    later = at + dt.timedelta(seconds=1)
    assert scan(shown.square, shown.line, at=later) == ["unknown", "unknown"]
    other = show(card, member=8, now=later)
    assert other.line[:12] != shown.line[:12]
    assert scan(other.square, use="2:1:1", at=later) == ["good"]
    with pytest.raises(wallet.CardNotInUse):
        show(card, member=7, now=later)


def test_uses_are_forgotten_after_a_hundred_days(new_card: NewCard) -> None:
    assert scan(show(new_card(member=7)).square) == ["good"]
    with unit_of_work():
        assert wallet.clear_uses(now=NOW + dt.timedelta(days=99)) == 0
        assert wallet.clear_uses(now=NOW + dt.timedelta(days=101)) == 1


def test_two_readers_at_the_same_instant_are_one_use(fresh_database: Clone) -> None:
    with unit_of_work():
        card = cards.NewCard(kind="general", medium="easycard", numbers={"printed": "9" * 16})
        [made] = cards.register_many(cards=[card], actor=SYSTEM, now=MADE)
        bind = cards.Bind(card_id=made.card_id or 0, member_id=7)
        cards.bind_many(binds=[bind], actor=SYSTEM, now=MADE)
    code = show(made.card_id or 0).square
    found: list[str] = []

    def scan_at(reader: int) -> None:
        found.extend(scan(code, use=f"{reader}:1:1"))
        give_back_connection()

    threads = [threading.Thread(target=scan_at, args=[reader]) for reader in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == ["good"] + ["replayed"] * 7
    assert len(rows("SELECT FROM wallet_use")) == 1

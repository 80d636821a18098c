"""Making cards known."""

from collections.abc import Callable

import pytest

from citycard.cards import api as cards
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from tests.cards.conftest import NOW


def register(*new: cards.NewCard) -> list[cards.CardRegistered]:
    with unit_of_work():
        return cards.register_many(cards=new, actor=SYSTEM, now=NOW)


def easycard(number: str, **more: object) -> cards.NewCard:
    return cards.NewCard(kind="general", medium="easycard", numbers={"printed": number}, **more)


def test_a_registered_card_is_found_by_any_of_its_numbers(db: None) -> None:
    card = cards.NewCard(
        kind="general",
        medium="easycard",
        numbers={"printed": "1234567890123452", "chip_id": "0611651733"},
    )
    [made] = register(card)
    by_face = cards.find(issuer="easycard", number_kind="printed", number="1234567890123452")
    by_chip = cards.find(issuer="easycard", number_kind="chip_id", number="0611651733")
    assert by_face == by_chip
    assert by_face is not None
    assert by_face.card_id == made.card_id
    assert by_face.member_id is None


@pytest.mark.parametrize(
    ("card", "code"),
    [
        (cards.NewCard(kind="dragon", medium="easycard", numbers={}), "cards.unknown_kind"),
        (cards.NewCard(kind="senior", medium="virtual", numbers={}), "cards.unknown_medium"),
        (
            cards.NewCard(kind="general", medium="easycard", issuer="ipass", numbers={}),
            "cards.unknown_medium",
        ),
        (easycard("12345"), "cards.bad_number"),
        (easycard("123456789012345２"), "cards.bad_number"),
        (
            cards.NewCard(kind="general", medium="easycard", numbers={"lucky": "7"}),
            "cards.bad_number",
        ),
    ],
)
def test_a_card_that_the_pack_does_not_know_is_refused(
    db: None, card: cards.NewCard, code: str
) -> None:
    good = easycard("1111222233334444")
    bad, fine = register(card, good)
    assert bad.refusal is not None
    assert bad.refusal.code == code
    assert bad.card_id is None
    assert fine.refusal is None


def test_a_number_belongs_to_one_card_and_a_refused_card_leaves_nothing(
    new_card: Callable[..., int],
) -> None:
    first = new_card(number="1111222233334444")
    again = cards.NewCard(
        kind="general",
        medium="easycard",
        numbers={"printed": "1111222233334444", "chip_id": "0611651733"},
    )
    twice = easycard("9999000099990000")
    refused, one, other = register(again, twice, twice)
    assert refused.refusal is not None
    assert refused.refusal.code == "cards.number_taken"
    assert [one.refusal is None, other.refusal is None] == [True, False]
    assert cards.find(issuer="easycard", number_kind="chip_id", number="0611651733") is None
    found = cards.find(issuer="easycard", number_kind="printed", number="1111222233334444")
    assert found is not None
    assert found.card_id == first
    assert cards.verify() == []


def test_a_number_is_one_number_however_it_is_written(db: None) -> None:
    written = {
        "printed": "1234 5678-9012 3452",
        "chip_id": "11651733",
        "uid": "04:a2:b5:fe:1f:6f:80",
    }
    [made] = register(cards.NewCard(kind="general", medium="easycard", numbers=written))
    same = {
        "printed": "1234567890123452",
        "chip_id": "00000000000011651733",
        "uid": "01304802443095936",
    }
    for given in (written, same):
        for kind, number in given.items():
            found = cards.find(issuer="easycard", number_kind=kind, number=number)
            anywhere = cards.find_by_any_number(number=number)
            assert found == anywhere
            assert found is not None
            assert found.card_id == made.card_id
    [again] = register(cards.NewCard(kind="general", medium="easycard", numbers=same))
    assert again.refusal is not None
    assert again.refusal.code == "cards.number_taken"

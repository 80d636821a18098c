"""Whose card a number is: read in any order of bytes, and never guessed between two cards."""

from citycard.cards import api as cards
from citycard.flows import tapping
from citycard.infra.database import rows, scalar
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.taps import api as taps
from citycard.taps.api import Code
from tests.taps.town import NOW, Town, tap

UID, TURNED = "04A1B2C3", "C3B2A104"


def card_with_uid(town: Town, member: int, uid: str) -> None:
    new = cards.NewCard(kind="general", medium="easycard", numbers={"uid": uid})
    with unit_of_work():
        [made] = cards.register_many(cards=[new], actor=SYSTEM, now=NOW.replace(month=1))
        bind = cards.Bind(card_id=made.card_id or 0, member_id=member)
        cards.bind_many(binds=[bind], actor=SYSTEM, now=NOW.replace(month=1))


def read_as(read: taps.TapRead, kind: str, number: str) -> taps.TapRead:
    return read._replace(number_kind=kind, number=number)


def test_a_uid_is_found_in_the_order_that_the_reader_s_profile_says(town: Town) -> None:
    [member] = town.residents(1)
    card_with_uid(town, member, UID)
    reader, here = town.reader(), tap(town.reader(), 1, "")
    answers = tapping.take(
        reads=[
            read_as(tap(reader, 1, ""), "uid", UID.lower()),
            read_as(tap(reader, 2, ""), "uid_reversed", TURNED),
            read_as(tap(reader, 3, ""), "uid_either", TURNED),
            read_as(tap(reader, 4, ""), "uid_either", UID),
            read_as(tap(reader, 5, ""), "uid", TURNED),
            read_as(here, "uid", f"{int(UID, 16):010d}"),
        ],
        now=NOW,
    )
    unknown = Code.UNKNOWN_CARD
    assert [one.code for one in answers] == [*[Code.ACCEPTED] * 4, unknown, Code.ACCEPTED]


def test_a_number_of_two_cards_is_refused_listed_and_never_guessed(town: Town) -> None:
    one, other = town.residents(2)
    card_with_uid(town, one, UID)
    card_with_uid(town, other, TURNED)
    reader, elsewhere = town.reader(), town.reader("activity", "doit")
    reads = [
        read_as(tap(reader, 1, ""), "uid_either", UID),
        read_as(tap(elsewhere, 1, ""), "uid_either", TURNED),
        read_as(tap(reader, 2, ""), "uid", UID),
    ]
    answers = tapping.take(reads=reads, now=NOW)
    assert [a.code for a in answers] == [Code.AMBIGUOUS_CARD, Code.AMBIGUOUS_CARD, Code.ACCEPTED]
    assert tapping.take(reads=reads, now=NOW) == answers
    stored = rows("SELECT member_id, card_id FROM pub.taps WHERE code = 16")
    assert [(row.member_id, row.card_id) for row in stored] == [(None, None)] * 2
    [listed] = taps.ambiguous(agency="sports")
    assert (listed.reader_id, listed.seq, listed.tail) == (reader.device_id, 1, UID[-4:])
    assert {it.agency for it in taps.ambiguous()} == {"sports", "doit"}
    assert len(taps.ambiguous(limit=1)) == 1
    sealed = rows("SELECT number_sealed FROM taps_ambiguous")
    assert len(sealed) == 2
    assert not any(UID.encode() in bytes(row.number_sealed) for row in sealed)
    assert scalar("SELECT count(*) FROM pub.taps") == 3
    assert taps.verify() == []


def test_both_orders_of_one_card_are_no_question(town: Town) -> None:
    [member] = town.residents(1)
    card_with_uid(town, member, "04A1A104")
    read = read_as(tap(town.reader(), 1, ""), "uid_either", "04A1A104")
    assert [one.code for one in tapping.take(reads=[read], now=NOW)] == [Code.ACCEPTED]

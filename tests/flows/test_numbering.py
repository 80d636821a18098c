"""An agency manages its own numbers: a list whole or not at all, and nothing of others'."""

import dataclasses

import pytest

from citycard.cards import api as cards
from citycard.flows import numbering
from citycard.infra.database import scalar
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import Actor
from tests.harness.cities import City
from tests.taps.town import NOW, Town, id_number

LIBRARY = Actor(id="staff:1", kind="staff", roles=frozenset({"organiser"}), agency="library")
HOSPITAL = dataclasses.replace(LIBRARY, id="staff:2", agency="hospital")


@pytest.fixture(scope="module")
def town(city: City) -> Town:
    return Town()


def line(number: str, **named: str) -> numbering.NumberLine:
    return numbering.NumberLine(own_number=number, **named)


def link(*lines: numbering.NumberLine, save: bool = True) -> numbering.NumbersTaken:
    return numbering.link_numbers(agency="library", lines=lines, actor=LIBRARY, now=NOW, save=save)


def linked() -> int:
    return int(scalar("SELECT count(*) FROM cards_agency_link WHERE upper_inf(recorded)"))


def test_a_list_is_taken_whole_or_not_at_all(town: Town) -> None:
    one, two, three = town.residents(3)
    card = town.card(one)
    ids = {member: id_number(n) for n, member in enumerate((one, two, three), 1)}
    before = linked()
    bad = link(
        line("L000000001", card_number=card),
        line("X1", id_number=ids[two]),
        line("L000000002", id_number="A000000000"),
        line("L000000003", id_number=ids[two], status="asleep"),
        line("L000000004", id_number=ids[three]),
        line("L000000005", id_number=ids[three]),
        line("L000000006", card_number=card, id_number=ids[three]),
    )
    assert bad.codes == (
        *("linked", "bad_number", "no_member", "bad_status", "twice", "twice", "no_member"),
    )
    assert (bad.saved, bad.is_good, linked()) == (False, False, before)
    good = [
        line("L000000001", card_number=f"{card[:4]} {card[4:]}"),
        line("L000000002", id_number=ids[two], status="suspended"),
    ]
    tried = link(*good, save=False)
    assert (tried.saved, tried.is_good, linked()) == (False, True, before)
    assert link(*good).saved
    assert linked() == before + 2
    again = link(*good)
    assert (again.codes, linked()) == (("as_before", "as_before"), before + 2)
    taken = link(line("L000000001", id_number=ids[three]))
    assert (taken.saved, taken.codes) == (False, ("number_taken",))


def test_an_agency_sees_and_ends_its_own_numbers_only(town: Town) -> None:
    [member] = town.residents(1)
    card = town.card(member)
    town.library_numbers("hospital", (member, "20000028"))
    assert link(line("L000000077", card_number=card)).saved
    [own, other] = numbering.own_numbers(
        agency="library", numbers=["L000000077", "20000028"], actor=LIBRARY
    )
    assert (own.status, other.status) == ("active", None)
    for refused in (
        lambda: numbering.own_numbers(agency="hospital", numbers=["20000028"], actor=LIBRARY),
        lambda: numbering.counts(agency="library", actor=HOSPITAL),
        lambda: numbering.unlink_numbers(
            agency="hospital", numbers=["20000028"], why="left", actor=LIBRARY, now=NOW
        ),
    ):
        with pytest.raises(numbering.NotYourNumbers):
            refused()
    ended = numbering.unlink_numbers(
        agency="library", numbers=["L000000077", "20000028"], why="left", actor=LIBRARY, now=NOW
    )
    assert ended == [True, False]
    with pytest.raises(numbering.UnknownReason):
        numbering.unlink_numbers(
            agency="library", numbers=["L000000077"], why="because", actor=LIBRARY, now=NOW
        )
    with unit_of_work():
        assert cards.members_of_numbers(agency="hospital", numbers=["20000028"]) == [member]

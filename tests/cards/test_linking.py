"""Agencies' own member numbers: conversion, replacement, nothing in common between two."""

import datetime as dt

import pytest

from citycard.cards import api as cards
from citycard.infra.database import rows
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.access import Access, AccessTooNarrow
from citycard.kernel.actors import SYSTEM
from tests.cards.conftest import NOW


def link(agency: str, *links: tuple[int, str], now: dt.datetime = NOW) -> list[cards.Linked]:
    with unit_of_work():
        return cards.link_agency_numbers(agency=agency, links=links, actor=SYSTEM, now=now)


def convert(agency: str, member_ids: list[int]) -> list[str | None]:
    access = Access(
        subjects=frozenset(member_ids),
        fields=frozenset({"agency_number"}),
        purpose="agency-conversion",
        actor=SYSTEM,
        record_id=1,
    )
    found = cards.convert(access=access, agency=agency, member_ids=member_ids)
    return [one.number if one else None for one in found]


def test_conversion_needs_an_access_that_covers_it(db: None) -> None:
    narrow = Access(
        subjects=frozenset({7}),
        fields=frozenset({"agency_number"}),
        purpose="agency-conversion",
        actor=SYSTEM,
        record_id=1,
    )
    with pytest.raises(AccessTooNarrow):
        cards.convert(access=narrow, agency="library", member_ids=[7, 8])


def test_an_agency_gets_its_own_number_and_only_its_own(db: None) -> None:
    link("library", (7, "L100000017"), (8, "L100000018"))
    link("hospital", (7, "20000014"))
    assert convert(agency="library", member_ids=[8, 9, 7]) == [
        "L100000018",
        None,
        "L100000017",
    ]
    assert convert(agency="hospital", member_ids=[7, 8]) == ["20000014", None]


def test_two_agencies_rows_share_no_equal_value(db: None) -> None:
    members = list(range(1, 30))
    for agency in ("library", "hospital"):
        link(agency, *((member, f"{member:08d}") for member in members))
    stored = rows(
        "SELECT agency, member_key, number_key, number_sealed FROM cards_agency_link ORDER BY id"
    )
    values = {
        agency: {bytes(value) for row in stored if row.agency == agency for value in tuple(row)[1:]}
        for agency in ("library", "hospital")
    }
    assert len(values["library"]) == 3 * len(members)
    assert values["library"].isdisjoint(values["hospital"])
    for row in stored:
        assert b"0000" not in b"".join(bytes(value) for value in tuple(row)[1:])
    # Nor does the order of the rows tell who is who: it follows each agency's own keys.
    keys = [bytes(row.member_key) for row in stored if row.agency == "library"]
    assert keys == sorted(keys)


def test_a_new_number_replaces_the_old_one_which_stays_on_record(db: None) -> None:
    [old] = link("library", (7, "L100000017"))
    [new] = link("library", (7, "L100000099"), now=NOW + dt.timedelta(days=1))
    assert convert(agency="library", member_ids=[7]) == ["L100000099"]
    assert old.link_id is not None
    assert new.link_id is not None
    assert cards.numbers_of_links(link_ids=[old.link_id, new.link_id]) == {
        old.link_id: "L100000017",
        new.link_id: "L100000099",
    }


def test_the_same_link_twice_changes_nothing(db: None) -> None:
    [first] = link("library", (7, "L100000017"))
    [again] = link("library", (7, "L100000017"), now=NOW + dt.timedelta(days=1))
    assert again.already
    assert again.link_id == first.link_id


def test_a_number_is_given_to_one_member(db: None) -> None:
    link("library", (7, "L100000017"))
    refused, fine = link("library", (8, "L100000017"), (9, "L100000019"))
    assert refused.refusal == cards.AgencyNumberTaken()
    assert fine.refusal is None
    first, second = link("hospital", (8, "20000014"), (9, "20000014"))
    assert [first.refusal is None, second.refusal is None].count(True) == 1
    assert convert(agency="library", member_ids=[7, 8, 9]) == [
        "L100000017",
        None,
        "L100000019",
    ]


def test_a_number_leads_back_to_its_member_for_that_agency_alone(db: None) -> None:
    link("library", (7, "L100000017"), (8, "L100000018"))
    link("library", (8, "L100000099"), now=NOW + dt.timedelta(days=1))  # a new number
    asked = ["L100000017", "L100000018", "L100000099", "L100000017"]
    assert cards.members_of_numbers(agency="library", numbers=asked) == [7, None, 8, 7]
    assert cards.members_of_numbers(agency="hospital", numbers=asked) == [None] * 4
    sealed = rows("SELECT member_sealed, member_key FROM cards_agency_link")
    assert len({bytes(row.member_sealed) for row in sealed}) == 3


def test_an_agency_says_how_it_serves_a_member_and_takes_a_number_back(db: None) -> None:
    link("library", (7, "L100000017"), (8, "L100000018"))
    later = NOW + dt.timedelta(days=1)
    with unit_of_work():
        cards.link_agency_numbers(
            agency="library",
            links=[(7, "L100000017")],
            statuses=["suspended"],
            actor=SYSTEM,
            now=later,
        )
    again = link("library", (7, "L100000017"), now=later)
    assert again[0].already  # without a word on it, what the agency said last stands
    found = cards.number_standings(agency="library", numbers=["L100000017", "L1", "L100000018"])
    assert [one.status if one else None for one in found] == ["suspended", None, "active"]
    assert found[0] is not None
    assert found[0].since == later
    assert cards.number_counts(agency="library") == {"active": 1, "suspended": 1}
    assert cards.agency_numbers(agency="library", member_ids=[7]) == [None]
    assert cards.number_standings(agency="hospital", numbers=["L100000017"]) == [None]
    with unit_of_work():
        taken_back = cards.unlink_agency_numbers(
            agency="library", numbers=["L100000017", "L9"], why="left", actor=SYSTEM, now=later
        )
    assert taken_back == [True, False]
    assert convert("library", [7, 8]) == [None, "L100000018"]
    assert link("library", (9, "L100000017"), now=later)[0].link_id  # it may be given anew

"""The drawn population follows the register's figures, and is the same each time."""

import datetime as dt
from collections import Counter

import pytest

from citycard.infra.packs import find_pack
from citycard.kernel.taiwan import national_id
from citycard.simulation.drawing import draw

ON = dt.date(2026, 11, 21)


@pytest.mark.parametrize("code", ["taipei", "taoyuan"])
def test_district_age_and_sex_follow_the_register(code: str) -> None:
    pack = find_pack(code)
    people = draw(pack=pack, count=20_000, on=ON, seed=1)
    assert len(people) == 20_000
    slugs = {str(row["code"]): slug for slug, row in pack.table("districts").items()}
    real: Counter[tuple[str, str]] = Counter()
    old = 0
    for row in pack.population():
        real[slugs[str(row.district)], row.sex] += sum(row.by_age)
        old += sum(row.by_age[65:])
    total = real.total()
    drawn = Counter((person.district, person.sex) for person in people)
    for cell, count in real.items():
        assert abs(drawn[cell] - count * 20_000 / total) <= 1
    assert abs(sum(person.age(ON) >= 65 for person in people) / 20_000 - old / total) < 0.002


def test_the_same_seed_draws_the_same_people() -> None:
    pack = find_pack("taipei")
    assert draw(pack=pack, count=500, on=ON, seed=7) == draw(pack=pack, count=500, on=ON, seed=7)
    assert draw(pack=pack, count=500, on=ON, seed=7) != draw(pack=pack, count=500, on=ON, seed=8)


def test_everybody_has_a_valid_number_of_their_own_and_every_kind_occurs() -> None:
    people = draw(pack=find_pack("taipei"), count=20_000, on=ON, seed=1)
    numbers = [national_id.parse(p.id_number, passport=p.passport) for p in people]
    assert len({number.text for number in numbers}) == len(people)
    kinds = Counter(number.kind for number in numbers)
    assert set(kinds) == {"citizen", "resident_new", "resident_old", "passport"}
    assert {number.text[0] for number in numbers} >= set("WXYZIO")
    assert any(number.text[-1] == "0" for number in numbers)
    for person, number in zip(people, numbers, strict=True):
        assert number.sex in (person.sex, None)


def test_children_live_with_a_parent_of_their_district_and_go_to_school() -> None:
    people = draw(pack=find_pack("taipei"), count=5_000, on=ON, seed=1)
    by_n = {person.n: person for person in people}
    children = [person for person in people if person.age(ON) < 20]
    for child in children:
        parent = by_n[child.household]
        assert parent.district == child.district
        assert parent.name[0] == child.name[0]
    nine = [person for person in children if person.age(ON) == 9]
    assert nine
    assert all(person.school is not None and person.school["level"] == "primary" for person in nine)

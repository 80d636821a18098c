"""Taichung, Tainan, Hsinchu and Chiayi, and Taoyuan completed: what their packs must hold."""

import re
from typing import Any

import pytest

from citycard.infra.packs import find_pack
from citycard.infra.packs.references import places_of

CITIES = ("taichung", "tainan", "hsinchu", "chiayi", "taoyuan")
RESIDENTS = {  # Ministry of the Interior, 2015-11: districts, people
    "taichung": (29, 2_742_503),
    "tainan": (37, 1_885_390),
    "hsinchu": (3, 433_774),
    "chiayi": (2, 270_415),
}


@pytest.mark.parametrize(("city", "figures"), RESIDENTS.items())
def test_population_adds_up_to_the_register(city: str, figures: tuple[int, int]) -> None:
    pack = find_pack(city)
    people = sum(sum(row.by_age) for row in pack.population())
    assert (len(pack.table("districts")), people) == figures


@pytest.mark.parametrize("city", CITIES)
def test_a_parameter_that_a_rule_names_is_explained(city: str) -> None:
    """A remark “parameter x” beside a rule is a promise that pack.yaml says why."""
    pack = find_pack(city)
    files = ("entitlements.yaml", "fares.yaml", "points.yaml", "scenarios/more.yaml")
    paths = [pack.directory / name for name in files]
    text = "".join(path.read_text("utf-8") for path in paths if path.is_file())
    named = set(re.findall(r"(?:parameter|參數) ([a-z0-9]+(?:_[a-z0-9]+)+)", text))
    assert named
    assert named <= set(pack.table("pack")["parameters"])


def test_taichung_binds_cards_at_95_places() -> None:
    """2 city halls, 29 district and 29 household offices, 29 libraries, 6 metro stations."""
    counters = find_pack("taichung").table("counters")["counters"]
    kinds = ("hall", "office", "household", "library", "metro")
    counted = {kind: sum(code.startswith(f"{kind}-") for code in counters) for kind in kinds}
    assert counted == {"hall": 2, "office": 29, "household": 29, "library": 29, "metro": 6}


def test_taichung_s_trial_is_at_the_ten_schools() -> None:
    pack = find_pack("taichung")
    named = pack.table("statuses")["schools"]["named"]
    (condition,) = (
        each["attends"] for _, each in places_of(pack.table("entitlements"), "*.who.all.*")
        if "attends" in each
    )  # fmt: skip
    levels = [named[code]["level"] for code in condition]
    assert sorted(condition) == sorted(named)
    assert {level: levels.count(level) for level in levels} == {
        "primary": 4, "senior": 2, "junior": 4,
    }  # fmt: skip


def test_a_function_joins_child_cards_that_are_out_already() -> None:
    kind = find_pack("taichung").table("cards")["kinds"]["child"]
    assert str(kind["functions"]["library"]["from"]) == "2021-08-01"
    assert "library" in kind["carries"]


def test_flora_cards_have_a_closed_and_a_later_window() -> None:
    programme = find_pack("taichung").table("cards")["programmes"]["flora"]
    days = [(str(row["from"]), str(row.get("until", ""))) for row in programme["windows"]]
    assert days == [("2018-01-22", "2019-04-30"), ("2023-04-10", "")]
    assert programme["windows"][1]["for"] == ["apply", "issue"]


def test_one_kind_of_card_carries_several_rights_in_tainan() -> None:
    kinds: dict[str, Any] = find_pack("tainan").table("cards")["kinds"]
    assert {"senior-rides", "disability-rides"} <= set(kinds["welfare"]["carries"])
    assert {row["media"][0] for row in kinds.values()} == {"ipass"}


def test_hsinchu_limits_shops_within_the_month() -> None:
    unit = find_pack("hsinchu").table("points")["units"]["ride-points"]["monthly"]
    amounts = [(str(row["from"]), row["amount"]) for row in unit["limits"]["shop"]["each_month"]]
    assert amounts[1:] == [("2023-01-01", 100), ("2025-11-01", 200)]


def test_taoyuan_s_student_cards_have_a_colour_a_level() -> None:
    versions = find_pack("taoyuan").table("cards")["kinds"]["student"]["versions"]
    colours = {row["level"]: row["version"] for row in versions if "level" in row}
    assert colours == {"primary": "peach-red", "junior": "pond-green", "senior": "mountain-green"}

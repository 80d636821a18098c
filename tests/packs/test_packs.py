"""Every pack that comes with CityCard is right, and every scenario beside its rules comes out."""

import functools
import subprocess
import sys
from typing import Any

import pytest

from citycard.config.checking_packs import problems_of
from citycard.infra.packs import PackError, current_pack, find_pack, pack_codes
from citycard.infra.packs.pack import canonical, from_canonical, load
from citycard.rules import api as rules
from citycard.rules.scenarios import failures

CITIES = pack_codes()
SCENARIOS = [
    pytest.param(city, index, id=f"{city}: {row['what']['en']}")
    for city in CITIES
    for index, row in enumerate(find_pack(city).table("scenarios"))
]


def test_the_eight_cities_are_there() -> None:
    named = "taipei newtaipei taoyuan taichung tainan hsinchu chiayi taitung"
    assert set(named.split()) <= set(CITIES)


@pytest.mark.parametrize("city", CITIES)
def test_a_city_has_scenarios_enough_and_each_names_its_source(city: str) -> None:
    """25 a city; a source stands beside each."""
    scenarios = find_pack(city).table("scenarios")
    assert len(scenarios) >= 25
    assert [row["what"]["en"] for row in scenarios if not row.get("source")] == []


@pytest.mark.parametrize("city", CITIES)
def test_nothing_is_wrong_with_a_pack(city: str) -> None:
    assert [str(problem) for problem in problems_of(find_pack(city))] == []


@functools.cache
def ruled(city: str) -> tuple[rules.RuleTable, rules.Vocabulary]:
    """Read a city's rules once for all of its scenarios."""
    pack = find_pack(city)
    names = rules.vocabulary_of(pack)
    return rules.read_rules(pack.table("entitlements"), names=names), names


@pytest.mark.parametrize(("city", "index"), SCENARIOS)
def test_a_scenario_comes_out(city: str, index: int) -> None:
    table, names = ruled(city)
    row = find_pack(city).table("scenarios")[index]
    found = list(failures(row, table=table, names=names))
    assert found == []


@pytest.mark.parametrize("city", CITIES)
def test_scenarios_meet_every_entitlement_with_yes_and_with_no(city: str) -> None:
    met: dict[str, set[str]] = {}
    for row in find_pack(city).table("scenarios"):
        for code, verdict in row.get("expect", {}).items():
            met.setdefault(code, set()).add(verdict)
    lacking = {
        code: {"yes", "no"} - met.get(code, set())
        for code in find_pack(city).table("entitlements")
        if not {"yes", "no"} <= met.get(code, set())
    }
    assert lacking == {}


@pytest.mark.parametrize("city", CITIES)
def test_a_scenario_that_is_turned_round_fails(city: str) -> None:
    """A check that can't fail proves nothing."""
    pack = find_pack(city)
    names = rules.vocabulary_of(pack)
    table = rules.read_rules(pack.table("entitlements"), names=names)
    other = {"yes": "no", "no": "unknown", "unknown": "yes"}
    for row in pack.table("scenarios"):
        turned: dict[str, Any] = dict(row)
        if "expect" in row:
            turned["expect"] = {code: other[verdict] for code, verdict in row["expect"].items()}
            assert len(list(failures(turned, table=table, names=names))) == len(row["expect"])


@pytest.mark.parametrize("city", CITIES)
def test_a_pack_answers_what_the_house_asks_of_it(city: str) -> None:
    pack = find_pack(city)
    assert pack.code == city
    assert pack.name.zh
    assert pack.name.en
    assert pack.zone.key == "Asia/Taipei"
    assert pack.time.day_starts_at.hour == 4
    assert len(pack.population()) == 2 * len(pack.table("districts"))
    assert pack.text("purposes", "fields", "name").en == "Name"


def test_population_adds_up_to_the_register() -> None:
    """Ministry of the Interior, 2015-11: 2,702,809 people in Taipei, 202,271 of 65+ in Taoyuan."""
    taipei = sum(sum(row.by_age) for row in find_pack("taipei").population())
    seniors = sum(sum(row.by_age[65:]) for row in find_pack("taoyuan").population())
    assert (taipei, seniors) == (2_702_809, 202_271)


def test_the_seed_s_places_are_all_there() -> None:
    """12 offices, 12 health and 12 sports centres, hospital branches, 113 metro places."""
    kiosks = find_pack("taipei").table("kiosks")["kiosks"]
    kinds = ("office", "health", "sports", "hospital", "metro")
    counted = {kind: sum(code.startswith(f"kiosk-{kind}-") for code in kiosks) for kind in kinds}
    assert counted == {"office": 12, "health": 12, "sports": 12, "hospital": 7, "metro": 113}
    venues = [code for code in find_pack("taipei").table("places")["places"] if "venue-" in code]
    assert len(venues) == 14


def test_the_hash_is_about_content(tmp_path: Any) -> None:
    assert canonical({"b": 1, "a": [True]}) == canonical({"a": [True], "b": 1})
    assert canonical({"a": 1}) != canonical({"a": 2})
    hashes = {find_pack(city).hash for city in CITIES}
    assert len(hashes) == len(CITIES)
    assert all(len(each) == 64 for each in hashes)


@pytest.mark.parametrize("city", CITIES)
def test_content_comes_back_as_it_was(city: str) -> None:
    table = find_pack(city).table("entitlements")
    assert from_canonical(canonical(table)) == table


def test_the_hash_ignores_comments_and_sees_values(tmp_path: Any) -> None:
    import shutil

    source = find_pack("taoyuan").directory
    copy = tmp_path / "taoyuan"
    shutil.copytree(source, copy)
    shutil.copytree(source.parent / "_schema", tmp_path / "_schema")
    before = load(copy).hash
    assert before == find_pack("taoyuan").hash
    path = copy / "entitlements.yaml"
    text = path.read_text("utf-8")
    path.write_text("# a remark\n" + text, "utf-8")
    assert load(copy).hash == before
    path.write_text(text.replace("amount: 1000", "amount: 1001"), "utf-8")
    assert load(copy).hash != before


def test_the_current_pack_follows_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITYCARD_CITY", "taoyuan")
    assert current_pack().code == "taoyuan"
    monkeypatch.setenv("CITYCARD_CITY", "taipeh")
    with pytest.raises(PackError, match=r"no city pack “taipeh”.*did you mean “taipei”"):
        current_pack()


def test_packs_and_rules_need_no_django() -> None:
    program = (
        "import sys; from citycard.infra.packs import find_pack; from citycard.rules import api; "
        "api.read_rules(find_pack('taipei').table('entitlements'), "
        "names=api.vocabulary_of(find_pack('taipei'))); "
        "sys.exit(any(name.split('.')[0] == 'django' for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_those_under_an_agency_are_told_even_of_a_table_that_goes_in_a_circle(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = {"a": {"under": "c"}, "b": {"under": "a"}, "c": {"under": "b"}, "d": {"under": "b"}}
    pack = find_pack("taipei")
    monkeypatch.setattr(type(pack), "table", lambda _, name: {name: rows})
    assert pack.agencies_under("b") == ["b", "c", "d", "a"]
    assert pack.agencies_under("d") == ["d"]

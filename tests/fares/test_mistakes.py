"""A mistake in a pack's fares is told with its file, its line and the nearest known word."""

from dataclasses import replace

import pytest

from citycard.config.checking_packs import problems_of
from citycard.fares.checking import check_fares
from citycard.infra.packs import Pack, Problem, find_pack, pack_codes
from citycard.infra.packs.directories import schemas_for
from citycard.infra.packs.reading import read_source
from citycard.infra.packs.shapes import problems_of_shape

BAND = "{up_to_km: 8, ntd: 25}"
MISTAKES = [
    ("mode: bus, tariff: city-bus, operators", "mode: buss, tariff: city-bus, operators", "bus"),
    ("tariff: city-bus, operators", "tariff: city-bos, operators", "city-bus"),
    ("operators: [taoyuan-bus, zhongli", "operators: [taoyuan-bas, zhongli", "taoyuan-bus"),
    ("fund: student\n    who: [primary]", "fund: studnet\n    who: [primary]", "student"),
    ("who: [secondary]\n", "who: [secundary]\n", "secondary"),
    ("classes: [taipei-metro]", "classes: [taipei-metr]", "taipei-metro"),
    ("  value: [half-fare, primary", "  value: [half-fare, primari", "primary"),
    ("  value: [half-fare, primary, ", "  value: [half-fare, ", "“primary” has no place"),
    ("  value: [half-fare, primary", "  value: [half-fare, half-fare, primary", "order twice"),
    ("entitlement: senior-rides", "entitlement: senior-ride", "senior-rides"),
    ("card_kinds: [general, senior", "card_kinds: [genral, senior", "general"),
    ("unit: ride-points", "unit: ride-point", "there is no unit"),
    ("category: taxi, account", "category: taxis, account", "spends nothing on “taxis”"),
    (BAND, "{up_to_km: 4, ntd: 25}", "does not come after"),
    ("{above_km: 31, ntd: 65}", "{above_km: 30, ntd: 65}", "gap or overlap"),
    (", {above_km: 31, ntd: 65}", "", "the last is above"),
    ("2015-09-01, kind: distance", "2006-09-01, kind: distance", "order of their days"),
    ("2007-09-01, kind: flat", "2007-09-01, until: 2016-01-01, kind: flat", "this day or later"),
    ("per_km_ntd: 2.25,", "per_km_ntd: 2.25000001,", "finer than"),
    ("percent: 75, of: fare", "percent: 175, of: fare", ""),
    ("percent: 75, of: fare", "percentage: 75, of: fare", ""),
    ("percent: 75, of: fare, rounding: nearest", "percent: 75, of: fare, rounding: half", ""),
    ("off_ntd: 9}", "off_ntd: -9}", ""),
    ("base_km: 8, reading: ride_on", "base_km: 8, reading: both", ""),
    ("up_to_minutes: 120, every_minutes: 30", "every_minutes: 30", "only the last one is open"),
    ("en: Full}, class: city,", "en: Full}, class: cite,", "city"),
    ("category: tra} ", "category: tra, rows: [{from: 2015-09-01, cap: 30}]} ", "stands once"),
    ("en: Bus}, what: ride}", "en: Bus}, what: ride, longest_ride_minutes: 1500}", ""),
    ("en: Bus}, what: ride}", "en: Bus}, what: ride, longest_ride_minutes: 0}", ""),
]  # fmt: skip


def problems(good: str, bad: str) -> tuple[list[Problem], int]:
    """Check the pack with a text of its fares replaced; return the mistakes and the line."""
    pack = find_pack("taoyuan")
    text = (pack.directory / "fares.yaml").read_text("utf-8")
    assert good in text, good
    source = read_source(text.replace(good, bad, 1), "taoyuan/fares.yaml")
    shapes = list(problems_of_shape(source, "fares", schemas_for(pack.directory)))
    changed = Pack(pack.directory, {**pack.sources, "fares": (source,)}, pack.parents)
    place = text.index(good)
    different = next((i for i, (a, b) in enumerate(zip(good, bad, strict=False)) if a != b), 0)
    return shapes or list(check_fares(pack=changed)), text[: place + different].count("\n") + 1


@pytest.mark.parametrize(
    ("good", "bad", "told"), MISTAKES, ids=[bad[:40] for _, bad, _ in MISTAKES]
)
def test_a_mistake_is_refused_where_it_stands(good: str, bad: str, told: str) -> None:
    found, line = problems(good, bad)
    assert found
    assert all(each.file == "taoyuan/fares.yaml" for each in found)
    assert any(abs(each.line - line) <= 3 for each in found), (line, found)
    assert any(told in str(each) for each in found), found


@pytest.mark.parametrize("code", pack_codes())
def test_every_city_s_fares_can_be_read(code: str) -> None:
    assert not list(check_fares(pack=find_pack(code)))


def test_the_pack_s_check_asks_for_fares() -> None:
    pack = find_pack("taoyuan")
    (source,) = pack.sources["fares"]
    text = (
        (pack.directory / "fares.yaml").read_text("utf-8").replace("unit: ride-points", "unit: no")
    )
    broken = replace(read_source(text, source.file), problems=[])
    changed = Pack(pack.directory, {**pack.sources, "fares": (broken,)}, pack.parents)
    assert any("there is no unit" in str(each) for each in problems_of(changed))

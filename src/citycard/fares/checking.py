"""The part of a pack's check that needs fares: the table can be read, and names what there is."""

from collections.abc import Iterator, Mapping
from typing import Any

from citycard.fares.reading import read_book
from citycard.infra.packs import Pack, Problem
from citycard.infra.packs.references import places_of
from citycard.rules.api import BadRule, nearest_word


def check_fares(*, pack: Pack) -> Iterator[Problem]:
    """Yield what is wrong with a pack's fares: they compile, and what they name is there."""
    fares = pack.table("fares")
    if not fares:
        return
    yield from _names(pack, fares)
    yield from _said_twice(pack, fares)
    try:
        read_book(
            fares,
            rights=pack.table("entitlements"),
            units=pack.table("points")["units"],
            is_off=lambda day: False,
        )
    except BadRule as error:
        yield pack.problem("fares", error.path, error.message, error.nearest)


def _said_twice(pack: Pack, fares: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what points pay by a rule here and by the right itself. Only where that depends on its
    holder's facts does a rule say it without them, as rides are priced by marks."""
    rights = pack.table("entitlements")
    for code, rule in fares["points"]["rules"].items():
        for place, mark in enumerate(rule["who"]) if "rows" in rule else ():
            right, category = fares["marks"].get(mark, {}).get("entitlement"), rule["category"]
            rows = rights.get(right, {}).get("spends_on", {}).get(category, ())
            if rows and not any("when" in row for row in rows):
                path = ("points", "rules", code, "who", place)
                message = (
                    f"“{right}” says itself what it spends on “{category}”, and a figure stands"
                    " once: leave out “rows” here, or the right's own"
                )
                yield pack.problem("fares", path, message)


def _names(pack: Pack, fares: Mapping[str, Any]) -> Iterator[Problem]:
    agencies = pack.table("agencies")["agencies"]
    named: tuple[tuple[str, str, Mapping[str, Any]], ...] = (
        ("marks.*.entitlement", "entitlement", pack.table("entitlements")),
        ("marks.*.card_kinds.*", "card kind", pack.table("cards")["kinds"]),
        ("operators.*.agency", "agency", agencies),
        ("funds.*.agency", "agency", agencies),
        ("charts.*.lines.*.class", "class", fares["classes"]),
        ("charts.*.lines.*.marks.*", "mark", fares["marks"]),
    )
    for pattern, called, known in named:
        for path, name in places_of(fares, pattern):
            if name not in known:
                message = f"there is no {called} “{name}”"
                yield pack.problem("fares", path, message, nearest_word(name, known))

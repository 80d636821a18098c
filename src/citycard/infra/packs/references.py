"""Which value of a pack names something that stands elsewhere in it. One row a reference; ``*`` is
any key or item."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from citycard.infra.packs.mistakes import Problem, nearest_word
from citycard.infra.packs.pack import Pack
from citycard.infra.packs.reading import Path

PLAIN_FACTS = (
    "birth_on",
    "sex",
    "id_kind",
    "registered_city",
    "registered_district",
    "registered_since",
    "resides_in_city",
    "died_on",
    "school",
    "employer_agency",
)


@dataclass(frozen=True)
class Kind:
    """A kind of thing that can be named, and where those things stand."""

    called: str
    table: str
    inside: str = ""

    def known(self, pack: Pack) -> Mapping[str, Any]:
        """Return the things there are, by code."""
        table = pack.table(self.table)
        found: Mapping[str, Any] = table.get(self.inside, {}) if self.inside else table
        return found


AGENCY = Kind("agency", "agencies", "agencies")
DISTRICT = Kind("district", "districts")
COUNTER = Kind("counter", "counters", "counters")
PLACE = Kind("place", "places", "places")
SERVICE = Kind("service", "services", "services")
STATUS = Kind("status", "statuses", "statuses")
REGISTER = Kind("register", "statuses", "registers")
PAPER = Kind("paper", "papers", "papers")
MEDIUM = Kind("medium", "cards", "media")
CARD_KIND = Kind("card kind", "cards", "kinds")
TEMPLATE = Kind("template", "cards", "templates")
ENTITLEMENT = Kind("entitlement", "entitlements")
UNIT = Kind("unit", "points", "units")
CONVERSION = Kind("conversion", "points", "conversions")
PARTNER = Kind("partner", "points", "partners")
PURPOSE = Kind("purpose", "purposes", "purposes")
ROLE = Kind("role", "purposes", "roles")
FIELD = Kind("field", "purposes", "fields")
READER_USE = Kind("use of readers", "readers", "uses")
FIRMWARE = Kind("firmware", "readers", "firmware")


class _Facts(Kind):
    def known(self, pack: Pack) -> Mapping[str, Any]:
        table = pack.table("statuses")
        named = [f"status.{code}" for code in table["statuses"]]
        named += [f"relation.{code}" for code in table.get("relations", {})]
        named += [f"approval.{code}" for code in pack.table("entitlements")]
        return dict.fromkeys((*PLAIN_FACTS, *named))


FACT = _Facts("fact", "statuses")

# (table, path) → the kind of thing that stands there. A path ending in "/" is about the keys.
REFERENCES: tuple[tuple[str, str, Kind], ...] = (
    ("pack", "operator", AGENCY),
    ("pack", "privacy.officer", AGENCY),
    ("pack", "register_feed.cancel_lists.*.agency", AGENCY),
    ("pack", "register_feed.cancel_lists.*.rights.*", ENTITLEMENT),
    ("pack", "register_feed.offers_at_birth.*", ENTITLEMENT),
    ("pack", "register_feed.leak.right", ENTITLEMENT),
    ("agencies", "agencies.*.under", AGENCY),
    ("agencies", "agencies.*.district", DISTRICT),
    ("counters", "counters.*.agency", AGENCY),
    ("counters", "counters.*.district", DISTRICT),
    ("places", "places.*.agency", AGENCY),
    ("places", "places.*.district", DISTRICT),
    ("places", "places.*.serves.*", SERVICE),
    ("kiosks", "kiosks.*.agency", AGENCY),
    ("kiosks", "kiosks.*.district", DISTRICT),
    ("kiosks", "kiosks.*.writes.*", MEDIUM),
    ("statuses", "statuses.*.register", REGISTER),
    ("statuses", "statuses.*.vouched_by", AGENCY),
    ("statuses", "statuses.*.proof", PAPER),
    ("statuses", "relations.*.register", REGISTER),
    ("statuses", "relations.*.vouched_by", AGENCY),
    ("statuses", "relations.*.proof", PAPER),
    ("statuses", "schools.register", REGISTER),
    ("statuses", "schools.vouched_by", AGENCY),
    ("statuses", "schools.proof", PAPER),
    ("statuses", "registers.*.agency", AGENCY),
    ("statuses", "registers.*.answers.*", FACT),
    ("papers", "papers.*.proves.*", FACT),
    ("cards", "media.*.company", AGENCY),
    ("cards", "kinds.*.media.*", MEDIUM),
    ("cards", "kinds.*.medium_of_first_issue", MEDIUM),
    ("cards", "kinds.*.carries.*", ENTITLEMENT),
    ("cards", "kinds.*.functions/", ENTITLEMENT),
    ("cards", "kinds.*.template", TEMPLATE),
    ("cards", "kinds.*.versions.*.template", TEMPLATE),
    ("cards", "programmes.*.agency", AGENCY),
    ("cards", "programmes.*.card_kinds.*", CARD_KIND),
    ("cards", "kinds.*.follows", CARD_KIND),
    ("cards", "kinds.*.issued_by", AGENCY),
    ("entitlements", "*.agency", AGENCY),
    ("entitlements", "*.decided_by", AGENCY),
    ("entitlements", "*.service", SERVICE),
    ("entitlements", "*.card_kind", CARD_KIND),
    ("entitlements", "*.excludes.*", ENTITLEMENT),
    ("entitlements", "*.follows", ENTITLEMENT),
    ("points", "units.*.earned_through", ENTITLEMENT),
    ("points", "units.*.spends.*", CONVERSION),
    ("points", "conversions.*.unit", UNIT),
    ("points", "exchanges.*.from", UNIT),
    ("points", "exchanges.*.to", UNIT),
    ("points", "exchanges.*.agency", AGENCY),
    ("points", "conversions.*.media.*", MEDIUM),
    ("points", "conversions.*.partner", PARTNER),
    ("services", "services.*.agency", AGENCY),
    ("services", "services.*.needs.entitlement", ENTITLEMENT),
    ("services", "services.*.needs.link", AGENCY),
    ("services", "services.*.classes/", ENTITLEMENT),
    ("readers", "profiles.*.serves.*", READER_USE),
    ("readers", "profiles.*.firmware.*", FIRMWARE),
    ("forms", "*.purpose", PURPOSE),
    ("forms", "*.services.*.entitlement", ENTITLEMENT),
    ("forms", "*.services.*.agency", AGENCY),
    ("forms", "*.services.*.card_kind", CARD_KIND),
    ("forms", "*.services.*.registers.*", REGISTER),
    ("forms", "*.services.*.sent_to.*.agency", AGENCY),
    ("forms", "*.services.*.sent_to.*.purpose", PURPOSE),
    ("forms", "*.services.*.papers.*.paper", PAPER),
    ("forms", "*.services.*.papers.*.fact", FACT),
    ("forms", "*.papers.*.paper", PAPER),
    ("forms", "*.card_order.*", CARD_KIND),
    ("purposes", "purposes.*.roles.*", ROLE),
    ("purposes", "purposes.*.fields.*", FIELD),
    ("offline", "services/", SERVICE),
    ("approvals", "approvals.*.propose.*", ROLE),
    ("approvals", "approvals.*.approve.*", ROLE),
    ("activities", "presets.*.agency", AGENCY),
    ("activities", "presets.*.service", SERVICE),
    ("activities", "presets.*.unit", UNIT),
    ("activities", "presets.*.places.*", PLACE),
    ("activities", "volunteering.unit", UNIT),
    ("activities", "volunteering.services/", SERVICE),
    ("offers", "offers.*.agency", AGENCY),
    ("offers", "offers.*.venues.*", PLACE),
    ("offers", "offers.*.terms.*.card_kind", CARD_KIND),
    ("offers", "offers.*.terms.*.right", ENTITLEMENT),
    ("replay", "cards/", CARD_KIND),
    ("replay", "cards.*.beside", CARD_KIND),
    ("replay", "allowance.*", CARD_KIND),
    ("replay", "members_with_numbers/", AGENCY),
    ("replay", "lines.*.uses/", SERVICE),
    ("replay", "lines.*.riders/", CARD_KIND),
    ("replay", "lines.*.points.unit", UNIT),
    ("replay", "lines.*.points.agency", AGENCY),
    ("personas", "personas.*.person.district", DISTRICT),
    ("personas", "personas.*.person.statuses.*", STATUS),
    ("personas", "personas.*.holds.*", CARD_KIND),
    ("personas", "personas.*.staff.agency", AGENCY),
    ("personas", "personas.*.staff.counter", COUNTER),
    ("personas", "personas.*.staff.roles.*", ROLE),
    ("theme", "cards/", CARD_KIND),
    ("theme", "card_colours/", CARD_KIND),
)


def check_references(pack: Pack) -> Iterator[Problem]:
    """Yield every name that names nothing."""
    for table, pattern, kind in REFERENCES:
        known = kind.known(pack)
        for path, name in places_of(pack.table(table), pattern):
            if name not in known:
                message = f"there is no {kind.called} “{name}”"
                yield pack.problem(table, path, message, nearest_word(name, known))


def places_of(value: Any, pattern: str) -> Iterator[tuple[Path, Any]]:
    """Yield the path and the value of everything that a pattern reaches."""
    keys = pattern.endswith("/")
    steps = tuple(pattern.removesuffix("/").split("."))
    for path, found in _walk(value, steps, ()):
        if keys:
            yield from (((*path, key), key) for key in found)
        else:
            yield path, found


def _walk(value: Any, steps: tuple[str, ...], path: Path) -> Iterator[tuple[Path, Any]]:
    if not steps:
        yield path, value
        return
    first, rest = steps[0], steps[1:]
    for key, inner in _members(value):
        if first in ("*", key):
            yield from _walk(inner, rest, (*path, key))


def _members(value: Any) -> Iterator[tuple[str | int, Any]]:
    if isinstance(value, Mapping):
        yield from value.items()
    elif isinstance(value, list):
        yield from enumerate(value)


Checker = Callable[[Pack], Iterator[Problem]]

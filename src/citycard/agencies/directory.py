"""Who is who: agencies, places and counters, as the active pack has them."""

import json
from dataclasses import dataclass
from typing import Any

from citycard.infra.database import row, rows
from citycard.infra.packs import Text
from citycard.kernel.errors import Refused


class NoSuchAgency(Refused):
    """There is no agency “{agency}”."""

    code = "agencies.no_such_agency"


class NoSuchCounter(Refused):
    """There is no counter “{counter}”."""

    code = "agencies.no_such_counter"


@dataclass(frozen=True, kw_only=True)
class Agency:
    """A bureau or partner.

    :ivar under: the agency it belongs to, or empty
    :ivar pays: can fund activities and owes for the points it gave
    """

    code: str
    name: Text
    kind: str
    under: str
    pays: bool


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where readers and kiosks stand.

    :ivar kind: ``place`` or ``kiosk``
    :ivar serves: codes of services
    """

    code: str
    name: Text
    agency: str
    district: str
    kind: str
    serves: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Counter:
    """Where people are served.

    :ivar prints: cards can be printed here
    """

    code: str
    name: Text
    agency: str
    district: str
    prints: bool


_AGENCY = "SELECT code, names::text AS names, kind, under, pays FROM agencies_agency"
_PLACE = "SELECT code, names::text AS names, agency, district, kind, serves FROM agencies_place"
_COUNTER = "SELECT code, names::text AS names, agency, district, prints FROM agencies_counter"
_OF_AGENCY = " WHERE active AND (%s::text IS NULL OR agency = %s) ORDER BY code"


def agencies() -> list[Agency]:
    """Return every active agency, by code."""
    return [_agency(one) for one in rows(_AGENCY + " WHERE active ORDER BY code")]


def agency(*, code: str) -> Agency:
    """Return an agency, an inactive one too: old records name it.

    :raises NoSuchAgency: there never was one with this code
    """
    found = row(_AGENCY + " WHERE code = %s", [code])
    if found is None:
        raise NoSuchAgency(agency=code)
    return _agency(found)


def places(*, agency: str | None = None) -> list[Place]:
    """Return active places (of one agency), by code."""
    return [_place(one) for one in rows(_PLACE + _OF_AGENCY, [agency, agency])]


def counters(*, agency: str | None = None) -> list[Counter]:
    """Return active counters (of one agency), by code."""
    return [_counter(one) for one in rows(_COUNTER + _OF_AGENCY, [agency, agency])]


def counter(*, code: str) -> Counter:
    """Return a counter, an inactive one too.

    :raises NoSuchCounter: there never was one with this code
    """
    found = row(_COUNTER + " WHERE code = %s", [code])
    if found is None:
        raise NoSuchCounter(counter=code)
    return _counter(found)


def _agency(one: Any) -> Agency:
    return Agency(code=one.code, name=_name(one), kind=one.kind, under=one.under, pays=one.pays)


def _place(one: Any) -> Place:
    return Place(
        code=one.code,
        name=_name(one),
        agency=one.agency,
        district=one.district,
        kind=one.kind,
        serves=tuple(one.serves),
    )


def _counter(one: Any) -> Counter:
    return Counter(
        code=one.code,
        name=_name(one),
        agency=one.agency,
        district=one.district,
        prints=one.prints,
    )


def _name(one: Any) -> Text:
    return Text.read(json.loads(one.names))
